"""Continuation and deregistration by clicking, in Chinese and in English (REQUIREMENTS.md 2.12, 2.15)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.pages import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def visitor(new_context: Any) -> Visitor:
    return Visitor.of(new_context())


def test_a_continuation_in_chinese(visitor: Visitor) -> None:
    """R-1.4-1: P07's building is on its last day; the other specialty is shown with its reason."""
    page = visitor.becomes("p07").page
    page.get_by_role("link", name="办理：延续注册").click()
    expect(visitor.refusal("CONTINUATION_TOO_EARLY")).to_contain_text("2026-12-01起开放")
    expect(page.locator("[name=specialties][value=municipal]")).to_be_disabled()
    page.get_by_label("建筑工程").check()
    number = visitor.fills_contract().saves()
    visitor.uploads("AT-01").submits()
    expect(visitor.status).to_have_text("待确认")
    visitor.becomes("e01_admin").decides(number, "agree")
    visitor.becomes("p07").opens(number)
    expect(visitor.status).to_have_text("已申报")


def test_a_deregistration_in_english(visitor: Visitor) -> None:
    """R-1.4-2: P09 has less than 30 days left and may only deregister."""
    page = visitor.becomes("p09").speaks_english().page
    page.goto("/lines/class2_continuation")
    expect(page.locator("main")).to_contain_text("Less than 30 days to expiry: only deregistration")
    page.goto("/lines/class2_deregistration/apply")
    page.get_by_label("Building").check()
    page.get_by_label("The holder").check()
    page.locator("#reason").select_option("contract_ended")
    visitor.saves()
    visitor.uploads("AT-01").submits()
    expect(visitor.status).to_have_text("Waiting for employer")
