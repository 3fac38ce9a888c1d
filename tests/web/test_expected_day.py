"""The day at the top of an application: certain, about, or at the earliest, and said as what it is (UI.md 8)."""

from __future__ import annotations

import pytest
from flask import Flask
from lxml import html

from kernel.clock import FixedClock
from tests.scenarios.case import CITY, Case
from tests.web.visitor import TRANSFER, Visitor
from wiring import Services


@pytest.fixture
def case(services: Services, clock: FixedClock) -> Case:
    return Case(services, clock, TRANSFER)


def facts(app: Flask, case: Case, username: str, language: str = "zh") -> str:
    page = html.fromstring(Visitor(app, language).switch(username).get(f"/applications/{case.number}").text)
    found = page.cssselect(".pf-where dl")
    return " ".join(found[0].text_content().split()) if found else ""


def test_before_there_is_experience_it_tells_the_earliest_day(app: Flask, case: Case, clock: FixedClock) -> None:
    case.applied(by="p04", to="E02")
    assert "最早办结2026年6月25日按公示 10 天" in facts(app, case, "p04")
    assert "Earliest25 Jun 2026With 10 days of publicity" in facts(app, case, "p04", "en")

    clock.advance(days=2)

    assert "最早办结2026年6月27日" in facts(app, case, "p04")


def test_in_a_publicity_after_a_pass_the_day_is_certain(app: Flask, case: Case) -> None:
    case.applied(by="p04", to="E02").passed_to_city().completed(CITY, by="city_a", decision="pass")
    assert "办结日期2026年6月25日公示期满次日公告" in facts(app, case, "p04")

    case.after(days=10)

    assert case.row().ended_at.date().isoformat() == "2026-06-25"
    assert facts(app, case, "p04") == ""


def test_of_a_refusal_no_day_of_closing_is_told(app: Flask, case: Case) -> None:
    case.applied(by="p04", to="E02").passed_to_city()
    case.completed(CITY, by="city_a", decision="not_pass", opinion="合同期限与申请表不一致。")
    assert "办结" not in facts(app, case, "p04")

    case.appealed()

    assert "最早有结果2026年6月25日" in facts(app, case, "p04")


def test_nobody_is_promised_a_day_while_the_form_is_unsent(app: Flask, case: Case) -> None:
    case.saved(by="p04", to="E02")

    assert "办结" not in facts(app, case, "p04")


def test_with_five_of_the_last_quarter_it_tells_what_half_of_them_took(
    app: Flask, services: Services, case: Case, clock: FixedClock
) -> None:
    for applicant in ("p05", "p06", "p31", "p07", "p50"):
        done = Case(services, clock, TRANSFER).applied(by=applicant, to="E02").passed_to_city()
        done.after(days=2).completed(CITY, by="city_a", decision="pass").after(days=10)
    case.applied(by="p04", to="E02")

    assert "预计办结2026年8月26日前后按近 90 天一半申请的用时估算" in facts(app, case, "p04")

    clock.advance(days=120)

    assert "最早办结" in facts(app, case, "p04")
