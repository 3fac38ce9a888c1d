"""The values of FEEL and what can be done with them; whatever cannot be done gives null (None)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from kernel.texts import Text
from rules.feel.errors import too_big
from rules.feel.temporal import YearsMonths, add_months, difference, text_of

MAX_TEXT = 100_000
MAX_NESTING = 40
MAX_RESULT = 200_000
# The decimal numbers of FEEL: 34 digits, bounded exponents. What does not fit becomes null, never infinity.
NUMBERS = Context(prec=34, Emax=6144, Emin=-6143, traps=[InvalidOperation, DivisionByZero, Overflow])
_LARGEST_JSON_INTEGER = 2**53 - 1

_TEMPORAL = (date, timedelta, YearsMonths)


@dataclass(frozen=True, slots=True)
class Range:
    """An interval such as `[1..5]`; `None` at an end means that the end was null."""

    low: Any
    high: Any
    low_included: bool
    high_included: bool

    def includes(self, value: Any) -> bool | None:
        above = compared(">=" if self.low_included else ">", value, self.low)
        below = compared("<=" if self.high_included else "<", value, self.high)
        return both(above, below)


def normal(value: Any) -> Any:
    """A value as FEEL sees it: every number a Decimal, whatever JSON does not know null."""
    if value is None or isinstance(value, (bool, str, Decimal)):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    if isinstance(value, (list, Mapping, Range, *_TEMPORAL)):
        return value
    return list(value) if isinstance(value, tuple) else None


def to_plain(value: Any) -> Any:
    """A result as JSON keeps it in the variables: whole numbers int, other numbers float, dates and durations ISO text.

    Raises:
        FeelError: a number beyond what JSON carries exactly, or a value too large or nested too deeply.
    """
    return _Plain().of(value, 0)


class _Plain:
    """Copies a value while counting, because a small expression can name one list many times."""

    def __init__(self) -> None:
        self._size = 0

    def of(self, value: Any, nesting: int) -> Any:
        if nesting > MAX_NESTING:
            raise too_big(Text("嵌套层数", "the nesting"), MAX_NESTING)
        self._size += 1 + (len(value) if isinstance(value, str) else 0)
        if self._size > MAX_RESULT:
            raise too_big(Text("结果大小", "the size of the result"), MAX_RESULT)
        if isinstance(value, Decimal):
            return _plain_number(value)
        if isinstance(value, _TEMPORAL):
            return text_of(value)
        if isinstance(value, Mapping):
            return {str(name): self.of(one, nesting + 1) for name, one in value.items()}
        if isinstance(value, list):
            return [self.of(one, nesting + 1) for one in value]
        return None if isinstance(value, Range) else value


def _plain_number(number: Decimal) -> int | float:
    whole = number == number.to_integral_value()
    if whole and abs(number) > _LARGEST_JSON_INTEGER:
        raise too_big(Text("数值", "a number"), _LARGEST_JSON_INTEGER)
    return int(number) if whole else float(number)


def same_kind(left: Any, right: Any) -> bool:
    """Whether two values that are not null may be compared at all."""
    if isinstance(left, Mapping) or isinstance(right, Mapping):
        return isinstance(left, Mapping) and isinstance(right, Mapping)
    return type(left) is type(right)


def equal(left: Any, right: Any, spend: Callable[[int], None], nesting: int = 0) -> bool | None:
    """`left = right`: null equals only null, values of two kinds give null."""
    if nesting > MAX_NESTING:
        raise too_big(Text("嵌套层数", "the nesting"), MAX_NESTING)
    left, right = normal(left), normal(right)
    if left is None or right is None:
        return left is right
    if not same_kind(left, right):
        return None
    if isinstance(left, list):
        spend(len(left))
        if len(left) != len(right):
            return False
        return all(equal(one, other, spend, nesting + 1) is True for one, other in zip(left, right, strict=True))
    if isinstance(left, Mapping):
        spend(len(left))
        if left.keys() != right.keys():
            return False
        return all(equal(one, right[name], spend, nesting + 1) is True for name, one in left.items())
    same: bool | None = _safely(lambda: left == right)
    return same


def compared(operator: str, left: Any, right: Any) -> bool | None:
    """`left < right` and its three sisters; null when the values have no order."""
    if left is None or right is None or not same_kind(left, right):
        return None
    if isinstance(left, bool) or not isinstance(left, (Decimal, str, *_TEMPORAL)):
        return None
    holds: bool | None = _safely(lambda: _ORDER[operator](left, right))
    return holds


_ORDER: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def both(left: bool | None, right: bool | None) -> bool | None:
    """`and` of three-valued logic."""
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def either(left: bool | None, right: bool | None) -> bool | None:
    """`or` of three-valued logic."""
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def added(left: Any, right: Any) -> Any:
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return _safely(lambda: NUMBERS.add(left, right))
    if isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > MAX_TEXT:
            raise too_big(Text("文字长度", "the length of a text"), MAX_TEXT)
        return left + right
    if isinstance(left, date) and isinstance(right, (timedelta, YearsMonths)):
        return _shifted(left, right, 1)
    if isinstance(right, date) and isinstance(left, (timedelta, YearsMonths)):
        return _shifted(right, left, 1)
    return _safely(lambda: left + right) if _durations_of_one_kind(left, right) else None


def subtracted(left: Any, right: Any) -> Any:
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return _safely(lambda: NUMBERS.subtract(left, right))
    if isinstance(left, date) and isinstance(right, (timedelta, YearsMonths)):
        return _shifted(left, right, -1)
    if isinstance(left, date) and isinstance(right, date):
        return _safely(lambda: difference(left, right))
    return _safely(lambda: left - right) if _durations_of_one_kind(left, right) else None


def _durations_of_one_kind(left: Any, right: Any) -> bool:
    return isinstance(left, (timedelta, YearsMonths)) and type(left) is type(right)


def multiplied(left: Any, right: Any) -> Any:
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return _safely(lambda: NUMBERS.multiply(left, right))
    if isinstance(left, Decimal):
        left, right = right, left
    if isinstance(left, (timedelta, YearsMonths)) and isinstance(right, Decimal):
        return _safely(lambda: _scaled(left, right))
    return None


def divided(left: Any, right: Any) -> Any:
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return _safely(lambda: NUMBERS.divide(left, right))
    if isinstance(left, (timedelta, YearsMonths)) and isinstance(right, Decimal):
        return _safely(lambda: _scaled(left, NUMBERS.divide(Decimal(1), right)))
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return _safely(lambda: NUMBERS.divide(_microseconds(left), _microseconds(right)))
    if isinstance(left, YearsMonths) and isinstance(right, YearsMonths):
        return _safely(lambda: NUMBERS.divide(Decimal(left.months), Decimal(right.months)))
    return None


def negated(value: Any) -> Any:
    if isinstance(value, (Decimal, timedelta, YearsMonths)):
        return _safely(lambda: -value)
    return None


def _shifted(moment: date, by: timedelta | YearsMonths, sign: int) -> Any:
    if isinstance(by, YearsMonths):
        return _safely(lambda: add_months(moment, sign * by.months))
    # A day plus some hours stays a day, as FEEL says: the time of the day is cut off.
    if not isinstance(moment, datetime):
        return _safely(lambda: (datetime.combine(moment, time()) + sign * by).date())
    return _safely(lambda: moment + sign * by)


def _scaled(duration: timedelta | YearsMonths, factor: Decimal) -> timedelta | YearsMonths:
    if isinstance(duration, YearsMonths):
        return YearsMonths(int(NUMBERS.multiply(Decimal(duration.months), factor)))
    return timedelta(microseconds=int(NUMBERS.multiply(_microseconds(duration), factor)))


def _microseconds(duration: timedelta) -> Decimal:
    return Decimal(duration // timedelta(microseconds=1))


def _safely(compute: Callable[[], Any]) -> Any:
    """The result, or null where the values have none: division by zero, overflow, aware against naive times."""
    try:
        return compute()
    except (ArithmeticError, ValueError, TypeError):
        return None
