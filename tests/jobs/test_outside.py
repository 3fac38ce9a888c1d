"""Service tasks with effects elsewhere: outside of transactions, one key over all attempts, classes A, B and C."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select, update

from jobs.claims import HOUSE, LEASE
from jobs.runners import follow_the_handlers
from kernel.actors import Actor, Role
from kernel.clock import FixedClock
from kernel.errors import BusinessOutcome, Fault, InvalidInput, NotDone, NotFound, StateConflict
from processes.ports import OutsideCall, Repeat
from store.tables import job
from store.unit_of_work import Database
from tests.jobs.outsiders import Errands

OPERATOR = Actor(id="ops", name="邵维", roles=frozenset({Role.OPS}))


class Killed(BaseException):
    """Ends a worker as a kill would: nothing of it runs on."""


@pytest.fixture
def errands(request: pytest.FixtureRequest, database: Database, clock: FixedClock, system_clock: FixedClock) -> Errands:
    return Errands(database, clock, system_clock, getattr(request, "param", Repeat.BY_KEY))


def of_class(*repeats: Repeat) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("errands", repeats, indirect=True)


def killed_after_the_effect(errands: Errands) -> None:
    """A worker does the effect and dies before it can tell anybody; its lease runs out."""

    def do_and_die(call: OutsideCall) -> Mapping[str, Any]:
        errands.registry.do(call)
        raise Killed

    errands.registry.then = do_and_die
    with pytest.raises(Killed):
        errands.another_pump().drain()
    errands.registry.then = errands.registry.do
    errands.later(seconds=LEASE.total_seconds() + 1)
    errands.pump.reap()


@of_class(*Repeat)
def test_the_answer_and_the_advance_are_one_commit(errands: Errands):
    errands.start()
    seen: list[str] = []

    def look(call: OutsideCall) -> Mapping[str, Any]:
        with errands.database.write() as work:  # nobody holds the database meanwhile
            seen.append(work.connection.execute(select(job.c.state)).scalar_one())
        return errands.registry.do(call)

    errands.registry.then = look

    assert errands.pump.drain() == 1

    assert seen == ["running"]
    assert (errands.instance().status, errands.job().state) == ("completed", "done")
    assert errands.passed() == ["started", "ask_registry", "tell_person", "told"]
    assert errands.handlers.kept == [{"number": 1}], "our own rows are written with it"
    assert errands.attempts() == [], "what went well leaves no log"
    assert errands.wrong() == []


@of_class(Repeat.BY_KEY, Repeat.ASK)
def test_one_key_over_all_attempts_and_one_effect(errands: Errands):
    errands.start()
    killed_after_the_effect(errands)

    errands.drain_all()

    assert len(set(errands.registry.calls)) == 1
    assert list(errands.registry.effects.values()) == [1]
    assert errands.instance().status == "completed"
    assert [one.outcome for one in errands.attempts()] == ["lost"]


@of_class(Repeat.ASK)
def test_the_outside_is_asked_before_it_is_called_again(errands: Errands):
    errands.start()
    killed_after_the_effect(errands)

    errands.drain_all()

    assert (len(errands.registry.calls), len(errands.registry.asked)) == (1, 1)
    assert errands.handlers.kept == [{"number": 1}], "the answer of the first call, asked for"


@of_class(Repeat.ASK)
def test_what_the_outside_does_not_know_is_done_again(errands: Errands):
    errands.start()
    errands.registry.then = lambda call: (_ for _ in ()).throw(Fault("no line"))
    errands.pump.drain()
    errands.registry.then = errands.registry.do

    errands.drain_all()

    assert (len(errands.registry.calls), len(errands.registry.asked)) == (2, 1)
    assert errands.instance().status == "completed"


# -- class C: called at most once


@of_class(Repeat.NEVER)
def test_a_call_whose_answer_was_lost_is_decided_by_a_person(errands: Errands):
    errands.start()
    killed_after_the_effect(errands)

    errands.drain_all()

    assert len(errands.registry.calls) == 1
    assert errands.incident().kind == "outcome_unknown"
    assert (errands.job().state, errands.instance().status) == ("incident", "active")
    assert errands.wrong() == []
    with pytest.raises(StateConflict):
        errands.incidents.retry(errands.job().id, by=OPERATOR)


@of_class(Repeat.NEVER)
def test_an_operator_states_that_it_was_done(errands: Errands):
    errands.start()
    killed_after_the_effect(errands)
    found = errands.incident()

    with pytest.raises(InvalidInput):
        errands.incidents.decide(found.id, "done", " ", by=OPERATOR)
    errands.incidents.decide(found.id, "done", "在对方系统里查到了", by=OPERATOR)
    errands.drain_all()

    assert len(errands.registry.calls) == 1, "the outside is left in peace"
    assert errands.instance().status == "completed"
    assert errands.handlers.kept == [{"number": 0}], "what the handler declares for this case"
    with errands.database.read() as connection:
        view = errands.incidents.view(connection, found.id)
    assert (view.row.resolution, view.row.resolved_by, view.row.note) == ("done", "ops", "在对方系统里查到了")
    with pytest.raises(StateConflict):
        errands.incidents.decide(found.id, "again", "另一个人也决定", by=OPERATOR)


@of_class(Repeat.NEVER)
def test_an_operator_has_it_done_again(errands: Errands):
    errands.start()
    killed_after_the_effect(errands)
    errands.registry.effects.clear()  # nothing had come of it

    errands.incidents.decide(errands.incident().id, "again", "对方确认没有收到", by=OPERATOR)
    errands.drain_all()

    assert len(errands.registry.calls) == 2
    assert len(set(errands.registry.calls)) == 1, "the key stays"
    assert errands.instance().status == "completed"


@of_class(Repeat.NEVER)
def test_an_error_in_the_middle_of_the_call_is_unknown_at_once(errands: Errands):
    errands.start()
    errands.registry.then = lambda call: (_ for _ in ()).throw(TimeoutError("no answer"))

    errands.drain_all()

    assert len(errands.registry.calls) == 1
    assert errands.incident().kind == "outcome_unknown"
    assert "TimeoutError: no answer" in errands.incident().message


@of_class(Repeat.NEVER)
def test_what_certainly_did_not_happen_is_tried_again(errands: Errands):
    errands.start()
    errands.registry.then = lambda call: (_ for _ in ()).throw(NotDone("connection refused"))
    errands.pump.drain()
    assert errands.job().intended_at is None
    errands.registry.then = errands.registry.do

    errands.drain_all()

    assert len(errands.registry.calls) == 2
    assert errands.instance().status == "completed"


# -- outcomes, faults, the log


@of_class(*Repeat)
def test_a_business_outcome_takes_the_error_event(errands: Errands):
    errands.start()
    errands.registry.then = lambda call: (_ for _ in ()).throw(BusinessOutcome("no_such_person", checked=True))

    errands.pump.drain()

    assert errands.passed()[-1] == "refused"
    assert (errands.instance().status, errands.job().state) == ("completed", "done")
    assert errands.handlers.kept == []


def test_the_log_tells_every_attempt(errands: Errands):
    errands.start()

    def break_down(call: OutsideCall) -> Mapping[str, Any]:
        raise Fault(f"attempt {call.attempt}") from ConnectionError("no route")

    errands.registry.then = break_down
    errands.drain_all()

    with errands.database.read() as connection:
        view = errands.incidents.view(connection, errands.incident().id)
    assert [one.error for one in view.attempts] == [
        f"Fault: attempt {n} ← ConnectionError: no route" for n in (1, 2, 3)
    ]
    for one in view.attempts:
        assert one.log[0]["text"] == "asked the registry"
        assert "tests/jobs/test_outside.py" in one.trace
        assert "break_down" in one.trace
        assert str(HOUSE) not in one.trace, "where the service is installed is nobody's business"
    starts = [one.started_at for one in view.attempts if one.started_at]
    assert len(starts) == 3
    assert starts == sorted(starts)
    assert view.actions == ("retry",)


def test_a_fault_behind_the_errand_does_not_repeat_the_errand(errands: Errands):
    """A later inline step breaks: it is left as a job, and what the outside answered is taken in at once."""
    errands.start()
    errands.handlers.tell = lambda: (_ for _ in ()).throw(ZeroDivisionError("in the next step"))

    errands.pump.drain(limit=1)

    assert errands.passed() == ["started", "ask_registry"]
    errands.handlers.tell = lambda: None
    errands.drain_all()
    assert errands.instance().status == "completed"
    assert len(errands.registry.calls) == 1


@of_class(*Repeat)
def test_an_answer_that_cannot_be_taken_in_is_kept(errands: Errands):
    """The diagram does not draw this outcome. An operator sees that; a retry does not ask the outside again."""
    errands.start()
    errands.registry.then = lambda call: (_ for _ in ()).throw(BusinessOutcome("never_drawn"))

    errands.drain_all()

    assert errands.incident().kind == "failed"
    assert errands.job().result == {"outputs": {}, "error_code": "never_drawn"}
    assert len(errands.registry.calls) == 1
    errands.incidents.retry(errands.job().id, by=OPERATOR)
    errands.drain_all()
    assert len(errands.registry.calls) == 1


# -- leases and fences


@of_class(*Repeat)
def test_a_late_answer_changes_nothing(errands: Errands):
    """The instance was stopped while the outside worked; what it answers is dropped, and the call is on record."""
    instance_id = errands.start()

    def stop_meanwhile(call: OutsideCall) -> Mapping[str, Any]:
        errands.cancel(instance_id)
        return errands.registry.do(call)

    errands.registry.then = stop_meanwhile
    before = errands.passed()

    errands.pump.drain()

    assert errands.job().state == "cancelled"
    assert errands.passed() == before
    assert [one.outcome for one in errands.attempts()] == ["too_late"]


@of_class(Repeat.NEVER)
def test_a_job_that_was_lost_before_its_only_call_is_not_called(errands: Errands):
    instance_id = errands.start()
    claimed = errands.pump.claim()
    assert claimed is not None
    with errands.database.write() as work:
        work.connection.execute(update(job).values(fence=job.c.fence + 1, lease_owner="another worker"))

    errands.pump.run(claimed)

    assert errands.registry.calls == []
    assert errands.instance().id == instance_id


def test_the_lease_of_long_work_is_extended(database: Database, clock: FixedClock, system_clock: FixedClock):
    errands = Errands(database, clock, system_clock, Repeat.BY_KEY, beat_s=0.01)
    errands.start()
    working, go_on = Event(), Event()

    def work_long(call: OutsideCall) -> Mapping[str, Any]:
        working.set()
        assert go_on.wait(20)
        return errands.registry.do(call)

    errands.registry.then = work_long
    worker = Thread(target=errands.pump.drain)
    worker.start()
    assert working.wait(20)
    for _ in range(3):
        before = errands.job().lease_until
        errands.system.advance(seconds=50)  # less than a lease, but more than one in all
        for _ in range(500):
            if errands.job().lease_until > before:
                break
            Event().wait(0.01)
        errands.another_pump().reap()
    assert errands.job().state == "running"
    go_on.set()
    worker.join(20)
    assert (errands.job().state, errands.job().attempt) == ("done", 1)


def test_the_heartbeat_ends_when_the_fence_is_lost(database: Database, clock: FixedClock, system_clock: FixedClock):
    errands = Errands(database, clock, system_clock, Repeat.BY_KEY, beat_s=0.01)
    instance_id = errands.start()
    leases: list[Any] = []

    def work_on(call: OutsideCall) -> Mapping[str, Any]:
        errands.cancel(instance_id)
        errands.system.advance(seconds=30)
        Event().wait(0.1)
        leases.append(errands.job().lease_until)
        return {}

    errands.registry.then = work_on

    errands.pump.drain()

    assert leases == [None]


def test_what_hangs_loses_its_lease(
    database: Database, clock: FixedClock, system_clock: FixedClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("jobs.outside.LONGEST_S", 0.05)
    errands = Errands(database, clock, system_clock, Repeat.BY_KEY, beat_s=0.01)
    errands.start()

    def hang(call: OutsideCall) -> Mapping[str, Any]:
        if len(errands.registry.calls) == 1:
            Event().wait(1.0)  # far more beats than it has
            errands.system.advance(seconds=LEASE.total_seconds() + 1)
            Event().wait(0.1)
            errands.another_pump().reap()
        return errands.registry.do(call)

    errands.registry.then = hang
    errands.pump.drain(limit=1)  # a lost job is due at once, also for this pump
    assert (errands.job().state, errands.job().error) == ("ready", "the worker was lost")
    errands.drain_all()
    assert errands.instance().status == "completed"


# -- whose topic it is


def test_a_topic_without_a_handler_waits_for_external_workers(errands: Errands):
    errands.handlers.known.discard("ask_registry")
    errands.start()

    errands.drain_all()

    waiting = errands.job()
    assert (waiting.lane, waiting.topic, waiting.state, waiting.attempt) == ("external", "ask_registry", "ready", 0)
    assert errands.wrong() == []
    errands.handlers.known.add("ask_registry")
    assert follow_the_handlers(errands.database, errands.processes) == 1
    assert follow_the_handlers(errands.database, errands.processes) == 0
    errands.pump.drain()
    assert errands.instance().status == "completed"


def test_a_decision_about_nothing_is_refused(errands: Errands):
    with pytest.raises(NotFound):
        errands.incidents.decide("no-such-incident", "done", "…", by=OPERATOR)
