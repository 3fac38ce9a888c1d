"""Keyset pages: a page starts behind the last row of the one before, so the 100,000th row costs what the first does."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal

from store.statements import Record

PAGE_SIZE = 20
COUNTED = 10_000
_LONGEST_CURSOR = 500
_LARGEST = 2**31


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of one page, the cursors of its neighbours, and the total up to 10,001."""

    rows: Sequence[Record]
    total: int
    before: str | None
    after: str | None


class Keyset:
    """One page of an order by a moment, a day, a number or a name and a tie-breaker, as its cursor says.

    `by` is a column, or a labelled expression that is never null. A cursor that cannot be read, as one of another
    order, gives the first page: it comes from a URL.
    """

    def __init__(
        self,
        by: ColumnElement[Any],
        tie: ColumnElement[Any],
        cursor: str | None,
        *,
        newest_first: bool = True,
        size: int = PAGE_SIZE,
    ) -> None:
        self._by = by
        self._tie = tie
        self._size = size
        self._position = _read(cursor, by, tie)
        self._backwards = self._position is not None and self._position[0] == "b"
        self._descending = newest_first != self._backwards

    def limited(self, query: Select[Any]) -> Select[Any]:
        """The rows of the page, in the order in which they are read, and one more that tells whether others follow."""
        beyond = self._beyond()
        return self.ordered(query if beyond is None else query.where(beyond))

    def ordered(self, query: Select[Any]) -> Select[Any]:
        """The same of rows that have been chosen: where the page begins is no longer asked."""
        by, tie = self._by, self._tie
        order = (by.desc(), tie.desc()) if self._descending else (by.asc(), tie.asc())
        return query.order_by(*order).limit(self._size + 1)

    def within(self, connection: Connection, query: Select[Any]) -> Slice:
        """The page with its total, of a query for tie-breaker and order that is looked through once.

        One of more rows than totals count is asked again for its page, which then is soon found.
        """
        # It stands twice in the statement, so both databases keep what they have found for it.
        chosen = query.limit(COUNTED + 1).cte("chosen")
        total = select(func.count().label("total")).select_from(chosen).subquery()
        of_chosen = copy(self)
        of_chosen._tie, of_chosen._by = chosen.c  # the two parts of the order, which the query gives
        # The total stands in a row also if there is no other; more rows than it counts are not sorted in vain.
        beyond = of_chosen._beyond()
        shown = total.c.total <= COUNTED if beyond is None else (total.c.total <= COUNTED) & beyond
        rows = connection.execute(
            of_chosen.ordered(select(chosen, total).select_from(total.outerjoin(chosen, shown)))
        ).all()
        many: int = rows[0].total
        if many > COUNTED:
            return self.page(connection.execute(self.limited(query)), many)
        return of_chosen.page((row for row in rows if row._mapping[of_chosen._tie] is not None), many)

    def page(self, found: Iterable[Record], total: int) -> Slice:
        """The page that these rows are, which have both parts of the order among their columns."""
        rows = list(found)
        more = len(rows) > self._size
        rows = rows[: self._size]
        if self._backwards:
            rows.reverse()
        if not rows:
            return Slice((), total, None, None)
        has_before = more if self._backwards else self._position is not None
        has_after = True if self._backwards else more
        return Slice(
            rows,
            total,
            _write("b", rows[0], self._by, self._tie) if has_before else None,
            _write("a", rows[-1], self._by, self._tie) if has_after else None,
        )

    def _beyond(self) -> ColumnElement[bool] | None:
        """Where the page begins; None for the first, which begins with the first row."""
        if self._position is None:
            return None
        # A comparison of rows, which an index is entered by; "or" would have it read from its beginning.
        here = tuple_(self._by, self._tie)
        there = tuple_(literal(self._position[1], self._by.type), literal(self._position[2], self._tie.type))
        return here < there if self._descending else here > there


def keyset_page(
    connection: Connection,
    query: Select[Any],
    by: ColumnElement[Any],
    tie: ColumnElement[Any],
    cursor: str | None,
    *,
    newest_first: bool = True,
    size: int = PAGE_SIZE,
) -> Slice:
    """One page of a query, ordered by a moment and a tie-breaker that must be among its columns, with its total."""
    keyset = Keyset(by, tie, cursor, newest_first=newest_first, size=size)
    total = connection.execute(select(counted(query))).scalar_one()
    return keyset.page(connection.execute(keyset.limited(query)), total)


class looked_through(ColumnElement[Any]):  # noqa: N801 - it reads like a function
    """A column that is no way into the rows: SQLite, which keeps no statistics, would take any index for the best.

    Its unary plus says so; PostgreSQL is left to choose.
    """

    inherit_cache = True
    _traverse_internals = [("column", InternalTraversal.dp_clauseelement)]  # noqa: RUF012 - as its base class has it

    def __init__(self, column: ColumnElement[Any]) -> None:
        self.column = column
        self.type = column.type


@compiles(looked_through)
def _as_it_is(element: looked_through, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.column, **options)


@compiles(looked_through, "sqlite")
def _with_plus(element: looked_through, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.column, **options)}"


def counted(*queries: Select[Any]) -> ColumnElement[int]:
    """How many rows queries without a common row find together; beyond 10,000 it only says that there are more."""
    one = literal_column("1", Integer).label("one")
    parts: list[Select[Any]] = [
        query.order_by(None).with_only_columns(one, maintain_column_froms=True).limit(COUNTED + 1) for query in queries
    ]
    found = [select(func.count()).select_from(part.subquery()).scalar_subquery() for part in parts]
    return sum(found[1:], start=found[0])


def together(queries: Sequence[Select[Any]]) -> Select[Any]:
    """The rows of queries of which each has an order and a limit of its own."""
    if len(queries) == 1:
        return queries[0]
    return select(union_all(*(select(query.subquery()) for query in queries)).subquery())


def _write(direction: str, row: Record, by: ColumnElement[Any], tie: ColumnElement[Any]) -> str:
    value = _value_in(row, by)
    stands = value.isoformat() if isinstance(value, date) else value
    data = orjson.dumps([direction, stands, _value_in(row, tie)])
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _value_in(row: Record, column: ColumnElement[Any]) -> Any:
    return row._mapping[column] if isinstance(row, Row) else getattr(row, str(column.key))


def _read(cursor: str | None, by: ColumnElement[Any], tie: ColumnElement[Any]) -> tuple[str, Any, Any] | None:
    """Where a cursor points; None for one that no page of this order has written."""
    if not cursor or len(cursor) > _LONGEST_CURSOR:
        return None
    try:
        direction, stands, key = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        value = _value(stands, by.type.python_type)
    except (binascii.Error, ValueError, TypeError, OverflowError):
        return None
    is_ours = direction in ("a", "b") and isinstance(key, tie.type.python_type)
    return (direction, value, key) if is_ours and "\x00" not in str(key) else None


def _value(stands: Any, kind: type) -> datetime | date | int | str:
    """What an order goes by, from its place in a cursor.

    Raises:
        ValueError: it is nothing of this kind.
        TypeError: it is not even written like it.
        OverflowError: it is a moment that no zone has.
    """
    if kind is int:
        if type(stands) is not int or abs(stands) >= _LARGEST:
            raise ValueError(f"Expected a number, found {stands!r}")
        return stands
    if kind is str:
        if not isinstance(stands, str) or "\x00" in stands:
            raise ValueError("Expected a name without the sign that no database takes")
        return stands
    if kind is date:
        return date.fromisoformat(stands)
    moment = datetime.fromisoformat(stands)
    moment.astimezone(UTC)
    if moment.tzinfo is None:
        raise ValueError(f"Expected an aware moment, found {stands!r}")
    return moment
