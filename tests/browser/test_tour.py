"""The README's tour by clicking only, step by step: T-01, the new employer first, from sign-in to closed."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import docx
import pytest
from playwright.sync_api import expect

from kernel.identifiers import mask_id_number
from tests.browser.conftest import LiveService
from tests.browser.pages import HENGZHU, QIYAN, Visitor, contract, scan
from tests.browser.registry import employer_of, without_flags

pytestmark = pytest.mark.browser

WU_SIQI = "110000197909099047"  # P04
NOT_A_DIAGRAM = "<process id='broken'/>"


def test_tour(new_context: Any, service: LiveService, step: Callable[[str], None]) -> None:
    visitor = Visitor.of(new_context())
    page = visitor.page

    step("Sign in and see what you may do")
    page.goto("/")
    page.get_by_role("link", name="个人登录").click()
    page.get_by_label("证件号码").fill(WU_SIQI)
    page.get_by_label("密码").fill(service.settings.demo_password)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.locator(".pf-head")).to_contain_text(f"吴思齐，二级建造师，{HENGZHU}")
    page.get_by_role("link", name=re.compile("办事指南：.*执业企业变更")).click()
    expect(page.get_by_text("您现在可以办", exact=True)).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("执业企业变更"))).to_be_visible()

    step("Fill in the application")
    page.get_by_role("link", name="办理", exact=True).click()
    visitor.looks_up("启岩")
    expect(page.get_by_role("radio", name=re.compile(QIYAN))).to_be_checked()
    page.get_by_label("合同类型").select_option(label="固定期限")
    page.get_by_label("起始日期").fill(contract(visitor.today)["contract_start"])
    page.get_by_label("终止日期").fill(contract(visitor.today)["contract_end"])
    number = visitor.saves()
    expect(page.get_by_role("status").first).to_contain_text(f"已保存，业务编号 {number}")
    expect(page.locator(".pf-two")).to_contain_text(QIYAN)

    step("Export the form, upload the papers, submit")
    with page.expect_download() as download:
        page.get_by_role("link", name="导出打印").click()
    printed = docx.Document(io.BytesIO(download.value.path().read_bytes()))
    cells = [cell.text for table in printed.tables for row in table.rows for cell in row.cells]
    assert {"吴思齐", HENGZHU, QIYAN} <= set(cells)
    for kind, label in (("AT-01", "选择申请表扫描件"), ("AT-03", "选择劳动合同扫描件")):
        page.get_by_label(label).set_input_files(scan(kind))
        expect(visitor.attachment(kind)).to_contain_text(f"{kind}.pdf")
    page.get_by_role("button", name="提交到单位确认").click()
    expect(page.get_by_role("heading", level=2, name="等两个单位确认")).to_be_visible()
    expect(visitor.status).to_have_text("待确认")

    step("Agree as the new employer")
    visitor.becomes("e02_admin")
    page.get_by_role("link", name="去确认：吴思齐").click()
    expect(page.locator(".pf-item.is-open")).to_contain_text("调入")
    page.get_by_role("radio", name=re.compile("^同意")).check()
    page.get_by_role("button", name="同意，看下一项").click()
    expect(page.get_by_role("status").first).to_contain_text(f"已提交对 {number} 的决定")

    step("Agree as the old employer")
    visitor.becomes("e01_admin")
    page.get_by_role("link", name="去确认：吴思齐").click()
    expect(page.locator(".pf-item.is-open")).to_contain_text("调出")
    page.get_by_role("radio", name=re.compile("^同意")).check()
    page.get_by_role("button", name="同意，看下一项").click()
    expect(page.get_by_role("heading", name="待办都办完了")).to_be_visible()

    step("Pass it in the district")
    without_flags(service)  # as the night that the demo bar lets pass would leave it
    visitor.becomes("district_chaoyang")
    page.get_by_role("link", name=re.compile("吴思齐")).click()
    expect(page.get_by_role("img", name="AT-01.pdf 第 1 页")).to_be_visible()
    page.get_by_role("link", name="下一份").click()
    expect(page.get_by_role("img", name="AT-03.pdf 第 1 页")).to_be_visible()
    page.get_by_role("radio", name=re.compile("^通过")).check()
    page.get_by_role("button", name="材料齐全，符合要求。").click()
    expect(page.get_by_label("审核意见")).to_have_value("材料齐全，符合要求。")
    page.get_by_role("button", name="通过，看下一项").click()
    expect(page.get_by_role("heading", name="待办都办完了")).to_be_visible()

    step("Pass it in the city")
    visitor.becomes("city_a")
    page.get_by_role("link", name=re.compile("吴思齐")).click()
    page.get_by_role("radio", name=re.compile("^通过")).check()
    page.get_by_role("button", name="通过，看下一项").click()
    expect(page.get_by_role("status").filter(has_text=number)).to_be_visible()

    step("See the publicity")
    page.goto("/publicity")
    row = page.get_by_role("row", name=re.compile(number))
    expect(row).to_contain_text("吴思齐")
    expect(row).to_contain_text(mask_id_number(WU_SIQI))
    expect(page.locator("main")).not_to_contain_text(WU_SIQI)
    opened_on = visitor.today

    step("Move the clock past the publicity")
    visitor.moves_clock(days=10)
    assert (visitor.today - opened_on).days == 10

    step("Follow it to its end")
    visitor.becomes("p04").waits_for_status(number, "办结")
    expect(page.get_by_role("heading", level=2, name="已办结")).to_be_visible()
    expect(page.locator("main")).to_contain_text(f"注册单位是{QIYAN}")
    picture = page.get_by_role("img", name=re.compile("执业企业变更"))
    expect(picture.locator("g.is-done")).not_to_have_count(0)
    expect(picture.locator("g.is-now, g.is-todo")).to_have_count(0)
    expect(page.locator(".pf-trail h3")).to_contain_text(["换发证书", "更新注册", "发布公告", "市建委审核：通过"])
    page.get_by_label("主导航").get_by_role("link", name="首页").click()
    expect(page.locator(".pf-head")).to_contain_text(f"吴思齐，二级建造师，{QIYAN}")
    page.get_by_role("link", name="未读消息").click()
    expect(page.locator(".pf-message").first).to_contain_text("已办结：吴思齐")
    page.get_by_label("主导航").get_by_role("link", name="公告").click()
    expect(page.get_by_role("row", name=re.compile(number))).to_contain_text(QIYAN)
    assert employer_of(service, "P04") == QIYAN

    step("Look behind the desk")
    visitor.becomes("ops")
    page.get_by_label("主导航").get_by_role("link", name="流程实例").click()
    page.get_by_role("link", name=re.compile(number)).first.click()
    expect(page.get_by_role("img").first).to_be_visible()
    expect(page.locator("main")).to_contain_text(number)
    visitor.becomes("analyst")
    page.get_by_role("link", name=re.compile("上传")).first.click()
    page.get_by_label("流程文件", exact=True).set_input_files(
        {"name": "broken.bpmn", "mimeType": "application/xml", "buffer": NOT_A_DIAGRAM.encode()}
    )
    page.get_by_role("button", name="检查", exact=True).click()
    expect(page.locator(".pf-problems")).to_contain_text("BPMN")
