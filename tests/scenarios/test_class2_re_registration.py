"""Re-registration, from the form to the register (REQUIREMENTS.md 2.10, 1.3)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import delete, select

from kernel.errors import Refused, StateConflict
from registry.registrations import Registrations
from store.tables import person, qualification
from tests.scenarios.case import CITY, DISTRICT, EMPLOYER, Case

LINE = "class2_re_registration"


def applied(case: Case, to: str = "E02", specialties: list[str] | str = "building") -> Case:
    return case.applied(by="p15", to=to, specialties=specialties)


def refused(case: Case, by: str, to: str = "E01") -> list[str]:
    with pytest.raises(Refused) as refusal:
        case.saved(by=by, to=to, specialties="building")
    return [reason.code for reason in refusal.value.reasons]


def test_the_same_number_is_valid_again_at_the_declared_employer(case: Case) -> None:
    """2.10, R-1.3-1, R-D-22: P15 with both specialties deregistered; the one not chosen stays so."""
    applied(case).has_status("pending_confirmation").confirmed(by="e02_admin").has_status("declared").cleared()
    before = case.registration()
    case.completed(DISTRICT, by="district_chaoyang", decision="pass").has_status("city_review")
    case.completed(CITY, by="city_a", decision="pass").has_status("publicity").after(days=10).has_status("closed")
    case.has_ended_at("closed")

    after = case.registration()
    assert (after.registration_no, after.seal_no) == (before.registration_no, before.seal_no)
    assert (after.state, after.employer, after.version) == ("valid", case.uscc("E02"), before.version + 1)
    states = {each.specialty: each.state for each in after.specialties}
    assert states == {"building": "valid", "municipal": "deregistered"}
    [building] = after.valid_specialties(case.today())
    assert (building.issue_date, building.expiry_date) == (date(2026, 6, 25), date(2029, 6, 24))
    assert (building.deregistered_on, building.deregistration_kind) == (None, None)
    with case.services.database.read() as connection:
        newest = Registrations(connection).certificate_versions(after.id)[0]
    assert (newest.version, newest.state, newest.employer_name) == (after.version, "valid", "北京启岩建筑有限公司")


def test_all_specialties_can_be_registered_again(case: Case) -> None:
    """2.10"""
    applied(case, specialties=["building", "municipal"]).confirmed(by="e02_admin").cleared()
    case.completed(DISTRICT, by="district_chaoyang", decision="pass").completed(CITY, by="city_a", decision="pass")
    case.after(days=10).has_status("closed")
    assert len(case.registration().valid_specialties(case.today())) == 2


@pytest.mark.parametrize(
    ("by", "codes"),
    [
        ("p04", ["VALID_SPECIALTY_EXISTS"]),  # all valid: R-1.3-2
        ("p14", ["VALID_SPECIALTY_EXISTS"]),  # valid and expired
        ("p11", ["DEREGISTER_FIRST"]),  # all expired: R-1.3-3
        ("p01", ["NEVER_REGISTERED"]),  # R-1.3-4
        ("p03", ["NEVER_REGISTERED", "NO_QUALIFICATION"]),
        ("p02", ["NEVER_REGISTERED", "QUALIFICATION_NOT_SYNCED"]),
    ],
)
def test_only_who_has_deregistered_all_may_start(case: Case, by: str, codes: list[str]) -> None:
    """3.6, `re-registration`; what cannot be chosen without a qualification is told beside it"""
    assert [code for code in refused(case, by) if code != "SPECIALTY_NOT_PASSED"] == codes


def test_a_qualification_that_is_not_found_any_more_refuses(case: Case) -> None:
    """R-2.2-1, 3.6: all deregistered, qualification not found."""
    with case.services.database.write() as work:
        number = work.connection.execute(select(person.c.id_number).where(person.c.key == "P15")).scalar_one()
        work.connection.execute(delete(qualification).where(qualification.c.id_number == number))
    assert "NO_QUALIFICATION" in refused(case, "p15")


def test_an_expired_registration_is_deregistered_first(case: Case) -> None:
    """T-05, R-1.3-3, R-1.9-1: expired; deregistration open; deregistered, and allowed the same day."""
    assert refused(case, "p11") == ["DEREGISTER_FIRST"]
    ending = Case(case.services, case._clock, "class2_deregistration")
    ending.applied(by="p11", specialties="building", applicant="individual", reason="not_continued")
    assert "BUSINESS_IN_PROGRESS" in refused(case, "p11")
    ending.confirmed(by="e01_admin").cleared()
    assert "BUSINESS_IN_PROGRESS" in refused(case, "p11")
    ending.completed(DISTRICT, by="district_haidian", decision="pass").completed(CITY, by="city_a", decision="pass")
    ending.has_status("closed")

    case.applied(by="p11", to="E01", specialties="building").has_status("pending_confirmation")


def test_a_draft_with_an_empty_contract_can_be_deleted(case: Case) -> None:
    """R-2.3-1"""
    case.saved(by="p15", to="E02", specialties="building").deleted().has_status("deleted").has_ended_at("deleted")


def test_the_employer_disagrees_and_the_applicant_withdraws_and_deletes(case: Case) -> None:
    """2.0.5, R-000-06, R-000-08"""
    applied(case).completed(EMPLOYER, by="e02_admin", decision="return", opinion="未签订劳动合同").has_status(
        "returned"
    )
    case.withdrawn().has_status("draft").submitted().has_status("pending_confirmation")
    with pytest.raises(StateConflict):
        case.deleted()
    case.withdrawn().has_status("draft").deleted().has_ended_at("deleted")


def test_the_commissions_return_or_refuse(case: Case) -> None:
    """2.0.4: returned by the district; not passed by the city, and nothing in the register has changed."""
    applied(case).confirmed(by="e02_admin").cleared()
    case.completed(DISTRICT, by="district_chaoyang", decision="return", opinion="请补合同").has_status("returned")
    case.submitted().confirmed(by="e02_admin").cleared()
    case.completed(DISTRICT, by="district_chaoyang", decision="pass")
    case.completed(CITY, by="city_a", decision="not_pass", opinion="材料不实").has_status("publicity")
    case.after(days=10).has_status("rejected").has_ended_at("rejected")
    assert case.registration().state == "deregistered"
