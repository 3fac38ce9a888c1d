"""Change of personal information, from the form to the register (REQUIREMENTS.md 2.13)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from kernel.errors import InvalidInput, Refused, StateConflict
from registry.people import People, Person
from registry.registrations import Registrations
from store.tables import account, message, person_version
from tests.scenarios.case import CITY, DISTRICT, EMPLOYER, Case

LINE = "class2_personal_info_change"
OTHER_NUMBER = "110000197909100044"  # of nobody: a woman, born on 1979-09-10


def present(case: Case, username: str = "p04") -> dict[str, str]:
    """What the page posts of a form that nobody has changed."""
    found = person(case, username).snapshot()
    names = ("name", "gender", "birth_date", "id_type", "id_number", "education", "degree", "school", "major")
    return {f"new_{name}": str(found[name]) for name in (*names, "mobile", "postal_address")}


def person(case: Case, username: str = "p04") -> Person:
    with case.services.database.read() as connection:
        return People(connection).get(case.actor(username).person_id or "")


def codes(refusal: Any) -> list[str]:
    return [reason.code for reason in refusal.value.reasons]


def saved(case: Case, **changed: str) -> Case:
    return case.saved(by="p04", **present(case) | changed)


def test_a_new_name_and_number_come_to_the_register(case: Case) -> None:
    """2.13: the person, the certificate and the history; G-16; the new number signs in (R-000-20)."""
    before = person(case)
    saved(case, new_name="吴思琪", new_id_number=OTHER_NUMBER, new_birth_date="1979-09-10", new_gender="female")
    assert case.required_attachments() == ["AT-01", "AT-02", "AT-06"]
    case.attached("AT-01", "AT-02", "AT-06").submitted().has_status("pending_confirmation").waits_at(EMPLOYER)
    case.confirmed(by="e01_admin").has_status("declared").after(days=1)
    case.cleared().completed(DISTRICT, by="district_haidian", decision="pass").has_status("city_review")
    expiry = case.registration().specialties
    case.completed(CITY, by="city_a", decision="pass").has_status("closed").has_ended_at("closed")

    after = person(case)
    assert (after.name, after.id_number, after.school) == ("吴思琪", OTHER_NUMBER, before.school)
    assert case.registration().version == 2
    assert case.registration().specialties == expiry, "R-D-23"
    with case.services.database.read() as connection:
        kept = connection.execute(select(person_version)).one()
        names = connection.execute(select(account.c.name).where(account.c.person_id == after.id)).scalars().all()
        versions = Registrations(connection).certificate_versions(case.registration().id)
    assert (kept.before["id_number"], kept.after["id_number"]) == (before.id_number, OTHER_NUMBER)
    assert kept.application_id == case.row().id
    assert names == ["吴思琪"]
    assert [each.state for each in versions] == ["valid", "superseded"]
    assert case.services.sign_in.by_password(OTHER_NUMBER, case.services.settings.demo_password, ip="127.0.0.1")


def test_other_data_need_no_proof(case: Case) -> None:
    """2.13: AT-02 and AT-06 only if the name or the number changes."""
    saved(case, new_school="北京大学")
    assert case.required_attachments() == ["AT-01"]
    case.attached("AT-01").submitted().has_status("pending_confirmation")


@pytest.mark.parametrize("changed", [{"new_name": "吴思琪"}, {"new_id_type": "passport", "new_id_number": "E12345678"}])
def test_a_new_name_or_number_needs_both_proofs(case: Case, changed: dict[str, str]) -> None:
    """2.13"""
    saved(case, **changed).attached("AT-01")
    with pytest.raises(InvalidInput) as refused:
        case.submitted()
    assert [reason.field for reason in refused.value.reasons] == ["AT-02", "AT-06"]


def test_something_must_change(case: Case) -> None:
    """R-000-17: spaces around are no difference; a draft may be kept."""
    saved(case, new_school=f" {person(case).school} ").attached("AT-01")
    with pytest.raises(Refused) as refused:
        case.submitted()
    assert codes(refused) == ["NO_DIFFERENCE"]
    case.has_status("draft")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"new_id_number": "110000197909099046"}, [("ID_NUMBER_INVALID", "new_id_number")]),
        ({"new_id_type": "passport", "new_id_number": "E1"}, [("ID_NUMBER_INVALID", "new_id_number")]),
        ({"new_gender": "male"}, [("ID_DATA_MISMATCH", "new_gender")]),
        ({"new_birth_date": "1979-09-10"}, [("ID_DATA_MISMATCH", "new_birth_date")]),
        ({"new_mobile": "123"}, [("MOBILE_INVALID", "new_mobile")]),
    ],
)
def test_the_number_is_one_of_its_kind_and_agrees(
    case: Case, changed: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    """R-V-01, R-V-04, R-V-14"""
    with pytest.raises(InvalidInput) as refused:
        saved(case, **changed)
    assert [(reason.code, reason.field) for reason in refused.value.reasons] == expected


def test_a_passport_says_nothing_of_gender_and_birth(case: Case) -> None:
    """R-V-14 is about resident ID numbers only."""
    saved(case, new_id_type="passport", new_id_number="e12345678", new_gender="male").has_status("draft")
    assert case.row().document["new_id_number"] == "E12345678"


def test_the_number_of_somebody_else_is_refused(case: Case) -> None:
    """R-D-06"""
    other = person(case, "p05")
    with pytest.raises(Refused) as refused:
        saved(
            case,
            new_id_number=other.id_number,
            new_gender=other.gender,
            new_birth_date=other.birth_date.isoformat(),
        )
    assert [(reason.code, reason.field) for reason in refused.value.reasons] == [("ID_NUMBER_IN_USE", "new_id_number")]


@pytest.mark.parametrize("username", ["p11", "p15", "p01"])
def test_a_valid_specialty_is_needed(case: Case, username: str) -> None:
    """R-000-16: expired, deregistered, never registered."""
    with pytest.raises(Refused) as refused:
        case.saved(by=username, **present(case, username) | {"new_school": "北京大学"})
    assert codes(refused) == ["NO_VALID_REGISTRATION"]


def test_one_business_at_a_time(case: Case) -> None:
    """R-1.9-1"""
    saved(case, new_school="北京大学")
    with pytest.raises(Refused) as refused:
        saved(case, new_school="清华大学")
    assert codes(refused) == ["BUSINESS_IN_PROGRESS"]


def test_the_employer_disagrees_and_the_applicant_withdraws_and_deletes(case: Case) -> None:
    """R-1.5-4, R-000-06, R-000-08"""
    saved(case, new_school="北京大学").attached("AT-01").submitted()
    case.completed(EMPLOYER, by="e01_admin", decision="return", opinion="请补充").has_status("returned")
    case.withdrawn().has_status("draft").submitted().has_status("pending_confirmation")
    with pytest.raises(StateConflict):
        case.deleted()
    case.withdrawn().deleted().has_status("deleted").has_ended_at("deleted")
    assert person(case).school != "北京大学"


def test_the_commissions_return_or_refuse(case: Case) -> None:
    """2.0.5: nothing changes without approval."""
    saved(case, new_school="北京大学").attached("AT-01").submitted().confirmed(by="e01_admin").after(days=1)
    case.completed(DISTRICT, by="district_haidian", decision="return", opinion="请补充证明").has_status("returned")
    case.submitted().confirmed(by="e01_admin").after(days=1)
    case.cleared().completed(DISTRICT, by="district_haidian", decision="pass")
    case.completed(CITY, by="city_a", decision="not_pass", opinion="材料不实").has_status("rejected")
    assert person(case).school != "北京大学"
    assert case.registration().version == 1


def test_the_applicant_is_told(case: Case) -> None:
    """F-MSG: of every status."""
    saved(case, new_school="北京大学").attached("AT-01").submitted().confirmed(by="e01_admin").after(days=1)
    with case.services.database.read() as connection:
        mine = f"person:{case.row().person_id}"
        titles = connection.execute(select(message.c.title).where(message.c.recipient == mine)).scalars().all()
    assert {each["en"] for each in titles} == {
        "To confirm: Change of personal information, 吴思齐",
        "Now with the district commission",
    }
