"""Days, moments and durations of FEEL: strict ISO 8601 forms, checked by ourselves.

The library's own parsing of durations reads `P1.5DT1H` as one hour (ENGINE.md 1.9), so nothing of it is used.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)
_YEARS_MONTHS = re.compile(r"(-)?P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?", re.ASCII)
_DAYS_TIME = re.compile(
    r"(-)?P(?=[\dT])(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,7})H)?(?:(\d{1,7})M)?(?:(\d{1,8})(?:\.(\d{1,6}))?S)?)?", re.ASCII
)


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A calendar duration; a month has no fixed number of days, so it is never mixed with days."""

    months: int

    def __add__(self, other: YearsMonths) -> YearsMonths:
        return YearsMonths(self.months + other.months)

    def __sub__(self, other: YearsMonths) -> YearsMonths:
        return YearsMonths(self.months - other.months)

    def __neg__(self) -> YearsMonths:
        return YearsMonths(-self.months)


Duration = timedelta | YearsMonths


def day_from(text: str) -> date | None:
    """`2026-06-15` as a day, anything else None."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def moment_from(text: str) -> datetime | None:
    """`2026-06-15T09:30:00+08:00` as a moment (naive when no offset is written), anything else None."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def duration_from(text: str) -> Duration | None:
    """`P10D`, `PT36H`, `P1Y6M`; None for everything else, also for mixed forms such as `P1M3D` and for a bare `P`."""
    match = _YEARS_MONTHS.fullmatch(text)
    if match:
        sign, years, months = match.groups()
        total = int(years or 0) * 12 + int(months or 0)
        return YearsMonths(-total if sign else total)
    match = _DAYS_TIME.fullmatch(text)
    if not match:
        return None
    sign, days, hours, minutes, seconds, fraction = match.groups()
    try:
        length = timedelta(
            days=int(days or 0),
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            seconds=int(seconds or 0),
            microseconds=int((fraction or "0").ljust(6, "0")),
        )
    except OverflowError:
        return None
    return -length if sign else length


def literal_from(text: str) -> date | Duration | None:
    """What `@"…"` stands for: a day, a moment or a duration."""
    found = moment_from(text) or day_from(text)
    return found if found is not None else duration_from(text)


def add_months(moment: date, months: int) -> date:
    """The same day so many months later, clamped to the end of a shorter month.

    Raises:
        ValueError: the year leaves 1 to 9999.
    """
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise ValueError(f"Expected a year from 1 to 9999, but found {year}")
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def difference(left: date, right: date) -> timedelta | None:
    """How much later the left is; a day counts as its midnight, a moment with an offset fits only another one."""
    first = left if isinstance(left, datetime) else datetime.combine(left, time())
    second = right if isinstance(right, datetime) else datetime.combine(right, time())
    if (first.tzinfo is None) != (second.tzinfo is None):
        return None
    return first - second


def text_of(value: Any) -> str:
    """The ISO form of a day, a moment or a duration."""
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, YearsMonths):
        years, months = divmod(abs(value.months), 12)
        body = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return ("-" if value.months < 0 else "") + "P" + body
    return _text_of_length(value)


def _text_of_length(length: timedelta) -> str:
    sign = "-" if length < timedelta() else ""
    length = abs(length)
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{length.microseconds:06d}".rstrip("0") if length.microseconds else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock += f"{seconds}{fraction}S" if seconds or fraction else ""
    days = f"{length.days}D" if length.days else ""
    if not days and not clock:
        return "PT0S"
    return f"{sign}P{days}" + (f"T{clock}" if clock else "")
