"""Which rows of a table apply: sets of rows as bits of a number, one set for each input, cut together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from rules.dmn.cells import Cell, Line, cell_of, kinds_of, point_of
from rules.feel import UnaryTests
from rules.feel.frame import Frame


def bits(rows: int) -> Iterator[int]:
    """The places of the rows in a set of rows, lowest first."""
    while rows:
        lowest = rows & -rows
        yield lowest.bit_length() - 1
        rows ^= lowest


class Column:
    """The tests of one input in all rows. Fixed values and ranges are found by one search, the others row by row.

    `cells` are the fixed ones; cells about several kinds of value in one column count as not fixed.
    """

    def __init__(self, tests: Sequence[UnaryTests]) -> None:
        cells: list[Cell | None] = [cell_of(one) for one in tests]
        kinds = kinds_of(cells)
        if len(kinds) > 1:
            cells = [cell if cell is not None and cell.everything else None for cell in cells]
            kinds = set()
        self.cells = cells
        self._kind = kinds.pop() if kinds else None
        self._line = Line(self._kind, cells) if self._kind is not None else None
        self._fixed = _rows(cells, lambda cell: True)
        self._null = _rows(cells, lambda cell: cell.null)
        self._any = _rows(cells, lambda cell: cell.everything)
        self._any_but_null = _rows(cells, lambda cell: cell.any_but_null)
        self._tests = _grouped(enumerate(tests))

    def fixed(self, value: Any, rows: int) -> tuple[int, int]:
        """Those of the rows that a value may still pass, and those of all rows about which this is the last word."""
        if value is None:
            return rows & (self._null | ~self._fixed), self._fixed
        if self._line is None:
            return rows & (self._any_but_null | ~self._fixed), self._fixed
        point = point_of(value)
        if point is not None and point.kind is self._kind:
            return rows & (self._line.rows(point.key) | ~self._fixed), self._fixed
        # A value of another kind: FEEL's own comparison says what passes, a list of one for example.
        return rows, self._any

    def others(self, value: Any, rows: int, known: int, frame: Frame) -> int:
        """Those of the rows whose remaining tests a value passes; equal tests are asked once."""
        if not rows & ~known:
            return rows
        for test, sharing in self._tests:
            asked = rows & sharing & ~known
            if asked:
                frame.spend(1)
                if not test.match(value, frame.scope, frame=frame):
                    rows &= ~asked
        return rows


def _rows(cells: Sequence[Cell | None], holds: Callable[[Cell], bool]) -> int:
    return sum(1 << row for row, cell in enumerate(cells) if cell is not None and holds(cell))


def _grouped(tests: Iterable[tuple[int, UnaryTests]]) -> list[tuple[UnaryTests, int]]:
    found: dict[UnaryTests, int] = {}
    for row, test in tests:
        found[test] = found.get(test, 0) | 1 << row
    return list(found.items())
