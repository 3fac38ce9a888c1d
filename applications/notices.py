"""In-portal messages and SMS: who is told of what, left as jobs by commands and delivered by the pump (F-MSG)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from applications import statuses
from applications.applicants import Applicant
from applications.lines import title_of
from applications.records import ApplicationRow
from kernel.clock import Clock
from kernel.texts import Text
from processes.definitions import Definitions
from store.jobs import Jobs
from store.tables import application, instance, message, person
from store.unit_of_work import UnitOfWork
from store.writing import insert_once

APPLICANT, OLD_EMPLOYER, NEW_EMPLOYER = "applicant", "old_employer", "new_employer"
_BOTH = (OLD_EMPLOYER, NEW_EMPLOYER)
_ALL = (APPLICANT, *_BOTH)

# status -> who is told (REQUIREMENTS.md 2.14, notifications; 2.0.5: the applicant of every change)
_RECIPIENTS: Mapping[str, tuple[str, ...]] = {
    statuses.PENDING_CONFIRMATION: _ALL,
    statuses.RETURNED: _ALL,
    statuses.CLOSED: _ALL,
    statuses.DRAFT: (),
    statuses.DELETED: (),
}

# What the applicant is told by SMS as well (2.0.5).
_BY_TEXT_MESSAGE = frozenset({statuses.RETURNED, statuses.REJECTED, statuses.CLOSED})
TEXT_MESSAGE = "text_message"  # the kind of job

_REMINDER = "reminder"
_REISSUED = "reissued"  # to the holders of the certificates that an enterprise's change has renewed
_CENTRE = f"{statuses.DECLARED}_centre"

_TITLES: Mapping[str, Text] = {
    statuses.PENDING_CONFIRMATION: Text("{line}待确认：{name}", "To confirm: {line}, {name}"),
    statuses.RETURNED: Text("申请已退回：{name}", "Application returned: {name}"),
    statuses.CLOSED: Text("已办结：{name}", "Closed: {name}"),
    statuses.DECLARED: Text("已报区建委", "Now with the district commission"),
    statuses.CITY_REVIEW: Text("区建委已通过，市建委审核中", "The district passed it; now with the city commission"),
    statuses.PUBLICITY: Text("审核意见开始公示", "The opinion is now open to the public"),
    statuses.APPEALING: Text("申诉已受理", "Your appeal is under review"),
    statuses.ANNOUNCED: Text("已公告", "Announced"),
    statuses.REJECTED: Text("审核不通过", "Not approved"),
    statuses.TERMINATED: Text("申请已由管理人员终止", "The application was stopped by the operators"),
    _CENTRE: Text("已报注册中心", "Now with the registration centre"),
    _REISSUED: Text("您的注册证书已更新：{line}", "Your registration certificate has been renewed: {line}"),
    statuses.APPLIED: Text("解除申请已提交", "Your request to release the flag was submitted"),
    statuses.RELEASED: Text(
        "已解除，次日比对后消除标志", "Released; the flag clears in the comparison of the next day"
    ),
    statuses.RELEASE_REFUSED: Text("未解除，标志保留", "Not released; the flag stays"),
    _REMINDER: Text("提醒：{line}待确认：{name}", "Reminder, to confirm: {line}, {name}"),
}

_REISSUED_BODY = Text(
    "{name}的企业信息已变更，您的注册证书已换成新的版本，有效期不变。",
    "The data of {name} have changed. Your registration certificate has a new version; its period stays the same.",
)
_BODY = Text("业务编号 {number}，{line}，{parties}。", "Application {number}, {line}: {parties}.")
_SHORT = "【证流】{title}。业务编号{number}，详情请登录系统查看。"


@dataclass(frozen=True, slots=True)
class TextMessage:
    """An SMS to send."""

    mobile: str
    body: str
    application_id: str


class Notices:
    """Leaves notices as jobs, and delivers them."""

    def __init__(self, definitions: Definitions, clock: Clock) -> None:
        self._definitions = definitions
        self._clock = clock

    def of_status(self, work: UnitOfWork, row: ApplicationRow, status: str, occasion: str) -> None:
        """Have the parties told of a new status; `occasion` tells one lap from the next."""
        recipients = _RECIPIENTS.get(status, (APPLICANT,))
        subject = _CENTRE if status == statuses.DECLARED and row.supervising_district is None else status
        if status in _TITLES and recipients:
            self._leave(work, row, subject, [_scope(row, recipient) for recipient in recipients], occasion)
        if status in _BY_TEXT_MESSAGE:
            self._leave_text_message(work, row, status, occasion)

    def reminder(self, work: UnitOfWork, row: ApplicationRow, employer: str, occasion: str) -> None:
        """Remind an employer that has not answered; it never decides anything (G-06)."""
        self._leave(work, row, _REMINDER, [f"enterprise:{employer}"], occasion)

    def reissued(self, work: UnitOfWork, row: ApplicationRow, people: Iterable[str], occasion: str) -> None:
        """Tell the holders, by their ids, that their certificates have been renewed by an application that is not theirs
        to see (2.17)."""
        self._leave(work, row, _REISSUED, [f"person:{each}" for each in people], occasion)

    def deliver(self, work: UnitOfWork, payload: Mapping[str, Any]) -> None:
        """Write the messages of one notice; once only, however often the job is run."""
        query = select(application, instance.c.definition_id).join(instance, instance.c.id == application.c.instance_id)
        row = work.connection.execute(query.where(application.c.id == payload["application_id"])).one()
        employers = [name for name in (row.old_employer_name, row.new_employer_name) if name]
        words = {
            "name": row.applicant_name,
            "number": row.number,
            "line": title_of(self._definitions.get(row.definition_id)),
            "parties": _parties(row.applicant_name, " → ".join(employers)),
        }
        title = _TITLES[payload["subject"]].filled(**words)
        is_own = payload["subject"] != _REISSUED
        body = (_BODY if is_own else _REISSUED_BODY).filled(**words)
        for recipient in payload["recipients"]:
            values = {
                "recipient": recipient,
                "application_id": row.id if is_own else None,
                "title": {"zh": title.zh, "en": title.en},
                "body": {"zh": body.zh, "en": body.en},
                "sent_at": self._clock.now(),
                "dedupe_key": f"{payload['occasion']}:{payload['subject']}:{recipient}",
            }
            insert_once(work, message, values)

    def text_message(self, connection: Connection, payload: Mapping[str, Any]) -> TextMessage | None:
        """The SMS of a notice, in Chinese as mobile phones of all ages show it; none for who has no mobile."""
        row = connection.execute(
            select(application, person.c.mobile)
            .join(person, person.c.id == application.c.person_id)
            .where(application.c.id == payload["application_id"])
        ).one_or_none()
        if row is None or not row.mobile:
            return None
        title = _TITLES[payload["subject"]].filled(name=row.applicant_name)
        return TextMessage(row.mobile, _SHORT.format(title=title.zh, number=row.number), row.id)

    def _leave_text_message(self, work: UnitOfWork, row: ApplicationRow, subject: str, occasion: str) -> None:
        now = self._clock.now()
        Jobs(work).add(
            TEXT_MESSAGE,
            key=f"{occasion}:{TEXT_MESSAGE}:{subject}",
            payload={"application_id": row.id, "subject": subject, "key": f"{occasion}:{subject}"},
            due_at=now,
            created_at=now,
            instance_id=row.instance_id,
            lane="outside",
        )

    def _leave(
        self, work: UnitOfWork, row: ApplicationRow, subject: str, recipients: list[str | None], occasion: str
    ) -> None:
        now = self._clock.now()
        payload = {
            "application_id": row.id,
            "subject": subject,
            "recipients": sorted({each for each in recipients if each}),
            "occasion": occasion,
        }
        key = f"{occasion}:notice:{subject}"
        Jobs(work).add("notice", key=key, payload=payload, due_at=now, created_at=now, instance_id=row.instance_id)


def _scope(row: ApplicationRow, recipient: str) -> str | None:
    if recipient == APPLICANT:
        return Applicant.of_row(row).scope
    employer = row.old_employer if recipient == OLD_EMPLOYER else row.new_employer
    return f"enterprise:{employer}" if employer else None


def _parties(applicant: str, employers: str) -> Text:
    """The applicant and between which employers it is; an enterprise that applies is named once."""
    between = [] if employers in ("", applicant) else [employers]
    return Text("，".join([applicant, *between]), ", ".join([applicant, *between]))
