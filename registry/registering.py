"""How specialties come onto a registration: the first time, again after all were deregistered, or beside others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from uuid import uuid4

from sqlalchemy import delete, insert, select

from kernel.errors import NotFound
from registry.calendar import years_after
from registry.numbers import NumberSeries
from registry.registrations import (
    DEREGISTERED,
    VALID,
    CertificateVersion,
    Registration,
    Registrations,
    Specialty,
)
from store.tables import enterprise, registration_specialty

REGISTRATION_YEARS = 3  # R-D-22


def registered_on(specialty: str, day: date) -> Specialty:
    """A specialty registered on a day: valid for three years, their last day included (R-D-22)."""
    return Specialty(specialty, day, years_after(day, REGISTRATION_YEARS) - timedelta(days=1))


class Registering(Registrations):
    """The registrations, as approvals enter specialties on them. Every change may be repeated and then does nothing."""

    def register(self, person_id: str, employer: str, specialties: Sequence[str], on: date) -> Registration:
        """The first registration of a person, with a number and a seal of its own (2.9, R-D-24).

        Raises:
            NotFound: no enterprise has this credit code.
        """
        known = self.of_person(person_id)
        if known is not None:
            return known
        name = self._employer_name(employer)
        number, seal_no = NumberSeries(self._connection).registration_numbers(on)
        found = Registration(
            id=str(uuid4()),
            person_id=person_id,
            registration_no=number,
            seal_no=seal_no,
            employer=employer,
            specialties=tuple(registered_on(each, on) for each in specialties),
        )
        self.add(found, certificates=[CertificateVersion(found.id, 1, employer, name, on)])
        return self.get(found.id)

    def register_again(self, registration_id: str, employer: str, specialties: Sequence[str], on: date) -> Registration:
        """A registration that was deregistered comes to life under its number, with the chosen specialties only (2.10).

        Raises:
            NotFound: no registration has this id, or no enterprise this credit code.
        """
        before = self._locked(registration_id)
        if before.state != DEREGISTERED:
            return before
        self._employer_name(employer)
        self._enter(before, specialties, on)
        return self._renewed(before, on, state=VALID, employer=employer)

    def add_specialties(self, registration_id: str, specialties: Sequence[str], on: date) -> Registration:
        """Specialties beside the valid ones, whose dates stay; one that was deregistered begins anew (2.11).

        Raises:
            NotFound: no registration has this id.
        """
        before = self._locked(registration_id)
        held = {each.specialty for each in before.specialties if each.state == VALID}
        new = [each for each in specialties if each not in held]
        if not new:
            return before
        self._enter(before, new, on)
        return self._renewed(before, on)

    def _enter(self, of: Registration, specialties: Sequence[str], on: date) -> None:
        """Put specialties on a registration in the place of their deregistered selves."""
        columns = registration_specialty.c
        there = (columns.registration_id == of.id) & columns.specialty.in_(specialties)
        self._connection.execute(delete(registration_specialty).where(there))
        rows = [{"registration_id": of.id} | asdict(registered_on(each, on)) for each in specialties]
        self._connection.execute(insert(registration_specialty), rows)

    def _employer_name(self, uscc: str) -> str:
        name = self._connection.execute(select(enterprise.c.name).where(enterprise.c.uscc == uscc)).scalar()
        if name is None:
            raise NotFound(detail=f"no enterprise {uscc}")
        return str(name)
