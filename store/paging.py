"""Keyset pages: a page starts behind the last row of the one before, so the 100,000th row costs what the first does."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Column, Connection, Row, Select, func, select

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
    """One page of a query, ordered by a moment and a tie-breaker that must be among its columns.

    A cursor that cannot be read gives the first page: it comes from a URL.
    """
    total = connection.execute(
        select(func.count()).select_from(query.limit(COUNTED + 1).order_by(None).subquery())
    ).scalar_one()
    position = _read(cursor, tie)
    backwards = position is not None and position[0] == "b"
    descending = newest_first != backwards
    wanted = query
    if position is not None:
        _, at, key = position
        further = (by < at) | ((by == at) & (tie < key)) if descending else (by > at) | ((by == at) & (tie > key))
        wanted = wanted.where(further)
    order = (by.desc(), tie.desc()) if descending else (by.asc(), tie.asc())
    rows = list(connection.execute(wanted.order_by(*order).limit(size + 1)))
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return Slice((), total, None, None)
    has_before = more if backwards else position is not None
    has_after = True if backwards else more
    return Slice(
        rows,
        total,
        _write("b", rows[0], by, tie) if has_before else None,
        _write("a", rows[-1], by, tie) if has_after else None,
    )


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
