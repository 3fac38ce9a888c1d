"""Races on the engine itself (RELIABILITY.md 3): timers, messages, deployment, workers and votes, on no business line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from store.tables import attempt, definition, history, instance, job, subscription, task
from tests.concurrency.racing import FEWER_ROUNDS, codes, race
from tests.crash.harness.diagrams import DEADLINE, STRAIGHT, WAITING, WITHDRAW, user
from tests.crash.harness.outside import Outside, SharedClock
from tests.crash.harness.service import OPERATOR, Service
from tests.invariants import violations_of_engine
from tests.processes.diagrams import end, flows, process, several, start

VOTERS, ENOUGH = 4, 2
VOTE = process(
    "vote",
    start()
    + user("apply", "count_votes")
    + user("vote_once").replace(
        "</bpmn:userTask>",
        several(times=str(VOTERS), until=f"nrOfCompletedInstances >= {ENOUGH}") + "</bpmn:userTask>",
    )
    + end()
    + flows("started > apply > vote_once > count_votes > ended"),
)


class Desk:
    """One engine on one database, and what people do on it."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.outside = Outside(folder / "outside.db")
        self.business, self.system = SharedClock(), SharedClock()
        self.service = Service(database_url, self.outside, self.business, self.system)
        self.pump = self.service.new_pump("one worker")
        self.other_pump = self.service.new_pump("another worker")

    def started(self, line: str) -> str:
        command = {"key": uuid4().hex, "do": "start", "line": line, "name": uuid4().hex}
        found: list[str] = []
        self.service.perform(command, found.append)
        return found[0]

    def task(self, instance_id: str, path: str) -> str:
        return self.tasks(instance_id, path)[0]

    def tasks(self, instance_id: str, path: str) -> list[str]:
        is_open = (task.c.instance_id == instance_id) & (task.c.path == path) & (task.c.status == "open")
        with self.service.database.read() as connection:
            return list(connection.execute(select(task.c.id).where(is_open)).scalars())

    def waits_at(self, instance_id: str) -> set[str]:
        is_open = (task.c.instance_id == instance_id) & (task.c.status == "open")
        with self.service.database.read() as connection:
            return set(connection.execute(select(task.c.path).where(is_open)).scalars())

    def completing(self, task_id: str, **answers: Any) -> Callable[[], Any]:
        return self._performing({"key": uuid4().hex, "do": "complete", "task": task_id, "answers": answers})

    def done(self, instance_id: str, path: str, **answers: Any) -> None:
        self.completing(self.task(instance_id, path), **answers)()

    def sending(self, instance_id: str, message: str, key: str = "") -> Callable[[], Any]:
        return self._performing(
            {"key": key or uuid4().hex, "do": "send", "instance": instance_id, "message": message, "payload": {}}
        )

    def terminating(self, instance_id: str) -> Callable[[], Any]:
        return partial(self.service.operations.terminate, instance_id, "test", by=OPERATOR)

    def happened(self, instance_id: str, event: str, path: str) -> int:
        of_path = (history.c.instance_id == instance_id) & (history.c.event == event) & (history.c.path == path)
        with self.service.database.read() as connection:
            return connection.execute(select(func.count()).select_from(history).where(of_path)).scalar_one()

    def status(self, instance_id: str) -> str:
        with self.service.database.read() as connection:
            return str(connection.execute(select(instance.c.status).where(instance.c.id == instance_id)).scalar_one())

    def violations(self) -> list[str]:
        with self.service.database.read() as connection:
            return violations_of_engine(connection)

    def _performing(self, command: Mapping[str, Any]) -> Callable[[], Any]:
        def perform() -> Any:
            found: list[Any] = []
            self.service.perform(command, found.append)
            return found[0]

        return perform


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    found = Desk(database_url, tmp_path)
    files = {"deadline": DEADLINE, "straight": STRAIGHT, "waiting": WAITING, "withdraw": WITHDRAW, "vote": VOTE}
    found.service.deploy(files)
    yield found
    found.service.database.engine.dispose()


def test_the_deadline_passes_while_the_person_answers(desk: Desk):
    """Whoever has the instance first: the answer is taken and the deadline is off, or it comes too late."""
    for _ in range(FEWER_ROUNDS):
        instance_id = desk.started("deadline")
        desk.done(instance_id, "apply")
        task_id = desk.task(instance_id, "answer")
        desk.business.move_to(desk.business.now() + timedelta(days=10))

        answered, drained = race(desk.completing(task_id), desk.pump.drain)

        assert drained.is_done
        assert answered.code in (None, "TASK_ALREADY_DONE")
        desk.pump.drain()
        assert desk.waits_at(instance_id) == (set() if answered.is_done else {"late_answer"})
        assert desk.happened(instance_id, "completed", "overdue") == (0 if answered.is_done else 1)
        desk.terminating(instance_id)()
    assert desk.violations() == []


def test_a_message_comes_while_its_catcher_opens(desk: Desk):
    """It is caught, or its sender is told that nothing waits for it: it never disappears."""
    for _ in range(FEWER_ROUNDS):
        instance_id = desk.started("withdraw")
        task_id = desk.task(instance_id, "fill")

        filled, sent = race(desk.completing(task_id), desk.sending(instance_id, "withdraw_message"))

        assert filled.is_done
        assert sent.code in (None, "STATE_CONFLICT")
        expected = {"fill"} if sent.is_done else {"check_papers", "check_money"}
        assert desk.waits_at(instance_id) == expected
        desk.terminating(instance_id)()
    assert desk.violations() == []


def test_one_message_is_sent_twice(desk: Desk):
    """The same one is caught once and answered twice; of two different ones, one is told that nobody waits."""
    for _ in range(FEWER_ROUNDS):
        for keys, expected in ((["same", "same"], [None, None]), (["one", "other"], [None, "STATE_CONFLICT"])):
            instance_id = desk.started("waiting")
            desk.done(instance_id, "apply")

            outcomes = race(*(desk.sending(instance_id, "paid_message", key=f"{key} {instance_id}") for key in keys))

            assert codes(outcomes) == expected
            assert desk.happened(instance_id, "completed", "paid") == 1
            with desk.service.database.read() as connection:
                own = (subscription.c.instance_id == instance_id) & (subscription.c.name == "paid_message")
                assert list(connection.execute(select(subscription.c.status).where(own)).scalars()) != ["open"]
            desk.terminating(instance_id)()
    assert desk.violations() == []


def test_a_new_version_is_deployed_while_instances_start(desk: Desk):
    """An instance starts on the version before or on the new one, never on none; it ends on the one it started on."""
    for round_ in range(FEWER_ROUNDS):
        drawing = STRAIGHT + f"<!-- {round_} -->".encode()

        outcomes = race(
            partial(desk.service.definitions.deploy, drawing, "straight.bpmn", by=OPERATOR, activate=True),
            partial(desk.started, "straight"),
            partial(desk.started, "straight"),
        )

        assert codes(outcomes) == [None, None, None]
        with desk.service.database.read() as connection:
            used = select(definition.c.version).join(instance, instance.c.definition_id == definition.c.id)
            started = {outcome.answer for outcome in outcomes[1:]}
            versions = set(connection.execute(used.where(instance.c.id.in_(started))).scalars())
        assert versions <= {round_ + 1, round_ + 2}
        for instance_id in started:
            desk.done(instance_id, "apply")
            assert desk.status(instance_id) == "active"
            desk.terminating(instance_id)()
    assert desk.violations() == []


def test_an_instance_is_ended_while_its_job_runs(desk: Desk):
    """The job is done before the end, or its result changes nothing; an ended job never changes again."""
    for _ in range(FEWER_ROUNDS):
        instance_id = desk.started("straight")
        desk.done(instance_id, "apply")

        outcomes = race(desk.pump.drain, desk.terminating(instance_id))

        assert codes(outcomes) == [None, None]
        assert desk.status(instance_id) == "terminated"
        with desk.service.database.read() as connection:
            states = connection.execute(select(job.c.state).where(job.c.instance_id == instance_id)).scalars().all()
        assert set(states) <= {"done", "cancelled"}
        before = desk.happened(instance_id, "completed", "send_it")
        desk.pump.drain()
        assert desk.happened(instance_id, "completed", "send_it") == before
        assert desk.outside.effects(instance_id).done["send_it"] <= 1
    assert desk.violations() == []


def test_a_late_worker_the_reaper_and_another_worker(desk: Desk):
    """The fence decides: the job is settled once, by whoever holds it."""
    for _ in range(FEWER_ROUNDS):
        instance_id = desk.started("straight")
        desk.done(instance_id, "apply")
        claimed = desk.pump.claim()
        assert claimed is not None
        desk.system.move_to(desk.system.now() + timedelta(seconds=61))

        outcomes = race(partial(desk.pump.run, claimed), desk.other_pump.drain, desk.pump.reap)

        assert codes(outcomes) == [None, None, None]
        desk.business.move_to(desk.business.now() + timedelta(hours=1))
        desk.pump.drain()
        assert desk.happened(instance_id, "completed", "stamp_later") == 1
        assert desk.happened(instance_id, "completed", "send_it") == 1
        assert desk.outside.effects(instance_id).done["send_it"] == 1
        assert desk.waits_at(instance_id) == {"sign"}
        desk.terminating(instance_id)()
    assert desk.violations() == []


def test_an_operator_retries_while_workers_look_for_jobs(desk: Desk):
    """One runs it, at its first new attempt; the operator who comes second is told."""
    for _ in range(FEWER_ROUNDS):
        instance_id = desk.started("straight")
        desk.done(instance_id, "apply")
        job_id = stuck(desk, instance_id)

        retry = partial(desk.service.incidents.retry, job_id, by=OPERATOR)
        outcomes = race(retry, retry, desk.pump.drain, desk.other_pump.drain)

        assert codes(outcomes) == [None, None, None, "STATE_CONFLICT"]
        desk.pump.drain()
        assert desk.happened(instance_id, "completed", "stamp_later") == 1
        with desk.service.database.read() as connection:
            row = connection.execute(select(job.c.state, job.c.attempt).where(job.c.id == job_id)).one()
            noted = select(attempt.c.outcome).where(attempt.c.job_id == job_id)
            assert connection.execute(noted).scalars().all() == ["failed"]
        assert (row.state, row.attempt) == ("done", 1)
        desk.terminating(instance_id)()
    assert desk.violations() == []


def test_the_last_votes_come_together(desk: Desk):
    """The votes that are needed are counted once; a surplus voter is told that it is over."""
    for _ in range(FEWER_ROUNDS):
        instance_id = desk.started("vote")
        desk.done(instance_id, "apply")
        votes = desk.tasks(instance_id, "vote_once")
        assert len(votes) == VOTERS

        outcomes = race(*(desk.completing(vote, yes=True) for vote in votes))

        assert codes(outcomes) == [None] * ENOUGH + ["TASK_ALREADY_DONE"] * (VOTERS - ENOUGH)
        assert desk.waits_at(instance_id) == {"count_votes"}
        assert desk.happened(instance_id, "entered", "count_votes") == 1
        desk.terminating(instance_id)()
    assert desk.violations() == []


def stuck(desk: Desk, instance_id: str) -> str:
    """The job of the instance, made an incident as its last failed attempt would."""
    with desk.service.database.write() as work:
        own = (job.c.instance_id == instance_id) & (job.c.state == "ready")
        job_id = str(work.connection.execute(select(job.c.id).where(own)).scalar_one())
        values = {"max_attempts": 1, "retry_seconds": 1}
        work.connection.execute(update(job).where(job.c.id == job_id).values(values))
    claimed = desk.pump.claim()
    assert claimed is not None
    desk.pump._claims.fail(claimed, RuntimeError("out of order"))
    return job_id
