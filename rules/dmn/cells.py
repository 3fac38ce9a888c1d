"""What a cell of a table lets pass, where its tests are fixed values and ranges: the ground of index and checks.

All tests of a column become marks on one line, so that a value finds its rows by one search, and so that gaps and
overlaps of a table can be found by walking the pieces between the marks.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
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

    def holds(self, key: Key) -> bool:
        above = self.low is None or self.low < key or (self.low_included and self.low == key)
        below = self.high is None or key < self.high or (self.high_included and key == self.high)
        return above and below


@dataclass(frozen=True, slots=True)
class Cell:
    """The fixed part of a cell: values of `kind` in one of the spans (or, negated, in none), and null or not.

    `kind` is None where every value passes, and that of None where the cell speaks of null alone.
    """

    kind: type | None
    spans: tuple[Span, ...]
    negated: bool
    null: bool

    def holds(self, key: Key) -> bool:
        return self.kind is None or any(span.holds(key) for span in self.spans) is not self.negated

    @property
    def everything(self) -> bool:
        return self.kind is None

    @property
    def names_null(self) -> bool:
        """Whether the cell speaks of null, so that null is one of the values to think of."""
        return self.kind is type(None) or (self.null and not self.negated and not self.everything)

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
    try:
        for test in tests.tests:
            value = _operand(test)
            if value is UNKNOWN:
                return None
            for kind, span in _spans(test, value):
                if kind is None or span is None:
                    return None
                if kind is not type(None):
                    kinds.add(kind)
                    spans.append(span)
        null = tests.match(None, {})
    except FeelError:
        return None
    if len(kinds) > 1:
        return None
    return Cell(kinds.pop() if kinds else type(None), tuple(spans), tests.negated, null)


UNKNOWN = object()


def _operand(test: Node) -> Any:
    """The value that a test compares with, when it is the same at all times."""
    if not isinstance(test, Test):
        return UNKNOWN
    return constant(test.operand)


def constant(node: Node) -> Any:
    """The value of an expression that reads nothing and does not ask for the time; `UNKNOWN` for others."""
    if node.free_names():
        return UNKNOWN
    closure = node.closure()
    first, second = (closure(Frame({}, Run(moment))) for moment in _MOMENTS)
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

    Cells that are no fixed ones (None) hold nowhere, so whoever asks must ask them apart.
    """

    def __init__(self, kind: type, cells: Sequence[Cell | None]) -> None:
        self.kind = kind
        fixed = [(1 << row, cell) for row, cell in enumerate(cells) if cell is not None]
        ends = {key for _, cell in fixed for span in cell.spans for key in (span.low, span.high) if key is not None}
        # There are but two truth values, whether a cell names them or not.
        self.marks: list[Key] = [False, True] if kind is bool else sorted(ends)
        self._on = [self._rows(fixed, lambda cell, key=mark: cell.holds(key)) for mark in self.marks]
        self._between = [
            self._rows(fixed, lambda cell, index=index: _holds_between(cell, self.marks, index))
            for index in range(len(self.marks) + 1)
        ]

    @staticmethod
    def _rows(fixed: Sequence[tuple[int, Cell]], holds: Any) -> int:
        return sum(row for row, cell in fixed if holds(cell))

    def rows(self, key: Key) -> int:
        """The cells that let a value pass, as bits."""
        marks = self.marks
        index = bisect_left(marks, key)
        if index < len(marks) and marks[index] == key:
            return self._on[index]
        return self._between[index]

    def pieces(self) -> Iterator[tuple[Key | None, Key | None, int]]:
        """All marks (twice the same key) and all pieces between two of them (None: no end), each with its rows."""
        for index, rows in enumerate(self._between):
            yield self.marks[index - 1] if index else None, self.marks[index] if index < len(self.marks) else None, rows
            if index < len(self.marks):
                yield self.marks[index], self.marks[index], self._on[index]


def _holds_between(cell: Cell, marks: Sequence[Key], index: int) -> bool:
    """Whether a cell holds all over an open piece; as all its ends are marks, it holds there all or nothing."""
    if cell.kind is None:
        return True
    low = marks[index - 1] if index else None
    high = marks[index] if index < len(marks) else None

    def covers(span: Span) -> bool:
        starts = span.low is None or (low is not None and span.low <= low)
        ends = span.high is None or (high is not None and span.high >= high)
        return starts and ends

    return any(covers(span) for span in cell.spans) is not cell.negated


def kinds_of(cells: Sequence[Cell | None]) -> set[type]:
    """The kinds of value that the fixed cells of a column are about, null apart."""
    return {cell.kind for cell in cells if cell is not None and cell.kind is not None and cell.kind is not type(None)}
