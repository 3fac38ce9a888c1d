"""The pages of somebody who is not registered yet, and the ways out of a refusal (REQUIREMENTS.md 2.9 to 2.11)."""

from __future__ import annotations

import pytest
from flask import Flask

from kernel.clock import FixedClock
from kernel.errors import Refused
from tests.scenarios.case import CITY, DISTRICT, EMPLOYER, Case
from tests.web.visitor import Visitor, text_of
from wiring import Services

LINE = "class2_initial_registration"


@pytest.fixture
def case(services: Services, clock: FixedClock) -> Case:
    return Case(services, clock, LINE).applied(by="p01", to="E01", specialties="building")


@pytest.mark.parametrize(("language", "told"), [("zh", "，2025 年合格"), ("en", ", passed in 2025")])
def test_officers_see_what_is_applied_for_and_what_was_passed(app: Flask, case: Case, language: str, told: str) -> None:
    """F-DETAIL: there is no registration yet to compare with."""
    visitor = Visitor(app, language).switch("e01_admin")
    words = text_of(visitor.get(f"/inbox/tasks/{case.task_id(EMPLOYER)}", follow_redirects=True))
    assert told in words
    assert "京二建2025100001" in words
    assert "北京恒筑建设工程有限公司" in words


def test_a_returned_one_names_the_one_employer_that_confirms_again(app: Flask, case: Case) -> None:
    """R-P-10, 2.0.5: it has no old employer."""
    case.completed(EMPLOYER, by="e01_admin", decision="return", opinion="未签订劳动合同")
    words = text_of(Visitor(app).switch("p01").get(f"/applications/{case.number}/form"))
    assert "未签订劳动合同" in words
    assert "单位要再确认一次" in words
    assert "两个单位" not in words


def test_the_publicity_names_the_specialties_applied_for(app: Flask, case: Case) -> None:
    """F-PUBLICITY"""
    case.confirmed(by="e01_admin").cleared().completed(DISTRICT, by="district_haidian", decision="pass")
    case.completed(CITY, by="city_a", decision="pass")
    rows = [" ".join(row.itertext()) for row in Visitor(app).page("/publicity").cssselect("tbody tr")]
    [row] = [row for row in rows if case.number in row]
    assert "建筑工程" in row
    assert "北京恒筑建设工程有限公司" in row


@pytest.mark.parametrize(
    ("who", "line", "way_out"),
    [
        ("p01", "class2_re_registration", "class2_initial_registration"),  # NEVER_REGISTERED
        ("p04", "class2_initial_registration", "class2_specialty_addition"),  # REGISTRATION_EXISTS
        ("p15", "class2_initial_registration", "class2_re_registration"),  # REGISTRATION_EXISTS
        ("p11", "class2_re_registration", "class2_deregistration"),  # DEREGISTER_FIRST
        ("p14", "class2_specialty_addition", "class2_deregistration"),  # SPECIALTY_EXPIRED_DEREGISTER_FIRST
    ],
)
def test_a_refusal_links_to_the_line_that_helps(app: Flask, who: str, line: str, way_out: str) -> None:
    """R-1.3-1 to R-1.3-4, R-1.6-2: where it can be started now."""
    visitor = Visitor(app).switch(who)
    for path in (f"/lines/{line}", f"/lines/{line}/apply"):
        links = [link.get("href") for link in visitor.page(path).cssselect(".pf-note-due a")]
        assert links == [f"/lines/{way_out}/apply"]
    assert f"/lines/{way_out}/apply" in visitor.get("/home").text


def test_a_way_out_that_is_closed_too_is_not_offered(app: Flask) -> None:
    """P04 with every pass registered would find no addition; P05 has none to add."""
    assert not Visitor(app).switch("p05").page("/lines/class2_initial_registration").cssselect(".pf-note-due a")


@pytest.mark.parametrize(
    ("line", "who", "choices", "told"),
    [
        ("class2_specialty_addition", "p04", {"specialties": "mechanical_electrical"}, "上报成功"),
        (LINE, "p01", {"specialties": "building", "to": "E01"}, "申报成功"),
    ],
)
def test_the_submit_is_told_in_the_words_of_the_line(
    app: Flask, services: Services, clock: FixedClock, line: str, who: str, choices: dict[str, str], told: str
) -> None:
    """R-000-29, 2.11"""
    case = Case(services, clock, line)
    case.saved(by=who, **choices)
    case.attached(*case.required_attachments())
    visitor = Visitor(app).switch(who)
    fields = {key: value for key, value in (case.detail(who).document | case.contract()).items() if value}
    posted = visitor.post(
        f"/applications/{case.number}/form",
        {**fields, "action": "submit", "revision": "1", "command_id": "s"},
        follow_redirects=True,
    )
    assert told in text_of(posted)


@pytest.mark.parametrize(
    ("language", "told"),
    [("zh", "一级和一建临时建造师请到一级建造师官网办理"), ("en", "handled in the class-1 portal")],
)
def test_lines_of_the_class1_portal_are_refused(app: Flask, language: str, told: str) -> None:
    """R-1.1-1: CLASS1_PORTAL_ONLY"""
    answer = Visitor(app, language).switch("p21").get("/lines/class1_initial_registration/apply")

    assert answer.status_code == Refused.http_status
    assert told in answer.text
