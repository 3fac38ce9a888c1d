"""Timers: strict ISO 8601, no clock in the engine, one firing an occurrence (ENGINE.md 1.9, RELIABILITY.md 2.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kernel.clock import BEIJING
from kernel.errors import StateConflict
from processes.execution import Execution, OpenTimer
from processes.faults import DefinitionNotRunnable, ExpressionFailed
from processes.model import Element
from processes.timers import (
    TimerNotUnderstood,
    due_at,
    parse_cycle,
    parse_date,
    parse_duration,
    parse_retry_cycle,
    parse_timer,
)
from tests.processes.diagrams import boundary, build, end, flows, node, process, start, timer, user
from tests.processes.running import NOW, Run


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("P3D", "2026-06-15T09:00", "2026-06-18T09:00"),
        ("P2W", "2026-06-15T09:00", "2026-06-29T09:00"),
        ("PT4H30M5S", "2026-06-15T09:00", "2026-06-15T13:30:05"),
        ("P1Y2M3DT4H", "2026-01-15T09:00", "2027-03-18T13:00"),
        ("P1M", "2026-01-31T09:00", "2026-02-28T09:00"),
        ("P1Y", "2028-02-29T00:00", "2029-02-28T00:00"),
        ("P13M", "2026-12-01T00:00", "2028-01-01T00:00"),
        ("P0D", "2026-06-15T09:00", "2026-06-15T09:00"),
        # 00:30 on the first of July in Beijing is still June in UTC; the month is the one of the authority
        ("P1M", "2026-07-01T00:30", "2026-08-01T00:30"),
    ],
)
def test_durations_are_counted_in_the_calendar_of_the_authority(text: str, start: str, expected: str) -> None:
    begin = datetime.fromisoformat(start).replace(tzinfo=BEIJING).astimezone(UTC)
    found = parse_duration(text).after(begin)
    assert found.tzinfo is UTC
    assert found == datetime.fromisoformat(expected).replace(tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-25", "2026-06-24T16:00:00+00:00"),
        ("2026-06-25T12:00", "2026-06-25T04:00:00+00:00"),
        ("2026-06-25T12:00:30.5Z", "2026-06-25T12:00:30.500000+00:00"),
        ("2026-06-25T12:00:00+09:00", "2026-06-25T03:00:00+00:00"),
    ],
)
def test_dates_without_zone_are_of_the_authority(text: str, expected: str) -> None:
    assert parse_date(text).isoformat() == expected


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("duration", text)
        for text in (
            "",
            "P",
            "PT",
            "P5",
            "5D",
            "P1.5DT1H",
            "PT0.5H",
            "P1W2D",
            "P1D2M",
            "PT1H1D",
            "-P1D",
            "p5d",
            "P5D ",
            "P1DT",
        )
    ]
    + [
        ("cycle", text)
        for text in ("R", "R/", "R0/P1D", "R/P0D", "R-1/P1D", "P3D", "R/2026-06-15/P1D", "R/P", "R1.5/P1D")
    ]
    + [
        ("date", text)
        for text in (
            "",
            "2026-13-01",
            "2026-02-30",
            "0001-01-01",
            "20260615",
            "2026-06-15 12:00",
            "2026-W25-1",
            "tomorrow",
            "12:00",
            "2026-06-15T25:00",
        )
    ],
)
def test_what_is_not_understood_is_refused(kind: str, text: str) -> None:
    with pytest.raises(TimerNotUnderstood, match="Expected"):
        parse_timer(kind, text)  # type: ignore[arg-type]


def test_retry_cycle_needs_a_number_of_tries() -> None:
    assert parse_retry_cycle("R3/PT10M") == (3, timedelta(minutes=10))
    for text in ("R/PT10M", "R3/P1M", "PT10M"):
        with pytest.raises(TimerNotUnderstood):
            parse_retry_cycle(text)


def test_cycles_know_their_number_of_turns() -> None:
    assert parse_cycle("R/P3D").times is None
    assert parse_cycle("R5/PT1H").times == 5


def _open(kind: str, value: str, rearmed_at: datetime | None = None) -> OpenTimer:
    element = Element(id="late", kind="boundaryEvent", name="", process="p")
    return OpenTimer("t", 1, "late", "p", element, kind, value, True, rearmed_at)  # type: ignore[arg-type]


def test_due_moment_of_each_kind() -> None:
    assert due_at(_open("date", "2026-06-25"), NOW) == datetime(2026, 6, 24, 16, tzinfo=UTC)
    assert due_at(_open("duration", "P10D"), NOW) == NOW + timedelta(days=10)
    assert due_at(_open("cycle", "R/P3D"), NOW) == NOW + timedelta(days=3)
    # a cycle that has fired counts from the moment it fired, however late that was
    late = NOW + timedelta(days=40)
    assert due_at(_open("cycle", "R/P3D", late), NOW) == late + timedelta(days=3)
    with pytest.raises(TimerNotUnderstood):
        due_at(_open("duration", "P9999Y"), NOW)


def _watched(kind: str, text: str, *, interrupting: bool) -> bytes:
    return process(
        "watched",
        start()
        + user("work", "late_work")
        + boundary("late", "work", timer(kind, text), interrupting=interrupting)
        + end()
        + flows("started > work > ended", "late > late_work > ended"),
    )


def test_interrupting_timer_cancels_the_task() -> None:
    run = Run(build(_watched("timeDuration", "P5D", interrupting=True))).fire("late")
    assert run.tasks() == ["late_work"]
    assert run.happened("cancelled") == ["work"]
    assert run.execution.timers() == []


def test_timer_without_interruption_fires_once() -> None:
    run = Run(build(_watched("timeDuration", "P5D", interrupting=False))).fire("late")
    assert run.tasks() == ["late_work", "work"]
    assert run.execution.timers() == []


def test_cycle_waits_again_from_the_moment_it_fired_until_its_turns_are_over() -> None:
    run = Run(build(_watched("timeCycle", "R3/P3D", interrupting=False)))
    first = run.execution.timers()[0]
    assert (first.occurrence, first.rearmed_at, first.kind, first.interrupting) == (1, None, "cycle", False)
    late = NOW + timedelta(days=30)
    run.fire("late", late)
    again = run.execution.timers()[0]
    assert (again.id, again.occurrence, again.rearmed_at) == (first.id, 2, late)
    run.fire("late").fire("late")
    assert run.execution.timers() == []
    assert run.tasks() == ["late_work"] * 3 + ["work"]


def test_timer_of_a_completed_task_is_gone() -> None:
    run = Run(build(_watched("timeCycle", "R/P3D", interrupting=False)))
    timer_id = run.execution.timers()[0].id
    run.complete("work")
    with pytest.raises(StateConflict) as conflict:
        run.execution.fire(timer_id, NOW)
    assert conflict.value.code == "STATE_CONFLICT"


PERIOD = process(
    "period",
    start()
    + node("intermediateCatchEvent", "period_over", timer("timeDate", "=until"))
    + end()
    + flows("started > period_over > ended"),
)


def test_intermediate_timer_takes_its_date_from_a_variable() -> None:
    run = Run(build(PERIOD), until="2026-06-25")
    assert [(one.path, one.value, one.interrupting) for one in run.execution.timers()] == [
        ("period_over", "2026-06-25", False)
    ]
    assert run.fire("period_over").execution.is_completed
    assert run.happened("entered") == ["started", "period_over", "ended"]


@pytest.mark.parametrize("until", [None, 5, "soon", "P10D"])
def test_computed_timer_that_is_no_date_is_a_fault(until: object) -> None:
    with pytest.raises(ExpressionFailed, match="period_over"):
        Execution.start(build(PERIOD), {"until": until})


def test_computed_date_of_feel_is_understood() -> None:
    definition = build(
        process(
            "computed",
            start()
            + node(
                "intermediateCatchEvent", "period_over", timer("timeDate", '= date("2026-06-15") + duration("P10D")')
            )
            + end()
            + flows("started > period_over > ended"),
        )
    )
    assert Run(definition).execution.timers()[0].value == "2026-06-25"


@pytest.mark.parametrize(
    ("kind", "text"), [("timeDuration", "P1.5DT1H"), ("timeDuration", "'P5D'"), ("timeDate", "now()")]
)
def test_literal_timer_is_checked_when_the_definition_is_built(kind: str, text: str) -> None:
    with pytest.raises(DefinitionNotRunnable, match="Expected an ISO 8601"):
        build(_watched(kind, text, interrupting=True))


def test_engine_never_asks_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    def forbidden() -> float:
        raise AssertionError("the engine read the clock")

    definition = build(_watched("timeCycle", "R/P3D", interrupting=False))
    monkeypatch.setattr(time, "time", forbidden)
    Run(definition).fire("late").complete("late_work").complete("work")
