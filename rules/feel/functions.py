"""The functions an expression may call. A function only computes: no clock, no chance, no input or output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rules.feel.temporal import day_from, duration_from, moment_from
from rules.feel.values import equal

Spend = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Function:
    """One function: its name, how many arguments it takes, and what it computes.

    `in_browser` says whether the evaluator of form pages knows it too. `literal` is set where one text argument must
    have a form that can be checked when the expression is compiled: it returns None for a wrong text.
    """

    name: str
    arguments: tuple[int, ...]
    body: Callable[..., Any]
    in_browser: bool = False
    literal: Callable[[str], Any] | None = None


def _not(spend: Spend, value: Any) -> bool | None:
    return not value if isinstance(value, bool) else None


def _count(spend: Spend, items: Any) -> Decimal | None:
    if items is None:
        return None
    # FEEL reads a single value as a list of one.
    return Decimal(len(items)) if isinstance(items, list) else Decimal(1)


def _contains(spend: Spend, text: Any, part: Any) -> bool | None:
    return part in text if isinstance(text, str) and isinstance(part, str) else None


def _starts_with(spend: Spend, text: Any, part: Any) -> bool | None:
    return text.startswith(part) if isinstance(text, str) and isinstance(part, str) else None


def _string_length(spend: Spend, text: Any) -> Decimal | None:
    return Decimal(len(text)) if isinstance(text, str) else None


def _list_contains(spend: Spend, items: Any, item: Any) -> bool | None:
    if not isinstance(items, list):
        return None
    spend(len(items))
    return any(equal(one, item, spend) is True for one in items)


def _date(spend: Spend, *given: Any) -> date | None:
    if len(given) == 1:
        value = given[0]
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        return day_from(value) if isinstance(value, str) else None
    if not all(isinstance(part, Decimal) and part == part.to_integral_value() for part in given):
        return None
    try:
        return date(*(int(part) for part in given))
    except (ValueError, OverflowError):
        return None


def _date_and_time(spend: Spend, value: Any) -> datetime | None:
    return moment_from(value) if isinstance(value, str) else None


def _duration(spend: Spend, value: Any) -> Any:
    return duration_from(value) if isinstance(value, str) else None


FUNCTIONS: Mapping[str, Function] = {
    function.name: function
    for function in (
        Function("not", (1,), _not, in_browser=True),
        Function("count", (1,), _count, in_browser=True),
        Function("contains", (2,), _contains, in_browser=True),
        Function("starts with", (2,), _starts_with, in_browser=True),
        Function("string length", (1,), _string_length, in_browser=True),
        Function("list contains", (2,), _list_contains, in_browser=True),
        Function("date", (1, 3), _date, literal=day_from),
        Function("date and time", (1,), _date_and_time, literal=moment_from),
        Function("duration", (1,), _duration, literal=duration_from),
    )
}
LONGEST_NAME = max(len(name.split()) for name in FUNCTIONS)
