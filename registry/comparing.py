"""The comparison of raised flags with what the sources say: cleared, or kept with what stands behind it (F-COMPARE)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, select, update

from kernel.dates import ENGLISH_MONTHS, day_in_words
from kernel.texts import Text
from registry.enterprises import Enterprise, Enterprises
from registry.exchange.mirrors import synced_on
from registry.flags import (
    ABNORMAL_REGISTRATION,
    CLEARED,
    IN_CONSTRUCTION,
    RAISED,
    SOCIAL_INSURANCE,
    STANDING,
    PaidMonth,
)
from registry.labels import DISTRICTS, label_of, listed
from store.tables import (
    abnormal_entry,
    anomaly_flag,
    in_construction_lock,
    social_insurance_record,
    social_insurance_request,
)

MONTHS_COMPARED = 3  # before the month of the submit; the current month is not available (R-1.10-5)


@dataclass(frozen=True, slots=True)
class Declared:
    """An application to compare: whose, for which employer (the new one of a transfer), declared when.

    `months_required` is how many of the three months before that employer must have paid.
    """

    application_id: str
    id_number: str
    employer: str | None  # USCC
    declared_on: date
    months_required: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the comparison of one flag came to; not `compared` when the source has not been copied since."""

    state: str
    explanation: Text
    compared: bool = True


@dataclass(slots=True)
class Tally:
    """What a run has come to so far."""

    applications: int = 0
    cleared: int = 0
    standing: int = 0
    waiting: int = 0

    def count(self, state: str) -> None:
        if state == CLEARED:
            self.cleared += 1
        elif state == STANDING:
            self.standing += 1
        else:
            self.waiting += 1


def months_before(day: date, number: int = MONTHS_COMPARED) -> tuple[str, ...]:
    """The months before the one of a day, the oldest first: for 2026-01-01, 2025-10 to 2025-12 (R-1.10-5)."""
    last = day.year * 12 + day.month - 1
    return tuple(f"{month // 12:04}-{month % 12 + 1:02}" for month in range(last - number, last))


@dataclass(frozen=True, slots=True)
class _Books:
    """What a batch of applications is compared with, read in a few queries."""

    today: date
    synced: Mapping[str, date | None]
    locks: Mapping[str, Sequence[Any]]  # by ID number
    entries: Mapping[str, Sequence[Any]]
    paid: Mapping[tuple[str, date], Sequence[PaidMonth]]  # by application and day of the request; only what is back
    employers: Mapping[str, Enterprise] = field(default_factory=dict)


def compare(connection: Connection, declared: Sequence[Declared], *, today: date) -> Tally:
    """Compare the raised and standing flags of applications that were declared before today; twice is as once."""
    if any(each.declared_on >= today for each in declared):
        raise ValueError("Expected applications declared before today: nothing is compared on the day itself")
    books = _read(connection, declared, today)
    applications = {each.application_id: each for each in declared}
    tally = Tally(applications=len(declared))
    open_flags = anomaly_flag.c.application_id.in_(applications) & (anomaly_flag.c.state != CLEARED)
    rows = connection.execute(
        select(anomaly_flag).where(open_flags).order_by(anomaly_flag.c.application_id, anomaly_flag.c.flag)
    ).all()
    for row in rows:
        if row.raised_on >= today:
            continue  # declared anew meanwhile
        verdict = _VERDICTS[row.flag](applications[row.application_id], books)
        _note(connection, row, verdict, today)
        tally.count(verdict.state)
    return tally


# -- the three flags


def _of_lock(declared: Declared, books: _Books) -> Verdict:
    """R-1.10-3: a lock stands until the day after its release."""
    if (missing := _not_copied(IN_CONSTRUCTION, declared, books)) is not None:
        return missing
    locks = [row for row in books.locks.get(declared.id_number, ()) if _still_counts(row, books.today)]
    if not locks:
        return _nothing_found(books.today)
    projects = listed(
        _PROJECT.filled(project=row.project_name, district=label_of(DISTRICTS, row.district)) for row in locks
    )
    return Verdict(STANDING, _LOCKED.filled(projects=projects))


def _of_entry(declared: Declared, books: _Books) -> Verdict:
    """R-1.10-4: an entry stands until the day after its release."""
    if (missing := _not_copied(ABNORMAL_REGISTRATION, declared, books)) is not None:
        return missing
    entries = [row for row in books.entries.get(declared.id_number, ()) if _still_counts(row, books.today)]
    if not entries:
        return _nothing_found(books.today)
    reasons = listed(Text(row.reason, row.reason) for row in entries)
    return Verdict(STANDING, _ABNORMAL.filled(reasons=reasons))


def _of_insurance(declared: Declared, books: _Books) -> Verdict:
    """R-1.10-5, R-1.10-8: enough of the three months paid by the declared employer, under the code it goes by now."""
    if declared.months_required == 0:
        return Verdict(CLEARED, _NOT_NEEDED)
    paid = books.paid.get((declared.application_id, declared.declared_on))
    if paid is None:
        return Verdict(RAISED, _NOT_BACK)
    months = months_before(declared.declared_on)
    employer = books.employers.get(declared.employer or "")
    code, old_code = _codes(employer)
    found = sorted({each.month for each in paid if each.paid and each.month in months and each.payer_code == code})
    if len(found) >= declared.months_required:
        return _nothing_found(books.today)
    words: dict[str, Any] = {
        "months": _months_in_words(months),
        "required": declared.months_required,
        "employer": employer.name if employer else "",
        "number": len(found),
        "found": _months_in_words(found) if found else Text("无", "none"),
    }
    under_old = any(each.paid and each.month in months and each.payer_code == old_code for each in paid)
    explanation = _UNPAID.filled(**words)
    if under_old:
        explanation = Text(f"{explanation.zh}{_OLD_CODE.zh}", f"{explanation.en} {_OLD_CODE.en}")
    return Verdict(STANDING, explanation)


_VERDICTS: Mapping[str, Callable[[Declared, _Books], Verdict]] = {
    SOCIAL_INSURANCE: _of_insurance,
    IN_CONSTRUCTION: _of_lock,
    ABNORMAL_REGISTRATION: _of_entry,
}

_PROJECT = Text("{project}（{district}）", "{project} ({district})")
_LOCKED = Text(
    "在施项目：{projects}。由项目所在区建委或市交易中心解锁，解锁次日比对后消除。",
    "Bound to projects under construction: {projects}. The district commission of the project or the city trading"
    " centre releases it; the flag clears in the comparison of the next day.",
)
_ABNORMAL = Text(
    "异常注册：{reasons}。如有异议请联系注册中心，解锁次日比对后消除。",
    "Abnormal registration: {reasons}. Objections go to the registration centre; once released, the flag clears in the"
    " comparison of the next day.",
)
_NOT_NEEDED = Text("本事项不要求社保缴费记录。", "This business asks for no social-insurance record.")
_NOT_BACK = Text("社保数据待返回，每日继续比对。", "Social-insurance data are not back yet; compared again every day.")
_UNPAID = Text(
    "申报日前三个月（{months}）中须有{required}个月由{employer}缴纳社保，比对到{number}个月（{found}）。",
    "Of the three months before the submit ({months}), {required} must have been paid by {employer}; {number} found"
    " ({found}).",
)
_OLD_CODE = Text(
    "查到旧组织机构代码下的缴费：三证合一企业按统一社会信用代码比对，旧代码下的缴费不计。请本人通过其他渠道核对社保个人权益表。",
    "Payments were found under the old organisation code: enterprises with a merged licence are compared by their"
    " credit code, and payments under the old code do not count. Please check the personal benefit statement"
    " (社保个人权益表) through other channels.",
)
_CLEAR = Text("{day}比对，未发现问题。", "Compared on {day}; nothing was found.")
_NOT_COPIED = Text(
    "数据源申报后尚未同步成功，同步后再比对。",
    "The source has not been copied since the submit; compared once it has.",
)


def _not_copied(source: str, declared: Declared, books: _Books) -> Verdict | None:
    """Older data than the submit clear nothing: a source that failed last night keeps the flag as it was raised."""
    copied_on = books.synced[source]
    if copied_on is not None and copied_on > declared.declared_on:
        return None
    return Verdict(RAISED, _NOT_COPIED, compared=False)


def _still_counts(row: Any, today: date) -> bool:
    return row.released_on is None or row.released_on >= today


def _nothing_found(today: date) -> Verdict:
    return Verdict(CLEARED, _CLEAR.filled(day=day_in_words(today)))


def _codes(employer: Enterprise | None) -> tuple[str | None, str | None]:
    """The code an employer is compared by, and an old one that does not count any more (R-1.10-8)."""
    if employer is None:
        return None, None
    return (employer.uscc, employer.org_code) if employer.licence_merged else (employer.org_code, None)


def _months_in_words(months: Iterable[str]) -> Text:
    return listed(month_in_words(month) for month in months)


def month_in_words(month: str) -> Text:
    """2026年5月, May 2026."""
    year, number = month.split("-")
    return Text(f"{year}年{int(number)}月", f"{ENGLISH_MONTHS[int(number) - 1]} {year}")


# -- reading and writing


def _read(connection: Connection, declared: Sequence[Declared], today: date) -> _Books:
    people = {each.id_number for each in declared}
    return _Books(
        today=today,
        synced={source: synced_on(connection, source) for source in (IN_CONSTRUCTION, ABNORMAL_REGISTRATION)},
        locks=_by_id_number(connection, in_construction_lock, people),
        entries=_by_id_number(connection, abnormal_entry, people),
        paid=_paid(connection, [each.application_id for each in declared]),
        employers=Enterprises(connection).by_usccs({each.employer for each in declared if each.employer}),
    )


def _by_id_number(connection: Connection, mirror: Table, people: Iterable[str]) -> Mapping[str, Sequence[Any]]:
    found: dict[str, list[Any]] = {}
    for row in connection.execute(select(mirror).where(mirror.c.id_number.in_(people)).order_by(mirror.c.id)):
        found.setdefault(row.id_number, []).append(row)
    return found


def _paid(connection: Connection, applications: Sequence[str]) -> Mapping[tuple[str, date], Sequence[PaidMonth]]:
    request, record = social_insurance_request.c, social_insurance_record.c
    back = request.application_id.in_(applications) & request.answered_on.is_not(None)
    query = select(
        request.application_id, request.requested_on, record.month, record.payer_name, record.payer_code, record.paid
    )
    found: dict[tuple[str, date], list[PaidMonth]] = {}
    joined = social_insurance_request.outerjoin(social_insurance_record, record.request_id == request.id)
    for row in connection.execute(query.select_from(joined).where(back)):
        of_request = found.setdefault((row.application_id, row.requested_on), [])
        if row.month is not None:  # an answer may know of nothing
            of_request.append(PaidMonth(row.month, row.payer_name, row.payer_code, row.paid))
    return found


def _note(connection: Connection, row: Any, verdict: Verdict, today: date) -> None:
    """Write a verdict, unless the flag has gone or been raised anew since it was read."""
    same = (
        (anomaly_flag.c.application_id == row.application_id)
        & (anomaly_flag.c.flag == row.flag)
        & (anomaly_flag.c.raised_on == row.raised_on)
    )
    values: dict[str, Any] = {
        "state": verdict.state,
        "explanation": {"zh": verdict.explanation.zh, "en": verdict.explanation.en},
        "cleared_on": today if verdict.state == CLEARED else None,
    }
    if verdict.compared:
        values["compared_on"] = today
    connection.execute(update(anomaly_flag).where(same).values(values))
