"""Deciding a task at the desk: on to the next, refusals that lose nothing, two at once (R-P-11, R-D-10, R-D-12)."""

from __future__ import annotations

from collections.abc import Callable

from tests.scenarios.case import APPEAL, CITY, DISTRICT, EMPLOYERS, Case
from tests.web_desk.conftest import Browser

SignedIn = Callable[[str], Browser]
NewCase = Callable[[], Case]


def test_a_decision_leads_on_to_the_next_task(signed_in: SignedIn, new_case: NewCase) -> None:
    first = new_case().applied(by="p04", to="E02")
    second = new_case().applied(by="p76", to="E02")
    browser = signed_in("e02_admin")

    answer = browser.post(
        f"/inbox/tasks/{first.task_id(EMPLOYERS['new'])}/decision?side=in", decision="agree", command_id="once"
    )

    assert answer.status == 303
    assert "side=in" in answer.location
    page = browser.get(answer.location)
    assert f"/inbox/tasks/{second.task_id(EMPLOYERS['new'])}/decision" in page.html
    assert f"已提交对 {first.number} 的决定" in page.text
    assert "已提交" not in signed_in("e01_admin").get(answer.location).text, "it was not they who decided"


def test_after_the_last_task_the_list_says_that_all_is_done(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")
    browser = signed_in("e02_admin")

    answer = browser.post(f"/inbox/tasks/{case.task_id(EMPLOYERS['new'])}/decision", decision="agree", command_id="1")

    assert "待办都办完了" in browser.get(answer.location).text


def test_a_return_without_a_reason_is_refused_and_nothing_is_lost(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")
    task = case.task_id(EMPLOYERS["new"])

    page = signed_in("e02_admin").post(f"/inbox/tasks/{task}/decision", decision="return", opinion="", command_id="1")

    assert page.status == 422
    assert "REASON_REQUIRED" in page.html
    assert page.found('value="return" checked')
    case.waits_at(*EMPLOYERS.values())


def test_who_comes_second_is_told_who_was_first_and_keeps_the_opinion(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")
    task = case.task_id(EMPLOYERS["new"])
    case.confirmed("new", by="e02_admin")

    page = signed_in("e02_user").post(
        f"/inbox/tasks/{task}/decision", decision="return", opinion="合同还没有签订。", command_id="2"
    )

    assert page.status == 409
    assert page.headline == "该事项已被处理"
    assert "段海宁" in page.text
    assert "同意" in page.text
    assert "合同还没有签订。" in page.text
    assert page.found(r'href="/inbox/next')


def test_a_task_that_ended_with_its_application_is_told_as_such(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")
    task = case.task_id(EMPLOYERS["new"])
    case.withdrawn()

    page = signed_in("e02_admin").post(
        f"/inbox/tasks/{task}/decision", decision="agree", opinion="同意调入。", command_id="3"
    )

    assert page.status == 409
    assert "同意调入。" in page.text


def test_a_task_that_somebody_else_has_taken_shows_why_it_cannot_be_decided(
    signed_in: SignedIn, new_case: NewCase
) -> None:
    case = new_case().applied(by="p04", to="E02")
    task = case.task_id(EMPLOYERS["new"])
    signed_in("e02_admin").post(f"/inbox/tasks/{task}/claim")
    second = signed_in("e02_user")

    assert second.get(f"/inbox?task={task}").found('type="radio"[^>]*disabled')
    refused = second.post(f"/inbox/tasks/{task}/decision", decision="return", opinion="请补充材料。", command_id="4")

    assert refused.status == 409
    assert "TASK_CLAIMED" in refused.html
    assert "请补充材料。" in refused.text


def test_the_reviewer_of_the_decision_does_not_decide_its_appeal(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02").passed_to_city()
    case.completed(CITY, by="city_a", decision="not_pass", opinion="材料不全，不予通过。").appealed()
    task = case.task_id(APPEAL)
    same = signed_in("city_a")

    assert "申诉须由其他人员审核" in same.get(f"/inbox?task={task}").text
    refused = same.post(f"/inbox/tasks/{task}/decision", decision="uphold", opinion="申诉成立。", command_id="5")
    decided = signed_in("city_b").post(
        f"/inbox/tasks/{task}/decision", decision="uphold", opinion="申诉成立。", command_id="6"
    )

    assert refused.status == 409
    assert decided.status == 303


def test_a_stock_opinion_is_inserted_without_javascript(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")
    case.confirmed("new", by="e02_admin").confirmed("old", by="e01_admin")
    task = case.task_id(DISTRICT)

    page = signed_in("district_chaoyang").post(
        f"/inbox/tasks/{task}/decision",
        decision="return",
        opinion="第二页看不清。",
        stock="附件不清晰，请重新扫描上传。",
        command_id="7",
    )

    assert page.status == 200
    assert page.found('value="return" checked')
    assert "第二页看不清。 附件不清晰，请重新扫描上传。" in page.text
    case.waits_at(DISTRICT)


def test_the_district_sees_why_it_cannot_pass_yet(signed_in: SignedIn, new_case: NewCase) -> None:
    """R-1.10-6: the choice is there, closed, with its reason; returning stays open."""
    case = new_case().applied(by="p04", to="E02").confirmed("new", by="e02_admin").confirmed("old", by="e01_admin")
    address = f"/inbox/tasks/{case.task_id(DISTRICT)}"
    browser = signed_in("district_chaoyang")

    page = browser.get(address)
    assert page.found('value="pass" disabled')
    assert not page.found('value="return" disabled')
    assert "数据尚未比对，次日后方可审核" in page.text
    refused = browser.post(f"{address}/decision", decision="pass", opinion="同意", command_id="9")
    assert refused.status == 409
    assert "FLAG_NOT_COMPARED" in refused.html
    asked = browser.get(f"/inbox/batch?select={case.task_id(DISTRICT)}")
    assert "数据尚未比对" in asked.text
    browser.prefer("en")
    assert "Data not compared yet" in browser.get(address).text


def test_a_standing_insurance_flag_asks_for_an_opinion(signed_in: SignedIn, new_case: NewCase) -> None:
    """R-1.10-6: the district may pass, and says why."""
    case = new_case().applied(by="p04", to="E02").confirmed("new", by="e02_admin").confirmed("old", by="e01_admin")
    case.night()
    address = f"/inbox/tasks/{case.task_id(DISTRICT)}"
    browser = signed_in("district_chaoyang")
    assert not browser.get(address).found('value="pass" disabled')

    refused = browser.post(f"{address}/decision", decision="pass", opinion="", command_id="10")
    assert refused.status == 409
    assert "存在社保标志，请填写审核意见" in refused.text
    assert "存在社保标志" in browser.get(f"/inbox/batch?select={case.task_id(DISTRICT)}").text
    assert browser.post(f"{address}/decision", decision="pass", opinion="已核实。", command_id="11").status == 303


def test_the_batch_names_what_it_can_and_cannot_do_and_tells_what_became_of_each(
    signed_in: SignedIn, new_case: NewCase
) -> None:
    free = new_case().applied(by="p04", to="E02")
    taken = new_case().applied(by="p76", to="E02")
    tasks = [case.task_id(EMPLOYERS["new"]) for case in (free, taken)]
    signed_in("e02_user").post(f"/inbox/tasks/{tasks[1]}/claim")
    browser = signed_in("e02_admin")

    asked = browser.get(f"/inbox/batch?select={tasks[0]}&select={tasks[1]}")
    assert asked.headline == "已选 2 项，可一起办理 1 项"
    assert "办理中" in asked.text
    free.waits_at(*EMPLOYERS.values())

    told = browser.post("/inbox/batch", select=tasks, command_id="8")
    assert told.headline == "办成 1 项，没有办成 1 项"
    free.waits_at(EMPLOYERS["old"])
    taken.waits_at(*EMPLOYERS.values())


def test_an_appeal_is_decided_on_its_own(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02").passed_to_city()
    case.completed(CITY, by="city_a", decision="not_pass", opinion="材料不全，不予通过。").appealed()

    page = signed_in("city_b").get(f"/inbox/batch?select={case.task_id(APPEAL)}")

    assert page.headline == "选中的 1 项都不能一起办理"
    assert "要单独办理，并填写意见" in page.text


def test_a_batch_of_nothing_goes_back_to_the_list(signed_in: SignedIn) -> None:
    answer = signed_in("e02_admin").get("/inbox/batch?queue=todo")

    assert (answer.status, answer.location) == (303, "/inbox")
