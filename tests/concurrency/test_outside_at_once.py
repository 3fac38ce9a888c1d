"""Races around jobs that work outside: operators, the reaper, a cancellation and late workers. The fence decides."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from sqlalchemy import delete

from jobs.claims import LEASE
from kernel.actors import Actor, Role
from kernel.clock import FixedClock
from processes.ports import OutsideCall, Repeat
from store.tables import attempt, history, incident, instance, job
from store.unit_of_work import Database
from tests.concurrency.racing import ROUNDS, codes, race
from tests.jobs.outsiders import Errands

OPERATOR = Actor(id="ops", name="邵维", roles=frozenset({Role.OPS}))
Lost = type("Lost", (BaseException,), {})


def clear(errands: Errands) -> None:
    """Begin the next round with an empty house."""
    with errands.database.write() as work:
        for table in (incident, attempt, job, history, instance):
            work.connection.execute(delete(table))
    errands.registry.calls.clear()
    errands.registry.effects.clear()


def lose_the_answer(errands: Errands) -> None:
    """A worker does the effect and is gone before it tells; its lease has run out."""

    def do_and_die(call: OutsideCall) -> Mapping[str, Any]:
        errands.registry.do(call)
        raise Lost

    errands.registry.then = do_and_die
    with pytest.raises(Lost):
        errands.another_pump().drain()
    errands.registry.then = errands.registry.do
    errands.later(seconds=LEASE.total_seconds() + 1)


def test_two_operators_decide_differently(database: Database, clock: FixedClock, system_clock: FixedClock):
    """One of them is told that it is decided; the process goes on as the other said, once."""
    errands = Errands(database, clock, system_clock, Repeat.NEVER)
    for _ in range(ROUNDS // 2):
        errands.start()
        lose_the_answer(errands)
        errands.pump.reap()
        decide = partial(errands.incidents.decide, errands.incident().id, note="核实过", by=OPERATOR)

        outcomes = race(partial(decide, "done"), partial(decide, "again"), errands.pump.drain)

        assert codes(outcomes[:2]) == [None, "STATE_CONFLICT"]
        errands.pump.drain()
        assert len(errands.registry.calls) == (1 if outcomes[0].is_done else 2)
        assert errands.instance().status == "completed"
        assert errands.wrong() == []
        clear(errands)


def test_a_late_worker_the_reaper_and_two_others(database: Database, clock: FixedClock, system_clock: FixedClock):
    """The job of a stalled worker is given to another; whoever settles first has done it, and only once."""
    errands = Errands(database, clock, system_clock, Repeat.BY_KEY)
    others = [errands.another_pump() for _ in range(2)]
    for _ in range(ROUNDS // 2):
        errands.start()
        stalled = errands.another_pump()
        claimed = stalled.claim()
        assert claimed is not None
        errands.later(seconds=LEASE.total_seconds() + 1)

        race(partial(stalled.run, claimed), *(pump.reap for pump in others), *(pump.drain for pump in others))
        errands.drain_all(hours=1)

        assert errands.instance().status == "completed"
        assert list(errands.registry.effects.values()) == [1]
        assert errands.passed().count("ask_registry") == 1
        assert errands.wrong() == []
        clear(errands)


def test_a_cancellation_and_the_answer(database: Database, clock: FixedClock, system_clock: FixedClock):
    """Either the answer was taken in first, or it changes nothing and the call stands in the log."""
    errands = Errands(database, clock, system_clock, Repeat.NEVER)
    for _ in range(ROUNDS // 2):
        instance_id = errands.start()

        race(errands.pump.drain, partial(errands.cancel, instance_id))

        state = errands.job().state
        assert state in ("done", "cancelled")
        if state == "cancelled":
            assert "ask_registry" not in errands.passed()
            assert len(errands.attempts()) == len(errands.registry.calls)
        clear(errands)


def test_a_retry_the_reaper_and_workers(database: Database, clock: FixedClock, system_clock: FixedClock):
    """Two operators start an incident again while workers look for work: it runs once."""
    errands = Errands(database, clock, system_clock, Repeat.BY_KEY)
    for _ in range(ROUNDS // 2):
        errands.start()
        errands.registry.then = lambda call: (_ for _ in ()).throw(RuntimeError("away"))
        errands.drain_all(hours=1)
        calls = len(errands.registry.calls)
        errands.registry.then = errands.registry.do
        retry = partial(errands.incidents.retry, errands.job().id, by=OPERATOR)

        outcomes = race(retry, retry, errands.pump.reap, errands.pump.drain, errands.another_pump().drain)

        assert codes(outcomes[:2]) == [None, "STATE_CONFLICT"]
        errands.pump.drain()
        assert len(errands.registry.calls) == calls + 1
        assert errands.instance().status == "completed"
        clear(errands)
