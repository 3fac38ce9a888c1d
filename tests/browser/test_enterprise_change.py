"""The change of enterprise information by clicking, in Chinese and in English (REQUIREMENTS.md 2.17, T-09)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LiveService
from tests.browser.pages import Visitor
from tests.browser.registry import employer_of

pytestmark = pytest.mark.browser

OLD, NEW = "北京合川机电有限公司", "北京和川机电安装有限公司"


@pytest.fixture
def visitor(new_context: Any) -> Visitor:
    return Visitor.of(new_context())


def begins(visitor: Visitor, button: str) -> Visitor:
    visitor.page.goto("/home")
    visitor.page.get_by_role("link", name=button).click()
    return visitor


def test_an_enterprise_applies_and_takes_it_back_in_english(visitor: Visitor) -> None:
    """2.17, R-1.8-1: before and after, the list of certificates; withdrawn and deleted again."""
    page = visitor.becomes("e05_admin").speaks_english().page
    begins(visitor, "Start: Change of enterprise information")
    expect(page.get_by_role("columnheader", name="After")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("District")).first).to_contain_text("Fengtai District")
    expect(page.get_by_text("Class-2 constructor registration certificate")).to_have_count(2)
    expect(page.locator("#contact_person")).not_to_have_value("")
    number = visitor.saves()
    visitor.uploads("AT-01")
    visitor.bar("submit").click()
    expect(visitor.errors).to_contain_text("AT-11")
    visitor.uploads("AT-11").submits()
    expect(visitor.status).to_have_text("Declared")
    expect(page.locator("#where")).to_have_text("Waiting for the Daxing District commission")

    visitor.withdraws(number).opens(number)
    expect(visitor.status).to_have_text("Draft")
    visitor.deletes(number)
    page.goto("/applications")
    expect(page.get_by_text(number)).to_have_count(0)
    visitor.speaks("zh")  # the account remembers its language


@pytest.mark.parametrize(
    ("username", "code"),
    [
        ("e06_admin", "ENTERPRISE_BUSINESS_OPEN"),
        ("e07_admin", "CLASS1_CHANGE_FIRST"),
        ("e08_admin", "QUALIFICATION_NOT_CHANGED"),
        ("e12_admin", "NO_CERTIFICATES"),
    ],
)
def test_the_home_page_tells_why_not(visitor: Visitor, username: str, code: str) -> None:
    """T-09: the four refusals."""
    visitor.becomes(username).page.goto("/home")
    expect(visitor.refusal(code)).to_be_visible()
    expect(visitor.page.get_by_role("link", name="办理：企业信息变更")).to_have_count(0)


def test_what_stands_in_the_way_is_deleted_first_in_english(visitor: Visitor, service: LiveService) -> None:
    """T-09, R-1.8-3: E06 is refused for the open transfer of its P76; once that is deleted it goes to its end."""
    page = visitor.becomes("e06_admin").speaks("en").page
    page.goto("/home")
    expect(visitor.refusal("ENTERPRISE_BUSINESS_OPEN")).to_be_visible()
    visitor.becomes("p76").speaks("en").page.goto("/applications")
    page.locator("tbody th a").first.click()
    transfer = visitor.number
    visitor.withdraws(transfer).deletes(transfer)

    begins(visitor.becomes("e06_admin"), "Start: Change of enterprise information")
    number = visitor.saves()
    visitor.uploads("AT-01", "AT-11").submits()
    expect(visitor.status).to_have_text("Declared")
    visitor.becomes("district_daxing").decides(number, "pass")
    visitor.becomes("city_a").decides(number, "pass")
    visitor.becomes("e06_admin").waits_for_status(number, "Closed")
    assert employer_of(service, "P76") == "北京砺行市政有限公司"
    visitor.becomes("p76").page.goto("/messages")
    expect(page.locator(".pf-message").first).to_contain_text("certificate")


def test_all_certificates_follow_the_new_name(visitor: Visitor, service: LiveService) -> None:
    """T-09: E05 through both commissions, and the holder is told."""
    page = visitor.becomes("e05_admin").page
    begins(visitor, "办理：企业信息变更")
    number = visitor.saves()
    visitor.uploads("AT-01", "AT-11").submits()
    expect(visitor.status).to_have_text("已申报")
    visitor.moves_clock(days=1)

    visitor.becomes("district_daxing").opens_task(number)
    expect(page.locator(".pf-case").get_by_role("cell", name=OLD)).to_be_visible()
    expect(page.locator(".pf-case").get_by_role("cell", name=NEW)).to_be_visible()
    visitor.chooses("pass").sends_decision()
    visitor.becomes("city_a").decides(number, "pass")

    visitor.becomes("e05_admin").waits_for_status(number, "办结")
    assert employer_of(service, "P71") == NEW
    page.goto("/home")
    expect(visitor.refusal("QUALIFICATION_NOT_CHANGED")).to_be_visible()
    visitor.becomes("p71").page.goto("/messages")
    expect(page.get_by_text("您的注册证书已更新")).to_be_visible()
