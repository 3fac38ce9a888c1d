"""Functions of days, times, moments and durations (DMN 1.5, tables 72, 77 and 78)."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from rules.feel.arithmetic import months_between
from rules.feel.frame import Frame
from rules.feel.library.signatures import built_in
from rules.feel.temporal import (
    MIDNIGHT,
    SECOND_NS,
    Date,
    DaysTime,
    Moment,
    Time,
    YearsMonths,
    as_moment,
    date_of,
    from_python,
    time_of,
)
from rules.feel.temporal_text import date_from, duration_from, moment_from, time_from

T = TypeVar("T")
_SPRING = ("January", "February", "March", "April")
_MONTHS = (*_SPRING, "May", "June", "July", "August", "September", "October", "November", "December")
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


@built_in("date", "from: string", literal=date_from)
def date_of_text(frame: Frame, text: str) -> Date | None:
    return _noted(frame, date_from(text), text)


@built_in("date", "from: date")
def date_of_moment(frame: Frame, value: Date | Moment) -> Date:
    return value.date if isinstance(value, Moment) else value


@built_in("date", "year: number, month: number, day: number")
def date_of_parts(frame: Frame, *parts: Decimal) -> Date | None:
    whole = _whole(*parts)
    return None if whole is None else date_of(*whole)


def _moment_of_text(text: str) -> Moment | None:
    day = date_from(text)
    return Moment(day, MIDNIGHT) if day else moment_from(text)


@built_in("date and time", "from: string", literal=_moment_of_text)
def moment_of_text(frame: Frame, text: str) -> Moment | None:
    return _noted(frame, _moment_of_text(text), text)


@built_in("date and time", "from: date")
def moment_of_day(frame: Frame, value: Date | Moment) -> Moment:
    return as_moment(value)


@built_in("date and time", "date: date, time: clock")
def moment_of_parts(frame: Frame, day: Date | Moment, clock: Time) -> Moment:
    return Moment(day.date if isinstance(day, Moment) else day, clock)


@built_in("time", "from: string", literal=time_from)
def time_of_text(frame: Frame, text: str) -> Time | None:
    return _noted(frame, time_from(text), text)


@built_in("time", "from: clock")
def time_itself(frame: Frame, value: Time) -> Time:
    return value


@built_in("time", "from: date")
def time_of_moment(frame: Frame, value: Date | Moment) -> Time:
    return as_moment(value).time


@built_in("time", "hour: number, minute: number, second: number, offset?: length?")
def time_of_parts(
    frame: Frame, hour: Decimal, minute: Decimal, second: Decimal, offset: DaysTime | None
) -> Time | None:
    whole = _whole(hour, minute)
    if whole is None or not 0 <= second < 60:
        return None
    nanoseconds = int(second.scaleb(9)) % SECOND_NS
    zone = None
    if offset is not None:
        zone, rest = divmod(offset.nanoseconds, SECOND_NS)
        if rest or abs(zone) > 18 * 3_600:
            return None
    return time_of(whole[0], whole[1], int(second), nanoseconds, zone)


@built_in("duration", "from: string", literal=duration_from)
def duration_of_text(frame: Frame, text: str) -> DaysTime | YearsMonths | None:
    found = duration_from(text)
    _noted(frame, found, text)
    return found


@built_in("duration", "from: duration")
def duration_itself(frame: Frame, value: DaysTime | YearsMonths) -> DaysTime | YearsMonths:
    return value


@built_in("years and months duration", "from: date, to: date")
def years_and_months(frame: Frame, first: Date | Moment, last: Date | Moment) -> YearsMonths:
    return months_between(date_of_moment(frame, first), date_of_moment(frame, last))


@built_in("now", "")
def now(frame: Frame) -> Moment | None:
    return _clock(frame)


@built_in("today", "")
def today(frame: Frame) -> Date | None:
    moment = _clock(frame)
    return None if moment is None else moment.date


def _clock(frame: Frame) -> Moment | None:
    if frame.run.now is None:
        frame.note("此处没有时钟", "there is no clock here")
        return None
    moment: Moment = from_python(frame.run.now)
    return moment


@built_in("day of year", "date: date")
def day_of_year(frame: Frame, value: Date | Moment) -> Decimal:
    day = date_of_moment(frame, value)
    return Decimal(day.ordinal - Date(day.year, 1, 1).ordinal + 1)


@built_in("day of week", "date: date")
def day_of_week(frame: Frame, value: Date | Moment) -> str:
    return _DAYS[date_of_moment(frame, value).weekday - 1]


@built_in("month of year", "date: date")
def month_of_year(frame: Frame, value: Date | Moment) -> str:
    return _MONTHS[date_of_moment(frame, value).month - 1]


@built_in("week of year", "date: date")
def week_of_year(frame: Frame, value: Date | Moment) -> Decimal:
    """The week of ISO 8601: it belongs to the year of its Thursday."""
    day = date_of_moment(frame, value)
    year = day.year
    if day.ordinal >= _first_monday(year + 1):
        year += 1
    elif day.ordinal < _first_monday(year):
        year -= 1
    return Decimal((day.ordinal - _first_monday(year)) // 7 + 1)


def _first_monday(year: int) -> int:
    fourth = Date(year, 1, 4)
    return fourth.ordinal - fourth.weekday + 1


def _whole(*parts: Decimal) -> tuple[int, ...] | None:
    if any(part != part.to_integral_value() or abs(part) > 10**10 for part in parts):
        return None
    return tuple(int(part) for part in parts)


def _noted(frame: Frame, value: T | None, text: str) -> T | None:
    if value is None:
        frame.note(f"“{text[:40]}”不是有效的日期、时间或时长", f"“{text[:40]}” is no valid date, time or duration")
    return value
