"""Correction of qualification data by the registration centre (REQUIREMENTS.md 2.19)."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, select

from demo.people import sample_people
from demo.registrations import qualification_rows
from kernel.errors import InvalidInput, NotAllowed, NotFound, Refused, StateConflict
from registry.qualifications import Qualifications
from store.tables import message, qualification
from tests.scenarios.case import Case

LINE = "qualification_info_correction"
CENTRE = "centre_review"
WRONG, RIGHT = "110000198506299031", "110000198506209031"
DATA: dict[str, str] = {
    "qualification_certificate_no": "京二建2025100003",
    "specialty": "building",
    "pass_year": "2025",
    "wrong_id_number": WRONG,
    "correct_id_number": RIGHT,
    "reason": "identity_differs",
}


def submitted(case: Case) -> Case:
    case.saved(by="p03", **DATA)
    assert case.required_attachments() == ["AT-01", "AT-02", "AT-04"]
    return case.attached("AT-01", "AT-02", "AT-04").submitted()


def found_under(case: Case, id_number: str) -> list[str]:
    with case.services.database.read() as connection:
        return [each.certificate_no for each in Qualifications(connection).of_number(id_number)]


def test_the_certificate_comes_under_the_right_number(case: Case) -> None:
    """R-1.2-4: P03's qualification is found afterwards."""
    assert found_under(case, RIGHT) == []
    submitted(case).has_status("declared").waits_at(CENTRE)
    assert case.row().declared_on == case.today()
    case.completed(CENTRE, by="centre", decision="pass").has_status("closed").has_ended_at("closed")
    assert found_under(case, RIGHT) == ["京二建2025100003"]
    assert found_under(case, WRONG) == []
    case.has_passed("report_to_centre", "centre_review", "apply_registry", "notify_closed")


def test_the_correction_outlives_the_next_copy_of_the_mirror(case: Case) -> None:
    """2.19, F-SYNC: each copy replaces the mirror as a whole, still with the wrong number."""
    submitted(case).completed(CENTRE, by="centre", decision="pass")
    with case.services.database.write() as work:
        numbers = {str(each.key): each.id_number for each in sample_people()}
        rows = [row for row in qualification_rows(case.today(), numbers) if row["id_number"] == WRONG]
        work.connection.execute(delete(qualification))
        work.connection.execute(insert(qualification), rows)
        Qualifications(work.connection).follow_corrections()
    assert found_under(case, RIGHT) == ["京二建2025100003"]


def test_an_unknown_number_is_refused_at_once(case: Case) -> None:
    """2.19: CORRECTION_NOT_FOUND, and nothing comes into being."""
    with pytest.raises(Refused) as refused:
        case.saved(by="p03", **DATA | {"qualification_certificate_no": "京二建2025199999"})
    assert [(reason.code, reason.field) for reason in refused.value.reasons] == [
        ("CORRECTION_NOT_FOUND", "qualification_certificate_no")
    ]


@pytest.mark.parametrize(
    "same",
    [
        {"wrong_id_number": RIGHT},
        {"wrong_id_number": "", "correct_id_number": ""},
        {"wrong_id_number": "", "correct_id_number": "", "wrong_name": "陈广明", "correct_name": "陈广明"},
    ],
)
def test_something_must_be_wrong(case: Case, same: dict[str, str]) -> None:
    """2.19, R-000-17"""
    case.saved(by="p03", **DATA | same).attached("AT-01", "AT-02", "AT-04")
    with pytest.raises(Refused) as refused:
        case.submitted()
    assert [reason.code for reason in refused.value.reasons] == ["NO_DIFFERENCE"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"correct_id_number": ""}, ["correct_id_number"]),
        ({"wrong_name": "陈广鸣"}, ["correct_name"]),
        ({"reason": "other"}, ["reason_text"]),
        ({"specialty": ""}, ["specialty"]),
    ],
)
def test_what_goes_with_it_is_required(case: Case, changed: dict[str, str], expected: list[str]) -> None:
    """2.19, R-D-14"""
    case.saved(by="p03", **DATA).attached("AT-01", "AT-02", "AT-04")
    with pytest.raises(InvalidInput) as refused:
        case.submitted(**changed)
    assert [reason.field for reason in refused.value.reasons] == expected


@pytest.mark.parametrize(("year", "is_right"), [("2003", False), ("2004", True), ("2026", True), ("2027", False)])
def test_the_year_of_the_pass(case: Case, year: str, is_right: bool) -> None:
    """2.19: from 2004 to this year."""
    if is_right:
        case.saved(by="p03", **DATA | {"pass_year": year}).has_status("draft")
        return
    with pytest.raises(InvalidInput) as refused:
        case.saved(by="p03", **DATA | {"pass_year": year})
    assert [reason.field for reason in refused.value.reasons] == ["pass_year"]


def test_only_a_verified_person_starts_it(case: Case) -> None:
    """R-000-23"""
    with pytest.raises(Refused) as refused:
        case.saved(by="p20", **DATA)
    assert [reason.code for reason in refused.value.reasons] == ["NOT_VERIFIED"]
    with pytest.raises(NotAllowed):
        case.saved(by="centre", **DATA)


def test_it_stands_beside_other_business(case: Case) -> None:
    """R-1.9-1 is about class-2 business only."""
    Case(case.services, case._clock, "class2_employer_transfer").saved(by="p04", to="E02")
    case.saved(by="p04", **DATA).has_status("draft")


def test_the_centre_returns_it_with_a_reason(case: Case) -> None:
    """2.19, R-D-10"""
    submitted(case)
    with pytest.raises(InvalidInput):
        case.completed(CENTRE, by="centre", decision="return")
    case.completed(CENTRE, by="centre", decision="return", opinion="证书照片不清晰").has_status("returned")
    reason = case.detail("p03").return_reason
    assert reason is not None
    assert (reason.text, reason.headline.en) == (
        "证书照片不清晰",
        "The registration centre returned it; change it and submit again",
    )
    case.submitted().has_status("declared").completed(CENTRE, by="centre", decision="pass").has_status("closed")


def test_withdrawn_and_deleted_until_it_is_decided(case: Case) -> None:
    """2.19"""
    submitted(case)
    with pytest.raises(StateConflict):
        case.deleted()
    case.withdrawn().has_status("draft").waits_at("fill_application").submitted()
    case.completed(CENTRE, by="centre", decision="return", opinion="请补充").withdrawn().has_status("draft")
    case.deleted().has_status("deleted").has_ended_at("deleted")
    assert found_under(case, RIGHT) == []


def test_after_the_decision_it_stays(case: Case) -> None:
    """2.19"""
    submitted(case).completed(CENTRE, by="centre", decision="pass")
    with pytest.raises(StateConflict):
        case.withdrawn()


def test_nobody_else_decides(case: Case) -> None:
    """R-A-00: the centre's task is in its scope alone."""
    submitted(case)
    for username in ("district_haidian", "city_a", "admin"):
        with pytest.raises((NotFound, NotAllowed)):
            case.completed(CENTRE, by=username, decision="pass")


def test_the_applicant_is_told_where_it_is(case: Case) -> None:
    """F-MSG, F-DETAIL"""
    submitted(case).after(minutes=1)
    with case.services.database.read() as connection:
        mine = f"person:{case.row().person_id}"
        titles = connection.execute(select(message.c.title).where(message.c.recipient == mine)).scalars().all()
    assert [each["en"] for each in titles] == ["Now with the registration centre"]
    assert case.detail("p03").waiting.headline.en == "Waiting for the registration centre"
