"""Publicity, appeal and announcement as the applicant and the public see them (F-PUBLICITY, R-2.5-2 to R-2.5-5)."""

from __future__ import annotations

import pytest
from flask import Flask

from kernel.clock import FixedClock
from tests.scenarios.case import CITY, Case
from tests.web.visitor import TRANSFER, Visitor, text_of
from wiring import Services


@pytest.fixture
def case(services: Services, clock: FixedClock) -> Case:
    return Case(services, clock, TRANSFER)


def _number(case: Case) -> str:
    return str(case.row().number)


def test_a_not_pass_is_public_with_a_masked_number_and_can_be_appealed(app: Flask, case: Case) -> None:
    case.applied(by="p04", to="E02").passed_to_city()
    case.completed(CITY, by="city_a", decision="not_pass", opinion="合同不符合要求")
    number = _number(case)

    public = text_of(Visitor(app).get("/publicity"))
    assert "110000********9047" in public
    assert "110000197909099047" not in public
    assert "不通过" in public

    visitor = Visitor(app).switch("p04")
    appeal = text_of(visitor.get(f"/applications/{number}/appeal"))
    assert "合同不符合要求" in appeal  # what one appeals against stands above the grounds
    empty = visitor.post(f"/applications/{number}/appeal", {"grounds": " ", "command_id": "a"})
    assert empty.status_code == 422
    filed = visitor.post(f"/applications/{number}/appeal", {"grounds": "材料齐全，请复核。", "command_id": "b"})
    assert filed.status_code == 303
    words = text_of(visitor.get(f"/applications/{number}"))
    assert "申诉中" in words
    assert "材料齐全，请复核。" in words
    again = visitor.post(f"/applications/{number}/appeal", {"grounds": "再次", "command_id": "c"})
    assert again.status_code == 409
    assert "APPEAL_ALREADY_FILED" in again.text


def test_an_appeal_before_the_publicity_says_why_not(visitor: Visitor) -> None:
    visitor.switch("p04")
    number = visitor.saved_transfer()

    for response in (
        visitor.get(f"/applications/{number}/appeal"),
        visitor.post(f"/applications/{number}/appeal", {"grounds": "早了", "command_id": "x"}),
    ):
        assert response.status_code == 409
        assert "APPEAL_NOT_IN_PUBLICITY" in response.text


def test_a_closed_application_is_announced_and_shown_as_done(app: Flask, case: Case) -> None:
    case.applied(by="p04", to="E02").passed_to_city()
    case.completed(CITY, by="city_a", decision="pass", opinion="同意").after(days=11)
    visitor = Visitor(app).switch("p04")

    assert "吴思齐" in text_of(Visitor(app).get("/announcements"))
    assert "办结" in text_of(visitor.get(f"/applications/{_number(case)}"))
    home = text_of(visitor.get("/home"))
    assert "办完的申请" in home
    assert "北京启岩建筑有限公司" in home


def test_messages_are_read_one_by_one(visitor: Visitor) -> None:
    visitor.switch("e02_admin")
    page = visitor.page("/messages")
    unread = len(page.cssselect(".is-unread"))
    assert unread > 0
    first = page.cssselect("main .is-unread form")[0]
    number = first.cssselect('[name="number"]')[0].get("value")

    response = visitor.post(first.attrib["action"], {"number": number})

    assert response.location == f"/applications/{number}"
    assert len(visitor.page("/messages").cssselect(".is-unread")) == unread - 1
