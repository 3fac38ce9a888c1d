"""What the employer transfer alone needs (REQUIREMENTS.md 2.14): who may apply for one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from kernel.errors import Reason
from kernel.texts import Text
from registry.labels import EMPLOYER_FIELDS, label_of, listed


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


def transfer_refusals(facts: TransferFacts) -> list[Reason]:
    """All rules that forbid the transfer, in the order of the catalogue (R-D-01); none means it may go on."""
    return list(_refusals(facts))


def _refusals(facts: TransferFacts) -> Iterator[Reason]:
    allowed_from = facts.transfer_allowed_from
    if allowed_from is not None and facts.today < allowed_from:
        yield Reason("TRANSFER_WITHIN_ONE_YEAR", {"date": allowed_from.isoformat()}, rule="R-1.5-2")
    if facts.new_employer is not None and facts.new_employer == facts.old_employer:
        yield Reason("SAME_EMPLOYER", rule="R-1.5-3", field="new_employer")
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
    if not facts.valid_count:
        yield Reason("NO_VALID_REGISTRATION", rule="R-000-16")
    if not facts.verified:
        yield Reason("NOT_VERIFIED", rule="R-000-23")
