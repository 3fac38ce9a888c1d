"""A person's certificates as the person reads them: what each says, its state by date, what can be done (F-MYCERT)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sqlalchemy import Connection

from registry.registrations import (
    DEREGISTERED,
    EXPIRED,
    VALID,
    CertificateVersion,
    Registration,
    Registrations,
    Specialty,
)

# R-1.4-1: both ends count.
CONTINUATION_OPENS_DAYS = 90
CONTINUATION_CLOSES_DAYS = 30

Hint = Literal["continue", "continue_later", "deregister_only", "expired", "deregistered"]
# Which line helps.
LINES: dict[Hint, str] = {
    "continue": "class2_continuation",
    "deregister_only": "class2_deregistration",
    "expired": "class2_deregistration",
    "deregistered": "class2_re_registration",
}


@dataclass(frozen=True, slots=True)
class HeldSpecialty:
    """A specialty on a certificate, as of a day; `opens_on` to `closes_on` is its continuation window."""

    specialty: Specialty
    state: str
    days_left: int
    hint: Hint

    @property
    def opens_on(self) -> date:
        return self.specialty.expiry_date - timedelta(days=CONTINUATION_OPENS_DAYS)

    @property
    def closes_on(self) -> date:
        return self.specialty.expiry_date - timedelta(days=CONTINUATION_CLOSES_DAYS)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A class-2 registration certificate with its versions, the newest first."""

    registration: Registration
    state: str
    specialties: tuple[HeldSpecialty, ...]
    versions: tuple[CertificateVersion, ...]

    @property
    def hints(self) -> Sequence[Hint]:
        """What its holder is told, each once, the most urgent first."""
        order: tuple[Hint, ...] = ("continue", "deregister_only", "expired", "deregistered", "continue_later")
        there = {each.hint for each in self.specialties}
        if self.state != DEREGISTERED:
            there -= {"deregistered"}  # re-registration is for a certificate that is deregistered as a whole
        return tuple(hint for hint in order if hint in there)


def certificate_of(connection: Connection, person_id: str, day: date) -> Certificate | None:
    """The person's certificate as of the day; None for somebody who was never registered."""
    registrations = Registrations(connection)
    found = registrations.of_person(person_id)
    if found is None:
        return None
    held = tuple(_held(each, day) for each in found.specialties)
    return Certificate(found, found.state_on(day), held, registrations.certificate_versions(found.id))


def _held(specialty: Specialty, day: date) -> HeldSpecialty:
    state = specialty.state_on(day)
    days_left = (specialty.expiry_date - day).days
    return HeldSpecialty(specialty, state, days_left, _hint(state, days_left))


def _hint(state: str, days_left: int) -> Hint:
    """R-1.4-1, R-1.4-2: with 90 to 30 days left continuation, with fewer only deregistration."""
    if state != VALID:
        return "expired" if state == EXPIRED else "deregistered"
    if days_left > CONTINUATION_OPENS_DAYS:
        return "continue_later"
    return "continue" if days_left >= CONTINUATION_CLOSES_DAYS else "deregister_only"
