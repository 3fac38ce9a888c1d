"""What the employer transfer alone needs (REQUIREMENTS.md 2.14): who may apply for one, and what it changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from applications import lines
from applications.records import ApplicationRow
from kernel.clock import Clock, day_of
from kernel.errors import Reason
from kernel.settings import Settings
from kernel.texts import Text
from registry.enterprises import Enterprises
from registry.labels import EMPLOYER_FIELDS, label_of, listed
from registry.people import People
from registry.registrations import Registrations
from rules.tables import Decisions


@dataclass(frozen=True, slots=True)
class TransferFacts:
    """What the rules of a transfer look at, as it stands at the moment of asking (R-D-03).

    Without a new employer chosen yet, the fields from `new_employer` on keep their defaults: then the rules
    about it are silent, and the rest answers "may I apply, and why not". `new_employer_found` is False when a
    code was typed that no enterprise has. `open_business` is the title of the line and the number of the
    class-2 business in progress, other than the application that is asked about.
    """

    today: date
    verified: bool
    valid_count: int
    transfer_allowed_from: date | None
    old_employer: str | None
    open_business: tuple[Text, str] | None = None
    new_employer: str | None = None
    new_employer_found: bool = True
    new_has_district: bool = True
    missing_fields: tuple[str, ...] = ()


def transfer_refusals(facts: TransferFacts, decisions: Decisions) -> list[Reason]:
    """All rules that forbid the transfer, in the order of the catalogue (R-D-01); none means it may go on.

    The rules about the person's registration stand in `rules/transfer_eligibility.dmn`; those that look things up
    in the registry stand here.
    """
    eligibility = _eligibility(facts, decisions)
    reasons = [*eligibility, *_refusals(facts)]
    return sorted(reasons, key=lambda reason: _ORDER.index(reason.code) if reason.code in _ORDER else len(_ORDER))


_ORDER = (
    "TRANSFER_WITHIN_ONE_YEAR",
    "SAME_EMPLOYER",
    "BUSINESS_IN_PROGRESS",
    "NO_SUPERVISING_DISTRICT",
    "EMPLOYER_INFO_INCOMPLETE",
    "EMPLOYER_NOT_FOUND",
    "NO_VALID_REGISTRATION",
    "NOT_VERIFIED",
)


def _eligibility(facts: TransferFacts, decisions: Decisions) -> Iterator[Reason]:
    """What the table says; a code that an analyst adds to it refuses, too, also before it is known here."""
    allowed_from = facts.transfer_allowed_from
    codes = decisions.codes(
        "transfer_eligibility",
        {
            "today": facts.today,
            "valid_count": facts.valid_count,
            "transfer_allowed_from": allowed_from,
            "same_employer": facts.new_employer is not None and facts.new_employer == facts.old_employer,
        },
    )
    for code in codes:
        match code:
            case "TRANSFER_WITHIN_ONE_YEAR" if allowed_from is not None:
                yield Reason(code, {"date": allowed_from.isoformat()}, rule="R-1.5-2")
            case "SAME_EMPLOYER":
                yield Reason(code, rule="R-1.5-3", field="new_employer")
            case "NO_VALID_REGISTRATION":
                yield Reason(code, rule="R-000-16")
            case _:
                yield Reason(code)


def _refusals(facts: TransferFacts) -> Iterator[Reason]:
    if facts.open_business is not None:
        line, number = facts.open_business
        yield Reason("BUSINESS_IN_PROGRESS", {"line": line, "business_no": number}, rule="R-1.9-1")
    if not facts.new_has_district:
        yield Reason("NO_SUPERVISING_DISTRICT", rule="R-2.1-1", field="new_employer")
    if facts.missing_fields:
        fields = listed(label_of(EMPLOYER_FIELDS, name) for name in facts.missing_fields)
        yield Reason("EMPLOYER_INFO_INCOMPLETE", {"fields": fields}, rule="R-2.7-1", field="new_employer")
    if not facts.new_employer_found:
        yield Reason("EMPLOYER_NOT_FOUND", rule="R-000-02", field="new_employer")
    if not facts.verified:
        yield Reason("NOT_VERIFIED", rule="R-000-23")


class EmployerTransfer:
    """The rules and the registry effect of the line."""

    def __init__(self, clock: Clock, settings: Settings, decisions: Decisions) -> None:
        self._clock = clock
        self._settings = settings
        self._decisions = decisions

    def refusals(
        self, connection: Connection, person_id: str, *, new_employer: str | None, besides: str | None
    ) -> list[Reason]:
        """Every rule that forbids this person the transfer now; `new_employer` is a USCC or organisation code."""
        facts = self._facts(connection, person_id, besides)
        if new_employer:
            facts = self._with_employer(connection, facts, new_employer)
        return transfer_refusals(facts, self._decisions)

    def variables(self, connection: Connection, row: ApplicationRow) -> dict[str, Any]:
        """What the diagram decides by; the rest stays in the application's row."""
        old = Enterprises(connection).find(row.old_employer) if row.old_employer else None
        return {
            "old_employer": row.old_employer,
            "new_employer": row.new_employer,
            "old_employer_cancelled": old is None or old.cancelled,
            "remind_cycle": f"R/P{self._settings.employer_remind_days}D",
            "publicity_days": self._settings.publicity_days,
        }

    def apply_registry(self, connection: Connection, row: ApplicationRow, announced_on: date) -> None:
        """The employer of the registration becomes the new one; expiry dates stay (R-D-23)."""
        registrations = Registrations(connection)
        registration = registrations.of_person(row.person_id)
        assert registration is not None  # check_start and check_submit have seen it
        registrations.change_employer(registration.id, row.new_employer, announced_on)

    def _facts(self, connection: Connection, person_id: str, besides: str | None) -> TransferFacts:
        today = day_of(self._clock.now())
        registration = Registrations(connection).of_person(person_id)
        return TransferFacts(
            today=today,
            verified=People(connection).get(person_id).verified,
            valid_count=len(registration.valid_specialties(today)) if registration else 0,
            transfer_allowed_from=registration.transfer_allowed_from if registration else None,
            old_employer=registration.employer if registration else None,
            open_business=lines.open_business(connection, person_id, besides=besides),
        )

    def _with_employer(self, connection: Connection, facts: TransferFacts, code: str) -> TransferFacts:
        found = Enterprises(connection).by_code(code)
        if found is None:
            return replace(facts, new_employer=code, new_employer_found=False)
        return replace(
            facts,
            new_employer=found.uscc,
            new_has_district=bool(found.supervising_district),
            missing_fields=found.missing_fields,
        )
