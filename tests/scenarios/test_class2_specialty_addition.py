"""Specialty addition, from the form to the register (REQUIREMENTS.md 2.11, 1.6)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import insert, select

from kernel.errors import InvalidInput, Refused, StateConflict
from store.tables import exam_result, person
from tests.scenarios.case import CITY, DISTRICT, EMPLOYER, Case

LINE = "class2_specialty_addition"


def applied(case: Case, by: str = "p04", specialties: list[str] | str = "mechanical_electrical") -> Case:
    return case.applied(by=by, specialties=specialties)


def closed(case: Case) -> Case:
    case.confirmed(by="e01_admin").cleared()
    case.completed(DISTRICT, by="district_haidian", decision="pass").completed(CITY, by="city_a", decision="pass")
    return case.has_status("publicity").after(days=10).has_status("closed")


def refused(case: Case, by: str, specialties: str) -> list[str]:
    with pytest.raises(Refused) as refusal:
        case.saved(by=by, specialties=specialties)
    return [reason.code for reason in refusal.value.reasons]


def test_a_specialty_is_added_and_the_others_keep_their_dates(case: Case) -> None:
    """2.11, R-1.6-1, R-D-22"""
    before = applied(case).has_status("pending_confirmation").waits_at(EMPLOYER).registration()
    assert case.required_attachments() == ["AT-01", "AT-04"]
    assert case.row().supervising_district == "海淀区"
    closed(case).has_ended_at("closed")

    after = case.registration()
    assert (after.registration_no, after.employer) == (before.registration_no, before.employer)
    assert after.version == before.version + 1
    added = {each.specialty: each for each in after.specialties}
    assert added["building"] == before.specialties[0]
    assert added["mechanical_electrical"].issue_date == date(2026, 6, 25)
    assert added["mechanical_electrical"].expiry_date == date(2029, 6, 24)


@pytest.mark.parametrize(
    ("by", "specialties", "codes"),
    [
        ("p01", "building", ["NO_VALID_REGISTRATION"]),  # never registered
        ("p11", "building", ["NO_VALID_REGISTRATION"]),  # all expired
        ("p15", "building", ["NO_VALID_REGISTRATION"]),  # all deregistered
        ("p05", "mining", ["NO_NEW_SPECIALTY", "SPECIALTY_NOT_PASSED"]),  # all passes registered
        ("p14", "highway", ["SPECIALTY_EXPIRED_DEREGISTER_FIRST"]),  # R-1.6-2: another specialty
        ("p14", "municipal", ["SPECIALTY_EXPIRED_DEREGISTER_FIRST"]),  # R-1.6-2: the expired one
        ("p04", "highway", ["SPECIALTY_NOT_PASSED"]),  # R-000-15
    ],
)
def test_only_a_valid_holder_with_another_pass_may_start(
    case: Case, by: str, specialties: str, codes: list[str]
) -> None:
    """3.6, `addition`"""
    assert refused(case, by, specialties) == codes


def test_a_pass_of_this_year_waits_for_the_next_synchronisation(case: Case) -> None:
    """R-1.6-3: P05 has passed another exam here that the mirror does not know yet."""
    with case.services.database.write() as work:
        number = work.connection.execute(select(person.c.id_number).where(person.c.key == "P05")).scalar_one()
        row = {"id": "x", "plan": "X", "id_number": number, "qualification": "class2", "specialty": "mining"}
        row |= {"outcome": "passed", "published_on": date(2026, 6, 10)}
        work.connection.execute(insert(exam_result).values(row))
    assert refused(case, "p05", "mining") == ["QUALIFICATION_NOT_SYNCED", "SPECIALTY_NOT_PASSED"]


def test_an_expired_specialty_is_deregistered_before_any_addition(case: Case) -> None:
    """T-06, R-1.6-2, G-14: then both the other one and the deregistered one can be added."""
    assert refused(case, "p14", "highway") == ["SPECIALTY_EXPIRED_DEREGISTER_FIRST"]
    ending = Case(case.services, case._clock, "class2_deregistration")
    ending.applied(by="p14", specialties="municipal", applicant="individual", reason="not_continued")
    ending.confirmed(by="e01_admin").cleared()
    ending.completed(DISTRICT, by="district_haidian", decision="pass").completed(CITY, by="city_a", decision="pass")
    ending.has_status("closed")

    closed(applied(case, by="p14", specialties=["highway", "municipal"]))
    valid = {each.specialty for each in case.registration().valid_specialties(case.today())}
    assert valid == {"building", "highway", "municipal"}


def test_a_specialty_is_required_already_to_save(case: Case) -> None:
    """R-D-14"""
    with pytest.raises(InvalidInput) as refusal:
        case.saved(by="p04")
    assert [reason.code for reason in refusal.value.reasons] == ["SPECIALTY_REQUIRED"]


def test_the_labour_contract_is_required_to_submit(case: Case) -> None:
    """2.11, R-D-14, R-V-12"""
    case.saved(by="p04", specialties="mechanical_electrical").attached("AT-01", "AT-04")
    with pytest.raises(InvalidInput) as refusal:
        case.submitted(contract_end="2026-06-14", contract_start="2025-01-01")
    assert [(reason.code, reason.field) for reason in refusal.value.reasons] == [("CONTRACT_INVALID", "contract_end")]
    case.submitted(contract_end="2026-06-15", contract_start="2025-01-01").has_status("pending_confirmation")


def test_the_employer_disagrees_and_the_applicant_withdraws_and_deletes(case: Case) -> None:
    """2.0.5, R-000-06, R-000-07, R-000-27"""
    applied(case).completed(EMPLOYER, by="e01_admin", decision="return", opinion="请先续签合同").has_status("returned")
    case.withdrawn().has_status("draft").submitted().has_status("pending_confirmation")
    with pytest.raises(StateConflict):
        case.deleted()
    case.withdrawn().has_status("draft").deleted().has_ended_at("deleted")


def test_the_commissions_return_or_refuse(case: Case) -> None:
    """2.0.4: returned by the district; not passed by the city."""
    applied(case).confirmed(by="e01_admin").cleared()
    case.completed(DISTRICT, by="district_haidian", decision="return", opinion="请补证书").has_status("returned")
    case.submitted().confirmed(by="e01_admin").cleared()
    case.completed(DISTRICT, by="district_haidian", decision="pass")
    case.completed(CITY, by="city_a", decision="not_pass", opinion="证书不符").has_status("publicity")
    case.after(days=10).has_status("rejected").has_ended_at("rejected")
    assert [each.specialty for each in case.registration().specialties] == ["building"]
