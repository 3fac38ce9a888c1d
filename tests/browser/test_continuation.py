"""Continuation by clicking, from the refused to the continued, in Chinese and in English (REQUIREMENTS.md 2.12)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LiveService
from tests.browser.pages import Visitor
from tests.browser.registry import without_flags

pytestmark = pytest.mark.browser

LINE = "class2_continuation"


@pytest.fixture
def visitor(new_context: Any) -> Visitor:
    return Visitor.of(new_context())


# The first tests need the day of the sample data; the clock goes on afterwards.


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("username", "code", "told"),
    [
        ("p06", "CONTINUATION_TOO_EARLY", {"zh": "2026-06-16起开放", "en": "90 days before expiry, on 2026-06-16"}),
        ("p09", "CONTINUATION_TOO_LATE", {"zh": "只能办理注销注册", "en": "only deregistration"}),
    ],
)
def test_outside_of_its_window_it_cannot_be_begun(
    visitor: Visitor, language: str, username: str, code: str, told: dict[str, str]
) -> None:
    """R-1.4-1, R-1.4-2: the page of the line tells why not; there is no button."""
    page = visitor.becomes(username).speaks(language).page
    page.goto(f"/lines/{LINE}")
    expect(visitor.refusal(code)).to_contain_text(told[language])
    expect(page.locator(f"a[href='/lines/{LINE}/apply']")).to_have_count(0)
    visitor.speaks("zh")  # the account remembers its language


@pytest.mark.parametrize(
    ("language", "username", "other"),
    [("zh", "p07", "municipal"), ("en", "p05", None)],
    ids=["zh", "en"],
)
def test_a_specialty_is_continued(
    visitor: Visitor, service: LiveService, language: str, username: str, other: str | None
) -> None:
    """2.12, R-1.4-1: P07's building is on its last day; the other specialty is shown with its reason."""
    page = visitor.becomes(username).speaks(language).page
    page.goto("/home")
    page.locator(f"a[href='/lines/{LINE}/apply']").first.click()
    if other:
        expect(visitor.refusal("CONTINUATION_TOO_EARLY")).to_contain_text("2026-12-01起开放")
        expect(page.locator(f"[name=specialties][value={other}]")).to_be_disabled()
    page.get_by_label({"zh": "建筑工程", "en": "Building"}[language]).check()
    number = visitor.fills_contract().saves()
    visitor.uploads("AT-01").submits()
    expect(visitor.status).to_have_text({"zh": "待确认", "en": "Waiting for employer"}[language])

    visitor.becomes("e01_admin").decides(number, "agree").moves_clock(days=1)
    without_flags(service)
    visitor.becomes("district_haidian").decides(number, "pass", "材料齐全。")
    visitor.becomes("city_a").decides(number, "pass")
    visitor.moves_clock(days=10)
    visitor.becomes(username).waits_for_status(number, {"zh": "办结", "en": "Closed"}[language])
    page.goto(f"/lines/{LINE}")
    expect(visitor.refusal("CONTINUATION_TOO_EARLY")).to_be_visible()
