"""What the applicant may do to a running application: withdraw, delete, appeal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, insert, select

from applications import attaching, records, statuses
from applications.attaching import KeptFile
from applications.rooms import Commands
from applications.trail import Entry, Trail
from forms import Posted, validate
from forms.model import Attachment
from kernel.actors import Actor
from kernel.clock import day_of
from kernel.errors import InvalidInput, NotFound, Reason, Refused, ServiceError, StateConflict
from kernel.permissions import Action, authorize
from kernel.texts import Text
from processes.advancing import run_command
from store.tables import appeal, publicity
from store.writing import CommandOnce

WRITE_APPEAL = "write_appeal"
EVIDENCE = "AT-14"

_WITHDRAWN = Text("取消申报", "Withdrew the application")
_DELETED = Text("删除申请", "Deleted the application")
_APPEALED = Text("提交申诉", "Filed an appeal")


class TakingBack(Commands):
    """Commands that send a message to the running application."""

    def withdraw(self, number: str, *, by: Actor, command_id: str) -> None:
        """Take the application back into the draft; open tasks of employers and the district disappear (R-000-04…06).

        Raises:
            StateConflict: WITHDRAW_NOT_ALLOWED, at this stage or because the district was faster.
        """
        self._send(number, "withdraw_message", "withdrawn", _WITHDRAWN, by, command_id)

    def delete(self, number: str, *, by: Actor, command_id: str) -> None:
        """Delete a draft or returned application; it stays for audit and is shown in no list (R-000-07, R-000-08).

        Raises:
            StateConflict: WITHDRAW_BEFORE_DELETE, it has been submitted.
        """
        self._send(number, "delete_message", "deleted", _DELETED, by, command_id)

    def appeal(
        self, number: str, posted: Posted, evidence: Sequence[tuple[str, bytes]] = (), *, by: Actor, command_id: str
    ) -> None:
        """Appeal against a "not pass" in its publicity period, once (R-2.5-2…5).

        `evidence` are the files of AT-14 with their names; they are stored with the appeal or not at all.

        Raises:
            InvalidInput: the grounds are missing or too long, or a file may not come in (R-V-10).
            Refused: APPEAL_NOT_IN_PUBLICITY, APPEAL_NOT_REJECTED, APPEAL_ALREADY_FILED.
        """
        form = self._rooms.forms.current(WRITE_APPEAL)
        now = self._rooms.clock.now()
        grounds = str(validate(form, posted, mode="submit", today=day_of(now)).or_refuse()["grounds"])
        with self._rooms.database.read() as connection:
            row = records.by_number(connection, number)
            authorize(by, Action.CHANGE_APPLICATION, row)
            refusal = appeal_refusal(connection, row, day_of(now))
        # A file is written only for an appeal that may be filed; a repeated command finds its answer below.
        kept = [] if refusal else self._keep_evidence(form.attachments[EVIDENCE], evidence)
        run_command(lambda deferred: self._appeal(number, grounds, kept, by, command_id, deferred))

    # -- inside

    def _send(self, number: str, message: str, action: str, step: Text, by: Actor, command_id: str) -> None:
        try:
            run_command(lambda deferred: self._deliver(number, message, action, step, by, command_id, deferred))
        except NotFound:
            raise
        except ServiceError as refusal:
            with self._rooms.database.read() as connection:
                row = records.by_number(connection, number)
            self._record_refusal(row.id, action, refusal, by)
            raise

    def _deliver(
        self, number: str, message: str, action: str, step: Text, by: Actor, command_id: str, deferred: frozenset[str]
    ) -> None:
        with self._rooms.database.write() as work:
            now = self._rooms.clock.now()
            once = CommandOnce(work, command_id, actor=by.id, request=[message, number], at=now)
            if not once.is_new:
                return
            row = records.lock(work, number)
            authorize(by, Action.CHANGE_APPLICATION, row)
            refusal = refusal_of(action, row)
            if refusal is not None:
                raise StateConflict(refusal, detail=f"{number} is {row.status}")
            Trail.of(work).add(Entry(row.id, now, action, step, by=by))
            self._rooms.processes.send_message(
                work,
                row.instance_id,
                message,
                {"by": by.id},
                by=by,
                deferred=deferred,
                refusal="WITHDRAW_NOT_ALLOWED" if action == "withdrawn" else "WITHDRAW_BEFORE_DELETE",
            )
            once.answer(number)

    def _keep_evidence(self, asked: Attachment, evidence: Sequence[tuple[str, bytes]]) -> list[KeptFile]:
        if len(evidence) > asked.max_files:
            raise InvalidInput(Reason("FIELD_INVALID", {"field": asked.label}, rule="R-V-10", field=EVIDENCE))
        most = self._rooms.settings.max_attachment_mb
        return [attaching.keep(self._rooms.files, EVIDENCE, name, content, max_mb=most) for name, content in evidence]

    def _appeal(
        self,
        number: str,
        grounds: str,
        evidence: Sequence[KeptFile],
        by: Actor,
        command_id: str,
        deferred: frozenset[str],
    ) -> None:
        with self._rooms.database.write() as work:
            now = self._rooms.clock.now()
            once = CommandOnce(work, command_id, actor=by.id, request=["appeal", number, grounds], at=now)
            if not once.is_new:
                return
            row = records.lock(work, number)
            authorize(by, Action.CHANGE_APPLICATION, row)
            refusal = appeal_refusal(work.connection, row, day_of(now))
            if refusal is not None:
                raise Refused(refusal, detail=f"{number} is {row.status}")
            period = current_publicity(work.connection, row.id)
            assert period is not None  # appeal_refusal has seen it
            values = {
                "id": str(uuid4()),
                "application_id": row.id,
                "publicity_id": period.id,
                "grounds": grounds,
                "filed_at": now,
            }
            work.connection.execute(insert(appeal).values(values))
            for kept in evidence:
                attaching.add(work, row.id, kept, by=by, at=now)
            Trail.of(work).add(Entry(row.id, now, "appealed", _APPEALED, WRITE_APPEAL, by, opinion=grounds))
            self._rooms.processes.send_message(
                work,
                row.instance_id,
                "appeal_message",
                {"appeal_id": values["id"]},
                by=by,
                deferred=deferred,
                refusal="APPEAL_NOT_IN_PUBLICITY",
            )
            once.answer(number)


def refusal_of(action: str, row: records.ApplicationRow) -> Reason | None:
    """Why an application cannot be withdrawn or deleted in its present status; None when it can."""
    if action == "withdrawn" and row.status not in statuses.WITHDRAWABLE:
        return Reason("WITHDRAW_NOT_ALLOWED", rule="R-000-04")
    if action == "deleted" and row.status not in statuses.EDITABLE:
        return Reason("WITHDRAW_BEFORE_DELETE", rule="R-000-07")
    return None


def current_publicity(connection: Connection, application_id: str) -> Row[Any] | None:
    """The latest publicity of an application, if it ever had one."""
    query = select(publicity).where(publicity.c.application_id == application_id).order_by(publicity.c.opens_on.desc())
    return connection.execute(query).first()


def appeal_refusal(connection: Connection, row: records.ApplicationRow, today: date) -> Reason | None:
    """Why the applicant cannot appeal now; None when an appeal is possible (R-2.5-3…5)."""
    period = current_publicity(connection, row.id)
    if period is None or period.closed_at is not None or not period.opens_on <= today <= period.last_on:
        return Reason("APPEAL_NOT_IN_PUBLICITY", rule="R-2.5-3")
    if period.decision != "not_pass":
        return Reason("APPEAL_NOT_REJECTED", rule="R-2.5-4")
    filed = connection.execute(select(appeal.c.id).where(appeal.c.publicity_id == period.id)).first()
    return Reason("APPEAL_ALREADY_FILED", rule="R-2.5-5") if filed else None
