"""Anomaly flags of declared applications: raised at the submit, compared from the next day on (R-1.10-1…8).

A flag is `raised` until it has been compared with data of a later day, then `standing` or `cleared`. Its row is there
from the declaration until the application goes back to its applicant; a draft has none (R-1.10-7).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, select
from sqlalchemy.dialects import postgresql

from kernel.errors import Reason, in_catalogue_order
from kernel.texts import Text
from registry.exchange.working_days import working_day_after
from registry.labels import listed
from store.statements import Question, Record, Statement
from store.tables import anomaly_flag, application, social_insurance_record, social_insurance_request, task
from store.unit_of_work import UnitOfWork, ask_on

SOCIAL_INSURANCE = "social_insurance"
IN_CONSTRUCTION = "in_construction"
ABNORMAL_REGISTRATION = "abnormal_registration"
FLAGS = (SOCIAL_INSURANCE, IN_CONSTRUCTION, ABNORMAL_REGISTRATION)
RAISED, STANDING, CLEARED = "raised", "standing", "cleared"

LABELS: Mapping[str, Text] = {
    SOCIAL_INSURANCE: Text("社保", "Social insurance"),
    IN_CONSTRUCTION: Text("在施锁定", "In-construction lock"),
    ABNORMAL_REGISTRATION: Text("异常注册", "Abnormal registration"),
}
STATE_LABELS: Mapping[str, Text] = {
    RAISED: Text("待比对", "To be compared"),
    STANDING: Text("存在异常", "Stands"),
    CLEARED: Text("已消除", "Cleared"),
}
TO_COMPARE = Text("待次日比对", "To be compared the next day")

WAITED_FOR_INSURANCE = 2  # working days for which data that are not back hold the district up (G-30)

_COLUMNS = ("application_id", "flag", "state", "blocking", "raised_on", "compared_on", "cleared_on", "explanation")
_INSERTED = postgresql.insert(anomaly_flag)
_RAISE = Statement(
    _INSERTED.on_conflict_do_update(
        index_elements=[anomaly_flag.c.application_id, anomaly_flag.c.flag],
        set_={name: _INSERTED.excluded[name] for name in _COLUMNS[2:]},
    ),
    _COLUMNS,
)
_REQUEST = Statement(
    postgresql.insert(social_insurance_request).on_conflict_do_nothing(),
    ("id", "application_id", "id_number", "requested_on"),
)
_OF_APPLICATION = Statement(select(anomaly_flag).where(anomaly_flag.c.application_id == bindparam("application_id")))
_OF_TASK = Statement(
    select(anomaly_flag)
    .join(application, application.c.id == anomaly_flag.c.application_id)
    .join(task, task.c.instance_id == application.c.instance_id)
    .where(task.c.id == bindparam("task_id"))
)
_LATEST_REQUEST = (
    select(social_insurance_request)
    .where(social_insurance_request.c.application_id == bindparam("application_id"))
    .order_by(social_insurance_request.c.requested_on.desc())
    .limit(1)
    .subquery()
)
_INSURANCE = Statement(
    select(
        _LATEST_REQUEST.c.requested_on,
        _LATEST_REQUEST.c.answered_on,
        social_insurance_record.c.month,
        social_insurance_record.c.payer_name,
        social_insurance_record.c.payer_code,
        social_insurance_record.c.paid,
    )
    .join_from(
        _LATEST_REQUEST,
        social_insurance_record,
        social_insurance_record.c.request_id == _LATEST_REQUEST.c.id,
        isouter=True,
    )
    .order_by(social_insurance_record.c.month, social_insurance_record.c.payer_code)
)


@dataclass(frozen=True, slots=True)
class RaisedFlag:
    """A flag that the line asks for; `blocking` says that the district cannot pass while it stands."""

    flag: str
    blocking: bool


@dataclass(frozen=True, slots=True)
class FlagView:
    """A flag as it is shown, with what stands behind it (R-1.10-2)."""

    flag: str
    label: Text
    state: str
    state_label: Text
    blocking: bool
    explanation: Text
    raised_on: date
    compared_on: date | None


@dataclass(frozen=True, slots=True)
class PaidMonth:
    """A month of the social-insurance view; `month` is 2026-05."""

    month: str
    payer_name: str
    payer_code: str
    paid: bool


@dataclass(frozen=True, slots=True)
class InsuranceView:
    """The social-insurance view of an application (F-SI); without `answered_on` the answer is not back (待返回)."""

    requested_on: date
    answered_on: date | None
    months: tuple[PaidMonth, ...]


def raise_flags(work: UnitOfWork, application_id: str, flags: Iterable[RaisedFlag], *, today: date) -> None:
    """Raise flags at the declaration; what an earlier declaration has left is raised anew."""
    rows = [
        {
            "application_id": application_id,
            "flag": each.flag,
            "state": RAISED,
            "blocking": each.blocking,
            "raised_on": today,
            "compared_on": None,
            "cleared_on": None,
            "explanation": {"zh": TO_COMPARE.zh, "en": TO_COMPARE.en},
        }
        for each in flags
    ]
    if rows:
        work.write(_RAISE, *rows)


def request_insurance(work: UnitOfWork, application_id: str, id_number: str, *, today: date) -> None:
    """Queue the question what was paid for the person; once a day and application (F-SI)."""
    values = {"application_id": application_id, "id_number": id_number, "requested_on": today}
    work.write(_REQUEST, values | {"id": str(uuid4())})


def remove_flags(work: UnitOfWork, application_id: str) -> None:
    """The application is back with its applicant: there is nothing to compare (R-1.10-7)."""
    work.connection.execute(delete(anomaly_flag).where(anomaly_flag.c.application_id == application_id))


def flags_of(connection: Connection, application_id: str) -> tuple[FlagView, ...]:
    """All flags of an application in their order, cleared ones too."""
    (rows,) = ask_on(connection, question_on(application_id))
    return views_of(rows)


def open_flags_of(connection: Connection, application_ids: Sequence[str]) -> Mapping[str, tuple[FlagView, ...]]:
    """The flags of several applications that are not cleared, by application; one without flags is left out."""
    if not application_ids:
        return {}
    found: dict[str, list[FlagView]] = {}
    query = select(anomaly_flag).where(anomaly_flag.c.application_id.in_(application_ids))
    for row in sorted(connection.execute(query.where(anomaly_flag.c.state != CLEARED)), key=_place):
        found.setdefault(row.application_id, []).append(_view(row))
    return {application_id: tuple(views) for application_id, views in found.items()}


def has_open_flags(application_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether an application has a flag that is not cleared, as a column: most have none to ask for."""
    return exists().where((anomaly_flag.c.application_id == application_id) & (anomaly_flag.c.state != CLEARED))


def question_on(application_id: str) -> Question:
    """The flags of an application; `views_of` takes the answer."""
    return _OF_APPLICATION(application_id=application_id)


def question_on_task(task_id: str) -> Question:
    """The flags of the application that a task belongs to, for a command to ask; `pass_refusals` takes the answer."""
    return _OF_TASK(task_id=task_id)


def views_of(rows: Iterable[Record]) -> tuple[FlagView, ...]:
    """The flags of the rows of one application, in their order."""
    return tuple(_view(row) for row in sorted(rows, key=_place))


def pass_refusals(flags: Iterable[FlagView | Record], opinion: str, *, today: date) -> list[Reason]:
    """What keeps the district from passing now, of all flags, in catalogue order (R-1.10-6, G-30)."""
    rows = sorted(flags, key=_place)
    found = []
    blocking = [row for row in rows if row.state == STANDING and row.blocking]
    if blocking:
        names = listed(LABELS[row.flag] for row in blocking)
        found.append(Reason("FLAG_BLOCKS", {"flags": names}, rule="R-1.10-6"))
    if any(_is_awaited(row, today) for row in rows):
        found.append(Reason("FLAG_NOT_COMPARED", rule="R-1.10-6"))
    if not opinion.strip() and any(_needs_opinion(row, today) for row in rows):
        found.append(Reason("OPINION_REQUIRED", rule="R-1.10-6", field="opinion"))
    return in_catalogue_order(found)


def insurance_of(connection: Connection, application_id: str) -> InsuranceView | None:
    """The answer to the latest request of an application; none if nothing was asked."""
    (rows,) = ask_on(connection, insurance_question(application_id))
    return insurance_view(rows)


def insurance_question(application_id: str) -> Question:
    """The latest request of an application with its answer; `insurance_view` takes the rows."""
    return _INSURANCE(application_id=application_id)


def insurance_view(rows: Sequence[Record]) -> InsuranceView | None:
    """The answer to a request, of one row a month; none if nothing was asked."""
    if not rows:
        return None
    months = tuple(PaidMonth(row.month, row.payer_name, row.payer_code, row.paid) for row in rows if row.month)
    return InsuranceView(rows[0].requested_on, rows[0].answered_on, months)


def _is_awaited(row: Record, today: date) -> bool:
    """Whether a flag holds the district up until it has been compared.

    Social insurance that was compared and is not back holds it up for two working days, then an opinion is enough.
    """
    if row.state != RAISED:
        return False
    if row.flag != SOCIAL_INSURANCE or row.compared_on is None:
        return True
    return today <= working_day_after(row.raised_on, WAITED_FOR_INSURANCE)


def _needs_opinion(row: Record, today: date) -> bool:
    if row.flag != SOCIAL_INSURANCE or row.state == CLEARED:
        return False
    return row.state == STANDING or not _is_awaited(row, today)


def _view(row: Any) -> FlagView:
    return FlagView(
        flag=row.flag,
        label=LABELS[row.flag],
        state=row.state,
        state_label=STATE_LABELS[row.state],
        blocking=row.blocking,
        explanation=Text(row.explanation["zh"], row.explanation["en"]),
        raised_on=row.raised_on,
        compared_on=row.compared_on,
    )


def _place(row: Any) -> int:
    return FLAGS.index(row.flag)
