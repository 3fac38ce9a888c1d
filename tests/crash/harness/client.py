"""One who carries an instance to its end: people, operator and worker in turn, each command sent more than once."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from kernel.errors import ServiceError
from kernel.failpoints import FailpointHit
from processes.definition import Definition
from processes.paths import element_at
from processes.timers import TimerDefinition
from store.tables import history, incident, instance, job, subscription, task
from tests.crash.harness.journal import Journal
from tests.crash.harness.service import OPERATOR, Command, Service

MOST_STEPS = 600
PUBLISHED = "paid_message"  # sent to a key, whether anybody waits by then or not; all others to who waits
WORKER = "process "  # followed by its id: how a pump of the harness claims
LEASE_IS_OVER = timedelta(seconds=61)
_REPEATED_AT_ONCE = 0.5
_REPEATED_LATE = 0.25
_LEFT_TO_TIMER = 0.4
_SENT = 0.5
_PAUSE_S = 0.002
_LONGEST_WORK_S = 10.0


class Stuck(Exception):
    """An active instance in which nobody can do anything, or one that does not come to its end."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in the instance; tasks and subscriptions as (id, path, how many were there before at this path)."""

    status: str
    tasks: Sequence[tuple[str, str, int]]
    subscriptions: Sequence[tuple[str, str, str, str, int]]  # ... with its kind and the name of what it waits for
    due: bool
    holders: Sequence[str]  # the workers that hold its running jobs
    next_at: datetime | None
    incidents: Sequence[Incident]


def answers_for(seed: int, path: str, visit: int) -> dict[str, Any]:
    """What is answered at this visit, the same in whatever order things happen."""
    chance = random.Random(f"{seed}:{path}:{visit}")
    return {
        "again": visit < 2 and chance.random() < 0.6,
        "choice": chance.randrange(3),
        "yes": chance.random() < 0.6,
        "no": chance.random() < 0.6,
        "way": chance.choice((1, 2, 3, None)),
    }


def is_left_alone(seed: int, path: str, visit: int) -> bool:
    """Whether nobody answers this task, so that its deadline passes."""
    return random.Random(f"left:{seed}:{path}:{visit}").random() < _LEFT_TO_TIMER


def is_sent(seed: int, path: str, visit: int) -> bool:
    """Whether the message that this catcher waits for is sent at all."""
    return visit < 2 and random.Random(f"sent:{seed}:{path}:{visit}").random() < _SENT


@dataclass(frozen=True, slots=True)
class Incident:
    """An open incident of a job."""

    id: str
    kind: str
    job_id: str
    effect_key: str


class Client:
    """Drives one instance by chance until it has ended."""

    def __init__(
        self, service: Service, journal: Journal, line: str, name: str, seed: int, chance: int, who: str
    ) -> None:
        self._service = service
        self._journal = journal
        self._line = line
        self._name = name
        self._seed = seed
        self._chance = random.Random(chance)
        self._known: Definition | None = None  # not asked for before the fork: a connection belongs to one process
        self._who = who  # two clients may do the same task; each asks with keys of its own

    def go_on(self) -> None:
        """Start unless it was started; then do what there is to do until nothing waits any more.

        That it hangs is written into the journal; the checks find it out by themselves.
        """
        try:
            self._go_on()
        except Stuck as stuck:
            self._journal.stuck(str(stuck))

    def repeat_all(self) -> None:
        """Send every command once more, long afterwards."""
        for command in self._journal.asked().values():
            self._send(command)

    def terminate(self) -> None:
        """The operator ends the instance, if it has come into being."""
        with self._service.database.read() as connection:
            query = select(instance.c.id).where(instance.c.business_key == self._name)
            found = connection.execute(query).scalars().all()
        for instance_id in found:
            try:
                self._service.operations.terminate(instance_id, "test", by=OPERATOR)
            except ServiceError as refusal:
                self._journal.refuse("terminate", refusal.code)

    # -- inside

    def _go_on(self) -> None:
        start = {"key": f"{self._name}:start", "do": "start", "line": self._line, "name": self._name}
        while start["key"] not in self._journal.answers():
            self._send(start)
        instance_id = self._journal.answers()[start["key"]][0]
        for _ in range(MOST_STEPS):
            waiting = self._look(instance_id)
            if waiting.status != "active":
                return
            self._step(instance_id, waiting)
            if self._chance.random() < _REPEATED_LATE:
                self._send(self._chance.choice(list(self._journal.asked().values())))
        raise Stuck(f"{instance_id} has not ended after {MOST_STEPS} steps: {self._look(instance_id)}")

    def _step(self, instance_id: str, waiting: Waiting) -> None:
        todo: list[Any] = [
            {
                "key": f"{id}:done:{self._who}",
                "do": "complete",
                "task": id,
                "answers": answers_for(self._seed, path, visit),
            }
            for id, path, visit in waiting.tasks
            if not (self._has_deadline(path) and is_left_alone(self._seed, path, visit))
        ]
        todo += [
            {
                "key": f"{id}:sent",
                "do": "send" if kind == "message" else "signal",
                "instance": instance_id,
                "message": name,
                "payload": answers_for(self._seed, path, visit),
            }
            for id, path, kind, name, visit in waiting.subscriptions
            if name != PUBLISHED
            if self._is_needed(path) or is_sent(self._seed, path, visit)
        ]
        if self._line == "waiting":
            key = f"{self._name}:published"
            todo.append({"key": key, "do": "publish", "message": PUBLISHED, "to": self._name, "payload": {}})
        answered = self._journal.answers()
        todo = [command for command in todo if command["key"] not in answered]  # some catchers wait on after a message
        todo += ["work"] * (2 if waiting.due else 0)
        todo += waiting.incidents
        if not todo:
            self._let_time_pass(instance_id, waiting)
            return
        chosen = self._chance.choice(todo)
        if chosen == "work":
            self._work()
        elif isinstance(chosen, Incident):
            self._decide(chosen)
        else:
            self._send(chosen)
            if self._chance.random() < _REPEATED_AT_ONCE:
                self._send(chosen)

    def _has_deadline(self, path: str) -> bool:
        """Whether an interrupting timer at its border can end this user task."""
        element = element_at(self._definition(), path)
        spec = self._definition().specs[element.process]
        return any(
            one.attached_to == element.id
            and isinstance(getattr(spec.task_specs[one.id], "event_definition", None), TimerDefinition)
            and spec.task_specs[one.id].cancel_activity
            for one in self._definition().all_elements[element.process].values()
            if one.id in spec.task_specs
        )

    def _is_needed(self, path: str) -> bool:
        """Whether the flow waits for this message; on a border it may come or not."""
        return element_at(self._definition(), path).kind not in ("boundaryEvent", "startEvent")

    def _definition(self) -> Definition:
        if self._known is None:
            with self._service.database.read() as connection:
                self._known = self._service.definitions.get(self._service.definitions.active_id(connection, self._line))
        return self._known

    def _send(self, command: Command) -> None:
        self._journal.ask(command)
        try:
            self._service.perform(command, lambda answer: self._journal.answer(command["key"], answer))
        except ServiceError as refusal:
            self._journal.refuse(command["key"], refusal.code)
        except FailpointHit:
            pass  # the client was answered 500 by the trap, and asks again
        except Exception as error:  # noqa: BLE001 - kept in the journal, where the checks find it
            self._journal.broken(command["key"], error)

    def _work(self) -> None:
        try:
            self._service.pump.drain(limit=1)
        except FailpointHit:
            pass  # `run_forever` logs it and goes on
        except Exception as error:  # noqa: BLE001 - kept in the journal, where the checks find it
            self._journal.broken("pump", error)

    def _decide(self, stuck: Incident) -> None:
        """What an operator does, who can find out by telephone whether the other system did what it was asked."""
        incidents = self._service.incidents
        try:
            if stuck.kind == "outcome_unknown":
                known = self._service.outside.knows(stuck.effect_key)
                incidents.decide(stuck.id, "done" if known else "again", "asked by telephone", by=OPERATOR)
            else:
                incidents.retry(stuck.job_id, by=OPERATOR)
        except ServiceError as refusal:
            self._journal.refuse(f"incident {stuck.id}", refusal.code)
        except FailpointHit:
            pass
        except Exception as error:  # noqa: BLE001 - kept in the journal, where the checks find it
            self._journal.broken("incident", error)

    def _let_time_pass(self, instance_id: str, waiting: Waiting) -> None:
        """Time stands still while somebody can do something, so that chance alone decides which deadline passes."""
        if waiting.holders:
            self._await(instance_id, waiting.holders)
        elif waiting.next_at is not None:
            self._service.business.move_to(waiting.next_at)
        else:
            raise Stuck(f"{instance_id} is active, and nothing can be done in it: {waiting}")

    def _await(self, instance_id: str, holders: Sequence[str]) -> None:
        """Let living workers end what they are at; the leases of the others pass."""
        deadline = time.monotonic() + _LONGEST_WORK_S
        while any(is_working(holder) for holder in holders) and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)
            holders = self._look(instance_id).holders
        if holders:
            self._service.system.move_to(self._service.system.now() + LEASE_IS_OVER)
            self._work()

    def _look(self, instance_id: str) -> Waiting:
        with self._service.database.read() as connection:
            status = connection.execute(select(instance.c.status).where(instance.c.id == instance_id)).scalar()
            of_instance = (job.c.instance_id == instance_id) | (job.c.kind == "message")  # these have no instance yet
            jobs = connection.execute(
                select(job.c.id, job.c.state, job.c.due_at, job.c.lease_owner).where(
                    of_instance & job.c.state.in_(("ready", "running", "incident"))
                )
            ).all()
            now = self._service.business.now()
            ready = [row.due_at for row in jobs if row.state == "ready"]
            return Waiting(
                status or "missing",
                _open_tasks(connection, instance_id),
                _open_subscriptions(connection, instance_id),
                any(at <= now for at in ready),
                [row.lease_owner for row in jobs if row.state == "running"],
                min(ready, default=None),
                [
                    Incident(row.id, row.kind, row.job_id, _effect_key(instance_id, row.payload))
                    for row in _incidents(connection, instance_id)
                ],
            )


def _open_tasks(connection: Connection, instance_id: str) -> list[tuple[str, str, int]]:
    """The open tasks with the number of visits before; history tells the order, also where the clock stands still."""
    before = func.row_number().over(partition_by=history.c.path, order_by=history.c.seq) - 1
    entered = (
        select(history.c.task_id, before.label("visit"))
        .where((history.c.instance_id == instance_id) & (history.c.event == "entered"))
        .subquery()
    )
    query = (
        select(task.c.id, task.c.path, entered.c.visit)
        .join(entered, entered.c.task_id == task.c.id)
        .where((task.c.instance_id == instance_id) & (task.c.status == "open"))
        .order_by(task.c.path, entered.c.visit)
    )
    return [(row.id, row.path, row.visit) for row in connection.execute(query)]


def _open_subscriptions(connection: Connection, instance_id: str) -> list[tuple[str, str, str, str, int]]:
    query = select(subscription).where(subscription.c.instance_id == instance_id).order_by(subscription.c.path)
    rows = connection.execute(query).all()
    before = Counter(row.path for row in rows if row.status != "open")
    return [(row.id, row.path, row.kind, row.name, before[row.path]) for row in rows if row.status == "open"]


def _incidents(connection: Connection, instance_id: str) -> list[Any]:
    query = (
        select(incident.c.id, incident.c.kind, incident.c.job_id, job.c.payload)
        .join(job, job.c.id == incident.c.job_id)
        .where((incident.c.instance_id == instance_id) & (incident.c.status == "open"))
        .order_by(incident.c.opened_at)
    )
    return list(connection.execute(query))


def is_working(owner: str) -> bool:
    """Whether the process that claims under this name runs: it is neither dead nor does it stand still."""
    try:
        state = Path(f"/proc/{owner.removeprefix(WORKER)}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in "TtZX"


def _effect_key(instance_id: str, payload: Mapping[str, Any]) -> str:
    return f"{instance_id}:{payload['path']}:{payload.get('task_id')}"
