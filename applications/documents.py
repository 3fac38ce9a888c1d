"""The Word form of an application: exported on demand, and archived as it was submitted (R-000-09, DOC-06 … DOC-11).

Which document a line has, its diagram says (docs/diagrams.md): `document` is its number, `document_template` the
template, `document_name_zh` its title and the beginning of its file name. An application keeps to the version of the
diagram it runs on, and to the form that version has pinned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from applications import records
from applications.files import Files
from applications.lines import line_of
from applications.records import ApplicationRow
from exports.context import context
from exports.word import render
from forms import Form, Forms
from kernel.actors import Actor
from kernel.clock import Clock
from kernel.errors import NotFound
from kernel.permissions import authorize_files
from processes.definitions import Definitions
from store.tables import application, document, document_version, instance
from store.unit_of_work import UnitOfWork
from store.writing import insert_once


@dataclass(frozen=True, slots=True)
class LineDocument:
    """What a diagram says of the document of its line."""

    kind: str  # DOC-08
    template: str
    title: str

    @classmethod
    def of(cls, properties: Mapping[str, str]) -> LineDocument | None:
        """The document of a line, from the properties of its process; none for a line that has none."""
        kind = properties.get("document")
        return cls(kind, properties["document_template"], properties["document_name_zh"]) if kind else None

    def file_name(self, number: str) -> str:
        return f"{self.title}_{number}.docx" if number else f"{self.title}.docx"


@dataclass(frozen=True, slots=True)
class FilledDocument:
    """A document that is ready to be written: its values are frozen, so no connection is needed."""

    template: str
    values: Mapping[str, Any]
    printed_at: datetime | None

    def render(self) -> bytes:
        return render(self.template, self.values, self.printed_at)


class Documents:
    """Makes the documents of applications."""

    def __init__(self, files: Files, definitions: Definitions, forms: Forms, clock: Clock) -> None:
        self._files = files
        self._definitions = definitions
        self._forms = forms
        self._clock = clock

    def export(self, connection: Connection, number: str, actor: Actor) -> tuple[str, bytes]:
        """The form with all saved data, as of now: its file name and its bytes.

        Raises:
            NotFound: the application is not the actor's to see, or its line has no document.
        """
        row = records.by_number(connection, number)
        authorize_files(actor, row)
        definition_id = _definition_of(connection, row)
        line_document = self._document_of(definition_id)
        if line_document is None:
            raise NotFound(detail=f"the line {row.line} of {number} has no document")
        filled = self._filled(connection, row, definition_id, line_document, row.document)
        return line_document.file_name(number), filled.render()

    def _form(self, connection: Connection, definition_id: str) -> Form:
        """The application form of a line in the version that a diagram pinned."""
        key = line_of(self._definitions.get(definition_id)).form
        return self._forms.pinned(connection, key, self._definitions.pinned_forms(definition_id)[key])

    def empty(self, connection: Connection, line: str) -> tuple[str, bytes]:
        """The form of a line to fill in by hand, as its active version has it: its file name and its bytes.

        Raises:
            NotFound: the line is not offered, or has no document.
        """
        definition_id = self._definitions.active_id(connection, line)
        line_document = self._document_of(definition_id)
        if line_document is None:
            raise NotFound(detail=f"the line {line} has no document")
        form = self._form(connection, definition_id)
        values = context("", line_document.title, {}, {}, form, None)
        return line_document.file_name(""), FilledDocument(line_document.template, values, None).render()

    def submitted(self, connection: Connection, application_id: str, revision: int) -> FilledDocument | None:
        """The form as it was submitted, ready to be written without a connection; none if the line has no document."""
        row = _by_id(connection, application_id)
        definition_id = _definition_of(connection, row)
        line_document = self._document_of(definition_id)
        if line_document is None:
            return None
        version = (document_version.c.application_id == application_id) & (document_version.c.revision == revision)
        answers = connection.execute(select(document_version.c.document).where(version)).scalar_one()
        return self._filled(connection, row, definition_id, line_document, answers)

    def store(self, filled: FilledDocument) -> str:
        """Write the document to a file and return its stored name; it takes too long for a transaction."""
        return self._files.write(filled.render(), ".docx")

    def archive(self, work: UnitOfWork, application_id: str, revision: int, stored_name: str) -> None:
        """Keep a stored document as that of a submit, once; a file that came second is an orphan, swept later."""
        row = _by_id(work.connection, application_id)
        line_document = self._document_of(_definition_of(work.connection, row))
        if line_document is None:
            return  # moved to a version without a document meanwhile
        values = {
            "application_id": application_id,
            "kind": line_document.kind,
            "revision": revision,
            "file_name": line_document.file_name(row.number),
            "stored_name": stored_name,
            "created_at": self._clock.now(),
        }
        insert_once(work, document, values)

    def _document_of(self, definition_id: str) -> LineDocument | None:
        return LineDocument.of(self._definitions.get(definition_id).properties)

    def _filled(
        self,
        connection: Connection,
        row: ApplicationRow,
        definition_id: str,
        line_document: LineDocument,
        answers: Mapping[str, Any],
    ) -> FilledDocument:
        form = self._form(connection, definition_id)
        now = self._clock.now()
        values = context(row.number, line_document.title, row.snapshot, answers, form, now)
        return FilledDocument(line_document.template, values, now)


def _by_id(connection: Connection, application_id: str) -> ApplicationRow:
    return connection.execute(select(application).where(application.c.id == application_id)).one()


def _definition_of(connection: Connection, row: ApplicationRow) -> str:
    """The version of the diagram that an application runs on."""
    query = select(instance.c.definition_id).where(instance.c.id == row.instance_id)
    return str(connection.execute(query).scalar_one())
