"""Initial registration, from the form to the register (REQUIREMENTS.md 2.9, 1.2)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import insert, select, update

from kernel.errors import InvalidInput, Refused, StateConflict
from registry.registrations import Registrations
from store.tables import message, person, publicity, qualification
from tests.scenarios.case import APPEAL, CITY, DISTRICT, EMPLOYER, Case

LINE = "class2_initial_registration"


def applied(case: Case) -> Case:
    return case.applied(by="p01", to="E01", specialties="building")


def passed_by_district(case: Case) -> Case:
    applied(case).confirmed(by="e01_admin").cleared()
    return case.completed(DISTRICT, by="district_haidian", decision="pass")


def refused(case: Case, by: str, to: str = "E01", specialties: str = "building") -> list[str]:
    with pytest.raises(Refused) as refusal:
        case.saved(by=by, to=to, specialties=specialties)
    return [reason.code for reason in refusal.value.reasons]


def test_an_initial_registration_closes_with_a_number_of_its_own(case: Case) -> None:
    """2.9, R-D-22, R-D-24: three years from the day of the announcement, the employer as declared."""
    applied(case).has_status("pending_confirmation").waits_at(EMPLOYER)
    assert case.required_attachments() == ["AT-01", "AT-02", "AT-03", "AT-04"]
    case.confirmed(by="e01_admin").has_status("declared").night()
    case.completed(DISTRICT, by="district_haidian", decision="pass").has_status("city_review").waits_at(CITY)
    case.completed(CITY, by="city_a", decision="pass").has_status("publicity").waits_at()
    case.after(days=9).has_status("publicity")
    case.after(days=1).has_status("closed").has_ended_at("closed")

    found = case.registration()
    assert (found.registration_no, found.employer, found.state, found.version) == (
        "京211202600001",
        case.uscc("E01"),
        "valid",
        1,
    )
    [building] = found.specialties
    assert (building.specialty, building.issue_date, building.expiry_date, building.state) == (
        "building",
        date(2026, 6, 26),
        date(2029, 6, 25),
        "valid",
    )
    with case.services.database.read() as connection:
        [certificate] = Registrations(connection).certificate_versions(found.id)
    assert (certificate.employer_name, certificate.state) == ("北京恒筑建设工程有限公司", "valid")


def test_the_publicity_names_the_specialties_applied_for(case: Case) -> None:
    """F-PUBLICITY: somebody who holds none yet is publicised with those of the form."""
    passed_by_district(case).completed(CITY, by="city_a", decision="pass")
    assert case.row().specialties == "building"


def test_everybody_concerned_is_told_of_the_closing(case: Case) -> None:
    """2.0.5"""
    passed_by_district(case).completed(CITY, by="city_a", decision="pass").after(days=10).has_status("closed")
    with case.services.database.read() as connection:
        told = connection.execute(select(message.c.recipient, message.c.title)).all()
    closing = {each.recipient for each in told if each.title["zh"].startswith("已办结")}
    assert closing == {f"person:{case.row().person_id}", f"enterprise:{case.uscc('E01')}"}


@pytest.mark.parametrize(
    ("by", "codes"),
    [
        ("p02", ["QUALIFICATION_NOT_SYNCED", "SPECIALTY_NOT_PASSED"]),  # R-1.2-3
        ("p03", ["NO_QUALIFICATION", "SPECIALTY_NOT_PASSED"]),  # R-1.2-2
        ("p04", ["REGISTRATION_EXISTS"]),  # R-1.3-4
        ("p15", ["REGISTRATION_EXISTS"]),
        ("p20", ["NOT_VERIFIED", "NO_QUALIFICATION", "SPECIALTY_NOT_PASSED"]),  # R-000-23
    ],
)
def test_only_who_has_passed_and_never_was_registered_may_start(case: Case, by: str, codes: list[str]) -> None:
    """3.6, `initial`"""
    assert refused(case, by) == codes


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("E03", "NO_SUPERVISING_DISTRICT"),  # R-2.1-1
        ("E04", "EMPLOYER_INFO_INCOMPLETE"),  # R-2.7-1
        ("E09", "EMPLOYER_NOT_FOUND"),  # R-000-02: cancelled
    ],
)
def test_the_employer_must_be_known_and_complete(case: Case, to: str, code: str) -> None:
    """2.9: P01 at E01, refused at E03 and E04"""
    assert refused(case, "p01", to) == [code]


def test_a_pass_of_this_year_waits_for_the_next_synchronisation(case: Case) -> None:
    """R-1.2-3: P02 passed X05; when the qualification has come, it may start."""
    assert refused(case, "p02")[0] == "QUALIFICATION_NOT_SYNCED"
    mirrored(case, "P02")
    case.saved(by="p02", to="E01", specialties="building").has_status("draft")


def test_a_corrected_qualification_is_found(case: Case) -> None:
    """R-1.2-4: P03's qualification stood under a wrong number."""
    assert refused(case, "p03")[0] == "NO_QUALIFICATION"
    with case.services.database.write() as work:
        number = work.connection.execute(select(person.c.id_number).where(person.c.key == "P03")).scalar_one()
        wrong = qualification.c.id_number == "110000198506299031"
        assert work.connection.execute(update(qualification).where(wrong).values(id_number=number)).rowcount == 1
    case.saved(by="p03", to="E01", specialties="building").has_status("draft")


def test_only_passed_specialties_can_be_chosen(case: Case) -> None:
    """R-000-15"""
    assert refused(case, "p01", specialties="mining") == ["SPECIALTY_NOT_PASSED"]
    with pytest.raises(InvalidInput) as refusal:
        case.saved(by="p01", to="E01")
    assert [(reason.code, reason.field) for reason in refusal.value.reasons] == [("SPECIALTY_REQUIRED", "specialties")]


def test_a_draft_needs_no_contract_and_can_be_deleted(case: Case) -> None:
    """R-D-14, R-2.3-1, R-1.9-1: a draft is in the way of another application until it is deleted."""
    case.saved(by="p01", to="E01", specialties="building").has_status("draft")
    assert refused(case, "p01") == ["BUSINESS_IN_PROGRESS"]
    with pytest.raises(InvalidInput) as refusal:
        case.attached("AT-01").submitted(contract_type="", contract_start="", contract_end="")
    fields = [(reason.code, reason.field) for reason in refusal.value.reasons]
    assert fields[:3] == [("FIELD_REQUIRED", f"contract_{name}") for name in ("type", "start", "end")]
    assert fields[3:] == [("ATTACHMENT_MISSING", f"AT-0{number}") for number in (2, 3, 4)]
    case.deleted().has_status("deleted").has_ended_at("deleted")
    case.saved(by="p01", to="E01", specialties="building").has_status("draft")


def test_the_attachments_are_required_to_submit(case: Case) -> None:
    """R-D-14, 2.0.3"""
    case.saved(by="p01", to="E01", specialties="building").attached("AT-01", "AT-03")
    with pytest.raises(InvalidInput) as refusal:
        case.submitted()
    assert [reason.code for reason in refusal.value.reasons] == ["ATTACHMENT_MISSING"] * 2
    assert [reason.field for reason in refusal.value.reasons] == ["AT-02", "AT-04"]


def test_the_district_stays_that_of_the_day_it_was_made(case: Case) -> None:
    """R-2.1-2, R-D-02: routed by the snapshot, whatever the enterprise chooses later."""
    applied(case)
    assert case.row().supervising_district == "海淀区"


def test_the_employer_disagrees_and_the_applicant_chooses_another(case: Case) -> None:
    """2.0.5, R-000-06: returned, submitted to another employer, withdrawn, deleted."""
    applied(case).completed(EMPLOYER, by="e01_admin", decision="return", opinion="未签订劳动合同")
    case.has_status("returned").submitted(to="E02").has_status("pending_confirmation")
    assert case.row().supervising_district == "朝阳区"
    with pytest.raises(StateConflict):
        case.deleted()
    case.withdrawn().has_status("draft").submitted().confirmed(by="e02_admin").has_status("declared")
    case.withdrawn().has_status("draft").deleted().has_ended_at("deleted")


def test_a_returned_one_is_withdrawn(case: Case) -> None:
    """R-000-06, G-43"""
    applied(case).completed(EMPLOYER, by="e01_admin", decision="return", opinion="未签订劳动合同")
    case.withdrawn().has_status("draft")


def test_the_district_returns_it(case: Case) -> None:
    """R-2.5-1"""
    applied(case).confirmed(by="e01_admin").cleared()
    case.completed(DISTRICT, by="district_haidian", decision="return", opinion="合同扫描件不清晰").has_status(
        "returned"
    )
    case.submitted().has_status("pending_confirmation")


def not_passed(case: Case) -> Case:
    return passed_by_district(case).completed(CITY, by="city_a", decision="not_pass", opinion="合同与申请表不一致")


def test_an_upheld_appeal_registers(case: Case) -> None:
    """T-07, R-2.5-2"""
    not_passed(case).appealed().completed(APPEAL, by="city_b", decision="uphold", opinion="已补交合同")
    case.has_status("publicity").after(days=10).has_status("closed").has_ended_at("closed")
    assert case.registration().state == "valid"


def test_a_dismissed_appeal_leaves_the_person_unregistered(case: Case) -> None:
    """T-07, G-33: afterwards another application may start."""
    not_passed(case).appealed().completed(APPEAL, by="city_b", decision="dismiss", opinion="维持原意见")
    case.after(days=10).has_status("rejected").has_ended_at("rejected")
    with case.services.database.read() as connection:
        assert Registrations(connection).of_person(case.row().person_id) is None
    case.saved(by="p01", to="E01", specialties="building").has_status("draft")


def test_an_appeal_the_day_after_is_refused(case: Case) -> None:
    """T-07, R-2.5-3"""
    not_passed(case)
    with case.services.database.read() as connection:
        assert connection.execute(select(publicity.c.last_on)).scalar_one() == date(2026, 6, 24)
    case.after(days=10)
    with pytest.raises(Refused) as refusal:
        case.appealed()
    assert refusal.value.code == "APPEAL_NOT_IN_PUBLICITY"


def mirrored(case: Case, key: str) -> None:
    """What the next synchronisation brings: the qualification of somebody who has passed."""
    with case.services.database.write() as work:
        number = work.connection.execute(select(person.c.id_number).where(person.c.key == key)).scalar_one()
        row = {
            "id": key,
            "id_number": number,
            "specialty": "building",
            "certificate_no": "京二建2026",
            "pass_year": 2026,
        }
        work.connection.execute(insert(qualification).values(row))
