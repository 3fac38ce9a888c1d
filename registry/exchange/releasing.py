"""Telling a source that a lock or an entry is released (R-1.10-3, R-1.10-4).

The simulated source keeps it in a table of ours, and its next copy shows it. The flag itself clears in the comparison
of the next day: neither here nor by a copy on the day of the release.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from kernel.errors import Reason, StateConflict
from registry.flags import ABNORMAL_REGISTRATION, IN_CONSTRUCTION
from store.tables import abnormal_entry, flag_release, in_construction_lock
from store.unit_of_work import UnitOfWork
from store.writing import insert_once

_MIRRORS: dict[str, Table] = {IN_CONSTRUCTION: in_construction_lock, ABNORMAL_REGISTRATION: abnormal_entry}


def standing_behind(connection: Connection, flag: str, id_number: str) -> Sequence[Row[Any]]:
    """The locks or entries of a person that nobody has released, as the mirror has them and by what we have told."""
    mirror = _MIRRORS[flag]
    told = (flag_release.c.flag == flag) & (flag_release.c.source_id == mirror.c.id)
    is_told = select(flag_release.c.flag).where(told).exists()
    mine = (mirror.c.id_number == id_number) & mirror.c.released_on.is_(None) & ~is_told
    return connection.execute(select(mirror).where(mine).order_by(mirror.c.id)).all()


def release(work: UnitOfWork, flag: str, source_id: str, *, on: date, by: str, note: str) -> None:
    """Tell the source; a second time changes nothing.

    Raises:
        StateConflict: (FLAG_NOT_PRESENT) the source has no such lock or entry.
    """
    mirror = _MIRRORS[flag]
    if work.connection.execute(select(mirror.c.id).where(mirror.c.id == source_id)).first() is None:
        raise StateConflict(Reason("FLAG_NOT_PRESENT", rule="R-1.10-3"), detail=f"{flag} has no {source_id}")
    values = {"flag": flag, "source_id": source_id, "released_on": on, "released_by": by, "note": note}
    insert_once(work, flag_release, values)
