"""Job rows: lease, fence, back-off, incident, operators (RELIABILITY.md 2.2, 2.4). The clocks stand still."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select, update

from jobs.claims import LEASE, ClaimedJob
from jobs.pump import Pump
from kernel.actors import Actor, Role
from kernel.clock import FixedClock
from kernel.errors import ConcurrentChange, InvalidInput, NotFound, StateConflict
from processes.faults import StepBudgetExceeded
from processes.incidents import Incidents
from store.jobs import Jobs
from store.tables import incident, job, setting
from store.unit_of_work import Database, UnitOfWork
from store.writing import insert_once

OPERATOR = Actor(id="ops", name="邵维", roles=frozenset({Role.OPS}))
RETRY_S = 600


class Desk:
    """A worker whose one kind of job notes that it ran, as a row of its transaction, and then does as it is told."""

    def __init__(self, database: Database, business: FixedClock, system: FixedClock) -> None:
        self.database = database
        self.business = business
        self.system = system
        self.ran: list[ClaimedJob] = []
        self.then: Callable[[ClaimedJob], None] = lambda claimed: None
        self.pump = self.another_pump()

    def another_pump(self) -> Pump:
        return Pump(self.database, {"note": self._note}, business=self.business, system=self.system)

    def leave(self, key: str, *, due_in: timedelta = timedelta(), **options: Any) -> None:
        clock = self.system if options.get("clock") == "system" else self.business
        with self.database.write() as work:
            Jobs(work).add(
                "note",
                key=key,
                payload={},
                due_at=clock.now() + due_in,
                created_at=clock.now(),
                **{"retry_seconds": RETRY_S, "growth": 1, **options},
            )

    def job(self, key: str = "job") -> Row[Any]:
        with self.database.read() as connection:
            return connection.execute(select(job).where(job.c.dedupe_key == key)).one()

    def notes(self) -> int:
        with self.database.read() as connection:
            return len(connection.execute(select(setting.c.key)).all())

    def incidents(self) -> list[Row[Any]]:
        with self.database.read() as connection:
            return list(connection.execute(select(incident).order_by(incident.c.opened_at)))

    def _note(self, work: UnitOfWork, claimed: ClaimedJob, deferred: frozenset[str]) -> None:
        self.ran.append(claimed)
        insert_once(work, setting, {"key": f"note {claimed.id}", "value": 1})
        self.then(claimed)


@pytest.fixture
def desk(database: Database, clock: FixedClock, system_clock: FixedClock) -> Desk:
    return Desk(database, clock, system_clock)


def fail(claimed: ClaimedJob) -> None:
    raise RuntimeError("printer on fire")


class Killed(BaseException):
    """Ends a worker as a kill would: nothing of it runs on."""


def be_killed(claimed: ClaimedJob) -> None:
    raise Killed


# -- due


def test_a_job_runs_once_when_it_is_due(desk: Desk):
    desk.leave("job", due_in=timedelta(hours=1))

    assert desk.pump.drain() == 0
    desk.business.advance(hours=1)

    assert desk.pump.drain() == 1
    assert desk.pump.drain() == 0
    assert (desk.job().state, desk.job().attempt, desk.notes()) == ("done", 1, 1)


def test_a_job_of_the_system_clock_is_not_hurried_by_the_business_clock(desk: Desk):
    desk.leave("job", due_in=timedelta(hours=1), clock="system")
    desk.business.advance(days=30)

    assert desk.pump.drain() == 0
    desk.system.advance(hours=1)

    assert desk.pump.drain() == 1


def test_the_same_job_left_twice_is_one_job(desk: Desk):
    desk.leave("job")
    desk.leave("job")

    assert desk.pump.drain() == 1


def test_what_has_been_due_longer_runs_first(desk: Desk):
    desk.leave("late", due_in=timedelta(minutes=2))
    desk.leave("early", due_in=timedelta(minutes=1))
    desk.business.advance(minutes=3)

    desk.pump.drain()

    assert [claimed.id for claimed in desk.ran] == [desk.job("early").id, desk.job("late").id]


# -- failing


@pytest.mark.parametrize("clock_name", ["business", "system"])
def test_a_job_that_fails_is_tried_again_after_a_pause_of_its_own_clock(desk: Desk, clock_name: str):
    desk.business.advance(days=10)  # the two clocks are far apart
    desk.leave("job", clock=clock_name)
    desk.then = fail

    desk.pump.drain()

    stored = desk.job()
    assert (stored.state, stored.attempt, stored.error) == ("ready", 1, "RuntimeError: printer on fire")
    assert desk.notes() == 0, "what a failed attempt wrote is rolled back"
    clock = desk.business if clock_name == "business" else desk.system
    assert 0.9 * RETRY_S <= (stored.due_at - clock.now()).total_seconds() <= 1.1 * RETRY_S
    desk.then = lambda claimed: None
    assert desk.pump.drain() == 0
    clock.advance(seconds=1.1 * RETRY_S)
    assert desk.pump.drain() == 1
    assert (desk.job().state, desk.job().error, desk.notes()) == ("done", None, 1)


def test_a_job_that_keeps_failing_becomes_an_incident(desk: Desk):
    desk.leave("job", max_attempts=3)
    desk.then = fail

    for _ in range(5):
        desk.pump.drain()
        desk.business.advance(seconds=2 * RETRY_S)

    assert len(desk.ran) == 3
    assert desk.job().state == "incident"
    (found,) = desk.incidents()
    assert (found.job_id, found.status, found.message) == (desk.job().id, "open", "RuntimeError: printer on fire")


def test_a_job_of_no_known_kind_becomes_an_incident_and_the_others_run(desk: Desk):
    with desk.database.write() as work:
        now = desk.business.now()
        Jobs(work).add("unknown", key="strange", payload={}, due_at=now, created_at=now, max_attempts=1)
    desk.leave("job")

    desk.pump.drain()

    assert (desk.job("strange").state, desk.job().state) == ("incident", "done")


# -- operators


@pytest.fixture
def operators(desk: Desk) -> Incidents:
    return Incidents(desk.database, desk.system)


def test_an_operator_lets_an_incident_run_again(desk: Desk, operators: Incidents):
    desk.leave("job", max_attempts=2)
    desk.then = fail
    for _ in range(2):
        desk.pump.drain()
        desk.business.advance(seconds=2 * RETRY_S)
    fence = desk.job().fence

    operators.retry(desk.job().id, by=OPERATOR)

    (found,) = desk.incidents()
    assert (found.status, found.resolved_by) == ("resolved", "ops")
    assert (desk.job().state, desk.job().attempt) == ("ready", 0)
    assert desk.job().fence > fence
    desk.then = lambda claimed: None
    desk.pump.drain()
    assert desk.job().state == "done"


def test_an_operator_s_retry_is_due_at_once_by_either_clock(desk: Desk, operators: Incidents):
    desk.business.advance(days=10)
    desk.leave("job", clock="system", max_attempts=1)
    desk.then = fail
    desk.pump.drain()

    operators.retry(desk.job().id, by=OPERATOR)

    desk.then = lambda claimed: None
    assert desk.pump.drain() == 1


def test_only_an_incident_can_be_retried(desk: Desk, operators: Incidents):
    desk.leave("job")

    with pytest.raises(StateConflict):
        operators.retry(desk.job().id, by=OPERATOR)
    with pytest.raises(NotFound):
        operators.retry("no-such-job", by=OPERATOR)


# -- leases


def test_a_job_of_a_lost_worker_comes_back_when_its_lease_is_over(desk: Desk):
    desk.leave("job")
    desk.then = be_killed
    with pytest.raises(Killed):
        desk.pump.drain()
    desk.then = lambda claimed: None
    other = desk.another_pump()

    desk.system.advance(seconds=LEASE.total_seconds() - 1)
    assert other.drain() == 0, "it still has its lease"
    desk.business.advance(days=1)
    assert other.drain() == 0, "leases are of the system clock"
    desk.system.advance(seconds=2)
    other.reap()

    assert (desk.job().state, desk.job().attempt, desk.job().error) == ("ready", 1, "the worker was lost")
    assert other.drain() == 1, "the lease was pause enough"
    assert (desk.job().state, desk.job().attempt, desk.notes()) == ("done", 2, 1)


def test_a_job_that_kills_its_workers_becomes_an_incident(desk: Desk):
    desk.leave("job", max_attempts=3)
    desk.then = be_killed
    for _ in range(3):
        with pytest.raises(Killed):
            desk.another_pump().drain()
        desk.system.advance(seconds=LEASE.total_seconds() + 1)
        desk.pump.reap()
        desk.business.advance(seconds=2 * RETRY_S)

    assert desk.pump.drain() == 0
    assert desk.job().state == "incident"
    assert [found.message for found in desk.incidents()] == ["the worker was lost"]


# -- fences: the result of a worker that lost its job changes nothing (I6, I7)


@pytest.mark.parametrize("lost_by", ["cancelled", "reaped", "taken over and done"])
def test_a_worker_that_wakes_up_too_late_changes_nothing(desk: Desk, lost_by: str):
    """The worker stalls between its claim and its run; only the fence tells it that the job is not its own any more."""
    desk.leave("job")
    stalled = desk.another_pump()
    claimed = stalled.claim()
    assert claimed is not None
    if lost_by == "cancelled":
        with desk.database.write() as work:
            Jobs(work).cancel(["job"], at=desk.system.now())
    else:
        desk.system.advance(seconds=LEASE.total_seconds() + 1)
        desk.pump.reap()
    if lost_by == "taken over and done":
        desk.business.advance(seconds=2 * RETRY_S)
        assert desk.pump.drain() == 1
    before, notes = desk.job(), desk.notes()

    stalled.run(claimed)

    assert desk.job() == before
    assert desk.notes() == notes
    assert desk.incidents() == []


def test_a_worker_that_fails_too_late_changes_nothing(desk: Desk):
    """Another worker holds the job by now: the failure of the first one is not counted against it."""
    desk.leave("job", max_attempts=1)
    stalled = desk.another_pump()
    claimed = stalled.claim()
    assert claimed is not None
    with desk.database.write() as work:
        taken = {"fence": claimed.fence + 1, "lease_owner": "another worker"}
        work.connection.execute(update(job).where(job.c.id == claimed.id).values(taken))
        before = work.connection.execute(select(job)).one()

    stalled._claims.fail(claimed, RuntimeError("too late"))

    assert desk.job() == before
    assert desk.incidents() == []


def test_a_cancelled_job_never_runs(desk: Desk):
    desk.leave("job")
    with desk.database.write() as work:
        Jobs(work).cancel(["job", "no such job"], at=desk.system.now())

    assert desk.pump.drain() == 0
    assert desk.job().state == "cancelled"
    with desk.database.write() as work:
        Jobs(work).cancel(["job"], at=desk.system.now())
    assert desk.job().fence == 1, "what has ended is not touched again"


def test_a_done_job_is_not_cancelled(desk: Desk):
    desk.leave("job")
    desk.pump.drain()
    before = desk.job()

    with desk.database.write() as work:
        Jobs(work).cancel(["job"], at=desk.system.now())

    assert desk.job() == before


# -- the worker process


def test_a_worker_goes_on_after_an_error_of_the_database(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    from threading import Event

    monkeypatch.setattr("jobs.pump.POLL_S", 0.01)
    stop = Event()
    looks: list[datetime] = []

    def reap() -> None:
        looks.append(desk.system.now())
        if len(looks) < 3:
            raise ConnectionError("the database is away")

    monkeypatch.setattr(desk.pump, "reap", reap)
    desk.leave("job")
    desk.then = lambda claimed: stop.set()

    desk.pump.run_forever(stop)

    assert len(looks) == 3
    assert desk.job().state == "done"


# -- pauses, conflicts, errors that last


def test_each_pause_is_longer_than_the_one_before(desk: Desk):
    desk.leave("job", max_attempts=5, retry_seconds=30, growth=2)
    desk.then = fail
    pauses = []
    for _ in range(4):
        desk.pump.drain()
        pauses.append((desk.job().due_at - desk.business.now()).total_seconds())
        desk.business.advance(hours=1)

    for pause, expected in zip(pauses, (30, 60, 120, 240), strict=True):
        assert 0.9 * expected <= pause <= 1.1 * expected
    assert len(set(pauses)) == 4


def test_jobs_that_failed_together_do_not_return_together(desk: Desk):
    for number in range(20):
        desk.leave(f"job {number}")
    desk.then = fail

    desk.pump.drain()

    assert len({desk.job(f"job {number}").due_at for number in range(20)}) > 15


def test_a_conflict_counts_as_no_attempt(desk: Desk):
    desk.leave("job", max_attempts=1)

    def conflict(claimed: ClaimedJob) -> None:
        raise ConcurrentChange(detail="the instance moved on")

    desk.then = conflict
    desk.pump.drain(limit=1)

    assert len(desk.ran) == 3, "at once, as long as it may help"
    assert (desk.job().state, desk.job().attempt) == ("ready", 0)
    desk.then = lambda claimed: None
    desk.business.advance(seconds=2)
    desk.pump.drain()
    assert (desk.job().state, desk.incidents()) == ("done", [])


def test_an_error_that_lasts_is_an_incident_at_once(desk: Desk):
    desk.leave("job", max_attempts=5)

    def never_end(claimed: ClaimedJob) -> None:
        raise StepBudgetExceeded("10000 steps in one command")

    desk.then = never_end
    desk.pump.drain()

    assert (len(desk.ran), desk.job().state) == (1, "incident")
    assert desk.incidents()[0].message == "StepBudgetExceeded: 10000 steps in one command"


# -- incidents that need no other attempt


def stuck(desk: Desk, **options: Any) -> str:
    desk.leave("job", max_attempts=1, **options)
    desk.then = fail
    desk.pump.drain()
    return str(desk.incidents()[0].id)


def test_an_operator_gives_a_job_up_and_says_why(desk: Desk, operators: Incidents):
    incident_id = stuck(desk)

    with pytest.raises(InvalidInput):
        operators.give_up(incident_id, "", by=OPERATOR)
    operators.give_up(incident_id, "收件人已注销", by=OPERATOR)

    (found,) = desk.incidents()
    assert (found.status, found.resolution, found.resolved_by, found.note) == (
        "resolved",
        "given_up",
        "ops",
        "收件人已注销",
    )
    assert desk.job().state == "cancelled"
    with pytest.raises(StateConflict):
        operators.give_up(incident_id, "再来一次", by=OPERATOR)
    with pytest.raises(StateConflict):
        operators.retry(desk.job().id, by=OPERATOR)


def test_a_job_that_a_process_waits_for_is_not_given_up(desk: Desk, operators: Incidents):
    incident_id = stuck(desk)
    with desk.database.write() as work:
        work.connection.execute(update(job).values(kind="timer"))

    with pytest.raises(StateConflict):
        operators.give_up(incident_id, "不等了", by=OPERATOR)

    assert desk.job().state == "incident"


def test_a_cancelled_job_takes_its_incident_with_it(desk: Desk):
    stuck(desk)

    with desk.database.write() as work:
        Jobs(work).cancel(["job"], at=desk.system.now())

    (found,) = desk.incidents()
    assert (found.status, found.resolution) == ("resolved", "overtaken")
