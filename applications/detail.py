"""One application put together for its reader: where it stands, what may be done, what was done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from applications import statuses
from applications.decisions import label_of
from applications.documents import LineDocument
from applications.expecting import expectation
from applications.flag_releases import release_links
from applications.lines import FILL_APPLICATION, Line, line_of
from applications.path import path_on_diagram
from applications.records import ApplicationRow
from applications.taking_back import appeal_refusal, refusal_of
from applications.trail import REFUSED
from applications.views import (
    Action,
    ApplicationDetail,
    AttachmentView,
    AuditEntry,
    PathOnDiagram,
    ReturnReason,
)
from applications.waiting import Situation, waiting_for
from kernel.actors import ENTERPRISE_ROLES, Actor
from kernel.permissions import is_applicant
from kernel.settings import Settings
from kernel.texts import Text
from processes.definitions import Definitions
from registry.flags import insurance_question, insurance_view, question_on, views_of
from store.statements import Record, Statement
from store.tables import announcement, application, attachment, audit, instance, publicity, task
from store.unit_of_work import ask_on

# The latest publicity and the announcement of an application, if it ever had them.
_AROUND = Statement(
    select(
        publicity.c.decision,
        publicity.c.opens_on,
        publicity.c.last_on,
        announcement.c.number.label("announcement_no"),
        announcement.c.announced_on,
        instance.c.definition_id,
    )
    .select_from(application)
    .join(instance, instance.c.id == application.c.instance_id)
    .join(publicity, publicity.c.application_id == application.c.id, isouter=True)
    .join(announcement, announcement.c.application_id == application.c.id, isouter=True)
    .where(application.c.id == bindparam("application_id"))
    .order_by(publicity.c.opens_on.desc())
    .limit(1)
)
_OPEN_TASKS = Statement(
    select(task.c.id, task.c.path, task.c.scope).where(
        task.c.instance_id == bindparam("instance_id"), task.c.status == "open"
    )
)
_TRAIL = Statement(
    select(audit)
    .where(audit.c.application_id == bindparam("application_id"), audit.c.action != REFUSED)
    .order_by(audit.c.id.desc())
)
_ATTACHMENTS = Statement(
    select(attachment)
    .where(attachment.c.application_id == bindparam("application_id"), attachment.c.removed_at.is_(None))
    .order_by(attachment.c.kind, attachment.c.uploaded_at)
)


def detail_of(
    connection: Connection,
    row: ApplicationRow,
    actor: Actor,
    definitions: Definitions,
    today: date,
    settings: Settings,
    *,
    drawn: bool = True,
) -> ApplicationDetail:
    """Everything about an application that its reader may see; who may read it was checked before.

    Its path is that of one with nothing done, and no day is expected, unless it is to be `drawn`: they cost as much
    as all the rest.
    """
    own = is_applicant(actor, row)
    # The row of the application is there, and so is its instance.
    (around,), open_tasks, trail_rows, attachments, flag_rows, insurance = ask_on(
        connection,
        _AROUND(application_id=row.id),
        _OPEN_TASKS(instance_id=row.instance_id),
        _TRAIL(application_id=row.id),
        _ATTACHMENTS(application_id=row.id),
        question_on(row.id),
        insurance_question(row.id),
    )
    line = line_of(definitions.get(around.definition_id))
    period: Any = around if around.opens_on else None
    trail = _trail(trail_rows)
    path = PathOnDiagram(around.definition_id, frozenset(), frozenset(), {}, {})
    if drawn:
        path = path_on_diagram(connection, row, definitions, _publicity_note(period, settings))
    properties = definitions.get(around.definition_id).properties
    scopes = frozenset(each.scope for each in open_tasks)
    flags = views_of(flag_rows)
    waiting = waiting_for(Situation(row, line, scopes, period, _is_skipped(trail), own, settings))
    return ApplicationDetail(
        number=row.number,
        id=row.id,
        line=row.line,
        line_title=line.title,
        status=row.status,
        applicant=row.applicant_name,
        created_at=row.created_at,
        declared_on=row.declared_on,
        first_submitted_at=row.first_submitted_at,
        old_employer_name=row.old_employer_name or "",
        new_employer_name=row.new_employer_name or "",
        supervising_district=row.supervising_district or "",
        document=row.document,
        snapshot=row.snapshot,
        revision=row.revision,
        form=line.form,
        form_sha256=definitions.pinned_forms(path.definition_id)[line.form],
        task_id=next((each.id for each in open_tasks if each.path == FILL_APPLICATION), None) if own else None,
        attachments=tuple(attachment_view(each) for each in attachments),
        trail=trail,
        waiting=waiting,
        expected=expectation(connection, row, period, today, _publicity_days(line, settings)) if drawn else None,
        path=path,
        actions=tuple(_actions(connection, row, line, own, today, LineDocument.of(properties))),
        return_reason=_return_reason(row),
        announcement_no=around.announcement_no,
        announced_on=around.announced_on,
        publicity_until=period.last_on if period else None,
        reminders=sum(entry.action == "reminded" for entry in trail),
        flags=flags,
        release_links=release_links(connection, flags, row.applicant_id_number, actor, own=own),
        insurance=insurance_view(insurance) if _may_see_insurance(row, actor, own=own) else None,
    )


def attachment_view(row: Record) -> AttachmentView:
    return AttachmentView(row.id, row.kind, row.file_name, row.media_type, row.size_bytes, row.pages, row.uploaded_at)


def _may_see_insurance(row: ApplicationRow, actor: Actor, *, own: bool) -> bool:
    """The social-insurance view, while the application is with the commissions or past them (F-SI).

    What other employers have paid is no matter of an employer.
    """
    if row.declared_on is None or row.status in statuses.EDITABLE:
        return False
    return own or not actor.has(*ENTERPRISE_ROLES)


def _publicity_days(line: Line, settings: Settings) -> int:
    return settings.publicity_days if line.publicity else 0


def _publicity_note(period: Any, settings: Settings) -> Text:
    if period is None:
        return Text("{days} 天", "{days} days").filled(days=settings.publicity_days)
    return Text("到 {day}", "until {day}").filled(day=period.last_on.strftime("%m-%d"))


def _is_skipped(trail: tuple[AuditEntry, ...]) -> bool:
    """Whether an employer was not asked in this lap because it no longer exists (G-06)."""
    actions = [entry.action for entry in trail]
    lap = actions[: actions.index("submitted")] if "submitted" in actions else actions
    return "skipped_employer" in lap


def _trail(rows: Sequence[Record]) -> tuple[AuditEntry, ...]:
    return tuple(
        AuditEntry(
            at=row.at,
            action=row.action,
            step=Text(row.step, row.step_en),
            actor_name=row.actor_name,
            unit=row.unit,
            decision=label_of(row.decision, row.element_id),
            opinion=row.opinion or "",
            status_after=row.status_after,
        )
        for row in rows
    )


_RETURNED_BY = {
    "old_employer_confirm": Text(
        "原聘用单位不同意，申请退回给您", "Your old employer disagreed; the application is back with you"
    ),
    "new_employer_confirm": Text(
        "现聘用单位不同意，申请退回给您", "Your new employer disagreed; the application is back with you"
    ),
    "employer_confirmation": Text(
        "单位不同意，申请退回给您", "The employer disagreed; the application is back with you"
    ),
    "centre_review": Text(
        "注册中心退回，请修改后重新提交", "The registration centre returned it; change it and submit again"
    ),
    "review": Text("区建委退回，请修改后重新提交", "The district commission returned it; change it and submit again"),
}


def _return_reason(row: ApplicationRow) -> ReturnReason | None:
    stored: dict[str, Any] | None = row.return_reason
    if not stored:
        return None
    call = (stored.get("path") or "").split("/")[0]
    return ReturnReason(
        unit=stored["unit"],
        at=datetime.fromisoformat(stored["at"]),
        text=stored["text"],
        by_old_employer=call == "old_employer_confirm",
        headline=_RETURNED_BY.get(call, Text("申请退回给您", "Your application was returned")),
    )


def _actions(
    connection: Connection, row: ApplicationRow, line: Line, own: bool, today: date, printed: LineDocument | None
) -> list[Action]:
    """What the reader may do, with the consequence; what is refused stays visible with its reason (UI.md 1.3)."""
    actions = []
    if own:
        editable = row.status in statuses.EDITABLE
        if editable:
            actions.append(
                Action(
                    "edit",
                    Text("填写、提交", "Fill in and submit"),
                    True,
                    Text("填写或修改后提交。", "Fill in or change the form and submit it."),
                )
            )
        # A request to release a flag is neither taken back nor deleted once it is with the body (2.27).
        is_running = row.status not in statuses.ENDED and row.status != statuses.APPLIED
        withdraw = refusal_of("withdrawn", row)
        if is_running and row.status != statuses.DRAFT:
            actions.append(
                Action(
                    "withdraw",
                    Text("取消申报", "Withdraw"),
                    withdraw is None,
                    _taken_back(line),
                    withdraw,
                )
            )
        delete = refusal_of("deleted", row)
        if is_running:
            actions.append(
                Action(
                    "delete",
                    Text("删除", "Delete"),
                    delete is None,
                    Text("删除后不能恢复，可以重新申请。", "Cannot be undone; you may apply anew."),
                    delete,
                )
            )
        if row.status in (statuses.PUBLICITY, statuses.APPEALING):
            appeal = appeal_refusal(connection, row, today)
            actions.append(
                Action(
                    "appeal",
                    Text("申诉", "Appeal"),
                    appeal is None,
                    Text(
                        "公示期内可以申诉一次，由市建委另一名人员审理。",
                        "You can appeal once, within the publicity period; another officer of the city commission decides.",
                    ),
                    appeal,
                )
            )
    actions.append(Action("print", Text("打印", "Print"), True, Text("打印本页。", "Prints this page.")))
    if printed is not None:
        consequence = Text("{form}，可打印签字。", "The application form, to print and sign.").filled(
            form=printed.title
        )
        actions.append(Action("export", Text("导出 Word", "Export to Word"), True, consequence))
    return actions


def _taken_back(line: Line) -> Text:
    """What a withdrawal means."""
    back = Text(
        "收回申请，未办的待办同时取消。改好后可再提交",
        "Takes the application back and cancels its open tasks. You may change and submit it again",
    )
    who = line.confirmed_by
    again = Text("，{who}要再确认一次。", "; then {who} must confirm anew.").filled(who=who) if who else Text("。", ".")
    return Text(back.zh + again.zh, back.en + again.en)
