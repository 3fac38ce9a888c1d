"""The Word form of an application: exported on demand, and archived as it was submitted (DOC-08, R-000-09)."""

from __future__ import annotations

from sqlalchemy import Connection, select

from applications import records
from applications.files import Files
from applications.records import ApplicationRow
from exports.employer_transfer_form import EmployerTransferForm, render
from kernel.actors import Actor
from kernel.clock import Clock
from kernel.permissions import Action, authorize
from store.tables import application, document, document_version
from store.unit_of_work import UnitOfWork
from store.writing import insert_once

DOC_08 = "DOC-08"


class Documents:
    """Makes the documents of applications."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._clock = clock

    def export(self, connection: Connection, number: str, actor: Actor) -> tuple[str, bytes]:
        """The form with all saved data, as of now: its file name and its bytes.

        Raises:
            NotFound: the application is not the actor's to see.
        """
        row = records.by_number(connection, number)
        authorize(actor, Action.VIEW_APPLICATION, row)
        return self._render(row, row.document)

    def submitted(self, connection: Connection, application_id: str, revision: int) -> EmployerTransferForm:
        """The form as it was submitted, ready to be written without a connection."""
        row = connection.execute(select(application).where(application.c.id == application_id)).one()
        version = (document_version.c.application_id == application_id) & (document_version.c.revision == revision)
        filled = connection.execute(select(document_version.c.document).where(version)).scalar_one()
        return self._form(row, filled)

    def store(self, form: EmployerTransferForm) -> str:
        """Write the document to a file and return its stored name; it takes too long for a transaction."""
        return self._files.write(render(form), ".docx")

    def archive(self, work: UnitOfWork, application_id: str, revision: int, stored_name: str) -> None:
        """Keep a stored document as that of a submit, once; a file that came second is an orphan, swept later."""
        query = select(application.c.number).where(application.c.id == application_id)
        values = {
            "application_id": application_id,
            "kind": DOC_08,
            "revision": revision,
            "file_name": _file_name(work.connection.execute(query).scalar_one()),
            "stored_name": stored_name,
            "created_at": self._clock.now(),
        }
        insert_once(work, document, values)

    def _render(self, row: ApplicationRow, filled: dict[str, object]) -> tuple[str, bytes]:
        return _file_name(row.number), render(self._form(row, filled))

    def _form(self, row: ApplicationRow, filled: dict[str, object]) -> EmployerTransferForm:
        return EmployerTransferForm.of(row.number, row.snapshot, filled, printed_at=self._clock.now())


def _file_name(number: str) -> str:
    return f"执业企业变更申请表_{number}.docx"
