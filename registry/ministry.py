"""The mirror of the ministry's registrations: read, never written by a person (R-1.1-2, F-QRY-MINISTRY)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, false, func, or_, select, true

from kernel.actors import ENTERPRISE_ROLES, Actor, Role
from kernel.identifiers import normalised_id_number
from kernel.texts import Text
from registry.registrations import EXPIRED, VALID
from store.paging import Slice, keyset_page
from store.tables import enterprise, ministry_registration, person

KINDS: Mapping[str, Text] = {
    "class1": Text("一级建造师", "Class-1 constructor"),
    "class1_temp": Text("一级临时建造师", "Class-1 temporary constructor"),
    "cost_engineer": Text("注册造价师", "Registered cost engineer"),
    "supervising_engineer": Text("注册监理师", "Registered supervising engineer"),
}
READERS = (
    Role.INDIVIDUAL,
    *sorted(ENTERPRISE_ROLES),
    Role.DISTRICT_REVIEWER,
    Role.CITY_REVIEWER,
    Role.REGISTRATION_CENTRE,
    Role.SYSTEM_ADMIN,
)
_SEE_ALL = (Role.CITY_REVIEWER, Role.REGISTRATION_CENTRE, Role.SYSTEM_ADMIN)
_mirror = ministry_registration.c


@dataclass(frozen=True, slots=True)
class MinistryFilters:
    """An empty one matches all."""

    name: str = ""
    id_number: str = ""
    registration_no: str = ""
    enterprise: str = ""  # a part of its name, or its credit code


@dataclass(frozen=True, slots=True)
class MinistryRegistration:
    """A registration as the ministry's system had it when it was copied."""

    kind: str
    name: str
    id_number: str
    registration_no: str
    specialties: tuple[str, ...]
    enterprise_name: str
    expiry_date: date | None
    synced_at: datetime

    def state_on(self, day: date) -> str:
        return VALID if self.expiry_date is None or day <= self.expiry_date else EXPIRED


class MinistryMirror:
    """Queries on the mirror, each limited to what the actor may read: there is no way to write it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(
        self, kind: str, actor: Actor, filters: MinistryFilters, cursor: str | None = None
    ) -> tuple[tuple[MinistryRegistration, ...], Slice]:
        """The registrations of a kind, by registration number, 20 a page."""
        query = select(ministry_registration).where(_mirror.kind == kind, _readable_by(actor), *_asked(filters))
        found = keyset_page(self._connection, query, _mirror.registration_no, _mirror.id, cursor)
        return tuple(_as_registration(row) for row in found.rows), found

    def of_id_number(self, id_number: str) -> tuple[MinistryRegistration, ...]:
        """Those of one person, of all kinds."""
        query = select(ministry_registration).where(_mirror.id_number == normalised_id_number(id_number))
        rows = self._connection.execute(query.order_by(_mirror.kind, _mirror.registration_no))
        return tuple(_as_registration(row) for row in rows)

    def synced_at(self) -> datetime | None:
        """When the mirror was filled last; none before the first time."""
        return self._connection.execute(select(func.max(_mirror.synced_at, type_=_mirror.synced_at.type))).scalar()


def _readable_by(actor: Actor) -> ColumnElement[bool]:
    """People theirs, enterprises and districts those of their enterprises, the city and the centre all."""
    if actor.has(*_SEE_ALL):
        return true()
    ways: list[ColumnElement[bool]] = [false()]
    if actor.has(Role.INDIVIDUAL) and actor.person_id:
        ways.append(_mirror.id_number.in_(select(person.c.id_number).where(person.c.id == actor.person_id)))
    if actor.has(*ENTERPRISE_ROLES) and actor.enterprise:
        ways.append(_mirror.uscc == actor.enterprise)
    if actor.has(Role.DISTRICT_REVIEWER) and actor.district:
        supervised = select(enterprise.c.uscc).where(enterprise.c.supervising_district == actor.district)
        ways.append(_mirror.uscc.in_(supervised))
    return or_(*ways)


def _asked(filters: MinistryFilters) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if filters.name:
        asked.append(_mirror.name.contains(filters.name, autoescape=True))
    if filters.id_number:
        asked.append(_mirror.id_number == normalised_id_number(filters.id_number))
    if filters.registration_no:
        asked.append(_mirror.registration_no.contains(filters.registration_no, autoescape=True))
    if filters.enterprise:
        named = _mirror.enterprise_name.contains(filters.enterprise, autoescape=True)
        asked.append(named | (_mirror.uscc == filters.enterprise.upper()))
    return asked


def _as_registration(row: Any) -> MinistryRegistration:
    return MinistryRegistration(
        kind=row.kind,
        name=row.name,
        id_number=row.id_number,
        registration_no=row.registration_no,
        specialties=tuple(filter(None, row.specialties.split(","))),
        enterprise_name=row.enterprise_name,
        expiry_date=row.expiry_date,
        synced_at=row.synced_at,
    )
