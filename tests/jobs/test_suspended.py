"""A suspended instance stands still: nothing due in it runs, nothing is lost, and nothing counts as an attempt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from kernel.actors import Actor, Role
from kernel.clock import FixedClock
from kernel.errors import InstanceSuspended
from processes.ports import OutsideCall, Repeat
from processes.repairs import Repairs
from store.tables import history, job, sent_message
from store.unit_of_work import Database
from tests.invariants import violations_of_engine
from tests.jobs.outsiders import Errands
from tests.processes.diagrams import boundary, catching, end, flows, message, process, signal, start, timer, user
from tests.processes.house import House

OPERATOR = Actor(id="ops", name="邵维", roles=frozenset({Role.OPS}))
PERIOD = process(
    "period",
    start()
    + user("wait")
    + boundary("over", "wait", timer("timeDuration", "P1D"))
    + end()
    + end("timed_out")
    + flows("started > wait > ended", "over > timed_out"),
)
PAYMENT = process(
    "payment",
    start() + catching("wait", message("paid")) + user("ship") + end() + flows("started > wait > ship > ended"),
    messages=("paid",),
)
HOLIDAY = process(
    "holiday",
    start() + catching("wait", signal("closed")) + end() + flows("started > wait > ended"),
    signals=("closed",),
)


@pytest.fixture
def house(database: Database, clock: FixedClock) -> House:
    return House(database, clock)


@pytest.fixture
def errands(database: Database, clock: FixedClock, system_clock: FixedClock) -> Errands:
    return Errands(database, clock, system_clock, Repeat.NEVER)


def suspend(house: House | Errands, instance_id: str) -> None:
    Repairs(house.database, house.processes).suspend(instance_id, by=OPERATOR)


def activate(house: House | Errands, instance_id: str) -> None:
    Repairs(house.database, house.processes).activate(instance_id, by=OPERATOR)


def wrong(database: Database) -> list[str]:
    with database.read() as connection:
        return violations_of_engine(connection)


def test_a_timer_that_falls_due_meanwhile_fires_once_after_the_activation(house: House, clock: FixedClock) -> None:
    instance_id = house.deploy(PERIOD).start("period", "K-1")
    suspend(house, instance_id)

    clock.advance(days=2)
    house.run()
    still = house.row(instance_id).status
    activate(house, instance_id)
    house.run()

    assert (still, house.row(instance_id).status) == ("suspended", "completed")
    with house.database.read() as connection:
        fired = connection.execute(select(job).where(job.c.kind == "timer")).one()
        entered = (history.c.element_id == "timed_out") & (history.c.event == "entered")
        over = connection.execute(select(history.c.seq).where(entered)).all()
    assert (fired.state, fired.attempt, len(over)) == ("done", 1, 1)
    assert wrong(house.database) == []


def test_a_timer_that_a_worker_holds_already_does_not_fire(house: House, clock: FixedClock) -> None:
    instance_id = house.deploy(PERIOD).start("period", "K-1")
    clock.advance(days=2)
    claimed = house.pump.claim()
    assert claimed is not None
    suspend(house, instance_id)

    house.pump.run(claimed)

    with house.database.read() as connection:
        row = connection.execute(select(job).where(job.c.kind == "timer")).one()
    assert (row.state, row.attempt, house.row(instance_id).status) == ("held", 0, "suspended")
    assert wrong(house.database) == []
    activate(house, instance_id)
    house.run()
    assert house.row(instance_id).status == "completed"


def test_an_answer_of_the_outside_is_kept_until_the_activation(errands: Errands) -> None:
    """The call is on its way when the instance is suspended; it is not made again, even where that is forbidden."""
    instance_id = errands.start()

    def suspended_meanwhile(call: OutsideCall) -> Mapping[str, Any]:
        suspend(errands, instance_id)
        return errands.registry.do(call)

    errands.registry.then = suspended_meanwhile
    errands.pump.drain()
    row = errands.job()
    errands.pump.drain()
    activate(errands, instance_id)
    errands.pump.drain()

    assert (row.state, row.attempt) == ("held", 0)
    assert len(errands.registry.calls) == 1
    assert errands.instance().status == "completed"
    assert errands.wrong() == []


def test_an_errand_of_a_suspended_instance_is_not_made(errands: Errands) -> None:
    instance_id = errands.start()
    claimed = errands.pump.claim()
    assert claimed is not None
    suspend(errands, instance_id)

    errands.pump.run(claimed)

    assert errands.registry.calls == []
    assert (errands.job().state, errands.job().intended_at) == ("held", None)


def test_a_message_to_a_suspended_instance_waits_for_its_activation(house: House) -> None:
    instance_id = house.deploy(PAYMENT).start("payment", "K-1")
    suspend(house, instance_id)
    house.publish("paid", "K-1", "1", amount=3)
    house.run()
    with house.database.read() as connection:
        kept = connection.execute(select(sent_message.c.status)).scalar_one()

    activate(house, instance_id)

    assert kept == "buffered"
    assert house.variables(instance_id)["paid"] == {"amount": 3}
    assert wrong(house.database) == []


def test_a_message_goes_to_another_instance_that_waits_for_it_too(house: House) -> None:
    suspended = house.deploy(PAYMENT).start("payment", "K-1")
    other = house.start("payment", "K-1")
    suspend(house, suspended)

    house.publish("paid", "K-1", "1")
    house.run()

    assert "paid" in house.variables(other)
    assert "paid" not in house.variables(suspended)


def test_a_signal_passes_a_suspended_instance_by(house: House) -> None:
    instance_id = house.deploy(HOLIDAY).start("holiday", "K-1")
    suspend(house, instance_id)

    house.signal("closed")
    house.run()
    activate(house, instance_id)

    assert house.row(instance_id).status == "active"


def test_commands_are_refused_and_suspending_again_changes_nothing(house: House) -> None:
    instance_id = house.deploy(PERIOD).start("period", "K-1")
    suspend(house, instance_id)
    suspend(house, instance_id)

    with pytest.raises(InstanceSuspended), house.database.write() as work:
        house.processes.change_variables(work, instance_id, {"a": 1}, (), by=OPERATOR, deferred=frozenset())
    activate(house, instance_id)
    activate(house, instance_id)

    with house.database.read() as connection:
        events = connection.execute(select(history.c.event).where(history.c.event.in_(("suspended", "activated"))))
        assert events.scalars().all() == ["suspended", "activated"]
    assert wrong(house.database) == []
