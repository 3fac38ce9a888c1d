"""Statements of the hot path: described in SQLAlchemy, compiled once for each database, then only sent (ADR 0012)."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, TypeAlias, cast

from sqlalchemy import Insert, Select, Table, Update, bindparam
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from store.wire import Call

Record: TypeAlias = Any
"""One row of an answer: a named tuple of the columns asked for."""
Values: TypeAlias = Mapping[str, Any]

_ROWS_AT_ONCE = 500  # of one INSERT; PostgreSQL takes 65,535 values
_PARTS_AT_ONCE = 40  # of one WITH
_PLACE = re.compile(r"\$(\d+)")


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A SELECT or UPDATE with named parameters (and no `in_`), or an INSERT of rows with these `columns`.

    An update that is a `guard` has to hit exactly one row; otherwise the command ends as a ConcurrentChange.
    """

    core: Select[Any] | Update | Insert
    columns: tuple[str, ...] = ()
    guard: bool = False
    is_update: bool = field(init=False)
    table: Table | None = field(init=False)  # that it writes to

    def __post_init__(self) -> None:
        written = None if isinstance(self.core, Select) else self.core.table
        object.__setattr__(self, "is_update", isinstance(self.core, Update))
        object.__setattr__(self, "table", written)

    def __call__(self, **values: Any) -> Question:
        return Question(self, tuple(values.items()))


@dataclass(frozen=True, slots=True)
class Question:
    """A statement with its values, to be asked; equal to the same question asked again."""

    statement: Statement
    values: tuple[tuple[str, Any], ...]


Write: TypeAlias = tuple[Statement, Sequence[Values]]
"""An insert of these rows, or an update for each of them."""


@dataclass(frozen=True, slots=True)
class Form:
    """A statement in the words of one database."""

    text: str
    sent: bytes
    names: tuple[str, ...]  # of its values, in the order of their places
    binds: tuple[tuple[int, Callable[[Any], Any]], ...]  # by the places of those that need one
    fixed: Values  # those that are always the same
    record: Callable[..., Record]
    loads: tuple[tuple[int, Callable[[Any], Any]], ...]

    def bound(self, rows: Sequence[Values]) -> list[Any]:
        """The values for the driver, row after row.

        Raises:
            KeyError, TypeError: a row lacks a value, or has one that the statement does not know.
        """
        found: list[Any] = []
        for row in rows:
            given = {**self.fixed, **row} if self.fixed else row
            if len(given) > len(self.names):
                raise TypeError(f"Expected values for {self.names}, but found {tuple(given)}")
            values = [given[name] for name in self.names]
            for place, bind in self.binds:
                values[place] = bind(values[place])
            found += values
        return found

    def records(self, rows: Sequence[Sequence[Any]]) -> list[Record]:
        return [self._record(row) for row in rows]

    def _record(self, row: Sequence[Any]) -> Record:
        if not self.loads:
            return self.record(*row)
        values = list(row)
        for place, load in self.loads:
            values[place] = load(values[place])
        return self.record(*values)


@lru_cache(maxsize=1024)
def form_of(statement: Statement, is_postgresql: bool, rows: int = 1) -> Form:
    """The statement as it is sent; an INSERT for so many rows, whose names and binds are those of one.

    Raises:
        TypeError: an INSERT leaves out a column that has a default in Python.
    """
    dialect = _dialect(is_postgresql)
    if isinstance(statement.core, Insert):
        return _form_of_insert(statement.core, statement.columns, dialect, rows)
    compiled = cast(Any, statement.core.compile(dialect=dialect))
    names = tuple(compiled.positiontup)
    binds = _placed(_processor(compiled.binds[name].type, dialect, "bind_processor") for name in names)
    fixed = {name: value for name, value in compiled.params.items() if not compiled.binds[name].required}
    record: Any = tuple
    loads: tuple[tuple[int, Callable[[Any], Any]], ...] = ()
    if isinstance(statement.core, Select):
        columns = list(statement.core.selected_columns)
        loads = _placed(_processor(column.type, dialect, "result_processor", None) for column in columns)
        record = cast(Any, namedtuple)("Record", [column.key for column in columns])
    return Form(str(compiled), str(compiled).encode(), names, binds, fixed, record, loads)


def _form_of_insert(core: Insert, columns: tuple[str, ...], dialect: Any, rows: int) -> Form:
    columns = tuple(each.name for each in core.table.c if each.name in columns)  # as they are written out
    kinds = {name: core.table.c[name].type for name in columns}
    places = [{name: bindparam(f"{name}_{row}", type_=kinds[name]) for name in columns} for row in range(rows)]
    compiled = cast(Any, core.values(places).compile(dialect=dialect))
    if len(compiled.positiontup) != rows * len(columns):
        raise TypeError(f"Expected a value for each of {compiled.positiontup}, but {columns} are given")
    text = str(compiled)
    binds = _placed(_processor(kinds[name], dialect, "bind_processor") for name in columns)
    return Form(text, text.encode(), columns, binds, {}, lambda *row: row, ())


@cache
def _dialect(is_postgresql: bool) -> Any:
    postgresql: Any = PGDialect_psycopg
    return postgresql(paramstyle="numeric_dollar") if is_postgresql else SQLiteDialect_pysqlite()


def _processor(kind: Any, dialect: Any, which: str, *more: Any) -> Callable[[Any], Any] | None:
    found: Callable[[Any], Any] | None = getattr(kind.dialect_impl(dialect), which)(dialect, *more)
    return found


def _placed(
    processors: Iterable[Callable[[Any], Any] | None],
) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    return tuple((place, process) for place, process in enumerate(processors) if process is not None)


def fused(writes: Sequence[Write]) -> list[Call]:
    """The statements that write it all on PostgreSQL, usually one: `WITH … AS (UPDATE …), … AS (INSERT …) SELECT 1`."""
    parts = [part for statement, rows in writes for part in _parts(statement, rows)]
    return [_one_statement(parts[first : first + _PARTS_AT_ONCE]) for first in range(0, len(parts), _PARTS_AT_ONCE)]


def _parts(statement: Statement, rows: Sequence[Values]) -> list[Write]:
    at_once = 1 if statement.is_update else _ROWS_AT_ONCE
    return [(statement, rows[first : first + at_once]) for first in range(0, len(rows), at_once)]


def _one_statement(parts: Sequence[Write]) -> Call:
    values = [value for statement, rows in parts for value in form_of(statement, True).bound(rows)]
    return _with(tuple((statement, len(rows)) for statement, rows in parts)), values


@lru_cache(maxsize=1024)
def _with(parts: tuple[tuple[Statement, int], ...]) -> bytes:
    """One WITH of several writes. A guard that hits no row has the database divide by zero: nothing is written."""
    texts, guards, shift = [], [], 0
    for place, (statement, rows) in enumerate(parts):
        text = _shifted(form_of(statement, True, rows).text, shift)
        if statement.guard:
            text += " RETURNING 1"
            guards.append(f"1 / (SELECT count(*) FROM w{place})")  # noqa: S608 - a number of ours
        texts.append(f"w{place} AS ({text})")
        shift += rows * len(form_of(statement, True).names)
    return f"WITH {', '.join(texts)} SELECT {', '.join(guards) or '1'}".encode()


def _shifted(text: str, by: int) -> str:
    return _PLACE.sub(lambda found: f"${int(found[1]) + by}", text)
