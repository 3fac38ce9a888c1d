"""Without JavaScript: fill in, look up, upload, submit, follow, and confirm as employer."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.pages import QIYAN, Visitor, contract, scan

pytestmark = pytest.mark.browser


@pytest.fixture
def visitor(new_context: Any) -> Visitor:
    return Visitor.of(new_context(java_script_enabled=False))


def test_an_application_goes_its_way_without_scripts(visitor: Visitor) -> None:
    page = visitor.page
    visitor.becomes("p04").begins_transfer()

    # when it is filled in, with a search in between
    visitor.fills_contract().looks_up("启岩")
    expect(page.get_by_role("radio", name=re.compile(QIYAN))).to_be_checked()
    expect(page.locator("#contract_start")).to_have_value(contract(visitor.today)["contract_start"])
    number = visitor.saves()

    # and the files are uploaded, one by its own button, one along with the submit
    visitor.chooses_file("AT-01", scan("AT-01"))
    visitor.attachment("AT-01").get_by_role("button", name="上传").click()
    expect(visitor.attachment("AT-01")).to_contain_text("AT-01.pdf")
    visitor.bar("submit").click()
    expect(visitor.errors).to_contain_text("AT-03")
    expect(visitor.errors).not_to_contain_text("AT-01")
    visitor.chooses_file("AT-03", scan("AT-03")).submits()

    # then it can be followed
    expect(visitor.status).to_have_text("待确认")
    page.get_by_label("申请内容").get_by_role("link", name="附件").click()
    expect(page.locator("#content .pf-files li")).to_have_count(2)
    page.get_by_label("申请内容").get_by_role("link", name="申请表").click()
    expect(page.locator("#content")).to_contain_text(QIYAN)

    # and both employers agree, one with a stock opinion
    visitor.becomes("e02_admin").opens_task(number)
    page.locator(".pf-decide [name=decision][value=agree]").check()
    page.get_by_role("button", name="情况属实，同意。").click()
    expect(page.locator(".pf-decide").get_by_role("textbox")).to_have_value("情况属实，同意。")
    expect(page.locator(".pf-decide [name=decision][value=agree]")).to_be_checked()
    visitor.sends_decision()
    expect(page.get_by_role("status").first).to_contain_text(number)
    visitor.becomes("e01_admin").decides(number, "agree")
    visitor.becomes("p04").opens(number)
    expect(visitor.status).to_have_text("已申报")
    expect(page.locator(".pf-trail blockquote")).to_have_text(["情况属实，同意。"])


def test_a_refused_file_keeps_the_entries(visitor: Visitor) -> None:
    visitor.becomes("p16").begins_transfer().looks_up(QIYAN).saves()
    start = contract(visitor.today)["contract_start"]
    visitor.page.locator("#contract_start").fill(start)

    visitor.chooses_file("AT-03", scan("AT-03", content=b"not a PDF"))
    visitor.attachment("AT-03").get_by_role("button", name="上传").click()

    expect(visitor.errors).to_contain_text("文件格式不支持")
    expect(visitor.page.locator("#contract_start")).to_have_value(start)


def test_what_cannot_be_done_does_nothing(visitor: Visitor) -> None:
    """Links that are off for a reason lead nowhere, and a batch works by check boxes and a submit."""
    page = visitor.becomes("e02_admin").page
    page.goto("/inbox")
    for name in ("方慧敏", "尹学军"):
        page.get_by_role("checkbox", name=f"选择{name}").check()
    page.get_by_role("button", name="一起同意").click()
    page.get_by_role("button", name="办理这 2 项").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("办成 2 项，没有办成 0 项")
