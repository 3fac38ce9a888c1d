"""Functions that make one value of a list of numbers (DMN 1.5, table 74)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from typing import Any

from rules.feel.frame import Frame
from rules.feel.library.signatures import built_in
from rules.feel.values import NUMBERS, compared

List = list[Any]
Figure = Callable[[Frame, list[Decimal]], Any]
_NUMBERS = frozenset({Decimal})


def _figure(name: str) -> Callable[[Figure], Figure]:
    """Declare a function of a list of numbers, or of numbers; it is null when the list holds something else."""

    def declare(body: Figure) -> Figure:
        def checked(frame: Frame, items: List) -> Any:
            frame.spend(len(items))
            if not {item.__class__ for item in items} <= _NUMBERS:
                frame.note(f"{name} 的列表含有数字以外的内容", f"the list of {name} holds something else than numbers")
                return None
            try:
                return body(frame, items)
            except ArithmeticError:
                return None

        built_in(name, "list: list", "n*: any")(checked)
        return body

    return declare


@_figure("sum")
def total(frame: Frame, numbers: list[Decimal]) -> Decimal | None:
    return reduce(NUMBERS.add, numbers) if numbers else None


@_figure("product")
def product(frame: Frame, numbers: list[Decimal]) -> Decimal | None:
    return reduce(NUMBERS.multiply, numbers) if numbers else None


@_figure("mean")
def mean(frame: Frame, numbers: list[Decimal]) -> Decimal | None:
    found = total(frame, numbers)
    return None if found is None else NUMBERS.divide(found, Decimal(len(numbers)))


@_figure("median")
def median(frame: Frame, numbers: list[Decimal]) -> Decimal | None:
    if not numbers:
        return None
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return NUMBERS.divide(NUMBERS.add(ordered[middle - 1], ordered[middle]), Decimal(2))


@_figure("stddev")
def standard_deviation(frame: Frame, numbers: list[Decimal]) -> Decimal | None:
    """Of a sample: divided by one less than their number."""
    if len(numbers) < 2:
        return None
    middle = NUMBERS.divide(total(frame, numbers) or Decimal(0), Decimal(len(numbers)))
    squares = Decimal(0)
    for number in numbers:
        distance = NUMBERS.subtract(number, middle)
        squares = NUMBERS.add(squares, NUMBERS.multiply(distance, distance))
    return NUMBERS.sqrt(NUMBERS.divide(squares, Decimal(len(numbers) - 1)))


@_figure("mode")
def mode(frame: Frame, numbers: list[Decimal]) -> list[Decimal]:
    """The most frequent numbers, in ascending order."""
    counts: dict[Decimal, int] = {}
    for number in numbers:
        counts[number] = counts.get(number, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(number for number, times in counts.items() if times == most)


def _extreme(name: str, operator: str, choose: Callable[[List], Any]) -> None:
    def body(frame: Frame, items: List) -> Any:
        frame.spend(len(items))
        if not items:
            return None
        if {item.__class__ for item in items} == _NUMBERS:
            return choose(items)
        found = items[0]
        if compared(operator, found, found) is None:
            return None
        for item in items[1:]:
            better = compared(operator, item, found)
            if better is None:
                frame.note(f"{name} 的内容无法比较", f"the items of {name} cannot be compared")
                return None
            found = item if better else found
        return found

    built_in(name, "list: list", "c*: any")(body)


_extreme("min", "<", min)
_extreme("max", ">", max)
