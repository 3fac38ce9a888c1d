"""`+ - * / **` and the sign, over numbers, texts, days, times and durations (DMN 1.5, 10.3.2.3 and tables 57 to 60)."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from rules.feel.temporal import (
    DAY_NS,
    MAX_MONTHS,
    MAX_SECONDS,
    SECOND_NS,
    Date,
    DaysTime,
    Moment,
    Time,
    YearsMonths,
    as_moment,
    date_from_ordinal,
    date_of,
    days_in,
    moment_from_instant,
    moment_from_local,
    time_from_nanoseconds,
)
from rules.feel.values import NUMBERS, checked_text, safely

_DURATIONS = (DaysTime, YearsMonths)
_DAYS = (Date, Moment)
# The exponents of the standard; beyond them no result is representable anyway.
_MAX_EXPONENT = Decimal(999_999_999)


def added(left: Any, right: Any) -> Any:
    """`left + right`; here and below null where the values have no result."""
    kind = left.__class__
    if kind is right.__class__:
        if kind is Decimal:
            return safely(lambda: NUMBERS.add(left, right))
        if kind is str:
            return checked_text(left + right)
        if kind is DaysTime:
            return _length(left.nanoseconds + right.nanoseconds)
        return _months(left.months + right.months) if kind is YearsMonths else None
    if isinstance(right, _DURATIONS):
        return shifted(left, right, 1)
    return shifted(right, left, 1) if isinstance(left, _DURATIONS) else None


def subtracted(left: Any, right: Any) -> Any:
    """`left - right`"""
    kind = left.__class__
    if kind is Decimal and right.__class__ is Decimal:
        return safely(lambda: NUMBERS.subtract(left, right))
    if isinstance(left, _DAYS) and isinstance(right, _DAYS):
        return _between(as_moment(left), as_moment(right)) if kind is not right.__class__ else _between(left, right)
    if kind is right.__class__:
        if kind is DaysTime:
            return _length(left.nanoseconds - right.nanoseconds)
        if kind is YearsMonths:
            return _months(left.months - right.months)
        return _between(left, right) if kind is Time else None
    return shifted(left, right, -1) if isinstance(right, _DURATIONS) else None


def _between(left: Any, right: Any) -> DaysTime | None:
    """How much later the left is; what has an offset fits only what has one, too (table 58)."""
    if isinstance(left, Date):
        return _length((left.ordinal - right.ordinal) * DAY_NS)
    first, second = left.offset, right.offset
    if (first is None) != (second is None):
        return None
    offsets = ((first or 0) - (second or 0)) * SECOND_NS
    if isinstance(left, Time):
        return DaysTime(left.of_day - right.of_day - offsets)
    return _length(left.local - right.local - offsets)


def multiplied(left: Any, right: Any) -> Any:
    """`left * right`"""
    if left.__class__ is Decimal:
        if right.__class__ is Decimal:
            return safely(lambda: NUMBERS.multiply(left, right))
        left, right = right, left
    if isinstance(left, _DURATIONS) and right.__class__ is Decimal:
        return safely(lambda: _scaled(left, right, NUMBERS.multiply))
    return None


def divided(left: Any, right: Any) -> Any:
    """`left / right`"""
    if right.__class__ is Decimal:
        if left.__class__ is Decimal:
            return safely(lambda: NUMBERS.divide(left, right))
        if isinstance(left, _DURATIONS):
            return safely(lambda: _scaled(left, right, NUMBERS.divide))
    if left.__class__ is right.__class__ and isinstance(left, _DURATIONS):
        return safely(lambda: NUMBERS.divide(_size(left), _size(right)))
    return None


def raised(left: Any, right: Any) -> Any:
    """`left ** right`."""
    if left.__class__ is not Decimal or right.__class__ is not Decimal or abs(right) > _MAX_EXPONENT:
        return None
    if not left:
        return None if right < 0 else Decimal(0 if right else 1)
    return safely(lambda: NUMBERS.power(left, right))


def negated(value: Any) -> Any:
    """`-value`"""
    if value.__class__ is Decimal:
        return NUMBERS.minus(value)
    if value.__class__ is DaysTime:
        return DaysTime(-value.nanoseconds)
    return YearsMonths(-value.months) if value.__class__ is YearsMonths else None


def shifted(moment: Any, by: DaysTime | YearsMonths, sign: int) -> Any:
    """A day, time or moment so much later (or earlier): a day stays a day, a time wraps at midnight."""
    if isinstance(by, YearsMonths):
        if isinstance(moment, Moment):
            day = _months_later(moment.date, sign * by.months)
            return None if day is None else Moment(day, moment.time)
        return _months_later(moment, sign * by.months) if isinstance(moment, Date) else None
    amount = sign * by.nanoseconds
    if isinstance(moment, Time):
        return time_from_nanoseconds(moment.of_day + amount, moment.zone)
    if isinstance(moment, Date):
        return date_from_ordinal((moment.ordinal * DAY_NS + amount) // DAY_NS)
    if not isinstance(moment, Moment):
        return None
    offset = moment.offset
    if offset is None:
        return moment_from_local(moment.local + amount, None)
    return moment_from_instant(moment.local - offset * SECOND_NS + amount, moment.zone)


def _months_later(day: Date, months: int) -> Date | None:
    """The same day so many months later, clamped to the end of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date_of(year, month + 1, min(day.day, days_in(year, month + 1)))


def months_between(first: Date, second: Date) -> YearsMonths:
    """Whole months from the first day to the second, toward zero."""
    months = (second.year - first.year) * 12 + second.month - first.month
    if months > 0 and second.day < first.day:
        months -= 1
    elif months < 0 and second.day > first.day:
        months += 1
    return YearsMonths(months)


def _scaled(duration: DaysTime | YearsMonths, by: Decimal, scale: Callable[[Decimal, Decimal], Decimal]) -> Any:
    found = scale(_size(duration), by)
    if isinstance(duration, YearsMonths):
        return _months(math.trunc(found)) if abs(found) <= MAX_MONTHS else None
    return _length(math.trunc(found)) if abs(found) <= MAX_SECONDS * SECOND_NS else None


def _size(duration: DaysTime | YearsMonths) -> Decimal:
    return Decimal(duration.nanoseconds if isinstance(duration, DaysTime) else duration.months)


def _length(nanoseconds: int) -> DaysTime | None:
    return DaysTime(nanoseconds) if abs(nanoseconds) <= MAX_SECONDS * SECOND_NS else None


def _months(months: int) -> YearsMonths | None:
    return YearsMonths(months) if abs(months) <= MAX_MONTHS else None
