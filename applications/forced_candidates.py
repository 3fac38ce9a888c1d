"""Who may be deregistered by force, and what has become of them: the rows behind the rounds (2.16)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, Select, delete, select, update

from applications.lines import title_of
from kernel.errors import Reason
from kernel.texts import Text
from processes.definitions import Definitions
from registry.registrations import CLASS2, VALID
from store.tables import application, enterprise, forced_deregistration, instance, person, registration
from store.tables import registration_specialty as held
from store.tables.engine import RUNNING
from store.unit_of_work import UnitOfWork
from store.writing import insert_once, one_at_a_time

LINE = "class2_forced_deregistration"
PENDING, ANNOUNCED, CLOSED = "pending", "announced", "closed"
STATUSES: Mapping[str, Text] = {
    PENDING: Text("待处理", "Pending"),
    ANNOUNCED: Text("已公告", "Announced"),
    CLOSED: Text("办结", "Closed"),
}

_LISTING = 2_016_000  # what `one_at_a_time` is asked for while a round lists its candidates
_of = forced_deregistration.c


@dataclass(frozen=True, slots=True)
class Candidate:
    """A specialty in a round; `days` counts from its expiry to today, `refusal` says why it cannot be selected."""

    id: str
    registration_id: str
    registration_no: str
    person_id: str
    name: str
    specialty: str
    expired_on: date
    days: int
    employer: str
    employer_name: str
    refusal: Reason | None


def list_candidates(work: UnitOfWork, instance_id: str, today: date, more_than_days: int, now: datetime) -> bool:
    """List everybody who may be deregistered today; tells whether this round has anybody to select.

    Only one round waits for a selection at a time: while another one does, its list is brought up to date and this
    one stays empty. A round that has ended leaves those it did not select to the next one. Who is no candidate any
    more, having deregistered in time, is struck off.
    """
    one_at_a_time(work, _LISTING)
    connection = work.connection
    running = select(instance.c.id).where((instance.c.line == LINE) & instance.c.status.in_(RUNNING))
    to = connection.execute(running.where(instance.c.id != instance_id)).scalar() or instance_id
    pending = _of.status == PENDING
    left_over = pending & (_of.reason.is_(None) | _of.instance_id.not_in(running))
    connection.execute(update(forced_deregistration).where(left_over).values(instance_id=to, reason=None))
    found = connection.execute(_long_expired(today, more_than_days)).all()
    keys = {(row.registration_id, row.specialty, row.expired_on) for row in found}
    for row in found:
        values = {**row._mapping, "id": str(uuid4()), "instance_id": to, "status": PENDING, "listed_at": now}
        insert_once(work, forced_deregistration, values)
    listed = select(forced_deregistration).where(pending & (_of.instance_id == to) & _of.reason.is_(None))
    gone = [
        row.id for row in connection.execute(listed) if (row.registration_id, row.specialty, row.expired_on) not in keys
    ]
    if gone:
        connection.execute(delete(forced_deregistration).where(_of.id.in_(gone)))
    return to == instance_id and connection.execute(listed.limit(1)).first() is not None


def candidates(
    connection: Connection,
    definitions: Definitions,
    instance_id: str,
    today: date,
    more_than_days: int,
) -> list[Candidate]:
    """Whom a round lists, with what stands against it today; the longest expired first."""
    query = (
        select(forced_deregistration, held.c.state, held.c.expiry_date)
        .join(
            held,
            (held.c.registration_id == _of.registration_id) & (held.c.specialty == _of.specialty),
            isouter=True,
        )
        .where((_of.instance_id == instance_id) & (_of.status == PENDING))
        .order_by(_of.expired_on, _of.registration_no, _of.specialty)
    )
    rows = connection.execute(query).all()
    open_business = _open_business(connection, definitions, {row.person_id for row in rows})
    return [_candidate(row, today, more_than_days, open_business.get(row.person_id)) for row in rows]


def selected(connection: Connection, instance_id: str, status: str) -> Sequence[Row[Any]]:
    """The rows that a round has selected and that have come this far."""
    query = select(forced_deregistration).where(
        (_of.instance_id == instance_id) & (_of.status == status) & _of.reason.is_not(None)
    )
    return connection.execute(query.order_by(_of.registration_no, _of.specialty)).all()


def keep_selection(connection: Connection, ids: Collection[str], reason: str) -> None:
    connection.execute(update(forced_deregistration).where(_of.id.in_(ids)).values(reason=reason))


def advance(connection: Connection, instance_id: str, before: str, **values: Any) -> None:
    """Have what a round has selected go on to another status."""
    here = (_of.instance_id == instance_id) & (_of.status == before) & _of.reason.is_not(None)
    connection.execute(update(forced_deregistration).where(here).values(**values))


def _long_expired(today: date, more_than_days: int) -> Select[Any]:
    """Specialties that expired more than so many days ago and are not deregistered: on the next day it is one more."""
    return (
        select(
            registration.c.id.label("registration_id"),
            held.c.specialty,
            held.c.expiry_date.label("expired_on"),
            registration.c.registration_no,
            registration.c.person_id,
            person.c.name,
            registration.c.employer,
            enterprise.c.name.label("employer_name"),
        )
        .join(held, held.c.registration_id == registration.c.id)
        .join(person, person.c.id == registration.c.person_id)
        .join(enterprise, enterprise.c.uscc == registration.c.employer)
        .where((registration.c.kind == CLASS2) & (held.c.state == VALID))
        .where(held.c.expiry_date < today - timedelta(days=more_than_days))
    )


def _candidate(row: Any, today: date, more_than_days: int, business: tuple[Text, str] | None) -> Candidate:
    days = (today - row.expired_on).days
    refusal = None
    if row.state != VALID or row.expiry_date != row.expired_on or days <= more_than_days:
        refusal = Reason("NOT_LONG_EXPIRED", rule="R-1.7-2")
    elif business is not None:
        refusal = Reason("BUSINESS_IN_PROGRESS", {"line": business[0], "business_no": business[1]}, rule="R-1.7-3")
    return Candidate(
        id=row.id,
        registration_id=row.registration_id,
        registration_no=row.registration_no,
        person_id=row.person_id,
        name=row.name,
        specialty=row.specialty,
        expired_on=row.expired_on,
        days=days,
        employer=row.employer,
        employer_name=row.employer_name,
        refusal=refusal,
    )


def _open_business(
    connection: Connection, definitions: Definitions, people: Collection[str]
) -> dict[str, tuple[Text, str]]:
    """What each person has open of class 2: the title of its line and its number (R-1.9-1)."""
    query = (
        select(application.c.open_person_id, application.c.number, instance.c.definition_id)
        .join(instance, instance.c.id == application.c.instance_id)
        .where(application.c.open_person_id.in_(people))
    )
    return {
        row.open_person_id: (title_of(definitions.get(row.definition_id)), row.number)
        for row in connection.execute(query)
    }
