"""Deregistration by clicking, in Chinese and in English (REQUIREMENTS.md 2.15)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LiveService
from tests.browser.pages import Visitor
from tests.browser.registry import without_flags

pytestmark = pytest.mark.browser

LINE = "class2_deregistration"


@pytest.fixture
def visitor(new_context: Any) -> Visitor:
    return Visitor.of(new_context())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_deregistered_is_not_deregistered_again(visitor: Visitor, language: str) -> None:
    """R-1.7-1: P15 has nothing left; the page of the line says so and offers no button."""
    page = visitor.becomes("p15").speaks(language).page
    page.goto(f"/lines/{LINE}")
    expect(visitor.refusal("NOTHING_TO_DEREGISTER")).to_be_visible()
    expect(page.locator(f"a[href='/lines/{LINE}/apply']")).to_have_count(0)
    visitor.speaks("zh")  # the account remembers its language


@pytest.mark.parametrize(
    ("language", "username", "specialty"),
    [("zh", "p14", "市政公用工程"), ("en", "p09", "Building")],
    ids=["zh", "en"],
)
def test_a_specialty_is_deregistered(
    visitor: Visitor, service: LiveService, language: str, username: str, specialty: str
) -> None:
    """2.15, R-1.4-2: returned once by the employer; P09 has less than 30 days left and may do nothing else."""
    page = visitor.becomes(username).speaks(language).page
    page.goto(f"/lines/{LINE}")
    page.locator(f"a[href='/lines/{LINE}/apply']").first.click()
    page.get_by_label(specialty).check()
    page.locator("[name=applicant][value=individual]").check()
    number = visitor.saves()
    visitor.uploads("AT-01").bar("submit").click()
    expect(visitor.errors).to_contain_text({"zh": "请选择或填写原因", "en": "reason"}[language])
    page.locator("#reason").select_option("contract_ended")
    visitor.submits()
    expect(visitor.status).to_have_text({"zh": "待确认", "en": "Waiting for employer"}[language])

    visitor.becomes("e01_admin").decides(number, "return", "请补充解除合同的证明。")
    page = visitor.becomes(username).page
    page.goto(f"/applications/{number}/form")
    expect(page.locator("main")).to_contain_text("请补充解除合同的证明。")
    visitor.submits().becomes("e01_admin").decides(number, "agree").moves_clock(days=1)
    without_flags(service)
    visitor.becomes("district_haidian").decides(number, "pass", "材料齐全。")
    visitor.becomes("city_a").decides(number, "pass")
    visitor.becomes(username).waits_for_status(number, {"zh": "办结", "en": "Closed"}[language])
