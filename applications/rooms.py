"""What the commands on applications work with, and the ports they leave to others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection

from applications import records, statuses
from applications.applicants import Applicant
from applications.documents import Documents
from applications.files import Files
from applications.notices import Notices
from applications.trail import REFUSED, Entry, write_refusal
from forms import Forms, Option
from kernel.actors import Actor
from kernel.clock import Clock
from kernel.errors import Reason, ServiceError, StateConflict
from kernel.permissions import Action, authorize
from kernel.settings import Settings
from kernel.texts import Text
from processes.definitions import Definitions
from processes.runtime import Processes
from store.unit_of_work import Database, UnitOfWork
from store.writing import is_answered


class StartRules(Protocol):
    """The rules on who may start a line (`handlers/`)."""

    def starts(
        self, connection: Connection, lines: Iterable[str], applicant: Applicant
    ) -> Mapping[str, Sequence[Reason]]:
        """For each line every rule that forbids the applicant to start it now, before anything is chosen."""
        ...

    def refusals(
        self,
        connection: Connection,
        line: str,
        applicant: Applicant,
        *,
        document: Mapping[str, Any],
        row: records.ApplicationRow | None = None,
        submitting: bool = False,
    ) -> Sequence[Reason]:
        """Every rule that forbids the applicant this form now, in catalogue order (R-D-01, R-D-03).

        `row` is the application that asks, which is not in its own way.
        """
        ...

    def options(
        self,
        connection: Connection,
        line: str,
        applicant: Applicant,
        *,
        document: Mapping[str, Any] | None = None,
        row: records.ApplicationRow | None = None,
    ) -> Mapping[str, Sequence[Option]]:
        """What the form of the line offers to the applicant, by field."""
        ...


@dataclass(frozen=True, slots=True)
class Rooms:
    """Everything a command on applications needs; built once by `wiring.py`."""

    database: Database
    processes: Processes
    definitions: Definitions
    forms: Forms
    clock: Clock
    settings: Settings
    start_rules: StartRules
    notices: Notices
    files: Files
    documents: Documents


class Commands:
    """What the groups of commands share."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def _editable(self, work: UnitOfWork, number: str, by: Actor) -> records.ApplicationRow:
        """The applicant's own application, locked, while its form is with the applicant."""
        row = records.lock(work, number)
        authorize(by, Action.CHANGE_APPLICATION, row)
        if row.status not in statuses.EDITABLE:
            raise StateConflict(
                Reason("STATE_CONFLICT"), detail=f"Expected {number} to be editable, but it is {row.status}"
            )
        return row

    def _is_answered(self, command_id: str, request: Any, by: Actor) -> bool:
        """Whether this command was carried out before: its repetition changes nothing."""
        with self._rooms.database.read() as connection:
            return is_answered(connection, command_id, actor=by.id, request=request)

    def _record_refusal(self, application_id: str, action: str, refusal: ServiceError, by: Actor) -> None:
        """Keep a refused attempt in the operation trace; it is not shown in the 审办记录 of the application."""
        data = {"action": action, "codes": [reason.code for reason in refusal.reasons]}
        step = Text("被拒绝的操作", "Refused action")
        entry = Entry(application_id, self._rooms.clock.now(), REFUSED, step, by=by, data=data)
        write_refusal(self._rooms.database, entry)
