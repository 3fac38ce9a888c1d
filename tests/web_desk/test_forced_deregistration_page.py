"""The page of forced deregistration (REQUIREMENTS.md 2.16, R-1.7-2, R-1.7-3, DOC-15)."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from openpyxl import load_workbook

from kernel.clock import FixedClock
from tests.scenarios.case import Case
from tests.web_desk.conftest import Browser
from wiring import Services

AT = "/forced-deregistration"
REASON = "过期超过180天未办理注销"


@pytest.fixture
def city(signed_in: Callable[[str], Browser]) -> Browser:
    return signed_in("city_a")


def task_of(browser: Browser) -> str:
    return browser.get(AT).found(r"/forced-deregistration/([^/\"]+)/selection")[0]


def test_the_city_lists_selects_and_downloads(city: Browser) -> None:
    """2.16: P12 is listed, ticked and deregistered; the list tells it, on the page and as a file."""
    assert city.get(AT).headline == "没有待选定的强制注销"
    listed = city.post(f"{AT}/round", command_id="1")
    assert (listed.status, listed.location) == (303, AT)
    page = city.get(AT)
    assert "名单已更新" in page.text
    assert page.headline == "1 个专业待处理，可选 1 个"
    (row,) = page.found(r'name="candidates" value="([^"]+)"')

    done = city.post(f"{AT}/{task_of(city)}/selection", command_id="2", candidates=row, reason=REASON)
    assert (done.status, done.location) == (303, AT)
    page = city.get(AT)
    assert "已公告并注销" in page.text
    assert "京建注告〔2026〕" in page.text
    assert "办结" in page.text
    assert city.get(f"{AT}?status=pending").found("没有符合条件的专业")

    sheet = city.get(f"{AT}/list.xlsx?status=closed")
    assert "filename*=UTF-8''" in sheet.headers["Content-Disposition"]
    assert "罗淑芬" in [cell for line in load_workbook(io.BytesIO(sheet.data)).active.values for cell in line]


def test_what_is_refused_keeps_what_was_entered(city: Browser) -> None:
    """R-P-10, R-D-10: red, with the entries as they were."""
    city.post(f"{AT}/round", command_id="1")
    task, (row,) = task_of(city), city.get(AT).found(r'name="candidates" value="([^"]+)"')

    without_reason = city.post(f"{AT}/{task}/selection", command_id="2", candidates=row, reason="")
    assert without_reason.status == 422
    assert without_reason.found('data-code="REASON_REQUIRED"')
    assert without_reason.found(f'value="{row}" checked')

    nobody = city.post(f"{AT}/{task}/selection", command_id="3", reason=REASON)
    assert nobody.status == 422
    assert nobody.found('data-code="SPECIALTY_REQUIRED"')
    assert nobody.found(f">{REASON}</textarea>")


def test_a_business_in_progress_stands_in_the_way(city: Browser, services: Services, clock: FixedClock) -> None:
    """R-1.7-3: shown with its reason, not selectable."""
    draft = Case(services, clock, "class2_deregistration")
    draft.saved(by="p12", specialties="building", applicant="individual", reason="not_continued")
    city.post(f"{AT}/round", command_id="1")

    page = city.get(AT)
    assert page.headline == "1 个专业待处理，可选 0 个"
    assert page.found(r'name="candidates" value="[^"]+" disabled')
    assert draft.number in page.text


def test_another_task_is_no_round(city: Browser, new_case: Callable[[], Case]) -> None:
    """R-A-00: an inbox task is not decided here."""
    case = new_case().applied(by="p04", to="E02").passed_to_city()
    (path,) = case.waiting()
    assert city.post(f"{AT}/{case.task_id(path)}/selection", command_id="1", reason=REASON).status == 404


@pytest.mark.parametrize("username", ["district_haidian", "e01_admin", "p12", "ops"])
def test_the_page_is_the_city_commission_s(signed_in: Callable[[str], Browser], username: str) -> None:
    """1.1, R-A-00"""
    browser = signed_in(username)
    assert browser.get(AT).status == 403
    assert browser.get(f"{AT}/list.xlsx").status == 403
    assert browser.post(f"{AT}/round", command_id="1").status == 403


def test_no_chinese_stays_on_the_english_page(city: Browser) -> None:
    """4.9: names of people and enterprises aside."""
    city.prefer("en")
    assert city.get(AT).headline == "No forced deregistration to select"
    city.post(f"{AT}/round", command_id="1")
    page = city.get(AT)
    assert page.headline == "1 pending, 1 selectable"
    for words in ("名单", "专业", "原因", "注销", "待处理"):
        assert words not in page.text
