"""The people of an enterprise: who is registered there, and what of their registrations its home page counts.

An enterprise reads of a person while the person is registered there, or has an application open that names it (R-D-13).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, exists, func, or_, select
from sqlalchemy import Integer as Whole

from kernel.errors import NotFound
from kernel.identifiers import normalised_id_number
from registry.people import Person
from registry.registrations import DEREGISTERED, EXPIRED, VALID, Specialty
from store.paging import Slice, keyset_page
from store.tables import application, person, registration, registration_specialty

EXPIRING_DAYS = 90
_OVER = ("closed", "rejected", "deleted", "terminated")
_spec = registration_specialty.c


@dataclass(frozen=True, slots=True)
class StaffFilters:
    """Filters of F-STAFF; an empty one matches all."""

    name: str = ""
    id_number: str = ""
    specialty: str = ""
    state: str = ""  # valid | expired | deregistered: of a specialty, as of the day (R-D-20)


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One person of the list; the list masks the ID number."""

    person_id: str
    name: str
    id_number: str
    education: str | None
    registration_no: str
    specialties: tuple[Specialty, ...]


@dataclass(frozen=True, slots=True)
class StaffFigures:
    """What the home page counts: certificates by state, specialties by state, and those that expire soon."""

    certificates: Mapping[str, int]
    specialties: Mapping[str, Mapping[str, int]]  # specialty → state → how many
    expiring: int


def state_on(day: date) -> ColumnElement[str]:
    """The state of a specialty as `Specialty.state_on` tells it, in SQL (R-D-20)."""
    return case((_spec.state != VALID, _spec.state), (_spec.expiry_date >= day, VALID), else_=EXPIRED)


class Staff:
    """Queries on the people of one enterprise."""

    def __init__(self, connection: Connection, uscc: str) -> None:
        self._connection = connection
        self._uscc = uscc

    def page(
        self, filters: StaffFilters, day: date, cursor: str | None = None
    ) -> tuple[tuple[StaffMember, ...], Slice]:
        """Those who are registered there, 20 a page, by registration number: it begins with its year, newest first."""
        query = (
            select(
                registration.c.id,
                registration.c.person_id,
                registration.c.registration_no,
                person.c.name,
                person.c.id_number,
                person.c.education,
            )
            .join(person, person.c.id == registration.c.person_id)
            .where(self._is_registered(), *_asked(filters, day))
        )
        found = keyset_page(self._connection, query, registration.c.registration_no, registration.c.id, cursor)
        specialties = self._specialties([row.id for row in found.rows])
        members = (
            StaffMember(
                row.person_id, row.name, row.id_number, row.education, row.registration_no, specialties.get(row.id, ())
            )
            for row in found.rows
        )
        return tuple(members), found

    def get(self, person_id: str) -> Person:
        """A person whom the enterprise may read of.

        Raises:
            NotFound: nobody has this id, or is neither registered there nor has an application open with it (R-D-13).
        """
        here = exists().where((registration.c.person_id == person.c.id) & self._is_registered())
        names = or_(application.c.old_employer == self._uscc, application.c.new_employer == self._uscc)
        applies = exists().where(
            application.c.person_id == person.c.id,
            names,
            application.c.status.notin_(_OVER),
            application.c.first_submitted_at.is_not(None),
        )
        query = select(person).where((person.c.id == person_id) & (here | applies))
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            raise NotFound(detail=f"person {person_id} is nobody of {self._uscc}")
        return Person(**row)

    def figures(self, day: date) -> StaffFigures:
        """What stands on the registrations there, as of the day."""
        state = state_on(day)
        query = (
            select(_spec.specialty, state.label("state"), func.count().label("many"))
            .join(registration, registration.c.id == _spec.registration_id)
            .where(registration.c.employer == self._uscc)
            .group_by(_spec.specialty, state)
        )
        specialties: dict[str, dict[str, int]] = {}
        for row in self._connection.execute(query):
            specialties.setdefault(row.specialty, {})[row.state] = row.many
        return StaffFigures(self._certificates(day), specialties, self._expiring(day))

    # -- inside

    def _certificates(self, day: date) -> Mapping[str, int]:
        """Certificates by state: valid while any specialty is, else expired while any is not deregistered."""
        rank = case((state_on(day) == VALID, 2), (state_on(day) == EXPIRED, 1), else_=0)
        best = (
            select(func.max(rank, type_=Whole()).label("best"))
            .join(registration, registration.c.id == _spec.registration_id)
            .where(registration.c.employer == self._uscc)
            .group_by(registration.c.id)
            .subquery()
        )
        rows = self._connection.execute(select(best.c.best, func.count().label("many")).group_by(best.c.best))
        return {(DEREGISTERED, EXPIRED, VALID)[row.best]: row.many for row in rows}

    def _expiring(self, day: date) -> int:
        soon = _spec.expiry_date.between(day, day + timedelta(days=EXPIRING_DAYS))
        query = (
            select(func.count())
            .select_from(registration_specialty)
            .join(registration, registration.c.id == _spec.registration_id)
            .where(registration.c.employer == self._uscc, _spec.state == VALID, soon)
        )
        return self._connection.execute(query).scalar_one()

    def _is_registered(self) -> ColumnElement[bool]:
        return (registration.c.employer == self._uscc) & (registration.c.state != DEREGISTERED)

    def _specialties(self, registration_ids: Sequence[str]) -> Mapping[str, tuple[Specialty, ...]]:
        query = select(registration_specialty).where(_spec.registration_id.in_(registration_ids))
        found: dict[str, tuple[Specialty, ...]] = {}
        for row in self._connection.execute(query.order_by(_spec.expiry_date, _spec.specialty)):
            one = Specialty(row.specialty, row.issue_date, row.expiry_date, row.state)
            found[row.registration_id] = (*found.get(row.registration_id, ()), one)
        return found


def _asked(filters: StaffFilters, day: date) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if filters.name:
        asked.append(person.c.name.contains(filters.name, autoescape=True))
    if filters.id_number:
        asked.append(person.c.id_number == normalised_id_number(filters.id_number))
    if filters.specialty or filters.state:
        of_it: Select[Any] = select(_spec.registration_id).where(_spec.registration_id == registration.c.id)
        if filters.specialty:
            of_it = of_it.where(_spec.specialty == filters.specialty)
        if filters.state:
            of_it = of_it.where(state_on(day) == filters.state)
        asked.append(of_it.exists())
    return asked
