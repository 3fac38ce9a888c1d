"""Functions of numbers (DMN 1.5, table 75)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    InvalidOperation,
)
from typing import Any

from rules.feel.frame import Frame
from rules.feel.library.signatures import built_in
from rules.feel.temporal import DaysTime, YearsMonths
from rules.feel.values import NUMBERS, safely

_LEAST_SCALE, _MOST_SCALE = -6111, 6176
# Room for the digits that a rounding or a remainder needs on the way; the result is of 34 digits again.
_WIDE = Context(prec=7_000, Emax=999_999, Emin=-999_999, traps=[InvalidOperation])


def _rounded(mode: str) -> Callable[[Frame, Decimal, Decimal | None], Decimal | None]:
    def body(frame: Frame, number: Decimal, scale: Decimal | None = None) -> Decimal | None:
        digits = int(scale) if scale is not None else 0
        if not _LEAST_SCALE <= digits <= _MOST_SCALE:
            frame.note("小数位数超出范围", "the scale is out of range")
            return None
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and -exponent <= digits:
            return number
        frame.spend(abs(digits) // 100)
        return safely(lambda: NUMBERS.plus(number.quantize(Decimal((0, (1,), -digits)), mode, _WIDE)))

    return body


for _name, _mode in (
    ("decimal", ROUND_HALF_EVEN),
    ("round up", ROUND_UP),
    ("round down", ROUND_DOWN),
    ("round half up", ROUND_HALF_UP),
    ("round half down", ROUND_HALF_DOWN),
):
    built_in(_name, "n: number, scale: number")(_rounded(_mode))
for _name, _mode in (("floor", ROUND_FLOOR), ("ceiling", ROUND_CEILING)):
    built_in(_name, "n: number, scale?: number")(_rounded(_mode))


@built_in("abs", "n: number", "n: duration")
def absolute(frame: Frame, value: Any) -> Any:
    if isinstance(value, DaysTime):
        return DaysTime(abs(value.nanoseconds))
    return YearsMonths(abs(value.months)) if isinstance(value, YearsMonths) else abs(value)


@built_in("modulo", "dividend: number, divisor: number")
def modulo(frame: Frame, dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """dividend - divisor * floor(dividend / divisor): the sign is that of the divisor."""
    if not divisor:
        frame.note("除数为零", "the divisor is zero")
        return None
    if abs(dividend.adjusted() - divisor.adjusted()) > 3_000:
        return None
    rest = safely(lambda: _WIDE.remainder(dividend, divisor))
    if rest is None:
        return None
    if rest and (rest < 0) is not (divisor < 0):
        rest = _WIDE.add(rest, divisor)
    return safely(lambda: NUMBERS.plus(rest))


@built_in("sqrt", "number: number")
def square_root(frame: Frame, number: Decimal) -> Any:
    return safely(lambda: NUMBERS.sqrt(number))


@built_in("log", "number: number")
def logarithm(frame: Frame, number: Decimal) -> Any:
    return safely(lambda: NUMBERS.ln(number)) if number > 0 else None


@built_in("exp", "number: number")
def exponential(frame: Frame, number: Decimal) -> Any:
    return safely(lambda: NUMBERS.exp(number))


@built_in("odd", "number: number")
def odd(frame: Frame, number: Decimal) -> bool | None:
    return _last_bit(number) == 1


@built_in("even", "number: number")
def even(frame: Frame, number: Decimal) -> bool | None:
    return _last_bit(number) == 0


def _last_bit(number: Decimal) -> Decimal:
    return abs(_WIDE.remainder(number, Decimal(2)))
