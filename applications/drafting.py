"""What the applicant does with a form: first save, saving again, submitting, attaching files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from applications import attaching, records, statuses
from applications.applicants import Applicant
from applications.lines import FILL_APPLICATION, Line, active_line, line_of
from applications.rooms import Commands
from applications.snapshots import chosen_employer, columns_of, employer_columns, snapshot_of, specialties_of
from applications.trail import Entry, Trail
from applications.views import AttachmentView
from forms import Form, Mode, Option, Posted, in_page_order, missing_attachments, validate
from kernel.actors import Actor
from kernel.clock import day_of
from kernel.errors import InvalidInput, NotFound, Reason, Refused, StateConflict
from kernel.failpoints import failpoint
from kernel.permissions import Action, authorize
from kernel.texts import Text
from processes.advancing import run_command
from registry.numbers import NumberSeries
from store.jobs import Jobs
from store.tables import application, attachment, document_version, instance, task
from store.unit_of_work import UnitOfWork
from store.writing import CommandOnce

_SAVED = Text("保存申请", "Saved the application")
_SUBMITTED = Text("提交申请", "Submitted")
_SUBMITTED_TO = Text("提交到{who}确认", "Submitted to {who}")


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved draft: the revision that the next save must name, and when it was saved."""

    revision: int
    at: datetime


class Drafting(Commands):
    """Commands on the form of an application, by its applicant."""

    def start(self, line: str, posted: Posted, *, by: Actor, command_id: str) -> str:
        """Save the form for the first time: the application comes into being. Returns its business number.

        Only the choice that identifies the application is required, and what is filled in must be well formed
        (R-D-14). The start rules are asked by the line's `check_start`; a refusal creates nothing (2.0.5).

        Raises:
            InvalidInput: with the fields that are wrong.
            NotAllowed: the actor does not start business (ROLE_NO_BUSINESS, R-A-01), or not of this line.
            NotFound: there is no such line.
            Refused: the rules of the line say no.
        """
        with self._rooms.database.read() as connection:
            wanted = active_line(self._rooms.definitions, connection, line)
            authorize(by, Action.START_APPLICATION, wanted)
            today = day_of(self._rooms.clock.now())
            known = snapshot_of(connection, wanted, Applicant.of_actor(by), today)
        document = self._valid(self._rooms.forms.current(wanted.form), posted, known)
        try:
            return run_command(lambda deferred: self._start(wanted, document, by, command_id, deferred))
        except IntegrityError as error:
            # Two first saves at once: the unique index let one through (R-1.9-2).
            raise Refused(*self._in_progress(line, Applicant.of_actor(by), document)) from error

    def save(self, number: str, posted: Posted, *, revision: int, by: Actor) -> Saved:
        """Save the draft once more. Saving the same content again changes nothing, so it may be repeated.

        Raises:
            InvalidInput: with the fields that are wrong; nothing of this save was stored.
            StateConflict: STALE_FORM, somebody saved something else since `revision`; or the application is not
                editable now.
        """
        with self._rooms.database.write() as work:
            row = self._editable(work, number, by)
            document = self._valid(self._form(work.connection, row), posted, row.snapshot)
            if document != row.document:
                _check_revision(row, revision)
            return self._save(work, row, document, by)

    def submit(self, number: str, posted: Posted, *, revision: int, by: Actor, command_id: str) -> None:
        """Submit the form to the employers. What was entered is saved first, so a refusal loses nothing.

        Raises:
            InvalidInput: required fields or attachments are missing (R-D-14), or a contract rule is broken (R-V-12).
            Refused: the start rules say no today (R-D-03).
            StateConflict: STALE_FORM, or the application is not editable now.
        """
        request = ["submit", number]
        if self._is_answered(command_id, request, by):
            return
        try:
            saved = self.save(number, posted, revision=revision, by=by)
            self._submit_once(number, saved.revision, by, command_id)
        except StateConflict:
            if not self._is_answered(command_id, request, by):  # a double click: the other one was faster
                raise

    def attach(self, number: str, kind: str, file_name: str, content: bytes, *, by: Actor) -> AttachmentView:
        """Store a file with the application, in the place of an earlier one of the same kind.

        Raises:
            InvalidInput: FILE_TYPE_INVALID, FILE_TOO_LARGE (R-V-10).
            NotFound: the form asks for no such attachment.
        """
        with self._rooms.database.read() as connection:
            row = records.by_number(connection, number)
            authorize(by, Action.CHANGE_APPLICATION, row)
            form = self._form(connection, row)
        if kind not in form.attachments:
            raise NotFound(detail=f"form {form.key} asks for no {kind}")
        kept = attaching.keep(
            self._rooms.files, kind, file_name, content, max_mb=self._rooms.settings.max_attachment_mb
        )
        failpoint("attach.file_written")
        with self._rooms.database.write() as work:
            row = self._editable(work, number, by)
            now = self._rooms.clock.now()
            self._remove(work, row.id, attachment.c.kind == kind, now, keep=form.attachments[kind].max_files - 1)
            return attaching.add(work, row.id, kept, by=by, at=now)

    def remove_attachment(self, number: str, attachment_id: str, *, by: Actor) -> None:
        """Take a file away from the application; it stays on disk for the trail."""
        with self._rooms.database.write() as work:
            row = self._editable(work, number, by)
            self._remove(work, row.id, attachment.c.id == attachment_id, self._rooms.clock.now())

    # -- inside

    def _form(self, connection: Connection, row: records.ApplicationRow) -> Form:
        """The application form in the version that the instance pinned (R-P-06)."""
        key = self._line_of(connection, row).form
        sha256 = self._rooms.processes.pinned_form(connection, row.instance_id, key)
        return self._rooms.forms.pinned(connection, key, sha256)

    def _line_of(self, connection: Connection, row: records.ApplicationRow) -> Line:
        """The line as the version draws it that the application runs on."""
        query = select(instance.c.definition_id).where(instance.c.id == row.instance_id)
        return line_of(self._rooms.definitions.get(connection.execute(query).scalar_one()))

    def _valid(self, form: Form, posted: Posted, snapshot: Mapping[str, Any], mode: Mode = "save") -> dict[str, Any]:
        today = day_of(self._rooms.clock.now())
        return validate(form, posted, mode=mode, today=today, snapshot=snapshot).or_refuse()

    def _in_progress(self, line: str, applicant: Applicant, document: dict[str, Any]) -> list[Reason]:
        with self._rooms.database.read() as connection:
            return list(self._rooms.start_rules.refusals(connection, line, applicant, document=document))

    def _start(self, line: Line, document: dict[str, Any], by: Actor, command_id: str, deferred: frozenset[str]) -> str:
        clock = self._rooms.clock
        with self._rooms.database.write() as work:
            now = clock.now()
            request = ["start", line.id, document]
            once = CommandOnce(work, command_id, actor=by.id, request=request, at=now)
            if not once.is_new:
                return str(once.response)
            number = self._begin(work, line, document, Applicant.of_actor(by), by, deferred)
            once.answer(number)
        return number

    def _begin(
        self,
        work: UnitOfWork,
        line: Line,
        document: dict[str, Any],
        applicant: Applicant,
        by: Actor,
        deferred: frozenset[str],
    ) -> str:
        """Let an application come into being, up to its form. Returns its business number."""
        now = self._rooms.clock.now()
        number = NumberSeries(work.connection).business_number(day_of(now))
        ref = self._rooms.processes.create(work, line.id, number, by=by)
        row = self._new_row(work, line, number, ref.id, document, applicant)
        work.connection.execute(insert(application).values(row))
        Trail.of(work).add(Entry(row["id"], now, "saved", _SAVED, FILL_APPLICATION, by))
        self._keep_version(work, row["id"], 1, document, by, "saved")
        self._rooms.processes.begin(work, ref, self._variables(row), by=by, deferred=deferred)
        if line.exclusive:
            records.change(work, row["id"], open_person_id=row["person_id"])
        return number

    def _new_row(
        self,
        work: UnitOfWork,
        line: Line,
        number: str,
        instance_id: str,
        document: dict[str, Any],
        applicant: Applicant,
    ) -> dict[str, Any]:
        now = self._rooms.clock.now()
        snapshot = snapshot_of(work.connection, line, applicant, day_of(now))
        snapshot |= self._as_offered(work, line, applicant, document)
        row = {
            "id": str(uuid4()),
            "number": number,
            "line": line.id,
            "instance_id": instance_id,
            "status": statuses.DRAFT,
            "status_at": now,
            "person_id": applicant.person_id,
            **columns_of(snapshot, document),
            "document": document,
            "snapshot": snapshot,
            "revision": 1,
            "created_at": now,
            "declared_on": None,
        }
        return row | records.places(row) | self._chosen_employer(work, line, document, snapshot)

    def _chosen_employer(
        self, work: UnitOfWork, line: Line, document: dict[str, Any], snapshot: dict[str, Any]
    ) -> dict[str, Any]:
        """The columns that follow from the employer chosen in the form; its data are those of that day (R-D-02)."""
        if line.employer not in ("transfer", "declared"):
            return {}
        known = snapshot.get("new_employer")
        if known and known["uscc"] == document.get("new_employer"):
            return {}
        found = chosen_employer(work.connection, line, document)
        employer = found.snapshot() if found else None
        return {"snapshot": snapshot | {"new_employer": employer}, **employer_columns(employer)}

    def _as_offered(
        self,
        work: UnitOfWork,
        line: Line,
        applicant: Applicant,
        document: Mapping[str, Any],
        row: records.ApplicationRow | None = None,
    ) -> dict[str, Any]:
        """What was chosen of that which only the books know, in the words of the offer: it may be gone tomorrow."""
        fields = self._rooms.forms.current(line.form).fields.values()
        chosen = {one.key: str(document.get(one.key) or "") for one in fields if one.options_from and not one.choices}
        if not any(chosen.values()):
            return {}
        offered = self._rooms.start_rules.options(work.connection, line.id, applicant, document=document, row=row)
        return {"choices": {key: labels_of(offered[key], value) for key, value in chosen.items()}}

    def _variables(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"application_id": row["id"], "line": row["line"]}

    def _save(self, work: UnitOfWork, row: records.ApplicationRow, document: dict[str, Any], by: Actor) -> Saved:
        now = self._rooms.clock.now()
        if document == row.document:
            return Saved(row.revision, now)
        values: dict[str, Any] = {
            "document": document,
            "revision": row.revision + 1,
            "specialties": ",".join(specialties_of(row.snapshot, document)),
        }
        line = self._line_of(work.connection, row)
        values |= self._chosen_employer(work, line, document, row.snapshot)
        if offered := self._as_offered(work, line, Applicant.of_row(row), document, row):
            values["snapshot"] = values.get("snapshot", row.snapshot) | offered
        records.change(work, row.id, **values)
        self._keep_version(work, row.id, row.revision + 1, document, by, "saved")
        return Saved(row.revision + 1, now)

    def _submit_once(self, number: str, revision: int, by: Actor, command_id: str) -> None:
        try:
            run_command(lambda deferred: self._submit(number, revision, by, command_id, deferred))
        except (InvalidInput, Refused) as refusal:
            with self._rooms.database.read() as connection:
                row = records.by_number(connection, number)
            self._record_refusal(row.id, "submit", refusal, by)
            raise

    def _submit(self, number: str, revision: int, by: Actor, command_id: str, deferred: frozenset[str]) -> None:
        with self._rooms.database.write() as work:
            now = self._rooms.clock.now()
            once = CommandOnce(work, command_id, actor=by.id, request=["submit", number], at=now)
            if not once.is_new:
                return
            row = self._editable(work, number, by)
            _check_revision(row, revision)  # another tab may have saved since
            self._hand_in(work, row, by, deferred)
            once.answer(number)

    def _hand_in(self, work: UnitOfWork, row: records.ApplicationRow, by: Actor, deferred: frozenset[str]) -> None:
        """Submit what is saved, if it is complete."""
        now = self._rooms.clock.now()
        self._check_complete(work, row)
        who = self._line_of(work.connection, row).confirmed_by
        step = _SUBMITTED_TO.filled(who=who) if who else _SUBMITTED
        Trail.of(work).add(Entry(row.id, now, "submitted", step, FILL_APPLICATION, by))
        submitted = row.revision + 1
        records.change(work, row.id, revision=submitted, first_submitted_at=row.first_submitted_at or now)
        self._keep_version(work, row.id, submitted, row.document, by, "submitted")
        self._archive(work, row, submitted)
        locked = self._rooms.processes.lock_task(work, self._open_form(work, row.instance_id)).still_open()
        answers = {"revision": submitted}
        self._rooms.processes.complete(work, locked, answers, variables=answers, by=by, deferred=deferred)

    def _check_complete(self, work: UnitOfWork, row: records.ApplicationRow) -> None:
        form = self._form(work.connection, row)
        today = day_of(self._rooms.clock.now())
        result = validate(form, as_posted(row.document), mode="submit", today=today, snapshot=row.snapshot)
        held = select(attachment.c.kind).where(
            (attachment.c.application_id == row.id) & attachment.c.removed_at.is_(None)
        )
        kinds = frozenset(work.connection.execute(held).scalars())
        missing = missing_attachments(form, row.document, kinds, snapshot=row.snapshot)
        if result.errors or missing:
            raise InvalidInput(*in_page_order(form, [*result.errors, *missing]))

    def _open_form(self, work: UnitOfWork, instance_id: str) -> str:
        query = select(task.c.id).where(
            (task.c.instance_id == instance_id) & (task.c.status == "open") & (task.c.element_id == FILL_APPLICATION)
        )
        found = work.connection.execute(query).scalar()
        if found is None:
            raise StateConflict(detail=f"no open form of {instance_id}")
        return str(found)

    def _archive(self, work: UnitOfWork, row: records.ApplicationRow, revision: int) -> None:
        now = self._rooms.clock.now()
        Jobs(work).add(
            "document",
            key=f"{row.id}:document:{revision}",
            payload={"application_id": row.id, "revision": revision},
            due_at=now,
            created_at=now,
            instance_id=row.instance_id,
            lane="outside",
        )

    def _keep_version(
        self, work: UnitOfWork, application_id: str, revision: int, document: dict[str, Any], by: Actor, kind: str
    ) -> None:
        values = {
            "application_id": application_id,
            "revision": revision,
            "document": document,
            "saved_at": self._rooms.clock.now(),
            "saved_by": by.id,
            "kind": kind,
        }
        work.connection.execute(insert(document_version).values(values))

    def _remove(self, work: UnitOfWork, application_id: str, which: Any, at: datetime, keep: int = 0) -> None:
        held = (attachment.c.application_id == application_id) & attachment.c.removed_at.is_(None) & which
        ids = work.connection.execute(select(attachment.c.id).where(held).order_by(attachment.c.uploaded_at.desc()))
        gone = list(ids.scalars())[keep:]
        if gone:
            work.connection.execute(update(attachment).where(attachment.c.id.in_(gone)).values(removed_at=at))


def _check_revision(row: records.ApplicationRow, revision: int) -> None:
    """
    Raises:
        StateConflict: STALE_FORM, somebody saved since the form was shown (R-D-04).
    """
    if row.revision != revision:
        raise StateConflict(Reason("STALE_FORM", rule="R-D-04"), detail=f"expected {row.revision}, got {revision}")


def labels_of(offered: Sequence[Option], value: str) -> dict[str, dict[str, str]]:
    """The chosen value with its label in both languages, if it is offered."""
    return {each.value: {"zh": each.label.zh, "en": each.label.en} for each in offered if each.value == value}


def as_posted(document: Mapping[str, Any]) -> dict[str, list[str] | str]:
    """A stored document as its form would post it, to be checked once more."""

    def text(value: Any) -> str:
        return str(value).lower() if isinstance(value, bool) else str(value)

    return {
        key: [text(each) for each in value] if isinstance(value, list) else text(value)
        for key, value in document.items()
        if value is not None
    }
