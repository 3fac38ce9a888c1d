"""Checks of a decision table before it is deployed: gaps, overlaps, rows that never apply (R-P-12; issue B, 4).

The values of an input are cut into pieces in which all cells of its column hold or fail together. The search walks
the pieces of one input after the other and keeps the rows that still apply; what it finds is shown as a counter-example
row. Numbers are the real ones unless the input is of type `integer`; days are whole; texts are those of the allowed
values or, without them, the ones named in the cells and any other. Null counts only where a cell names it. A cell that
is no fixed value or range may hold anywhere, so gaps are only reported where it cannot help, and overlaps only where
it is not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from kernel.texts import Text
from rules.dmn.cells import UNKNOWN, Cell, Key, Line, cell_of, kinds_of
from rules.dmn.findings import Finding, finding
from rules.dmn.itemtypes import WHOLE
from rules.dmn.matching import bits
from rules.dmn.model import Model
from rules.dmn.tables import InputClause, Table
from rules.feel import FeelError, to_plain
from rules.feel.temporal import Date, DaysTime, Moment, YearsMonths, date_from_ordinal
from rules.feel.types import BOOLEAN, DATE, NUMBER, STRING, Constrained, Type
from rules.feel.values import equal

MAX_CASES = 50_000
_KINDS: dict[Type, type] = {NUMBER: Decimal, STRING: str, BOOLEAN: bool, DATE: Date}


@dataclass(frozen=True, slots=True)
class Piece:
    """Values of one input that the rows in `surely` let pass and those in `perhaps` may let pass; one of them.

    `named` says that the example is a value that stands in a cell, which tells an analyst more than one between.
    """

    example: Text
    surely: int
    perhaps: int
    named: bool = False


def check(model: Model) -> list[Finding]:
    """What is wrong with the tables of a model; an error among it refuses the file."""
    return [found for table in model.tables for found in check_table(table)]


def check_table(table: Table) -> list[Finding]:
    """Gaps of UNIQUE and FIRST tables, overlaps of UNIQUE ones, contradictions of ANY ones, rows that never apply."""
    return list(_Check(table).findings())


class _Check:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._pieces = [_pieces(table, index) for index in range(len(table.inputs))]
        self._cases = 0
        # Rows that let everything pass: nothing under them can be a gap.
        self._always = sum(
            1 << rule.number - 1
            for rule in table.rules
            if all(_lets_all_pass(column.cells[rule.number - 1]) for column in table.columns)
        )

    def findings(self) -> Iterator[Finding]:
        table = self._table
        yield from self._outputs()
        unreachable = list(self._empty_rows())
        yield from unreachable
        if table.policy in ("UNIQUE", "FIRST"):
            yield from self._unchecked()
        if table.policy in ("UNIQUE", "FIRST") and not _has_default(table):
            gap = self._search(lambda surely, perhaps: not perhaps, lambda surely, perhaps: perhaps & self._always != 0)
            if gap is not None:
                policy, example = table.policy, _told(table, gap[0])
                yield finding("table_gap", table.id, table.line, policy=policy, example=example)
        if table.policy == "UNIQUE":
            yield from self._overlap()
        if table.policy == "ANY":
            yield from self._contradiction()
        if table.policy == "FIRST" and not unreachable:
            yield from self._hidden_rows()
        if self._cases > MAX_CASES:
            yield finding("table_too_large", table.id, table.line, limit=MAX_CASES)

    # -- what is looked for

    def _overlap(self) -> Iterator[Finding]:
        found = self._search(lambda surely, _: surely & (surely - 1) != 0, lambda surely, _: surely & (surely - 1) == 0)
        if found is not None:
            example, rows = _told(self._table, found[0]), self._numbers(found[1])
            yield finding("table_overlap", self._table.id, self._table.line, example=example, rows=rows)

    def _contradiction(self) -> Iterator[Finding]:
        alike = _alike(self._table)
        known = sum(1 << row for row in alike)

        def differ(surely: int, _: int) -> bool:
            rows = surely & known
            return rows != 0 and rows & ~alike[next(bits(rows))] != 0

        found = self._search(differ, lambda surely, _: not differ(surely, 0))
        if found is not None:
            example, rows = _told(self._table, found[0]), self._numbers(found[1])
            yield finding("any_differs", self._table.id, self._table.line, example=example, rows=rows)

    def _hidden_rows(self) -> Iterator[Finding]:
        """Rows of a FIRST table that another row always comes before."""
        winners = self._winners()
        if winners is None:
            return
        for rule in self._table.rules:
            if not winners >> (rule.number - 1) & 1:
                why = Text("前面的行总是先适用", "a row before it always applies first")
                yield finding("row_unreachable", rule.id, rule.line, row=rule.number, why=why)

    def _winners(self) -> int | None:
        """The rows that are the first to apply somewhere, in pieces where that is sure."""
        known: dict[tuple[int, int, int], int] = {}

        def walk(column: int, surely: int, perhaps: int) -> int:
            self._cases += 1
            if self._cases > MAX_CASES or not perhaps:
                return 0
            if column == len(self._pieces):
                first = surely & -surely
                # Before the first sure one, any row that perhaps applies may be the first.
                return (perhaps & (first - 1)) | first if first else perhaps
            key = (column, surely, perhaps)
            if key not in known:
                known[key] = 0
                for piece in self._pieces[column]:
                    known[key] |= walk(column + 1, surely & piece.surely, perhaps & piece.perhaps)
            return known[key]

        everything = (1 << len(self._table.rules)) - 1
        found = walk(0, everything, everything)
        return None if self._cases > MAX_CASES else found

    def _empty_rows(self) -> Iterator[Finding]:
        """Rows of any table with a cell that no value of its input passes."""
        somewhere = [_union(piece.perhaps for piece in pieces) for pieces in self._pieces]
        for rule in self._table.rules:
            for clause, rows in zip(self._table.inputs, somewhere, strict=True):
                if not rows >> (rule.number - 1) & 1:
                    label = clause.label
                    why = Text(f"没有“{label.zh}”的值符合条件", f"no value of {label.en} passes its condition")
                    yield finding("row_unreachable", rule.id, rule.line, row=rule.number, why=why)
                    break

    def _outputs(self) -> Iterator[Finding]:
        for rule in self._table.rules:
            for clause, value in zip(self._table.outputs, rule.constants, strict=True):
                if not clause.values or value is None or value is UNKNOWN:
                    continue
                if not any(equal(value, one, lambda steps: None) is True for one in clause.values):
                    expected = ", ".join(_shown(one).en for one in clause.values)
                    shown = _shown(value).en
                    yield finding(
                        "output_not_allowed", rule.id, rule.line, row=rule.number, found=shown, expected=expected
                    )

    def _unchecked(self) -> Iterator[Finding]:
        for index, clause in enumerate(self._table.inputs):
            for rule in self._table.rules:
                if self._table.columns[index].cells[rule.number - 1] is None:
                    label = clause.label
                    yield finding("column_not_checked", rule.id, rule.line, row=rule.number, input=label)
                    break

    # -- the search

    def _search(
        self, found: Callable[[int, int], bool], hopeless: Callable[[int, int], bool]
    ) -> tuple[list[Piece], int] | None:
        """The first case for which `found` holds of the rows that surely and perhaps apply, piece by piece.

        `hopeless` may stop the walk early: it holds only where `found` cannot hold further on.
        """
        dead: set[tuple[int, int, int]] = set()
        path: list[Piece] = []

        def walk(column: int, surely: int, perhaps: int) -> int | None:
            self._cases += 1
            key = (column, surely, perhaps)
            if self._cases > MAX_CASES or key in dead:
                return None
            if column == len(self._pieces):
                return (surely or perhaps) if found(surely, perhaps) else None
            if not hopeless(surely, perhaps):
                for piece in self._pieces[column]:
                    path.append(piece)
                    rows = walk(column + 1, surely & piece.surely, perhaps & piece.perhaps)
                    if rows is not None:
                        return rows
                    path.pop()
            dead.add(key)
            return None

        everything = (1 << len(self._table.rules)) - 1
        rows = walk(0, everything, everything)
        return None if rows is None else (path, rows)

    def _numbers(self, rows: int) -> str:
        return ", ".join(str(self._table.rules[index].number) for index in bits(rows))


# -- the pieces of one input


def _pieces(table: Table, index: int) -> list[Piece]:
    clause, cells = table.inputs[index], table.columns[index].cells
    free = _rows_where(cells, lambda cell: cell is None)
    allowed = _allowed(clause)
    kind = _kind(clause, cells, allowed)
    found: list[Piece] = []
    if kind is None:
        surely = _rows_where(cells, lambda cell: cell is not None and cell.any_but_null)
        found.append(Piece(Text("任意值", "anything"), surely, surely | free))
    else:
        mark = 1 << len(cells)
        for low, high, rows in Line(kind, [*cells, allowed]).pieces():
            example = _example(kind, low, high, whole=_is_whole(clause.type))
            if example is not None and (allowed is None or rows & mark):
                surely = rows & (mark - 1)
                found.append(Piece(example, surely, surely | free, named=low == high))
    if any(cell is not None and cell.names_null for cell in cells):
        surely = _rows_where(cells, lambda cell: cell is not None and cell.null)
        found.append(Piece(Text("空（null）", "null"), surely, surely | free))
    return _merged(found)


def _rows_where(cells: Sequence[Cell | None], holds: Callable[[Cell | None], bool]) -> int:
    return sum(1 << row for row, cell in enumerate(cells) if holds(cell))


def _merged(pieces: Sequence[Piece]) -> list[Piece]:
    """One piece for all that the same rows let pass: the search need not look twice."""
    found: dict[tuple[int, int], Piece] = {}
    for piece in pieces:
        key = (piece.surely, piece.perhaps)
        if key not in found or (piece.named and not found[key].named):
            found[key] = piece
    return list(found.values())


def _allowed(clause: InputClause) -> Cell | None:
    """The allowed values of an input, where they are fixed ones."""
    cell = None if clause.values is None else cell_of(clause.values)
    return None if cell is None or cell.everything else cell


def _kind(clause: InputClause, cells: Sequence[Cell | None], allowed: Cell | None) -> type | None:
    kind = clause.type
    while isinstance(kind, Constrained):
        kind = kind.base
    declared = _KINDS.get(kind)
    named = kinds_of([*cells, allowed])
    if len(named) > 1:
        return None
    return next(iter(named), declared)


def _is_whole(kind: Type) -> bool:
    while isinstance(kind, Constrained):
        if kind is WHOLE:
            return True
        kind = kind.base
    return False


def _example(kind: type, low: Key | None, high: Key | None, *, whole: bool) -> Text | None:
    """A value of a mark (both ends the same) or of the open piece between two; None where there is no value."""
    if low is not None and low == high:
        return None if whole and low != low.to_integral_value() else _shown_key(kind, low)
    if kind is bool:
        return None
    if kind is str:
        return Text("其他文字", "any other text")
    if kind is Decimal:
        return _number_between(low, high, whole=whole)
    if kind is Moment:
        return Text("其间的时刻", "a moment between")
    between = _whole_between(low, high)
    return None if between is None else _shown_key(kind, between)


def _whole_between(low: int | None, high: int | None) -> int | None:
    """A whole number of an open piece, the nearest one to its end."""
    if low is not None:
        return low + 1 if high is None or low + 1 < high else None
    return 0 if high is None else high - 1


def _number_between(low: Decimal | None, high: Decimal | None, *, whole: bool) -> Text | None:
    """A number of an open piece, a whole one if there is one; None where whole ones are meant and there is none."""
    if low is not None:
        nearest = low.to_integral_value(ROUND_FLOOR) + 1
    else:
        nearest = Decimal(0) if high is None else high.to_integral_value(ROUND_CEILING) - 1
    above = low is None or low < nearest
    if above and (high is None or nearest < high):
        return _shown_key(Decimal, nearest)
    if whole:
        return None
    middle = (low + high) / 2 if low is not None and high is not None else None
    if middle is None or not low < middle < high:  # type: ignore[operator]
        return Text("其间的数", "a number between")
    return _shown_key(Decimal, middle)


def _shown_key(kind: type, key: Key) -> Text:
    if kind is Date:
        return _shown(date_from_ordinal(key))
    if kind is DaysTime:
        return Text(str(timedelta(microseconds=key // 1000)), str(timedelta(microseconds=key // 1000)))
    if kind is YearsMonths:
        return Text(f"{key} 个月", f"{key} months")
    if kind is Moment:
        return _shown(date_from_ordinal(key[0]))
    return _shown(key)


def _shown(value: Any) -> Text:
    if value is True:
        return Text("是（true）", "true")
    if value is False:
        return Text("否（false）", "false")
    if isinstance(value, str):
        return Text(f"“{value}”", f'"{value}"')
    if isinstance(value, Decimal):
        plain = f"{value.normalize():f}" if abs(value.adjusted()) < 30 else str(value.normalize())
        return Text(plain, plain)
    if isinstance(value, Date):
        plain = f"{value.year:04}-{value.month:02}-{value.day:02}"
        return Text(plain, plain)
    return Text(str(value), str(value))


def _told(table: Table, pieces: Sequence[Piece]) -> Text:
    """A counter-example in words: every input with a value."""
    named = list(zip(table.inputs, pieces, strict=True))
    return Text(
        "，".join(f"{clause.label.zh} = {piece.example.zh}" for clause, piece in named) or "任何输入",
        ", ".join(f"{clause.label.en} = {piece.example.en}" for clause, piece in named) or "anything",
    )


def _alike(table: Table) -> dict[int, int]:
    """For every row whose outputs read nothing, the rows with the same outputs."""
    found: dict[str, int] = {}
    keys: dict[int, str] = {}
    for rule in table.rules:
        if any(value is UNKNOWN for value in rule.constants):
            continue
        try:
            key = repr([to_plain(value) for value in rule.constants])
        except FeelError:
            continue
        keys[rule.number - 1] = key
        found[key] = found.get(key, 0) | 1 << rule.number - 1
    return {row: found[key] for row, key in keys.items()}


def _union(rows: Iterable[int]) -> int:
    found = 0
    for some in rows:
        found |= some
    return found


def _lets_all_pass(cell: Cell | None) -> bool:
    return cell is not None and cell.everything


def _has_default(table: Table) -> bool:
    return any(clause.default is not None for clause in table.outputs)
