"""The instances that stand open in the sample data (REQUIREMENTS.md 7.5), as the steps that lead there.

They are driven through the services, never written as rows: what is shown is then what the process does. Each step
happens on a day counted back from the day D of the sample data; `demo/driving.py` takes those of all cases in the
order of time, and lets the nights between them pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from registry.calendar import years_after


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answers to a user task; `task` is its path, `by` a user name. `days_before` D, or at once."""

    task: str
    by: str
    decision: str
    opinion: str = ""
    days_before: int | None = None


@dataclass(frozen=True, slots=True)
class Appeal:
    """The applicant appeals against the city's opinion, so many days before D."""

    grounds: str
    days_before: int | None = None


Step = Answer | Appeal


@dataclass(frozen=True, slots=True)
class OpenCase:
    """One application of a person (or an enterprise, E05): what its form says, and the steps since.

    `employer` is the key of the enterprise that is chosen in the form; lines about the present one name none. The
    application is saved and submitted `days_before` D; one that is only `saved` has no attachments and no contract.
    A step without a day of its own follows at once. `status` is where all this leads on D.
    """

    person: str
    line: str
    status: str
    fields: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    employer: str | None = None
    steps: tuple[Step, ...] = ()
    days_before: int = 5
    saved: bool = False

    @property
    def username(self) -> str:
        key = self.person.lower()
        return f"{key}_admin" if key.startswith("e") else key


_TRANSFER = "class2_employer_transfer"
_OLD = "old_employer_confirm/employer_confirm"
_EMPLOYER = "employer_confirmation/employer_confirm"
_DISTRICT = "review/review_by_district"
_CITY = "review/review_by_city"

OPEN_TRANSFERS = (
    OpenCase(
        "P42",
        _TRANSFER,
        "pending_confirmation",
        employer="E02",
        steps=(Answer(_OLD, "e01_admin", "agree", "同意调出。"),),
    ),
    OpenCase("P43", _TRANSFER, "pending_confirmation", employer="E02"),  # the cancelled employer is skipped (G-06)
    OpenCase(
        "P51",
        _TRANSFER,
        "returned",
        employer="E01",
        steps=(Answer(_OLD, "e02_admin", "return", "劳动合同尚未解除，请办理离职手续后再申请。"),),
    ),
    OpenCase("P76", _TRANSFER, "pending_confirmation", employer="E02"),
)

# The district decides after the night's comparison of flags, so at least a day after the submit (R-1.10-6).
OPEN_REGISTRATIONS = (
    OpenCase(  # nothing uploaded, no contract: can be deleted all the same (R-2.3-1)
        "P41",
        "class2_initial_registration",
        "draft",
        {"specialties": "building"},
        employer="E01",
        saved=True,
    ),
    OpenCase(
        "P45",
        "class2_re_registration",
        "city_review",
        {"specialties": "building", "professional_title": "高级工程师"},
        employer="E02",
        steps=(
            Answer(_EMPLOYER, "e02_admin", "agree"),
            Answer(_DISTRICT, "district_chaoyang", "pass", "材料齐全。", days_before=3),
        ),
    ),
    OpenCase(  # D is day 3 of the publicity
        "P46",
        "class2_initial_registration",
        "publicity",
        {"specialties": "building", "professional_title": "工程师"},
        employer="E01",
        steps=(
            Answer(_EMPLOYER, "e01_admin", "agree"),
            Answer(_DISTRICT, "district_haidian", "pass", "材料齐全。", days_before=4),
            Answer(_CITY, "city_a", "pass", "符合注册条件。", days_before=2),
        ),
    ),
    OpenCase(  # D is the last day of the publicity: an appeal is possible today
        "P47",
        "class2_specialty_addition",
        "publicity",
        {"specialties": "municipal"},
        days_before=12,
        steps=(
            Answer(_EMPLOYER, "e01_admin", "agree"),
            Answer(_DISTRICT, "district_haidian", "pass", "材料齐全。", days_before=11),
            Answer(_CITY, "city_a", "not_pass", "执业资格证书扫描件不清晰，无法核对。", days_before=9),
        ),
    ),
    OpenCase(  # waits for another reviewer than city_a (R-D-12)
        "P48",
        "class2_initial_registration",
        "appealing",
        {"specialties": "building"},
        employer="E01",
        days_before=8,
        steps=(
            Answer(_EMPLOYER, "e01_admin", "agree"),
            Answer(_DISTRICT, "district_haidian", "pass", "材料齐全。", days_before=6),
            Answer(_CITY, "city_a", "not_pass", "劳动合同期限与申请表不一致。", days_before=4),
            Appeal("劳动合同已续签，期限与申请表一致，请复核附件。", days_before=2),
        ),
    ),
)

OPEN_CONTINUATIONS = (
    OpenCase(  # saved in time and forgotten: now expired, and in the way of the deregistration (R-2.10-1, R-1.9-1)
        "P18",
        "class2_continuation",
        "draft",
        {"specialties": "building"},
        days_before=45,
        saved=True,
    ),
    OpenCase(  # a real lock and a real entry: the night clears the insurance only (R-1.10-1 … R-1.10-6)
        "P19",
        "class2_continuation",
        "declared",
        {"specialties": "building"},
        days_before=0,
        steps=(Answer(_EMPLOYER, "e01_admin", "agree"),),
    ),
    OpenCase(  # closed yesterday: the e-certificate is there
        "P49",
        "class2_continuation",
        "closed",
        {"specialties": "building"},
        days_before=14,
        steps=(
            Answer(_EMPLOYER, "e01_admin", "agree"),
            Answer(_DISTRICT, "district_haidian", "pass", "材料齐全。", days_before=12),
            Answer(_CITY, "city_a", "pass", "符合延续条件。", days_before=11),
        ),
    ),
    OpenCase(  # one of two specialties, closed today: the e-certificate follows (R-1.16-2)
        "P50",
        "class2_deregistration",
        "closed",
        {"specialties": "municipal", "applicant": "individual", "reason": "other", "reason_text": "不再从事市政专业。"},
        steps=(
            Answer(_EMPLOYER, "e01_admin", "agree"),
            Answer(_DISTRICT, "district_haidian", "pass", "材料齐全。", days_before=3),
            Answer(_CITY, "city_a", "pass", "同意注销。", days_before=0),
        ),
    ),
)

OPEN_CASES = (*OPEN_REGISTRATIONS, *OPEN_CONTINUATIONS, *OPEN_TRANSFERS)


def contract_from(day: date) -> dict[str, Any]:
    """The labour contract of an open case: three years from the day after `day` (R-V-12)."""
    start = day + timedelta(days=1)
    return {
        "contract_type": "fixed_term",
        "contract_start": start.isoformat(),
        "contract_end": (years_after(start, 3) - timedelta(days=1)).isoformat(),
    }
