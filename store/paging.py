"""Keyset pages: a page starts behind the last row of the one before, so the 100,000th row costs what the first does."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    Row,
    ScalarSelect,
    Select,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
)

PAGE_SIZE = 20
COUNTED = 10_000
_LONGEST_CURSOR = 500


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of one page, the cursors of its neighbours, and the total up to 10,001."""

    rows: Sequence[Row[Any]]
    total: int
    before: str | None
    after: str | None


class Keyset:
    """One page of an order by a moment and a tie-breaker, as its cursor says.

    A cursor that cannot be read gives the first page: it comes from a URL.
    """

    def __init__(
        self,
        by: Column[datetime],
        tie: Column[Any],
        cursor: str | None,
        *,
        newest_first: bool = True,
        size: int = PAGE_SIZE,
    ) -> None:
        self._by = by
        self._tie = tie
        self._size = size
        self._position = _read(cursor, tie)
        self._backwards = self._position is not None and self._position[0] == "b"
        self._descending = newest_first != self._backwards

    def limited(self, query: Select[Any]) -> Select[Any]:
        """The rows of the page, in the order in which they are read, and one more that tells whether others follow."""
        by, tie = self._by, self._tie
        if self._position is not None:
            # A comparison of rows, which an index is entered by; "or" would have it read from its beginning.
            here, there = tuple_(by, tie), tuple_(*self._values(self._position))
            query = query.where(here < there if self._descending else here > there)
        return self.ordered(query)

    def ordered(self, query: Select[Any]) -> Select[Any]:
        """The same of rows that have been chosen: where the page begins is no longer asked."""
        by, tie = self._by, self._tie
        order = (by.desc(), tie.desc()) if self._descending else (by.asc(), tie.asc())
        return query.order_by(*order).limit(self._size + 1)

    def page(self, found: Iterable[Row[Any]], total: int) -> Slice:
        """The page that these rows are, which have the moment and the tie-breaker among their columns."""
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

    def _values(self, position: tuple[str, datetime, Any]) -> tuple[Any, Any]:
        return literal(position[1], self._by.type), literal(position[2], self._tie.type)


def keyset_page(
    connection: Connection,
    query: Select[Any],
    by: Column[datetime],
    tie: Column[Any],
    cursor: str | None,
    *,
    newest_first: bool = True,
    size: int = PAGE_SIZE,
) -> Slice:
    """One page of a query, ordered by a moment and a tie-breaker that must be among its columns, with its total."""
    keyset = Keyset(by, tie, cursor, newest_first=newest_first, size=size)
    total = connection.execute(select(counted(query))).scalar_one()
    return keyset.page(connection.execute(keyset.limited(query)), total)


def counted(*queries: Select[Any]) -> ScalarSelect[int]:
    """How many rows queries that have no row in common find together, at most 10,001."""
    one = literal_column("1", Integer).label("one")
    parts: list[Select[Any]] = [
        query.order_by(None).with_only_columns(one, maintain_column_froms=True) for query in queries
    ]
    limited = [part.limit(COUNTED + 1) for part in parts]
    found = limited[0] if len(limited) == 1 else together(limited).limit(COUNTED + 1)
    return select(func.count()).select_from(found.subquery()).scalar_subquery()


def together(queries: Sequence[Select[Any]]) -> Select[Any]:
    """The rows of queries of which each has an order and a limit of its own."""
    if len(queries) == 1:
        return queries[0]
    return select(union_all(*(select(query.subquery()) for query in queries)).subquery())


def _write(direction: str, row: Row[Any], by: Column[Any], tie: Column[Any]) -> str:
    at = row._mapping[by]
    data = orjson.dumps([direction, at.isoformat(), row._mapping[tie]])
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _read(cursor: str | None, tie: Column[Any]) -> tuple[str, datetime, Any] | None:
    """Where a cursor points; None for one that no page has written."""
    if not cursor or len(cursor) > _LONGEST_CURSOR:
        return None
    try:
        direction, at, key = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment = datetime.fromisoformat(at)
        moment.astimezone(UTC)
    except (binascii.Error, ValueError, TypeError, OverflowError):
        return None
    is_ours = direction in ("a", "b") and moment.tzinfo is not None and isinstance(key, tie.type.python_type)
    return (direction, moment, key) if is_ours and "\x00" not in str(key) else None
