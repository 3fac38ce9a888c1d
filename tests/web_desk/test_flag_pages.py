"""Flags and social insurance as people see them, and the pages of the releasing bodies (R-1.10-1…8, F-SI, 2.27)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.scenarios.case import Case
from tests.web_desk.conftest import Browser

SignedIn = Callable[[str], Browser]
NewCase = Callable[[], Case]


@pytest.fixture
def declared(new_case: NewCase) -> Case:
    """P19 has a real lock and a real abnormal entry."""
    return new_case().applied(by="p19", to="E02").confirmed("new", by="e02_admin").confirmed("old", by="e01_admin")


def test_flags_of_the_day_of_the_submit(signed_in: SignedIn, declared: Case) -> None:
    """R-1.10-1: all three with 待次日比对, in the list and in the case; nothing can be released yet."""
    page = signed_in("p19").get(f"/applications/{declared.number}")

    assert page.text.count("待次日比对") >= 3
    assert "待返回" in page.text
    assert "申请解除" not in page.text
    board = signed_in("district_chaoyang").get("/inbox")
    assert board.found(r'class="pf-flag" data-flag="(\w*)" data-state="raised"') == ["clear"] * 6
    for words in ("社保 待比对", "在施锁定 待比对", "异常注册 待比对"):
        assert words in board.text


def test_a_standing_flag_opens_its_explanation_and_the_way_to_its_release(signed_in: SignedIn, declared: Case) -> None:
    """R-1.10-2…4: keyboard and no script: details with a summary; the link fills in the form."""
    declared.night()
    browser = signed_in("p19")

    page = browser.get(f"/applications/{declared.number}")

    assert len(page.found(r"<details open><summary>")) == 3
    assert "海淀区示例工程一标段（海淀区）" in page.text
    assert "如有异议请联系注册中心" in page.text
    links = page.found(r'href="(/lines/anomaly_flag_release/apply\?flag=[^"]+)"')
    assert len(links) == 2
    for link in links:
        form = browser.get(link)
        assert form.status == 200
        assert len(form.found(r'<input[^>]*type="radio"[^>]*checked')) == 1


def test_the_list_tells_how_a_flag_stands_in_words(signed_in: SignedIn, declared: Case) -> None:
    """F-INBOX: a filled mark blocks, an outlined one asks for an opinion."""
    declared.night()

    browser = signed_in("district_chaoyang")
    board = browser.get("/inbox")
    assert "社保 存在异常 在施锁定 存在异常 异常注册 存在异常" in board.text
    assert "由我解除" not in board.text  # the project is in another district
    browser.prefer("en")
    assert "In-construction lock Stands" in browser.get("/inbox").text


def test_what_is_with_its_applicant_shows_no_flags(signed_in: SignedIn, declared: Case, new_case: NewCase) -> None:
    """R-1.10-7: neither a draft nor what was withdrawn."""
    declared.withdrawn()

    page = signed_in("p19").get(f"/applications/{declared.number}")

    assert "异常标志" not in page.text
    assert "社保缴费情况" not in page.text


def test_social_insurance_is_shown_to_the_applicant_and_the_commission(signed_in: SignedIn, new_case: NewCase) -> None:
    """F-SI: months, who paid; not to employers, whom it does not concern what others have paid."""
    case = new_case().applied(by="p16", to="E02").confirmed("new", by="e02_admin").confirmed("old", by="e01_admin")
    case.night()

    for reader in ("p16", "district_chaoyang"):
        page = signed_in(reader).get(f"/applications/{case.number}")
        assert re.search(r"2026-05 北京启岩建筑有限公司 \w+ 已缴", page.text)
        assert "社保个人权益表" in page.text
    assert "社保缴费情况" not in signed_in("e02_admin").get(f"/applications/{case.number}").text


def test_the_body_releases_without_a_request(signed_in: SignedIn, declared: Case) -> None:
    """2.27, R-A-00: from its list, with an explanation, to the decision in its inbox."""
    declared.night()
    browser = signed_in("trading")
    (address,) = set(browser.get("/flags").found(r'href="(/flags/in_construction/[^"]+)"'))

    assert signed_in("district_chaoyang").get("/flags").text.count("彭建国") == 0
    refused = signed_in("district_chaoyang").get(address)
    assert refused.status == 403
    assert "无权解除该标志" in refused.text
    assert signed_in("centre").get("/flags/in_construction/nothing").status == 404
    assert signed_in("p19").get("/flags").status == 403

    empty = browser.post(address, command_id="a", explanation="")
    assert empty.status == 422
    assert "请填写情况说明" in empty.text
    begun = browser.post(address, command_id="b", explanation="项目已竣工。")
    assert begun.status == 303
    task = browser.get(begun.location)
    assert "在施锁定：海淀区示例工程一标段（项目编号 HD-2026-0117） 情况说明 项目已竣工。" in task.text
    decided = browser.post(
        task.found(r'action="(/inbox/tasks/[^"]+/decision[^"]*)"')[0], command_id="c", decision="release"
    )
    assert decided.status == 303
    assert "没有需要解除的标志" in browser.get("/flags").text
    page = signed_in("p19").get(f"/applications/{declared.number}")
    assert "已解除，次日比对后消除。" in page.text
