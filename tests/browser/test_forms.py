"""The form in the browser: saving by itself, two windows, errors, contract, files, and nothing that was typed is lost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete, select

from store.tables import account, session
from tests.browser.conftest import LiveService
from tests.browser.pages import QIYAN, Visitor, contract, scan

pytestmark = pytest.mark.browser

FIVE_MB = 5 * 1024 * 1024


@pytest.fixture
def visitor(new_context: Any) -> Visitor:
    return Visitor.of(new_context())


def with_draft(visitor: Visitor, username: str, **contract_changes: str) -> str:
    """A saved draft without files, open in the browser; returns its number."""
    visitor.becomes(username).begins_transfer().looks_up(QIYAN).fills_contract(**contract_changes)
    return visitor.saves()


def types(visitor: Visitor, name: str, value: str) -> None:
    """Type into a field and leave it by the keyboard, as people do."""
    visitor.page.locator(f"#{name}").fill(value)
    visitor.page.keyboard.press("Tab")


def test_a_draft_saves_itself(visitor: Visitor) -> None:
    with_draft(visitor, "p04")
    page = visitor.page
    end = (visitor.today + timedelta(days=400)).isoformat()

    types(visitor, "contract_end", end)

    expect(page.locator("#saved")).to_have_text(re.compile(r"已自动保存 \d\d:\d\d"))
    page.reload()
    expect(page.locator("#contract_end")).to_have_value(end)
    types(visitor, "contract_end", "没有这一天")
    expect(page.locator("#saved [data-state=failed]")).to_contain_text("没有保存上：合同终止日期不正确")
    expect(page.locator("#contract_end")).to_have_value("没有这一天")


def test_two_windows_lose_neither_version(visitor: Visitor) -> None:
    """R-D-04."""
    number = with_draft(visitor, "p16")
    today = visitor.today
    first_end, second_end = ((today + timedelta(days=days)).isoformat() for days in (500, 600))
    other = Visitor(visitor.page.context.new_page())
    other.page.goto(visitor.page.url)

    types(visitor, "contract_end", first_end)
    expect(visitor.page.locator("#saved")).to_contain_text("已自动保存")
    types(other, "contract_end", second_end)
    expect(other.page.locator("#saved")).to_contain_text("数据已被更新")
    with other.page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        other.bar("save").click()

    assert answer.value.status == 409
    expect(other.refusal("STALE_FORM")).to_be_visible()
    expect(other.page.get_by_role("row", name=re.compile("转入的单位"))).to_contain_text(QIYAN)
    row = other.page.get_by_role("row", name=re.compile("终止日期"))
    expect(row).to_contain_text(first_end)
    expect(row).to_contain_text(second_end)
    other.page.get_by_role("button", name="用这次填的，存上").click()
    expect(other.page.get_by_role("status").first).to_contain_text("已保存")
    visitor.page.goto(f"/applications/{number}/form")
    expect(visitor.page.locator("#contract_end")).to_have_value(second_end)


def test_the_summary_of_errors_takes_the_focus_and_leads_to_the_fields(visitor: Visitor) -> None:
    """R-D-14: what is missing is refused at submit, not at save."""
    with_draft(visitor, "p31", contract_type="", contract_start="", contract_end="")
    page = visitor.page
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        visitor.bar("submit").click()

    assert answer.value.status == 422
    expect(visitor.errors).to_be_focused()
    expect(visitor.errors.get_by_role("listitem")).to_have_text(
        ["请填写合同类型", "请填写合同起始日期", "请填写合同终止日期", re.compile("AT-01"), re.compile("AT-03")]
    )
    visitor.errors.get_by_role("link", name="请填写合同起始日期").click()
    expect(page.locator("#contract_start")).to_be_focused()
    expect(page.locator("#contract_start")).to_have_attribute("aria-invalid", "true")
    visitor.errors.get_by_role("link", name=re.compile("AT-03")).click()
    expect(visitor.attachment("AT-03")).to_be_in_viewport()
    expect(visitor.attachment("AT-03")).to_contain_text("请上传")

    visitor.fills_contract().uploads("AT-01", "AT-03").submits()
    expect(visitor.status).to_have_text("待确认")


def test_the_days_of_a_contract_must_fit(visitor: Visitor) -> None:
    """R-V-12."""
    with_draft(visitor, "p06")
    page, today = visitor.page, visitor.today
    visitor.uploads("AT-01", "AT-03")

    def day(offset: int) -> str:
        return (today + timedelta(days=offset)).isoformat()

    for start, end, wrong in (
        (day(10), day(9), "contract_end"),
        (day(10), day(10), "contract_end"),
        (day(31), day(400), "contract_start"),
        (day(-400), day(-1), "contract_end"),
    ):
        visitor.fills_contract(contract_start=start, contract_end=end)
        visitor.bar("submit").click()
        expect(visitor.errors).to_contain_text("劳动合同起止日期不正确")
        expect(page.locator(f"#{wrong}-error")).to_be_visible()
        expect(page.locator("#contract_start")).to_have_value(start)
        expect(page.locator("#contract_end")).to_have_value(end)

    visitor.fills_contract(contract_start=day(30), contract_end=day(31)).submits()


def test_an_open_ended_contract_has_no_end(visitor: Visitor) -> None:
    with_draft(visitor, "p49")
    page = visitor.page

    page.get_by_label("合同类型").select_option("open_ended")
    expect(page.locator("#contract_end")).to_be_hidden()
    visitor.uploads("AT-01", "AT-03").submits()

    visitor.opens(visitor.number, tab="form")
    expect(page.locator("#content")).to_contain_text("无固定期限")
    expect(page.locator("#content")).not_to_contain_text("终止日期")


def test_a_refused_file_leaves_entries_and_the_file_before(visitor: Visitor) -> None:
    """R-V-10."""
    with_draft(visitor, "p50")
    page = visitor.page
    visitor.uploads("AT-01")
    end = (visitor.today + timedelta(days=700)).isoformat()
    page.locator("#contract_end").fill(end)
    large = scan("AT-03", content=scan("AT-03")["buffer"] + b" " * FIVE_MB)
    disguised = scan("AT-03", name="劳动合同.pdf", content=b"<html><script>alert(1)</script></html>")

    visitor.chooses_file("AT-03", large)
    expect(visitor.attachment("AT-03")).to_contain_text("文件超过5MB")
    visitor.chooses_file("AT-03", disguised)
    expect(visitor.attachment("AT-03")).to_contain_text("文件格式不支持")
    page.locator("#AT-01-file").set_input_files(scan("AT-01", name="申请表.exe"))
    expect(visitor.attachment("AT-01")).to_contain_text("文件格式不支持")
    expect(visitor.attachment("AT-01")).to_contain_text("AT-01.pdf")

    expect(page.locator("#contract_end")).to_have_value(end)
    visitor.uploads("AT-03").submits()
    visitor.opens(visitor.number, tab="form")
    expect(page.locator("#content")).to_contain_text(end)


def test_an_expired_session_loses_nothing(visitor: Visitor, service: LiveService) -> None:
    number = with_draft(visitor, "p71")
    page, today = visitor.page, visitor.today
    typed = {name: value for name, value in contract(today).items() if name != "contract_type"}
    typed["contract_end"] = (today + timedelta(days=800)).isoformat()

    expire_session(service, "p71")
    page.locator("#contract_end").fill(typed["contract_end"])
    visitor.bar("submit").click()

    expect(page.get_by_text("登录已过期，填写的内容没有丢")).to_be_visible()
    page.get_by_label("证件号码").fill("p71")
    page.get_by_label("密码").fill(service.settings.demo_password)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(f"**/applications/{number}/form")
    for name, value in typed.items():
        expect(page.locator(f"#{name}")).to_have_value(value)
    expect(page.get_by_text("登录已过期，填写的内容没有丢")).to_be_visible()
    visitor.uploads("AT-01", "AT-03").submits()


def test_an_unsaved_form_waits_too(visitor: Visitor, service: LiveService) -> None:
    visitor.becomes("p72").begins_transfer().looks_up(QIYAN).fills_contract()
    expire_session(service, "p72")

    visitor.bar("save").click()
    visitor.page.get_by_label("证件号码").fill("p72")
    visitor.page.get_by_label("密码").fill(service.settings.demo_password)
    visitor.page.get_by_role("button", name="登录", exact=True).click()

    expect(visitor.page.get_by_role("radio", name=re.compile(QIYAN))).to_be_checked()
    expect(visitor.page.locator("#contract_start")).to_have_value(contract(visitor.today)["contract_start"])
    visitor.saves()


def test_an_opinion_survives_an_expired_session(visitor: Visitor, service: LiveService) -> None:
    visitor.becomes("e02_user")
    visitor.opens_task("陆清扬").chooses("return", "这句话写了很久。")
    expire_session(service, "e02_user")

    visitor.sends_decision()
    visitor.page.get_by_role("link", name="企业", exact=True).click()
    visitor.page.get_by_label("企业账号或组织机构代码").fill("e02_user")
    visitor.page.get_by_label("密码").fill(service.settings.demo_password)
    visitor.page.get_by_role("button", name="登录", exact=True).click()

    expect(visitor.page.locator(".pf-case")).to_contain_text("陆清扬")
    expect(visitor.page.locator(".pf-decide").get_by_role("textbox")).to_have_value("这句话写了很久。")
    expect(visitor.page.locator("[name=decision][value=return]")).to_be_checked()


def test_a_lost_token_loses_nothing(visitor: Visitor) -> None:
    """The cookie that the CSRF token belongs to is gone: the entries come back with a fresh one."""
    with_draft(visitor, "p77")
    page = visitor.page
    end = (visitor.today + timedelta(days=900)).isoformat()
    page.context.clear_cookies(name="form")

    page.locator("#contract_end").fill(end)
    visitor.bar("submit").click()

    expect(page.locator("#contract_end")).to_have_value(end)
    expect(visitor.bar("submit")).to_be_visible()
    visitor.uploads("AT-01", "AT-03").submits()


def expire_session(service: LiveService, username: str) -> None:
    """End every session of an account, as time would."""
    database = service.database()
    owner = select(account.c.id).where(account.c.username == username).scalar_subquery()
    with database.write() as work:
        ended = work.connection.execute(delete(session).where(session.c.account_id == owner))
        assert ended.rowcount == 1
    database.engine.dispose()
