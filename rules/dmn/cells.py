"""What a cell of a table lets pass, where its tests are fixed values and ranges: the ground of index and checks.

All tests of a column become marks on one line, so that a value finds its rows by one search, and so that gaps and
overlaps of a table can be found by walking the pieces between the marks.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rules.feel import FeelError, UnaryTests
from rules.feel.comparisons import Test
from rules.feel.frame import Frame, Run
from rules.feel.nodes import Node
from rules.feel.temporal import Date, DaysTime, Moment, YearsMonths
from rules.feel.values import Range

_MAX_SIZE = 1_000
_MAX_STEPS = 1_000
# A test that gives the same at both of these moments does not ask for the time.
_MOMENTS = (datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC), datetime(2024, 12, 30, 20, 0, tzinfo=UTC))

Key = Any  # what values of one kind are ordered by


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the line; an end that is None is open to infinity."""

    low: Key | None
    high: Key | None
    low_included: bool = True
    high_included: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """The fixed part of a cell: values of `kind` in one of the spans (or, negated, in none), and null or not.

    `kind` is None where every value passes, and that of None where the cell speaks of null alone. Null may pass, as it
    does `!= 0`, though the cell does not name it.
    """

    kind: type | None
    spans: tuple[Span, ...]
    negated: bool
    null: bool
    has_null: bool = False  # written down

    @property
    def everything(self) -> bool:
        return self.kind is None

    @property
    def names_null(self) -> bool:
        """Whether the cell speaks of null, so that null is one of the values to think of."""
        return self.kind is type(None) or (self.null and self.has_null)

    @property
    def any_but_null(self) -> bool:
        """Whether every value that is not null passes."""
        return self.everything or (self.kind is type(None) and self.negated)


@dataclass(frozen=True, slots=True)
class Point:
    """A value on the line with what it is ordered by."""

    kind: type
    key: Key


def point_of(value: Any) -> Point | None:
    """The place of a value on the line of its kind; None for what has no such place."""
    kind = value.__class__
    if kind is Decimal or kind is str or kind is bool:
        return Point(kind, value)
    if kind is Date:
        return Point(kind, value.ordinal)
    if kind is Moment and value.time.zone is None:
        return Point(kind, (value.date.ordinal, value.time.of_day))
    if kind is DaysTime:
        return Point(kind, value.nanoseconds)
    if kind is YearsMonths:
        return Point(kind, value.months)
    return None


def cell_of(tests: UnaryTests) -> Cell | None:
    """The fixed values and ranges of a cell; None when it asks for anything else, such as another input."""
    if not tests.tests:
        return Cell(None, (), False, True)
    if tests.names:
        return None
    spans: list[Span] = []
    kinds: set[type] = set()
    has_null = False
    try:
        for test in tests.tests:
            value = _operand(test)
            if value is UNKNOWN:
                return None
            for kind, span in _spans(test, value):
                if kind is None or span is None:
                    return None
                if kind is type(None):
                    has_null = True
                else:
                    kinds.add(kind)
                    spans.append(span)
        null = tests.match(None, {})
    except FeelError:
        return None
    if len(kinds) > 1:
        return None
    return Cell(kinds.pop() if kinds else type(None), tuple(spans), tests.negated, null, has_null)


UNKNOWN = object()


def _operand(test: Node) -> Any:
    """The value that a test compares with, when it is the same at all times."""
    if not isinstance(test, Test):
        return UNKNOWN
    return constant(test.operand)


def constant(node: Node) -> Any:
    """The value of an expression that reads nothing and does not ask for the time; `UNKNOWN` for others.

    What is large or takes many steps counts as unknown: a file may hold thousands of cells.
    """
    if node.size > _MAX_SIZE or node.free_names():
        return UNKNOWN
    closure = node.closure()
    found = []
    for moment in _MOMENTS:
        run = Run(moment)
        run.left = _MAX_STEPS
        try:
            found.append(closure(Frame({}, run)))
        except (FeelError, RecursionError):
            return UNKNOWN
    first, second = found
    return first if type(first) is type(second) and first == second else UNKNOWN


def _spans(test: Node, value: Any) -> Iterator[tuple[type | None, Span | None]]:
    """The spans of one test with their kind; a kind of None for what is no span."""
    assert isinstance(test, Test)
    if test.operator is not None:
        yield from _compared(test.operator, value)
    elif value.__class__ is list:
        for item in value:
            yield _belonging(item)
    else:
        yield _belonging(value)


def _belonging(value: Any) -> tuple[type | None, Span | None]:
    if value is None:
        return type(None), Span(None, None)
    if value.__class__ is not Range:
        point = point_of(value)
        return (point.kind, Span(point.key, point.key)) if point else (None, None)
    low = None if value.low_open else point_of(value.low)
    high = None if value.high_open else point_of(value.high)
    kind = (low or high or Point(type(None), None)).kind
    if (low is None and not value.low_open) or (high is None and not value.high_open) or kind is type(None):
        return None, None
    return kind, Span(
        low.key if low else None, high.key if high else None, bool(value.low_included), bool(value.high_included)
    )


def _compared(operator: str, value: Any) -> list[tuple[type | None, Span | None]]:
    point = point_of(value)
    if point is None or (point.kind is bool and operator not in ("=", "!=")):
        return [(None, None)]
    key = point.key
    below, above = Span(None, key, high_included=False), Span(key, None, low_included=False)
    spans = {
        "=": [Span(key, key)],
        "!=": [below, above],
        "<": [below],
        "<=": [Span(None, key)],
        ">": [above],
        ">=": [Span(key, None)],
    }
    return [(point.kind, span) for span in spans[operator]]


class Line:
    """A column of cells of one kind: the marks in order, and for each mark and each piece between which cells hold.

    Cells that are no fixed ones (None) hold nowhere, so whoever asks must ask them apart. Places are counted along
    the line: mark `n` has place `2n + 1`, the pieces before and after it `2n` and `2n + 2`.
    """

    def __init__(self, kind: type, cells: Sequence[Cell | None]) -> None:
        self.kind = kind
        fixed = [(1 << row, cell) for row, cell in enumerate(cells) if cell is not None]
        ends = {key for _, cell in fixed for span in cell.spans for key in (span.low, span.high) if key is not None}
        # There are but two truth values, whether a cell names them or not.
        self.marks: list[Key] = [False, True] if kind is bool else sorted(ends)
        places = {mark: 2 * index + 1 for index, mark in enumerate(self.marks)}
        last = 2 * len(self.marks)
        changes = [0] * (last + 2)
        for row, cell in fixed:
            for first, end in _stretches(cell, places, last):
                changes[first] ^= row
                changes[end + 1] ^= row
        self._rows: list[int] = []
        holding = 0
        for change in changes[:-1]:
            holding ^= change
            self._rows.append(holding)

    def rows(self, key: Key) -> int:
        """The cells that let a value pass, as bits."""
        index = bisect_left(self.marks, key)
        on_a_mark = index < len(self.marks) and self.marks[index] == key
        return self._rows[2 * index + on_a_mark]

    def pieces(self) -> Iterator[tuple[Key | None, Key | None, int]]:
        """All marks (twice the same key) and all pieces between two of them (None: no end), each with its rows."""
        for place, rows in enumerate(self._rows):
            before, on_a_mark = divmod(place, 2)
            if on_a_mark:
                yield self.marks[before], self.marks[before], rows
            else:
                low = self.marks[before - 1] if before else None
                yield low, self.marks[before] if before < len(self.marks) else None, rows


def _stretches(cell: Cell, places: Mapping[Key, int], last: int) -> list[tuple[int, int]]:
    """The places where a cell holds, from first to last, apart from each other."""
    if cell.kind is None:
        return [(0, last)]
    spans = []
    for span in cell.spans:
        first = 0 if span.low is None else places[span.low] + (not span.low_included)
        end = last if span.high is None else places[span.high] - (not span.high_included)
        if first <= end:
            spans.append((first, end))
    merged: list[tuple[int, int]] = []
    for first, end in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((first, end))
    if not cell.negated:
        return merged
    holes = []
    free = 0
    for first, end in merged:
        if free < first:
            holes.append((free, first - 1))
        free = end + 1
    return [*holes, (free, last)] if free <= last else holes


def kinds_of(cells: Sequence[Cell | None]) -> set[type]:
    """The kinds of value that the fixed cells of a column are about, null apart."""
    return {cell.kind for cell in cells if cell is not None and cell.kind is not None and cell.kind is not type(None)}
