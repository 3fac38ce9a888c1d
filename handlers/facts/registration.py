"""Facts about the class-2 registration of the person and its passed exams."""

from __future__ import annotations

from datetime import date
from typing import Literal

from handlers.facts.asked import Asked, fact
from registry.qualifications import Qualifications
from registry.registrations import DEREGISTERED, EXPIRED, VALID


def _count(asked: Asked, state: str) -> int:
    registration = asked.books.registration
    return sum(each.state_on(asked.today) == state for each in registration.specialties) if registration else 0


def _passed(asked: Asked) -> set[str]:
    return {each.specialty for each in asked.books.qualifications}


@fact
def registration(asked: Asked) -> Literal["none", "exists"]:
    """Whether the person ever had a class-2 registration, deregistered ones included (R-1.3-4)."""
    return "exists" if asked.books.registration else "none"


@fact
def valid_count(asked: Asked) -> int:
    """Specialties that are valid today, the day of expiry included (R-D-20)."""
    return _count(asked, VALID)


@fact
def expired_count(asked: Asked) -> int:
    """Specialties that have expired and are not deregistered."""
    return _count(asked, EXPIRED)


@fact
def deregistered_count(asked: Asked) -> int:
    return _count(asked, DEREGISTERED)


@fact
def has_qualification(asked: Asked) -> bool:
    """Whether any qualification stands under the person's ID number (R-1.2-2)."""
    return bool(asked.books.qualifications)


@fact
def unregistered_pass(asked: Asked) -> bool:
    """Whether a passed specialty is not validly registered."""
    registration = asked.books.registration
    held = registration.valid_specialties(asked.today) if registration else ()
    return bool(_passed(asked) - {each.specialty for each in held})


@fact
def unsynced_pass(asked: Asked) -> bool:
    """Whether a pass of an exam held here has not reached the qualification data yet (R-1.2-3)."""
    person = asked.books.person
    return (
        bool(set(Qualifications(asked.connection).passed_here(person.id_number)) - _passed(asked)) if person else False
    )


@fact
def transfer_allowed_from(asked: Asked) -> date | None:
    """The first day on which another transfer may be applied for; null if there was none yet (R-1.5-2)."""
    registration = asked.books.registration
    return registration.transfer_allowed_from if registration else None
