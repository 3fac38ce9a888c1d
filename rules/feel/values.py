"""The values of FEEL: how they come in, how they are compared, how they go out. What cannot be done is null (None)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, TypeVar

from kernel.texts import Text
from rules.feel.errors import too_big
from rules.feel.temporal import Date, DaysTime, Moment, Time, YearsMonths, from_python
from rules.feel.temporal_text import text_of

MAX_TEXT = 100_000
MAX_NESTING = 40
MAX_RESULT = 200_000
# The decimal numbers of FEEL: 34 digits, bounded exponents. What does not fit becomes null, never infinity.
NUMBERS = Context(
    prec=34, rounding=ROUND_HALF_EVEN, Emax=6144, Emin=-6143, traps=[InvalidOperation, DivisionByZero, Overflow]
)
_LARGEST_JSON_INTEGER = 2**53 - 1
# Whole numbers below it need no rounding.
_EXACT = 10**33
T = TypeVar("T")
_UNCOUNTED: Callable[[int], None] = lambda steps: None  # noqa: E731

TEMPORAL = (Date, Time, Moment, DaysTime, YearsMonths)
_PYTHON = (date, time, timedelta)


@dataclass(frozen=True, slots=True)
class Range:
    """An interval such as `[1..5]` or `> 5`; an end that is not closed and has no value is open to infinity."""

    low: Any
    high: Any
    low_included: bool
    high_included: bool
    low_open: bool = False
    high_open: bool = False

    def includes(self, value: Any) -> bool | None:
        """Whether a value lies in it; null when the ends and the value have no order."""
        low, high = self.low, self.high
        if value.__class__ is Decimal and low.__class__ is Decimal and high.__class__ is Decimal:
            return (low < value or (self.low_included and low == value)) and (
                value < high or (self.high_included and high == value)
            )
        above = True if self.low_open else compared(">=" if self.low_included else ">", value, self.low)
        below = True if self.high_open else compared("<=" if self.high_included else "<", value, self.high)
        if self.low_open and self.high_open:
            return None
        return both(above, below)


class _Decimals(dict[int, Decimal | None]):
    """Whole numbers as FEEL has them; the smallest, which fill lists, are made once and the others when asked."""

    def __missing__(self, number: int) -> Decimal | None:
        if -_EXACT < number < _EXACT:
            return Decimal(number)
        return safely(lambda: NUMBERS.create_decimal(number))


WHOLE: Mapping[int, Decimal | None] = _Decimals((number, Decimal(number)) for number in range(1_001))

# Values of these types are FEEL's own and need no look inside; a Decimal does, because it may be no number.
# `callables` adds its functions.
READY: set[type] = {type(None), bool, str, Range, *TEMPORAL}


def normal(value: Any, spend: Callable[[int], None] = _UNCOUNTED, nesting: int = 0) -> Any:
    """A value as FEEL sees it: every number a Decimal, Python's dates FEEL's, whatever FEEL does not know null.

    Raises:
        FeelError: it is nested too deeply or larger than the budget.
    """
    if value.__class__ in READY:
        return value
    if isinstance(value, (list, tuple)):
        if nesting > MAX_NESTING:
            check_nesting(nesting)
        spend(len(value))
        below = nesting + 1
        return [
            WHOLE[one] if one.__class__ is int else (one if one.__class__ in READY else normal(one, spend, below))
            for one in value
        ]
    if isinstance(value, Mapping):
        check_nesting(nesting)
        spend(len(value))
        below = nesting + 1
        return {name: normal(one, spend, below) for name, one in value.items() if isinstance(name, str)}
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, int):
        return WHOLE[value]
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    return from_python(value) if isinstance(value, _PYTHON) else None


def to_plain(value: Any) -> Any:
    """A result as JSON keeps it in the variables: whole numbers int, other numbers float, dates and durations ISO text.

    Ranges and functions become null.

    Raises:
        FeelError: a number beyond what JSON carries exactly, or a value too large or nested too deeply.
    """
    return _Plain().of(value, 0)


class _Plain:
    """Copies a value while counting, because a small expression can name one list many times."""

    def __init__(self) -> None:
        self._size = 0

    def of(self, value: Any, nesting: int) -> Any:
        check_nesting(nesting)
        self._size += 1 + (len(value) if isinstance(value, str) else 0)
        if self._size > MAX_RESULT:
            raise too_big(Text("结果大小", "the size of the result"), MAX_RESULT)
        if isinstance(value, Decimal):
            return _plain_number(value)
        if isinstance(value, TEMPORAL):
            return text_of(value)
        if isinstance(value, Mapping):
            return {str(name): self.of(one, nesting + 1) for name, one in value.items()}
        if isinstance(value, list):
            return [self.of(one, nesting + 1) for one in value]
        return value if value is None or isinstance(value, (bool, str, int, float)) else None


def _plain_number(number: Decimal) -> int | float:
    if abs(number) > _LARGEST_JSON_INTEGER and number == number.to_integral_value():
        raise too_big(Text("数值", "a number"), _LARGEST_JSON_INTEGER)
    return int(number) if number == number.to_integral_value() else float(number)


def kind_of(value: Any) -> str:
    """The name of a value's type, for messages."""
    if value.__class__ in _KINDS:
        return _KINDS[value.__class__]
    return "context" if isinstance(value, Mapping) else "function"


_KINDS: Mapping[type, str] = {
    type(None): "null",
    bool: "boolean",
    str: "string",
    Decimal: "number",
    list: "list",
    dict: "context",
    Range: "range",
    Date: "date",
    Time: "time",
    Moment: "date and time",
    DaysTime: "days and time duration",
    YearsMonths: "years and months duration",
}


def equal(left: Any, right: Any, spend: Callable[[int], None] = _UNCOUNTED, nesting: int = 0) -> bool | None:
    """`left = right`: null equals only null, values of two kinds give null."""
    kind = left.__class__
    if kind is str or kind is Decimal:
        if kind is right.__class__:
            return bool(left == right)
        return False if right is None else None
    if left is None or right is None:
        return left is right
    if kind is not right.__class__:
        return None
    check_nesting(nesting)
    if kind is list:
        spend(1 + min(len(left), len(right)))
        if len(left) != len(right):
            return False
        return all(equal(one, other, spend, nesting + 1) is True for one, other in zip(left, right, strict=True))
    if kind is dict:
        spend(1 + len(left))
        if left.keys() != right.keys():
            return False
        return all(equal(one, right[name], spend, nesting + 1) is True for name, one in left.items())
    if kind is Range:
        ends = ((left.low, right.low), (left.high, right.high))
        return _closing(left) == _closing(right) and all(equal(a, b, spend, nesting + 1) is True for a, b in ends)
    if kind is Time or kind is Moment:
        first, second = _positions(left, right)
        return bool(first == second)
    return bool(left == right)


def _closing(one: Range) -> tuple[bool, bool, bool, bool]:
    """How the two ends of a range are closed."""
    return one.low_included, one.high_included, one.low_open, one.high_open


def compared(operator: str, left: Any, right: Any) -> bool | None:
    """`left < right` and its three sisters; null when the values have no order."""
    order = _order(left, right)
    if order is None:
        return None
    if operator == "<":
        return order < 0
    if operator == "<=":
        return order <= 0
    return order > 0 if operator == ">" else order >= 0


def _order(left: Any, right: Any) -> int | None:
    """-1, 0 or 1; None when the values cannot be ordered."""
    kind = left.__class__
    if kind is not right.__class__:
        return None
    if kind is Decimal or kind is str:
        return int(left > right) - int(left < right)
    key = _KEYS.get(kind)
    if key is not None:
        first, second = key(left), key(right)
    elif kind is Time or kind is Moment:
        first, second = _positions(left, right)
    else:
        return None
    return int(first > second) - int(first < second)


_KEYS: Mapping[type, Callable[[Any], int]] = {
    Date: lambda value: value.year * 10_000 + value.month * 100 + value.day,
    DaysTime: lambda value: value.nanoseconds,
    YearsMonths: lambda value: value.months,
}


def _positions(left: Any, right: Any) -> tuple[int, int]:
    """Two times or moments on one clock: one without an offset is read with that of the other (DMN 1.5, table 53)."""
    first, second = left.offset, right.offset
    if first is None:
        first = second
    if second is None:
        second = first
    return position(left, first or 0), position(right, second or 0)


def position(value: Time | Moment, offset: int) -> int:
    """Nanoseconds on the clock of UTC when the value is read with this offset."""
    local = value.of_day if isinstance(value, Time) else value.local
    return local - offset * 1_000_000_000


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


def checked_text(text: str) -> str:
    """A text that a computation has made, when it is not too long.

    Raises:
        FeelError: it is.
    """
    check_length(len(text))
    return text


def check_length(length: int) -> None:
    """Refuse a text of this length before it is made.

    Raises:
        FeelError: it would be too long.
    """
    if length > MAX_TEXT:
        raise too_big(Text("文字长度", "the length of a text"), MAX_TEXT)


def check_nesting(nesting: int) -> None:
    """Refuse a value that is nested too deeply.

    Raises:
        FeelError: it is.
    """
    if nesting > MAX_NESTING:
        raise too_big(Text("嵌套层数", "the nesting"), MAX_NESTING)


def safely(compute: Callable[[], T]) -> T | None:
    """The result, or null where the values have none: division by zero, overflow."""
    try:
        return compute()
    except (ArithmeticError, ValueError):
        return None
