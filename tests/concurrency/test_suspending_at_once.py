"""An operator suspends while people and workers move the same instance: each comes before it or after it, never half."""

from __future__ import annotations

from functools import partial

import pytest

from applications.documents import Documents
from jobs.pump import Pump
from kernel.clock import FixedClock
from processes.ports import Repeat
from processes.repairs import Repairs
from store.unit_of_work import Database
from tests.concurrency.racing import FEWER_ROUNDS, ROUNDS, codes, race
from tests.concurrency.test_deciding_at_once import deciding
from tests.concurrency.test_outside_at_once import clear
from tests.invariants import violations
from tests.jobs.outsiders import Errands
from tests.jobs.test_suspended import OPERATOR, PAYMENT
from tests.processes.house import House
from tests.scenarios.case import EMPLOYERS, Case
from tests.support.sample import NOW
from wiring import Services


@pytest.fixture
def pumps(services: Services, monkeypatch: pytest.MonkeyPatch) -> tuple[Pump, Pump]:
    monkeypatch.setattr(Documents, "store", lambda *_: "no-document")
    return services.pump, services.another_pump()


def test_an_answer_and_a_suspension(case: Case, clock: FixedClock, pumps: tuple[Pump, Pump]) -> None:
    """The answer stands, or the person is told that the case is suspended and it can be given afterwards."""
    case.saved(by="p04", to="E02").attached("AT-01", "AT-03")
    operator, repairs = case.actor("ops"), case.services.repairs
    for _ in range(ROUNDS):
        clock.set(NOW)
        case.submitted()
        instance_id = case.row().instance_id
        answer = deciding(case, EMPLOYERS["new"], "agree", by="e02_admin")

        suspended, answered = race(partial(repairs.suspend, instance_id, by=operator), answer)

        assert suspended.is_done
        assert answered.code in (None, "INSTANCE_SUSPENDED")
        assert (EMPLOYERS["new"] in case.waiting()) == (not answered.is_done)
        assert violations(case.services) == []
        repairs.activate(instance_id, by=operator)
        case.withdrawn()
        case.services.pump.drain()
    assert violations(case.services) == []


def test_reminders_that_fall_due_and_a_suspension(case: Case, clock: FixedClock, pumps: tuple[Pump, Pump]) -> None:
    """Each timer fires before the suspension or after the activation; none is lost, none counts as failed."""
    case.saved(by="p04", to="E02").attached("AT-01", "AT-03")
    operator, repairs = case.actor("ops"), case.services.repairs
    for _ in range(FEWER_ROUNDS):
        clock.set(NOW)
        case.submitted()
        pumps[0].drain()
        clock.advance(days=3)
        instance_id = case.row().instance_id

        race(*(pump.drain for pump in pumps), partial(repairs.suspend, instance_id, by=operator))
        at_rest = violations(case.services)
        race(*(pump.drain for pump in pumps), partial(repairs.activate, instance_id, by=operator))
        pumps[0].drain()

        assert at_rest == []
        case.withdrawn()
        pumps[0].drain()
    assert violations(case.services) == []


def test_an_errand_and_a_suspension(database: Database, clock: FixedClock, system_clock: FixedClock) -> None:
    """The outside is called at most once, and its answer is taken in, before the suspension or after it."""
    errands = Errands(database, clock, system_clock, Repeat.NEVER)
    repairs = Repairs(database, errands.processes)
    for _ in range(ROUNDS // 2):
        instance_id = errands.start()

        outcomes = race(errands.pump.drain, partial(repairs.suspend, instance_id, by=OPERATOR))
        if outcomes[1].is_done:
            race(errands.another_pump().drain, partial(repairs.activate, instance_id, by=OPERATOR))
        errands.pump.drain()

        assert codes(outcomes) in ([None, None], [None, "STATE_CONFLICT"])
        assert len(errands.registry.calls) == 1
        assert errands.instance().status == "completed"
        assert errands.wrong() == []
        clear(errands)


def test_a_message_and_an_activation(database: Database, clock: FixedClock) -> None:
    """The message is buffered in time for the activation, or is delivered after it: it never falls between."""
    house = House(database, clock).deploy(PAYMENT)
    repairs = Repairs(database, house.processes)
    for round_ in range(ROUNDS):
        key = f"K-{round_}"
        instance_id = house.start("payment", key)
        repairs.suspend(instance_id, by=OPERATOR)
        house.publish("paid", key, key)

        race(house.pump.drain, partial(repairs.activate, instance_id, by=OPERATOR))
        clock.advance(seconds=10)
        house.run()

        assert "paid" in house.variables(instance_id), round_
