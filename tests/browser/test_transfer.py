"""The transfer by clicking: both orders, disagreement, withdrawal, return, appeal, batch, two officers at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LiveService
from tests.browser.pages import HENGZHU, QIYAN, Visitor, scan
from tests.browser.registry import employer_of, without_flags

pytestmark = pytest.mark.browser

SAMPLES = ("方慧敏", "尹学军", "陆清扬")  # wait for E02 in the sample data


@pytest.fixture
def visitor(new_context: Any) -> Visitor:
    return Visitor.of(new_context())


def passed_to_city(visitor: Visitor, number: str, service: LiveService) -> Visitor:
    """Both employers of a transfer from E01 to E02 agree, no flag is left, and the district passes."""
    visitor.becomes("e01_admin").decides(number, "agree")
    visitor.becomes("e02_admin").decides(number, "agree")
    without_flags(service)
    return visitor.becomes("district_chaoyang").decides(number, "pass")


def test_the_old_employer_may_be_first(visitor: Visitor, service: LiveService) -> None:
    """T-01 in the other order: P16, whose year after the last transfer is over today."""
    number = visitor.becomes("p16").applies()

    visitor.becomes("e01_admin").decides(number, "agree")
    visitor.becomes("district_chaoyang").has_no_task(number)
    visitor.becomes("e02_admin").decides(number, "agree")
    without_flags(service)
    visitor.becomes("district_chaoyang").decides(number, "pass")
    visitor.becomes("city_a").decides(number, "pass")
    visitor.moves_clock(days=10)

    visitor.becomes("p16").waits_for_status(number, "办结")
    assert employer_of(service, "P16") == QIYAN


def test_disagreement_asks_both_again_until_it_is_deleted(visitor: Visitor) -> None:
    """T-02."""
    page = visitor.page
    reason = "劳动合同还没有签，请先来签合同。"
    number = visitor.becomes("p31").applies()
    visitor.becomes("e01_admin").decides(number, "agree")

    # when the new employer disagrees
    visitor.becomes("e02_admin").opens_task(number).chooses("return").sends_decision()
    expect(visitor.errors).to_contain_text("请选择或填写原因")
    visitor.chooses("return", reason).sends_decision()

    # then the applicant reads why, in red, and sends it once more
    visitor.becomes("p31")
    expect(page.get_by_role("heading", level=1)).to_have_text("今天有 1 件事等您办")
    page.get_by_role("link", name="修改申请").click()
    told = page.locator(".pf-note-return")
    expect(told).to_contain_text(reason)
    expect(told).to_contain_text(QIYAN)
    assert is_red(told.evaluate("note => getComputedStyle(note.querySelector('.pf-i')).color"))
    expect(visitor.status).to_have_text("已退回")
    visitor.submits()
    expect(visitor.status).to_have_text("待确认")

    # and both employers are asked again; the other one's task goes when one disagrees (R-1.5-4)
    visitor.becomes("e02_admin").opens_task(number)
    visitor.becomes("e01_admin").decides(number, "return", "请先办理离职手续。")
    visitor.becomes("e02_admin").has_no_task(number)

    # when the applicant gives up
    visitor.becomes("p31").opens(number)
    page.get_by_role("link", name="删除", exact=True).click()
    expect(page.locator(".pf-dialog")).to_contain_text(number)
    page.get_by_role("link", name="不删除").click()
    expect(visitor.status).to_have_text("已退回")
    page.get_by_role("link", name="删除", exact=True).click()
    page.get_by_role("button", name="删除申请").click()

    # then it is in no list and another one may begin
    expect(page.get_by_role("status").first).to_contain_text(f"已删除申请 {number}")
    expect(page.get_by_role("heading", name="还没有申请")).to_be_visible()
    visitor.begins_transfer()


def test_withdrawal_takes_it_back_from_both(visitor: Visitor) -> None:
    """T-03."""
    page = visitor.page
    number = visitor.becomes("p06").applies()
    visitor.becomes("e01_admin").decides(number, "agree")

    visitor.becomes("p06").withdraws(number)

    expect(visitor.status).to_have_text("未申报")
    expect(page.locator(".pf-trail h3").filter(has_text="原单位确认：同意")).to_be_visible()
    visitor.becomes("e02_admin").has_no_task(number)
    visitor.becomes("p06").opens(number)
    page.locator(".pf-acts").get_by_role("link", name="填写、提交").click()
    expect(visitor.attachment("AT-01")).to_contain_text("AT-01.pdf")
    visitor.submits()
    visitor.becomes("e01_admin").opens_task(number)


def test_the_district_returns_it(visitor: Visitor) -> None:
    page = visitor.page
    number = visitor.becomes("p50").applies()
    visitor.becomes("e02_admin").decides(number, "agree")
    visitor.becomes("e01_admin").decides(number, "agree")

    visitor.becomes("district_chaoyang").decides(number, "return", "申请表签字或盖章不全。")

    visitor.becomes("p50").opens(number)
    expect(visitor.status).to_have_text("已退回")
    expect(page.locator(".pf-note-return")).to_contain_text("申请表签字或盖章不全。")
    expect(page.locator(".pf-note-return")).to_contain_text("朝阳区住房和城乡建设委员会")
    page.get_by_role("link", name="未读消息").click()
    expect(page.locator(".pf-message").first).to_contain_text("申请已退回")


@pytest.mark.parametrize(
    ("applicant", "key", "decision", "outcome", "employer"),
    [
        ("p14", "P14", "uphold", "办结", QIYAN),
        ("p05", "P05", "dismiss", "审核不通过", HENGZHU),
    ],
    ids=["upheld", "dismissed"],
)
def test_an_appeal_is_decided_by_another_reviewer(
    visitor: Visitor, service: LiveService, applicant: str, key: str, decision: str, outcome: str, employer: str
) -> None:
    """T-07."""
    page = visitor.page
    grounds = "合同已补签，请复核附件。"
    number = visitor.becomes(applicant).applies()
    passed_to_city(visitor, number, service).becomes("city_a").decides(number, "not_pass", "合同期限与申请表不一致。")

    # when the applicant appeals in the publicity period
    visitor.becomes(applicant).opens(number)
    expect(visitor.status).to_have_text("公示中")
    page.get_by_role("link", name="申诉").click()
    page.get_by_role("button", name="提交申诉").click()
    expect(visitor.errors).to_be_focused()
    page.get_by_role("textbox").fill(grounds)
    page.get_by_label("选择申诉证据").set_input_files([scan("AT-14", "补签的合同.pdf"), scan("AT-14", "说明.pdf")])
    page.get_by_role("button", name="提交申诉").click()
    expect(page.get_by_role("status").first).to_contain_text("申诉已提交")
    expect(visitor.status).to_have_text("申诉中")

    # then who decided before may not decide again (R-D-12)
    visitor.becomes("city_a").opens_task(number)
    expect(page.locator(".pf-decide")).to_contain_text("申诉须由其他人员审核")
    expect(page.locator(".pf-decide [name=decision]:enabled")).to_have_count(0)

    expect(page.get_by_role("link", name="附件 4")).to_be_visible()

    # and somebody else's decision counts when the period is over
    visitor.becomes("city_b").opens_task(number)
    expect(page.locator(".pf-case-main")).to_contain_text(grounds)
    expect(page.locator(".pf-case-main")).to_contain_text("合同期限与申请表不一致。")
    visitor.decides(number, decision, "已复核。").moves_clock(days=10)
    visitor.becomes(applicant).waits_for_status(number, outcome)
    assert employer_of(service, key) == employer


def test_a_task_is_claimed_and_released(visitor: Visitor, new_context: Any) -> None:
    colleague = Visitor.of(new_context()).becomes("e02_user")
    name = "段海宁"  # e02_admin

    visitor.becomes("e02_admin").opens_task(applicant := SAMPLES[2])
    visitor.page.get_by_role("button", name="由我办理").click()
    expect(visitor.page.locator(".pf-claim")).to_contain_text("由您办理")

    colleague.opens_task(applicant)
    expect(colleague.page.locator(".pf-claim")).to_contain_text(f"由{name}办理中")
    expect(colleague.page.locator(".pf-decide")).to_contain_text(f"该事项由{name}办理中")

    visitor.page.get_by_role("button", name="放回，让同事办理").click()
    expect(visitor.page.get_by_role("status").first).to_contain_text("已放回")
    colleague.opens_task(applicant)
    expect(colleague.page.get_by_role("button", name="由我办理")).to_be_visible()


def test_of_two_officers_the_first_decides(visitor: Visitor, service: LiveService, new_context: Any) -> None:
    """R-P-11: the other one gets 409, reads who was first, and keeps what was typed."""
    number = visitor.becomes("p33").applies(to=HENGZHU)
    visitor.becomes("e02_admin").decides(number, "agree")
    visitor.becomes("e01_admin").decides(number, "agree")
    without_flags(service)
    visitor.becomes("district_haidian").decides(number, "pass")
    first = Visitor.of(new_context()).becomes("city_a").opens_task(number).chooses("pass")
    second = Visitor.of(new_context()).becomes("city_b").opens_task(number)
    second.chooses("not_pass", "合同没有盖章，这句话不能丢。")

    first.sends_decision()
    expect(first.page.get_by_role("status").first).to_contain_text(number)
    with second.page.expect_response(re.compile("/decision")) as answer:
        second.sends_decision()

    assert answer.value.status == 409
    expect(second.refusal("TASK_ALREADY_DONE")).to_contain_text(re.compile(r"何正明 已于 [\d\-: ]+ 办理：通过"))
    expect(second.page.get_by_role("textbox")).to_have_value("合同没有盖章，这句话不能丢。")
    second.page.get_by_role("link", name="看处理结果").click()
    decided = second.page.locator(".pf-trail h3").filter(has_text="市建委审核")
    expect(decided).to_have_text(["市建委审核：通过"])


def test_the_list_tells_what_a_batch_can_do_before_the_click(visitor: Visitor, new_context: Any) -> None:
    """In both languages; who holds a task is named as the reason against it."""
    taken, *free = SAMPLES
    colleague = Visitor.of(new_context()).becomes("e02_user").opens_task(taken)
    colleague.page.get_by_role("button", name="由我办理").click()
    page = visitor.becomes("e02_admin").page
    page.goto("/inbox")
    batch = page.get_by_role("form", name="一起办理")
    page.get_by_role("checkbox", name=f"选择{taken}").check()
    expect(batch.get_by_role("button", name="一起同意…")).to_have_attribute("aria-disabled", "true")
    for name in free:
        page.get_by_role("checkbox", name=f"选择{name}").check()
    expect(batch).to_contain_text("已选 3 项，可一起办理 2 项")
    verdicts = batch.get_by_role("listitem")
    expect(verdicts).to_have_text([f"{'、'.join(free)}：可以同意", re.compile(f"^{taken}：该事项由.+办理中")])
    batch.get_by_role("button", name="取消选择").click()
    expect(batch).to_contain_text("勾选后可一起办理")
    expect(verdicts).to_have_count(0)

    visitor.speaks_english()
    batch = page.get_by_role("form", name="Decide together")
    for name in SAMPLES:
        page.get_by_role("checkbox", name=f"Select {name}").check()
    expect(batch).to_contain_text("3 selected, 2 can be decided together")
    expect(batch.get_by_role("listitem").first).to_have_text(f"{', '.join(free)}: ready (Agree)")
    page.get_by_role("button", name="中文").click()
    colleague.page.get_by_role("button", name="放回，让同事办理").click()
    expect(colleague.page.get_by_role("status").first).to_contain_text("已放回")


def test_a_batch_tells_what_became_of_each(visitor: Visitor, new_context: Any) -> None:
    page = visitor.page
    done, taken, rest = SAMPLES
    colleague = Visitor.of(new_context()).becomes("e02_user").opens_task(taken).chooses("agree")
    visitor.becomes("e02_admin")
    page.goto("/inbox")
    for name in SAMPLES:
        page.get_by_role("checkbox", name=f"选择{name}").check()
    expect(page.get_by_role("form", name="一起办理")).to_contain_text("已选 3 项，可一起办理 3 项")
    page.get_by_role("button", name="一起同意 3 项…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已选 3 项，可一起办理 3 项")

    # when a colleague is faster with one of them
    colleague.sends_decision()
    expect(colleague.page.get_by_role("status").first).to_contain_text("已提交")
    page.get_by_role("button", name="办理这 3 项").click()

    # then the others are done all the same
    expect(page.get_by_role("heading", level=1)).to_have_text("办成 2 项，没有办成 1 项")
    expect(page.get_by_role("row", name=done)).to_contain_text("已办")
    expect(page.get_by_role("row", name=rest)).to_contain_text("已办")
    expect(page.get_by_role("row", name=taken)).to_contain_text("该事项已被处理")


def is_red(colour: str) -> bool:
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    return red > 140 and red > 2 * green and red > 2 * blue
