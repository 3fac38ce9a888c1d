"""The mirrors: tables that hold what a source says, replaced as a whole, and the runs that did so (F-SYNC)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select, update

from kernel.clock import day_of
from registry.exchange import ports
from registry.exchange.ports import MINISTRY_KINDS, SourceFailed
from registry.qualifications import Qualifications
from store.tables import (
    abnormal_entry,
    enterprise,
    enterprise_qualification,
    flag_release,
    in_construction_lock,
    ministry_registration,
    qualification,
    sync_run,
)

SUCCEEDED, FAILED = "succeeded", "failed"

_TABLES: Mapping[str, Table] = {
    ports.MINISTRY: ministry_registration,
    ports.QUALIFICATION: qualification,
    ports.ENTERPRISE: enterprise_qualification,
    ports.IN_CONSTRUCTION: in_construction_lock,
    ports.ABNORMAL: abnormal_entry,
}
_AT_ONCE = 1_000


def replace(connection: Connection, source: str, rows: Sequence[Any], *, at: datetime) -> None:
    """Put what a source says in the place of what it said before, and draw what follows for our own books.

    Raises:
        SourceFailed: a row says what cannot be.
    """
    table = _TABLES[source]
    _check(source, rows)
    values = [asdict(row) for row in rows]
    if "synced_at" in table.c:
        values = [each | {"synced_at": at} for each in values]
    connection.execute(delete(table))
    for first in range(0, len(values), _AT_ONCE):
        connection.execute(insert(table), values[first : first + _AT_ONCE])
    follow = _FOLLOWS.get(source)
    if follow is not None:
        follow(connection)


def note_run(connection: Connection, source: str, *, started_at: datetime, finished_at: datetime, rows: int) -> None:
    """A run that has succeeded."""
    _note(connection, source, started_at, finished_at, SUCCEEDED, rows, "")


def note_failure(connection: Connection, source: str, *, started_at: datetime, finished_at: datetime, why: str) -> None:
    _note(connection, source, started_at, finished_at, FAILED, 0, why[:2000])


def synced_at(connection: Connection, source: str) -> datetime | None:
    """When a source was last copied; nothing before the first time (R-1.1-3)."""
    query = (
        select(sync_run.c.finished_at)
        .where((sync_run.c.source == source) & (sync_run.c.outcome == SUCCEEDED))
        .order_by(sync_run.c.finished_at.desc())
        .limit(1)
    )
    found: datetime | None = connection.execute(query).scalar()
    return found


def synced_on(connection: Connection, source: str) -> date | None:
    """The day on which a source was last copied."""
    at = synced_at(connection, source)
    return None if at is None else day_of(at)


def _note(
    connection: Connection,
    source: str,
    started_at: datetime,
    finished_at: datetime,
    outcome: str,
    rows: int,
    detail: str,
) -> None:
    values = {
        "id": str(uuid4()),
        "source": source,
        "started_at": started_at,
        "finished_at": finished_at,
        "outcome": outcome,
        "rows": rows,
        "detail": detail,
    }
    connection.execute(insert(sync_run).values(values))


def _check(source: str, rows: Sequence[Any]) -> None:
    if source == ports.MINISTRY and (strange := {row.kind for row in rows} - set(MINISTRY_KINDS)):
        raise SourceFailed(f"{source}: unknown kinds {', '.join(sorted(strange))}")


def _follow_enterprises(connection: Connection) -> None:
    """Take into the books what no enterprise-info change has to carry: kind, legal representative, cancellation.

    Name, address and district stay as the certificates have them until such a change closes (R-1.8-1).
    """
    mirror, known = enterprise_qualification.c, enterprise.c
    said = select(mirror.uscc).where(mirror.uscc == known.uscc)

    def of(column: ColumnElement[Any], before: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.coalesce(select(column).where(mirror.uscc == known.uscc).scalar_subquery(), before)

    values = {
        "legal_representative": of(mirror.legal_representative, known.legal_representative),
        "enterprise_type": of(mirror.enterprise_type, known.enterprise_type),
        "cancelled": of(mirror.cancelled, known.cancelled),
    }
    connection.execute(update(enterprise).where(said.exists()).values(values))


def _follow_releases(flag: str, table: Table) -> Callable[[Connection], None]:
    """A release that the source was told of stands in its data from the next run on (R-1.10-3, R-1.10-4)."""

    def follow(connection: Connection) -> None:
        of_row = (flag_release.c.flag == flag) & (flag_release.c.source_id == table.c.id)
        released = select(flag_release.c.released_on).where(of_row).scalar_subquery()
        connection.execute(update(table).where(table.c.released_on.is_(None)).values(released_on=released))

    return follow


def _follow_corrections(connection: Connection) -> None:
    """What the registration centre has corrected stays so, until the source says it, too (2.19)."""
    Qualifications(connection).follow_corrections()


_FOLLOWS: Mapping[str, Callable[[Connection], None]] = {
    ports.QUALIFICATION: _follow_corrections,
    ports.ENTERPRISE: _follow_enterprises,
    ports.IN_CONSTRUCTION: _follow_releases(ports.IN_CONSTRUCTION, in_construction_lock),
    ports.ABNORMAL: _follow_releases(ports.ABNORMAL, abnormal_entry),
}
