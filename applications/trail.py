"""审办记录: one row for every transition, written once at the end of the command that made it (F-AUDIT, R-000-10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from kernel.actors import SYSTEM, Actor
from kernel.texts import Text
from store.statements import Statement
from store.tables import audit
from store.unit_of_work import Database, UnitOfWork

REFUSED = "refused"
_NOTE = "applications.trail"

_ENTRY = Statement(insert(audit), tuple(column.name for column in audit.c if column.name != "id"))


@dataclass(slots=True)
class Entry:
    """One row of the trail while its command runs; `status_after` of a person's act is known only at the end."""

    application_id: str | None  # none: of what is no application, such as a policy notice
    at: datetime
    action: str
    step: Text
    element_id: str | None = None
    by: Actor = SYSTEM
    decision: str | None = None
    opinion: str | None = None
    status_after: str | None = None
    data: dict[str, Any] | None = None

    def row(self) -> dict[str, Any]:
        return {
            "application_id": self.application_id,
            "at": self.at,
            "action": self.action,
            "step": self.step.zh,
            "step_en": self.step.en,
            "element_id": self.element_id,
            "actor": self.by.id,
            "actor_name": self.by.name,
            "unit": self.by.unit,
            "decision": self.decision,
            "opinion": self.opinion,
            "status_after": self.status_after,
            "ip": self.by.ip or None,
            "data": self.data,
        }


class Trail:
    """The entries of one command, in the order in which things happened."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self.entries: list[Entry] = []
        work.before_commit(self._write)

    @classmethod
    def of(cls, work: UnitOfWork) -> Trail:
        """The trail of a command, the same for all rooms that take part in it."""
        if _NOTE not in work.notes:
            work.notes[_NOTE] = cls(work)
        trail: Trail = work.notes[_NOTE]
        return trail

    def add(self, entry: Entry) -> Entry:
        self.entries.append(entry)
        return entry

    def person_s_act(self) -> Entry | None:
        """The entry of the person whose command this is, if one acts."""
        return next((entry for entry in self.entries if entry.by is not SYSTEM), None)

    def _write(self) -> None:
        self._work.write(_ENTRY, *(entry.row() for entry in self.entries))


def write_refusal(database: Database, entry: Entry) -> None:
    """Record a refused attempt, in a transaction of its own: the command itself was rolled back."""
    with database.write() as work:
        work.write(_ENTRY, entry.row())
