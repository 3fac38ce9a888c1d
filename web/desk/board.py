"""The one page of the desk: queues, list, case and decision side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from applications.lines import Line
from applications.views import AttachmentView, InboxItem, Page, TaskView
from forms.page import FormPage, Links
from kernel.actors import ENTERPRISE_ROLES
from kernel.clock import day_of
from kernel.errors import NotFound, Reason
from kernel.texts import Text
from registry.labels import CONTRACT_TYPES, SPECIALTIES
from web.access import signed_in_actor
from web.desk.address import Address
from web.desk.batch import verdict_on
from web.desk.opinions import stock_opinions
from web.desk.settings import keys_are_on
from web.i18n import language
from web.navigation import inbox_counts
from web.portal.progress import picture_of, steps_of
from web.preferences import preferences_of
from web.services import form_of, services


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has typed into the decision form, and why it was not accepted."""

    entries: MultiDict[str, str] = field(default_factory=MultiDict)
    reasons: Sequence[Reason] = ()


def show_board(address: Address, draft: Draft | None = None, status: int = 200) -> ResponseReturnValue:
    """The inbox at an address; without a task in it the first of the list is opened beside it.

    Raises:
        NotFound: the task of the address is not the actor's to see (R-A-00).
    """
    actor = signed_in_actor()
    inbox = services().inbox
    with services().database.read() as connection:
        counts = inbox_counts(connection, actor)
        page = inbox.page(connection, actor, address.queue, address.filters, address.cursor, counts)
        opened = address.task or (page.items[0].task_id if page.items else None)
        task = inbox.task(connection, opened, actor, drawn=address.part == "path") if opened else None
        lines = services().cases.catalogue(connection)
        preferences = preferences_of(actor, connection)
    at = address.at_task(opened)
    draft = draft or Draft()
    keys_on = keys_are_on(preferences)
    html = render_template(
        "desk/inbox.html",
        address=address,
        at=at,
        counts=counts,
        page=page,
        task=task,
        verdicts={item.task_id: verdict_on(item) for item in page.items} if address.queue == "todo" else {},
        decision=decision_page(task, draft, keys=keys_on) if task and task.is_open else None,
        document=document_page(task) if task and address.part in ("form", "check") else None,
        place=place_of(page, opened),
        next_url=_next_url(page, at),
        lines=lines,
        filter_words=_filter_words(address, lines),
        today=day_of(services().clock.now()),
        draft=draft,
        beside=attachment_beside(task, address),
        picture=picture_of(task.case) if task and address.part == "path" else None,
        steps=steps_of(task.case) if task and address.part == "path" else (),
        opinions=stock_opinions(preferences, task.item.form, language()) if task else (),
        keys_on=keys_on,
        is_enterprise=actor.has(*ENTERPRISE_ROLES),
        contract_types=CONTRACT_TYPES,
        specialties=SPECIALTIES,
    )
    return html, status


def decision_page(task: TaskView, draft: Draft, *, keys: bool) -> FormPage:
    """The decision form; who may not decide sees the choices with the reason why not."""
    form = form_of(task.item)
    blocked: dict[str, Text] = {}
    if not task.may_decide:
        why_not = (task.item.refusal or Reason("STATE_CONFLICT")).message
        blocked = {choice.value: why_not for field in form.fields.values() for choice in field.choices}
    else:
        blocked = {value: _all_of(reasons) for value, reasons in task.obstacles.items() if _are_lasting(reasons)}
    return FormPage(
        form=form,
        language=language(),
        values=draft.entries.to_dict(),
        errors=draft.reasons,
        blocked=blocked,
        keys=keys,
    )


def _are_lasting(reasons: Sequence[Reason]) -> bool:
    """Whether a choice is closed whatever is written: an opinion that is missing can still be given."""
    return any(reason.code != "OPINION_REQUIRED" for reason in reasons)


def _all_of(reasons: Sequence[Reason]) -> Text:
    messages = [reason.message for reason in reasons if reason.code != "OPINION_REQUIRED"]
    return Text("；".join(each.zh for each in messages), "; ".join(each.en for each in messages))


def document_page(task: TaskView) -> FormPage:
    """The application form as the applicant filled it in, to read."""
    case = task.case
    return FormPage(
        form=form_of(case),
        language=language(),
        values=case.document,
        snapshot=case.snapshot,
        files=case.attachments,
        links=Links(file=lambda file: url_for("portal.attachment", number=case.number, attachment_id=file.id)),
        read_only=True,
    )


def place_of(page: Page[InboxItem], task_id: str | None) -> int | None:
    """The position of the open task in the list, counted from 1."""
    for position, item in enumerate(page.items, 1):
        if item.task_id == task_id:
            return position
    return None


def attachment_beside(task: TaskView | None, address: Address) -> AttachmentView | None:
    """The attachment shown beside the decision: the one of the address, else the first.

    Raises:
        NotFound: the address names an attachment that the case does not have.
    """
    if task is None or not task.case.attachments:
        return None
    if address.file is None:
        return task.case.attachments[0]
    for attachment in task.case.attachments:
        if attachment.id == address.file:
            return attachment
    raise NotFound(detail=f"task {task.item.task_id} has no attachment {address.file}")


def _next_url(page: Page[InboxItem], at: Address) -> str:
    """The next of the list; after its last, whatever else is open."""
    place = place_of(page, at.task)
    return at.opened(page.items[place].task_id).url if place and place < len(page.items) else at.next_url


def _filter_words(address: Address, lines: Sequence[Line]) -> list[str]:
    """The filters in words, for a list that they have left empty."""
    filters = address.filters
    words = [line.title.in_(language()) for line in lines if line.id == filters.line]
    if filters.text:
        words.append(_("“%(text)s”", text=filters.text))
    if filters.arrived_from or filters.arrived_to:
        words.append(f"{filters.arrived_from or ''} – {filters.arrived_to or ''}")
    return words
