"""Deregistration, from the form to the register (REQUIREMENTS.md 2.15)."""

from __future__ import annotations

import pytest

from kernel.errors import InvalidInput, Refused, StateConflict
from tests.scenarios.case import CITY, DISTRICT, Case

LINE = "class2_deregistration"
DATA = {"applicant": "individual", "reason": "contract_ended"}


def applied(case: Case, by: str = "p14", specialties: list[str] | str = "municipal") -> Case:
    return case.applied(by=by, specialties=specialties, **DATA)


def states(case: Case) -> dict[str, str]:
    return {each.specialty: each.state for each in case.registration().specialties}


def test_one_of_two_specialties_is_deregistered(case: Case) -> None:
    """2.15: the expired one goes, the other one stays on a new certificate."""
    applied(case).has_status("pending_confirmation").waits_at("employer_confirmation/employer_confirm")
    case.confirmed(by="e01_admin").has_status("declared").after(days=1)
    case.cleared().completed(DISTRICT, by="district_haidian", decision="pass").has_status("city_review")
    case.completed(CITY, by="city_a", decision="pass").has_status("closed").has_ended_at("closed")

    assert states(case) == {"building": "valid", "municipal": "deregistered"}
    assert case.registration().state == "valid"
    assert case.registration().version == 2


def test_with_the_last_specialty_the_registration_is_deregistered(case: Case) -> None:
    """2.15, R-1.3-3: what has expired is deregistered, and re-registration becomes possible."""
    applied(case, by="p11", specialties="building").confirmed(by="e01_admin").after(days=1)
    case.cleared().completed(DISTRICT, by="district_haidian", decision="pass").completed(
        CITY, by="city_a", decision="pass"
    )

    assert states(case) == {"building": "deregistered"}
    assert case.registration().state == "deregistered"


def test_a_specialty_is_not_deregistered_twice(case: Case) -> None:
    """R-1.7-1: none left."""
    with pytest.raises(Refused) as refused:
        case.saved(by="p15", specialties="building")
    assert [reason.code for reason in refused.value.reasons][:1] == ["FIELD_INVALID"]
    assert "NOTHING_TO_DEREGISTER" in [reason.code for reason in refused.value.reasons]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"reason": ""}, "REASON_REQUIRED"),
        ({"reason": "other"}, "REASON_REQUIRED"),
        ({"applicant": ""}, "FIELD_REQUIRED"),
    ],
)
def test_the_reason_is_required(case: Case, fields: dict[str, str], code: str) -> None:
    """2.15"""
    case.saved(by="p14", specialties="municipal", **DATA).attached("AT-01")
    with pytest.raises(InvalidInput) as refused:
        case.submitted(**fields)
    assert [reason.code for reason in refused.value.reasons] == [code]
    case.has_status("draft")


def test_a_specialty_is_required_already_to_save(case: Case) -> None:
    """R-D-14"""
    with pytest.raises(InvalidInput) as refused:
        case.saved(by="p14", **DATA)
    assert [(reason.code, reason.field) for reason in refused.value.reasons] == [("SPECIALTY_REQUIRED", "specialties")]


def test_the_employer_disagrees_and_the_applicant_withdraws_and_deletes(case: Case) -> None:
    """R-1.5-4, R-000-06, R-000-08"""
    applied(case).completed(
        "employer_confirmation/employer_confirm", by="e01_admin", decision="return", opinion="合同未到期"
    )
    case.has_status("returned").withdrawn().has_status("draft").submitted().has_status("pending_confirmation")
    with pytest.raises(StateConflict):
        case.deleted()
    case.withdrawn().has_status("draft").deleted().has_status("deleted").has_ended_at("deleted")


def test_the_commissions_return_or_refuse(case: Case) -> None:
    """2.0.5: returned by the district; not passed by the city ends it, without publicity."""
    applied(case).confirmed(by="e01_admin").after(days=1)
    case.completed(DISTRICT, by="district_haidian", decision="return", opinion="请补充证明").has_status("returned")
    case.submitted().confirmed(by="e01_admin").after(days=1)
    case.cleared().completed(DISTRICT, by="district_haidian", decision="pass")
    case.completed(CITY, by="city_a", decision="not_pass", opinion="材料不实").has_status("rejected").has_ended_at(
        "rejected"
    )

    assert states(case) == {"building": "valid", "municipal": "valid"}


def test_an_employer_that_is_gone_is_not_asked(case: Case) -> None:
    """G-06: E09 is cancelled in the qualification data; the reviewers are told."""
    applied(case, by="p43", specialties="building").has_status("declared").waits_at(DISTRICT)
    case.has_passed("note_skipped_employer", "declare").has_not_passed("employer_confirm")
    assert "skipped_employer" in [entry.action for entry in case.detail("p43").trail]


def test_too_late_to_continue_is_in_time_to_deregister(case: Case) -> None:
    """R-1.4-2: N = 29."""
    applied(case, by="p09", specialties="building").has_status("pending_confirmation")


def test_a_forgotten_draft_stands_in_the_way_until_it_is_deleted(case: Case) -> None:
    """T-05, R-2.10-1: the refusal names it; once it is deleted the expired specialty is deregistered."""
    draft = Case(case.services, case._clock, "class2_continuation").saved(by="p05", specialties="building")
    case.after(days=91)
    with pytest.raises(Refused) as refused:
        case.saved(by="p05", specialties="building", **DATA)
    assert [reason.code for reason in refused.value.reasons] == ["BUSINESS_IN_PROGRESS"]
    assert draft.number in refused.value.reasons[0].message.zh

    draft.deleted()
    applied(case, by="p05", specialties="building").confirmed(by="e01_admin").after(days=1)
    case.cleared().completed(DISTRICT, by="district_haidian", decision="pass")
    case.completed(CITY, by="city_a", decision="pass").has_status("closed")
    assert states(case) == {"building": "deregistered"}
    assert case.registration().state == "deregistered"
