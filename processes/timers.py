# mypy: disallow-subclassing-any=False
"""Timers that never read the clock: the engine keeps the text, the database layer reckons the moment.

The stock timers of the library compare with the machine's time, read `P1.5DT1H` as one hour and `P` as nothing.
Here ISO 8601 is read strictly, and what is not understood is refused.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from kernel.clock import BEIJING
from processes.model import OpenTimer, TimerKind

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?P<time>T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?")
_DURATION = re.compile(
    r"P(?=\d|T\d)(?:(?P<weeks>\d{1,5})W"
    r"|(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,5})M)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,7})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,9})S)?)?)"
)
_CYCLE = re.compile(r"R(?P<times>\d{1,6})?/(?P<duration>P.*)")


class TimerNotUnderstood(ValueError):
    """The text is not an ISO 8601 date, duration or cycle of the forms we run."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of calendar months and of exact time; `P1M` from 31 January ends on the last of February."""

    months: int
    span: timedelta

    def after(self, start: datetime) -> datetime:
        """The moment this long after `start`; days and months are counted in Asia/Shanghai."""
        local = start.astimezone(BEIJING)
        if self.months:
            year, month = divmod(local.year * 12 + local.month - 1 + self.months, 12)
            local = local.replace(year=year, month=month + 1, day=min(local.day, monthrange(year, month + 1)[1]))
        return (local + self.span).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Cycle:
    """A repetition: `R/P3D` for ever (`times` None), `R5/PT1H` five times."""

    times: int | None
    every: Duration


def parse_date(text: str) -> datetime:
    """A date or date-time as a UTC moment; without zone it is of Asia/Shanghai, without time its first moment.

    Raises:
        TimerNotUnderstood: another form, no such day, or one before the first of all days in UTC.
    """
    match = _DATE.fullmatch(text)
    try:
        if match and match["time"]:
            moment = datetime.fromisoformat(text)
        elif match:
            moment = datetime.combine(date.fromisoformat(text), time.min)
        else:
            raise TimerNotUnderstood(f"Expected an ISO 8601 date or date-time, found {text!r}")
        return (moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise TimerNotUnderstood(f"Expected an ISO 8601 date or date-time, found {text!r}") from error


def parse_duration(text: str) -> Duration:
    """A duration such as `P10D`, `P1Y2M3DT4H` or `P2W`; whole numbers only.

    Raises:
        TimerNotUnderstood: another form, a fraction, or nothing after P or T.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise TimerNotUnderstood(f"Expected an ISO 8601 duration such as P3D or PT4H, found {text!r}")
    number = {name: int(value or 0) for name, value in match.groupdict().items()}
    span = timedelta(**{name: number[name] for name in ("weeks", "days", "hours", "minutes", "seconds")})
    return Duration(number["years"] * 12 + number["months"], span)


def parse_cycle(text: str) -> Cycle:
    """A repeating interval such as `R/P3D` or `R5/PT1H`.

    Raises:
        TimerNotUnderstood: another form, no repetition at all, or an interval of no length.
    """
    match = _CYCLE.fullmatch(text)
    if match is None:
        raise TimerNotUnderstood(f"Expected a repeating interval such as R/P3D or R5/PT1H, found {text!r}")
    every = parse_duration(match["duration"])
    times = int(match["times"]) if match["times"] else None
    if times == 0 or not (every.months or every.span):
        raise TimerNotUnderstood(f"Expected a repetition with an interval longer than nothing, found {text!r}")
    return Cycle(times, every)


def parse_retry_cycle(text: str) -> tuple[int, timedelta]:
    """`camunda:failedJobRetryTimeCycle` such as `R3/PT10M`: how often a job is tried, and the pause between.

    Raises:
        TimerNotUnderstood: another form, no number of tries, or a pause of calendar months.
    """
    cycle = parse_cycle(text)
    if cycle.times is None or cycle.every.months:
        raise TimerNotUnderstood(f"Expected a number of tries and a pause such as R3/PT10M, found {text!r}")
    return cycle.times, cycle.every.span


def parse_timer(kind: TimerKind, text: str) -> datetime | Duration | Cycle:
    """Read a timer of any kind; raises TimerNotUnderstood."""
    if kind == "date":
        return parse_date(text)
    return parse_duration(text) if kind == "duration" else parse_cycle(text)


def due_at(timer: OpenTimer, armed_at: datetime) -> datetime:
    """The moment a timer is due, as UTC.

    `armed_at` is the moment of the command after which the timer was first seen; a cycle that has fired counts from
    the moment it fired, however late that was, so that a stop of the service never lets reminders pile up.
    """
    value = parse_timer(timer.kind, timer.value)
    if isinstance(value, datetime):
        return value
    every = value.every if isinstance(value, Cycle) else value
    try:
        return every.after(timer.rearmed_at or armed_at)
    except (OverflowError, ValueError) as error:
        raise TimerNotUnderstood(f"{timer.value} after {armed_at} lies outside the calendar") from error


@dataclass(slots=True)
class TimerState:
    """What an armed timer carries in the state of its instance."""

    value: str
    occurrence: int = 1
    left: int | None = None
    rearmed_at: datetime | None = None

    def rearmed(self, at: datetime) -> TimerState | None:
        """The timer after one firing, or None when it was the last."""
        if self.left is not None and self.left <= 1:
            return None
        left = None if self.left is None else self.left - 1
        return TimerState(self.value, self.occurrence + 1, left, at)


class TimerDefinition(TimerEventDefinition):
    """The event definition of a timer: `expression` is ISO 8601, or FEEL after a `=`."""

    def __init__(self, kind: TimerKind, expression: str, description: str | None = None) -> None:
        super().__init__(kind, expression, description=description)
        self.kind = kind

    @property
    def feel(self) -> str | None:
        """The FEEL expression, or None when the timer is literal."""
        return self.expression if self.expression.startswith("=") else None

    def arm(self, value: Any) -> TimerState:
        """The state of a timer that starts to wait with the evaluated `value`; raises TimerNotUnderstood."""
        if not isinstance(value, str):
            raise TimerNotUnderstood(f"Expected the ISO 8601 text of a {self.kind}, found {type(value).__name__}")
        parsed = parse_timer(self.kind, value)
        if isinstance(parsed, Cycle):
            return TimerState(value, left=parsed.times)
        return TimerState(value, left=1)
