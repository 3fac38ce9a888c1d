"""Initial registration by clicking, from sign-in to closing, in Chinese and in English (REQUIREMENTS.md 2.9)."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from typing import Any

import docx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LiveService
from tests.browser.pages import HENGZHU, SECONDS_FOR_WORKER, Visitor
from tests.browser.registry import employer_of

pytestmark = pytest.mark.browser

LINE = "class2_initial_registration"


@dataclass(frozen=True)
class Applicant:
    """Who applies in which language: the account, the key of the sample data, name, ID number.

    `nights` until the flags are compared: the second one applies on a Friday, and its social insurance comes back two
    working days later (G-30).
    """

    language: str
    username: str
    key: str
    name: str
    id_number: str
    title: str
    closed: str
    export: str
    nights: int


LIN = Applicant("zh", "p01", "P01", "林致远", "110000198001019013", "初始注册", "办结", "导出打印", 1)
BAI = Applicant("en", "p41", "P41", "白俊杰", "110000198603119417", "Initial registration", "Closed", "Export", 5)


@pytest.mark.parametrize("applicant", [LIN, BAI], ids=["zh", "en"])
def test_somebody_is_registered_for_the_first_time(
    new_context: Any, service: LiveService, applicant: Applicant
) -> None:
    """2.9, R-2.3-1, R-D-22: P41 deletes the draft without a contract first and begins anew."""
    visitor = Visitor.of(new_context())
    page = visitor.page
    signs_in(visitor, service, applicant)
    if applicant.language == "en":
        deletes_the_draft(visitor)

    # when the form is filled in and saved
    page.goto("/home")
    page.locator(f"a[href='/lines/{LINE}/apply']").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(applicant.title)
    visitor.looks_up(HENGZHU)
    page.locator("[name=specialties][value=building]").check()
    visitor.fills_contract()
    page.locator("#professional_title").fill("工程师")
    page.locator("#resume").fill("2004.07—2012.06 恒筑公司 施工员\n2012.07 至今 恒筑公司 项目副经理")
    number = visitor.saves()

    # then it can be exported, uploaded to and submitted
    with page.expect_download() as download:
        page.locator(".pf-bar").get_by_role("link", name=applicant.export).click()
    printed = docx.Document(io.BytesIO(download.value.path().read_bytes()))
    cells = {cell.text for table in printed.tables for row in table.rows for cell in row.cells}
    assert {applicant.name, HENGZHU, "建筑工程", "2012.07 至今 恒筑公司 项目副经理"} <= cells
    visitor.uploads("AT-01", "AT-02", "AT-03", "AT-04").submits()
    expect(visitor.status).to_have_attribute("data-status", "pending_confirmation")

    # and the employer, the district a night later, and the city agree
    visitor.becomes("e01_admin").decides(number, "agree")
    visitor.moves_clock(days=applicant.nights)
    passes_after_the_night(visitor.becomes("district_haidian"), number)
    visitor.becomes("city_a").decides(number, "pass")
    visitor.becomes(applicant.username).opens(number)
    expect(visitor.status).to_have_attribute("data-status", "publicity")
    visitor.moves_clock(days=10)
    visitor.waits_for_status(number, applicant.closed)
    expect(page.locator("main")).to_contain_text(HENGZHU)
    assert employer_of(service, applicant.key) == HENGZHU

    # then nothing is left to apply for, and the page says which line helps
    page.goto(f"/lines/{LINE}")
    expect(page.locator("[data-code=REGISTRATION_EXISTS]")).to_be_visible()


def signs_in(visitor: Visitor, service: LiveService, applicant: Applicant) -> None:
    """By ID number and password, as the sign-in page asks; then in the language of the applicant."""
    page = visitor.page
    page.goto("/")
    page.get_by_role("link", name="个人登录").click()
    page.get_by_label("证件号码").fill(applicant.id_number)
    page.get_by_label("密码").fill(service.settings.demo_password)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.locator(".pf-head")).to_contain_text(applicant.name)
    if applicant.language == "en":
        visitor.speaks_english()


def passes_after_the_night(visitor: Visitor, number: str) -> None:
    """R-1.10-6: the district passes once the flags are compared, which waits half a minute while sources are copied."""
    page = visitor.page
    deadline = time.monotonic() + SECONDS_FOR_WORKER
    opened = page.locator(".pf-decide [name=decision][value=pass]:enabled")
    visitor.opens_task(number)
    while not opened.count() and time.monotonic() < deadline:
        page.wait_for_timeout(2000)
        page.goto("/demo")
        page.locator("button[name=hours][value='1']").click()
        visitor.opens_task(number)
    visitor.decides(number, "pass", "材料齐全。")


def deletes_the_draft(visitor: Visitor) -> None:
    """R-2.3-1: a draft without a contract is deleted as it is."""
    page = visitor.page
    page.goto("/applications")
    page.locator("tbody th a").first.click()
    page.get_by_role("link", name="Delete", exact=True).click()
    page.locator(".pf-dialog button.btn-danger-quiet").click()
    expect(page.get_by_role("status").first).to_contain_text("deleted")
