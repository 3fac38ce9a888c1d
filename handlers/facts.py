"""What the decision tables of the lines look at: a person, the registration and the chosen employer, as they stand now.

A line needs no code to ask its rules: its diagram names tables (`eligibility`), and each takes from these facts what
it has inputs for (REQUIREMENTS.md 3.6).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from applications import lines
from kernel.texts import Text
from registry.enterprises import Enterprises
from registry.labels import EMPLOYER_FIELDS, label_of, listed
from registry.people import People
from registry.registrations import Registrations

Words = dict[str, str]
"""A text in both languages, as FEEL handles it: `{"zh": …, "en": …}`."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one moment, under the names by which tables ask for them (R-D-03).

    Before an employer is chosen, the fields from `new_employer` on keep their defaults: then the rules about it are
    silent, and the rest answers "may I apply, and why not". `open_business` is the title of the line and the number
    of the class-2 business in progress, other than the application that is asked about.
    """

    today: date
    verified: bool
    valid_count: int
    transfer_allowed_from: date | None
    old_employer: str | None
    open_business: dict[str, Any] | None = None
    new_employer: str | None = None
    employer_found: bool = True
    employer_has_district: bool = True
    employer_missing: Words | None = None

    @property
    def same_employer(self) -> bool:
        return self.new_employer is not None and self.new_employer == self.old_employer

    def for_tables(self) -> dict[str, Any]:
        return asdict(self) | {"same_employer": self.same_employer}


def facts_of(connection: Connection, person_id: str, today: date, *, besides: str | None = None) -> Facts:
    """What is known of a person before anything is chosen; `besides` is the application that asks."""
    registration = Registrations(connection).of_person(person_id)
    busy = lines.open_business(connection, person_id, besides=besides)
    return Facts(
        today=today,
        verified=People(connection).get(person_id).verified,
        valid_count=len(registration.valid_specialties(today)) if registration else 0,
        transfer_allowed_from=registration.transfer_allowed_from if registration else None,
        old_employer=registration.employer if registration else None,
        open_business={"line": _words(busy[0]), "number": busy[1]} if busy else None,
    )


def with_employer(connection: Connection, facts: Facts, code: str) -> Facts:
    """The facts once an employer is chosen, by its USCC or organisation code."""
    found = Enterprises(connection).by_code(code)
    if found is None:
        return replace(facts, new_employer=code, employer_found=False)
    missing = listed(label_of(EMPLOYER_FIELDS, name) for name in found.missing_fields) if found.missing_fields else None
    return replace(
        facts,
        new_employer=found.uscc,
        employer_has_district=bool(found.supervising_district),
        employer_missing=_words(missing) if missing else None,
    )


def _words(text: Text) -> Words:
    return {"zh": text.zh, "en": text.en}
