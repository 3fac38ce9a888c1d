"""The transfers that stand open in the sample data (REQUIREMENTS.md 7.5), as the steps that lead there.

They are driven through the services, never written as rows: what is shown is then what the process does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from registry.calendar import years_after


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answers to a user task; `task` is its path, `by` a user name."""

    task: str
    by: str
    decision: str
    opinion: str = ""


@dataclass(frozen=True, slots=True)
class OpenTransfer:
    """One submitted transfer: whose, between which enterprises (keys), the answers so far, the status they lead to."""

    person: str
    old_employer: str
    new_employer: str
    status: str
    answers: tuple[Answer, ...] = ()

    @property
    def username(self) -> str:
        return self.person.lower()


_OLD = "old_employer_confirm/employer_confirm"

OPEN_TRANSFERS = (
    OpenTransfer(
        "P42",
        "E01",
        "E02",
        "pending_confirmation",
        (Answer(_OLD, "e01_admin", "agree", "同意调出。"),),
    ),
    OpenTransfer("P43", "E09", "E02", "pending_confirmation"),  # the cancelled employer is skipped (G-06)
    OpenTransfer(
        "P51",
        "E02",
        "E01",
        "returned",
        (Answer(_OLD, "e02_admin", "return", "劳动合同尚未解除，请办理离职手续后再申请。"),),
    ),
    OpenTransfer("P76", "E06", "E02", "pending_confirmation"),
)


def contract_from(day: date) -> dict[str, Any]:
    """The labour contract of an open transfer: three years from the day after D (R-V-12)."""
    start = day + timedelta(days=1)
    return {
        "contract_type": "fixed_term",
        "contract_start": start.isoformat(),
        "contract_end": (years_after(start, 3) - timedelta(days=1)).isoformat(),
    }
