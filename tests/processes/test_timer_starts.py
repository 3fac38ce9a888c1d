"""Timers that begin processes: one instance a slot, by the active version, on the business clock (ADR 0013)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from kernel.actors import SYSTEM
from kernel.clock import BEIJING, FixedClock
from processes.retiring import Retiring, version
from processes.starting import Starting
from processes.timers import TimerNotUnderstood
from processes.timetable import Slot, first_slot, next_slot, parse_start
from store.tables import instance, job, timer_start
from store.unit_of_work import Database
from tests.concurrency.racing import race
from tests.processes.diagrams import end, flows, node, process, service, timer
from tests.processes.house import House
from tests.processes.validation.drawing import diagram, errors, line, user


def begun(kind: str, text: str, step: str = "look") -> bytes:
    body = node("startEvent", "due", timer(kind, text)) + service(step) + end()
    return process("nightly", body + flows(f"due > {step} > ended"))


def at(hour: int, minute: int = 0, *, day: int = 15) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=BEIJING).astimezone(UTC)


@pytest.fixture
def house(database: Database, clock: FixedClock) -> House:
    return House(database, clock)  # it is nine in the morning of 15 June


def keys(house: House) -> list[str]:
    with house.database.read() as connection:
        return list(connection.execute(select(instance.c.business_key).order_by(instance.c.business_key)).scalars())


def slots(house: House) -> list[datetime | None]:
    with house.database.read() as connection:
        return list(connection.execute(select(timer_start.c.next_at)).scalars())


def test_a_daily_timer_begins_an_instance_at_each_slot(house: House, clock: FixedClock) -> None:
    """R-P-09, F-SYNC: five fields of cron, read in Asia/Shanghai."""
    house.deploy(begun("timeCycle", "0 1 * * *"))
    clock.set(at(0, 59, day=16))
    assert house.run().instances("nightly") == []

    clock.set(at(1, day=16))
    house.run().run()
    assert keys(house) == ["2026-06-16 01:00"]
    assert house.at(house.instances("nightly")[0]) == ["look"]
    clock.set(at(1, day=17))
    assert keys(house.run()) == ["2026-06-16 01:00", "2026-06-17 01:00"]
    assert slots(house) == [at(1, day=18)]


def test_what_was_missed_begins_one_instance(house: House, clock: FixedClock) -> None:
    """R-P-09: a service that stood still for three days begins one, and the next at its hour."""
    house.deploy(begun("timeCycle", "0 1 * * *"))

    clock.set(at(8, 30, day=18))
    house.run().run()

    assert keys(house) == ["2026-06-16 01:00"]
    assert slots(house) == [at(1, day=19)]


def test_workers_that_look_at_once_begin_one_instance(house: House, clock: FixedClock) -> None:
    house.deploy(begun("timeCycle", "0 1 * * *"))
    clock.set(at(1, day=16))

    race(*[house.timetable.leave_due_jobs] * 4)

    with house.database.read() as connection:
        assert len(connection.execute(select(job.c.id).where(job.c.kind == "start")).all()) == 1


@pytest.mark.parametrize(
    ("kind", "text", "moments"),
    [
        ("timeDate", "2026-06-15T12:00:00", ["2026-06-15 12:00"]),
        ("timeDate", "2026-06-15T08:00:00", []),  # has passed when it is deployed
        ("timeDuration", "PT2H", ["2026-06-15 11:00"]),
        ("timeCycle", "R2/PT1H", ["2026-06-15 10:00", "2026-06-15 11:00"]),
        ("timeCycle", '="R1/PT" + "30M"', ["2026-06-15 09:30"]),
    ],
)
def test_each_kind_begins_as_often_as_it_says(
    kind: str, text: str, moments: list[str], house: House, clock: FixedClock
) -> None:
    house.deploy(begun(kind, text))
    for _ in range(10):
        clock.advance(minutes=30)
        house.run()
    assert keys(house) == moments


def test_only_the_active_version_counts(house: House, clock: FixedClock) -> None:
    """A new version takes the place of the one before, with its timers."""
    house.deploy(begun("timeCycle", "0 1 * * *"), begun("timeCycle", "0 3 * * *", "look_again"))
    assert slots(house) == [at(3, day=16)]

    clock.set(at(12, day=16))
    house.run()

    assert [house.at(one) for one in house.instances("nightly")] == [["look_again"]]


def test_a_suspended_version_begins_nothing_and_makes_up_for_nothing(house: House, clock: FixedClock) -> None:
    house.deploy(begun("timeCycle", "0 1 * * *"))
    with house.database.read() as connection:
        definition_id = house.definitions.active_id(connection, "nightly")
    stopping: Any = None
    retiring = Retiring(house.database, house.definitions, stopping, clock)

    retiring.suspend(version(definition_id), suspended=True)
    clock.set(at(9, day=17))
    assert house.run().instances("nightly") == []
    retiring.suspend(version(definition_id), suspended=False)
    house.run()

    assert (house.instances("nightly"), slots(house)) == ([], [at(1, day=18)])


def test_it_can_be_started_by_hand_as_well(house: House, clock: FixedClock) -> None:
    """1.3: operators trigger a run; it begins where the timer would begin it."""
    house.deploy(begun("timeCycle", "0 1 * * *"))
    with house.database.read() as connection:
        definition_id = house.definitions.active_id(connection, "nightly")

    started = Starting(house.database, house.definitions, house.processes, clock).start(definition_id, {}, by=SYSTEM)

    assert house.at(started.id) == ["look"]


def test_a_clock_that_is_set_back_waits_for_the_slot_that_is_next_then(house: House, clock: FixedClock) -> None:
    house.deploy(begun("timeCycle", "0 1 * * *"))
    clock.set(at(9, day=1))

    house.timetable.agree()

    assert slots(house) == [at(1, day=2)]


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        (("timeCycle", "0 1 * *"), "timer_invalid"),
        (("timeCycle", "0 25 * * *"), "timer_invalid"),
        (("timeCycle", "every night"), "timer_invalid"),
        (("timeDate", "15 June"), "timer_invalid"),
        (("timeDuration", "=waiting"), "start_timer_reads"),
    ],
)
def test_what_is_not_understood_is_refused(inside: tuple[str, str], code: str) -> None:
    """R-P-05"""
    start = f'<startEvent id="begun">{timer(*inside).replace("bpmn:", "")}</startEvent>'
    drawn = diagram(f"{start}{user()}<endEvent id='done'/>" + line("begun", "review", "done"))
    assert errors(drawn) == [code]


def test_slots_stay_on_their_grid() -> None:
    """A timer that is looked at late does not move."""
    first = first_slot("cycle", "R5/PT1H", at(9))
    assert first == Slot(at(10), 5)
    assert next_slot("cycle", "R5/PT1H", Slot(at(10), 5), at(10) + timedelta(seconds=4)) == Slot(at(11), 4)
    assert next_slot("cycle", "R5/PT1H", Slot(at(10), 5), at(12, 30)) == Slot(at(13), 2)
    assert next_slot("cycle", "R5/PT1H", Slot(at(10), 5), at(20)) is None
    assert next_slot("cycle", "R/P1M", Slot(at(10), None), at(10)) == Slot(at(10) + timedelta(days=30), None)
    assert next_slot("date", "2026-06-15", Slot(at(10), 1), at(10)) is None


def test_other_timers_know_no_cron() -> None:
    with pytest.raises(TimerNotUnderstood):
        parse_start("duration", "0 1 * * *")
