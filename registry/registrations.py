"""Registrations of class-2 constructors: specialties with their dates, employer, certificate versions (FS-REG)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.sql.elements import ColumnElement

from kernel.errors import NotFound
from registry.calendar import same_day_next_year
from store.tables import certificate_version, enterprise, registration, registration_specialty

CLASS2 = "class2"
VALID, EXPIRED, DEREGISTERED, SUPERSEDED = "valid", "expired", "deregistered", "superseded"
VOLUNTARY, FORCED = "voluntary", "forced"


@dataclass(frozen=True, slots=True)
class Specialty:
    """A specialty on a registration; `state` is valid or deregistered, the dates tell whether it has expired."""

    specialty: str
    issue_date: date
    expiry_date: date
    state: str = VALID
    deregistered_on: date | None = None
    deregistration_kind: str | None = None  # voluntary | forced

    def state_on(self, day: date) -> str:
        """`valid` up to the expiry date itself, `expired` from the next day, unless deregistered (R-D-20)."""
        if self.state != VALID:
            return self.state
        return VALID if day <= self.expiry_date else EXPIRED


@dataclass(frozen=True, slots=True)
class Registration:
    """A person's registration; `version` is that of the certificate in force."""

    id: str
    person_id: str
    registration_no: str
    employer: str
    specialties: tuple[Specialty, ...]
    seal_no: str | None = None
    state: str = VALID
    last_transfer_announced_on: date | None = None
    version: int = 1
    kind: str = CLASS2

    def valid_specialties(self, day: date) -> tuple[Specialty, ...]:
        return tuple(each for each in self.specialties if each.state_on(day) == VALID)

    def state_on(self, day: date) -> str:
        """The state of the whole: valid while any specialty is, else expired while any is not deregistered."""
        states = {each.state_on(day) for each in self.specialties}
        if self.state != VALID or not states:
            return self.state
        return next(state for state in (VALID, EXPIRED, DEREGISTERED) if state in states)

    @property
    def transfer_allowed_from(self) -> date | None:
        """The first day on which another transfer may be applied for; None if there was none yet (R-1.5-2)."""
        announced_on = self.last_transfer_announced_on
        return None if announced_on is None else same_day_next_year(announced_on)

    def snapshot(self, day: date) -> dict[str, Any]:
        """FS-REG as an application keeps it (R-D-02), with the states of that day."""
        return {
            "registration_no": self.registration_no,
            "seal_no": self.seal_no,
            "state": self.state_on(day),
            "specialties": [
                {
                    "specialty": each.specialty,
                    "issue_date": each.issue_date.isoformat(),
                    "expiry_date": each.expiry_date.isoformat(),
                    "state": each.state_on(day),
                }
                for each in self.specialties
            ],
        }


@dataclass(frozen=True, slots=True)
class CertificateVersion:
    """One version of a certificate; what stood on it stays when a newer one supersedes it."""

    registration_id: str
    version: int
    employer: str
    employer_name: str
    issued_on: date
    state: str = VALID


class Registrations:
    """The registrations with their specialties and certificate versions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, registration_id: str) -> Registration:
        """
        Raises:
            NotFound: no registration has this id.
        """
        found = self._one(registration.c.id == registration_id)
        if found is None:
            raise NotFound(detail=f"no registration {registration_id}")
        return found

    def of_person(self, person_id: str, kind: str = CLASS2) -> Registration | None:
        return self._one((registration.c.person_id == person_id) & (registration.c.kind == kind))

    def of_employer(self, employer: str, kind: str = CLASS2) -> tuple[Registration, ...]:
        """The registrations at an enterprise, by registration number."""
        of = registration.c
        query = select(of.id).where((of.employer == employer) & (of.kind == kind)).order_by(of.registration_no)
        return tuple(self.get(each) for each in self._connection.execute(query).scalars().all())

    def reissue(self, registration_id: str, on: date) -> Registration:
        """Give the registration a new certificate because what is printed on it has changed; its dates and its
        employer stay (R-D-23).

        Raises:
            NotFound: no registration has this id.
        """
        return self._renewed(self._locked(registration_id), on)

    def certificate_versions(self, registration_id: str) -> tuple[CertificateVersion, ...]:
        """All versions, the newest first."""
        rows = self._connection.execute(
            select(certificate_version)
            .where(certificate_version.c.registration_id == registration_id)
            .order_by(certificate_version.c.version.desc())
        ).mappings()
        return tuple(CertificateVersion(**row) for row in rows)

    def change_employer(self, registration_id: str, new_employer: str, announced_on: date) -> Registration:
        """Move the registration to its new employer and give it a new certificate; expiry dates stay (R-D-23).

        The day of the announcement starts the year in which no other transfer is possible (R-1.5-2). Repeating
        the same change does nothing.

        Raises:
            NotFound: no registration has this id, or no enterprise this credit code.
        """
        before = self._locked(registration_id)
        if before.employer == new_employer and before.last_transfer_announced_on == announced_on:
            return before
        query = select(enterprise.c.uscc).where(enterprise.c.uscc == new_employer)
        if self._connection.execute(query).first() is None:
            raise NotFound(detail=f"no enterprise {new_employer}")
        return self._renewed(before, announced_on, employer=new_employer, last_transfer_announced_on=announced_on)

    def continue_specialties(self, registration_id: str, expiries: Mapping[str, date], on: date) -> Registration:
        """Have some specialties expire on later days, on a new certificate; the others stay (2.12).

        `expiries` are the new days by specialty. What is deregistered, or valid as long already, stays as it is, so
        repeating the same does nothing.

        Raises:
            NotFound: no registration has this id.
        """
        before = self._locked(registration_id)
        later = {
            each.specialty: expiries[each.specialty]
            for each in before.specialties
            if each.state == VALID and each.expiry_date < expiries.get(each.specialty, each.expiry_date)
        }
        if not later:
            return before
        of = registration_specialty.c
        for specialty, expiry_date in later.items():
            one = (of.registration_id == registration_id) & (of.specialty == specialty)
            self._connection.execute(update(registration_specialty).where(one).values(expiry_date=expiry_date))
        return self._renewed(before, on)

    def deregister(
        self, registration_id: str, specialties: Sequence[str], on: date, kind: str = VOLUNTARY
    ) -> Registration:
        """Deregister some specialties; when none is left the whole registration is (2.15). Those that are deregistered
        already stay as they are. What remains stands on a new certificate.

        Raises:
            NotFound: no registration has this id.
        """
        before = self._locked(registration_id)
        held = [each.specialty for each in before.specialties if each.state == VALID]
        wanted = [each for each in held if each in specialties]
        if not wanted:
            return before
        of = registration_specialty.c
        self._connection.execute(
            update(registration_specialty)
            .where((of.registration_id == registration_id) & of.specialty.in_(wanted))
            .values(state=DEREGISTERED, deregistered_on=on, deregistration_kind=kind)
        )
        return self._renewed(before, on, state=VALID if len(held) > len(wanted) else DEREGISTERED)

    def add(self, *registrations: Registration, certificates: Sequence[CertificateVersion] = ()) -> None:
        """Enter registrations that exist already, with the certificates issued so far."""
        if registrations:
            self._connection.execute(insert(registration), [_columns(each) for each in registrations])
        specialties = [_specialty_columns(each, of) for of in registrations for each in of.specialties]
        if specialties:
            self._connection.execute(insert(registration_specialty), specialties)
        if certificates:
            self._connection.execute(insert(certificate_version), [_certificate_columns(each) for each in certificates])

    def _locked(self, registration_id: str) -> Registration:
        found = self._one(registration.c.id == registration_id, locked=True)
        if found is None:
            raise NotFound(detail=f"no registration {registration_id}")
        return found

    def _renewed(self, before: Registration, on: date, **changed: Any) -> Registration:
        """The registration with changed columns and a new version of its certificate; of one that is deregistered the
        certificate is withdrawn."""
        version = before.version + 1 if changed.get("state") != DEREGISTERED else before.version
        where = registration.c.id == before.id
        self._connection.execute(update(registration).where(where).values(version=version, **changed))
        employer = changed.get("employer", before.employer)
        if changed.get("state") == DEREGISTERED:
            self._withdraw(before.id)
        else:
            name = self._connection.execute(select(enterprise.c.name).where(enterprise.c.uscc == employer)).scalar_one()
            self._issue(CertificateVersion(before.id, version, employer, name, on))
        return self.get(before.id)

    def _withdraw(self, registration_id: str) -> None:
        """No version of the certificate is in force any more."""
        self._connection.execute(
            update(certificate_version)
            .where((certificate_version.c.registration_id == registration_id) & (certificate_version.c.state == VALID))
            .values(state=DEREGISTERED)
        )

    def _issue(self, issued: CertificateVersion) -> None:
        """Put a new version in force in place of the one before."""
        self._connection.execute(
            update(certificate_version)
            .where(certificate_version.c.registration_id == issued.registration_id)
            .where(certificate_version.c.state == VALID)
            .values(state=SUPERSEDED)
        )
        self._connection.execute(insert(certificate_version).values(_certificate_columns(issued)))

    def _one(self, condition: ColumnElement[bool], *, locked: bool = False) -> Registration | None:
        query = select(registration).where(condition)
        if locked:
            query = query.with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        rows = self._connection.execute(
            select(registration_specialty)
            .where(registration_specialty.c.registration_id == row["id"])
            .order_by(registration_specialty.c.expiry_date, registration_specialty.c.specialty)
        ).mappings()
        return Registration(**row, specialties=tuple(_specialty(each) for each in rows))


_SPECIALTY = tuple(column.name for column in registration_specialty.columns if column.name != "registration_id")


def _specialty(row: RowMapping) -> Specialty:
    return Specialty(**{name: row[name] for name in _SPECIALTY})


def _columns(of: Registration) -> dict[str, Any]:
    return {column.name: getattr(of, column.name) for column in registration.columns}


def _specialty_columns(specialty: Specialty, of: Registration) -> dict[str, Any]:
    return {"registration_id": of.id} | {name: getattr(specialty, name) for name in _SPECIALTY}


def _certificate_columns(certificate: CertificateVersion) -> dict[str, Any]:
    return {column.name: getattr(certificate, column.name) for column in certificate_version.columns}
