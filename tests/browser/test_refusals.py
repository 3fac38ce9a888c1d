"""Every refusal of the transfer as people meet it: code and words on the page, in Chinese and in English."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import APIResponse, expect
from sqlalchemy import func, select

from kernel.reasons import message_of
from store.tables import account, application
from tests.browser.conftest import LiveService
from tests.browser.pages import HENGZHU, QIYAN, TRANSFER, Visitor, contract
from tests.browser.registry import without_flags

pytestmark = pytest.mark.browser

APPLY = f"/lines/{TRANSFER}/apply"
NOBODY = "91110000XA0000998H"  # a well-formed credit code without an enterprise


@pytest.fixture
def visitor(new_context: Any) -> Visitor:
    return Visitor.of(new_context())


def tells(visitor: Visitor, code: str) -> None:
    """The page tells the reason in its language; what fills the braces of the catalogue is the page's matter."""
    words = message_of(code)
    said = words.en if visitor.page.locator("html").get_attribute("lang") == "en" else words.zh
    expect(visitor.refusal(code)).to_contain_text(said.split("{")[0].strip())


@pytest.mark.parametrize(
    ("username", "code"),
    [
        ("p17", "TRANSFER_WITHIN_ONE_YEAR"),
        ("p11", "NO_VALID_REGISTRATION"),
        ("p01", "NO_VALID_REGISTRATION"),
        ("p76", "BUSINESS_IN_PROGRESS"),
        ("p20", "NOT_VERIFIED"),
    ],
)
def test_who_may_not_apply_reads_why(visitor: Visitor, service: LiveService, username: str, code: str) -> None:
    """Before the try on the home page and the guide, and at the try itself, which creates nothing."""
    page = visitor.becomes(username).page
    before = applications_of(service, username)

    for speak in (lambda: None, visitor.speaks_english):
        page.goto("/home")
        speak()
        tells(visitor, code)
        page.goto(f"/lines/{TRANSFER}")
        tells(visitor, code)
        page.goto(APPLY)
        tells(visitor, code)
        visitor.looks_up(QIYAN).fills_contract()
        visitor.bar("save").click()
        expect(visitor.errors).to_be_focused()
        expect(visitor.errors.locator(f"[data-code={code}]")).to_be_visible()
        tells(visitor, code)
        expect(page.locator("#contract_start")).to_have_value(contract(visitor.today)["contract_start"])

    assert applications_of(service, username) == before


@pytest.mark.parametrize(
    ("username", "employer", "code"),
    [
        ("p04", HENGZHU, "SAME_EMPLOYER"),
        ("p31", "北京澜庭市政工程有限公司", "NO_SUPERVISING_DISTRICT"),
        ("p06", "北京拓远装饰工程有限公司", "EMPLOYER_INFO_INCOMPLETE"),
    ],
    ids=["same", "no_district", "incomplete"],
)
def test_an_employer_that_cannot_be_chosen_is_refused(
    visitor: Visitor, service: LiveService, username: str, employer: str, code: str
) -> None:
    page = visitor.becomes(username).page

    for speak in (lambda: None, visitor.speaks_english):
        page.goto(APPLY)
        speak()
        visitor.looks_up(employer).fills_contract()
        visitor.bar("save").click()
        tells(visitor, code)
        visitor.errors.get_by_role("link").first.click()
        expect(page.locator("#new_employer")).to_be_focused()
        expect(page.get_by_role("radio", name=re.compile(employer))).to_be_checked()
        expect(page.locator("#contract_end")).to_have_value(contract(visitor.today)["contract_end"])

    assert applications_of(service, username) == 0
    page.goto(APPLY)
    visitor.looks_up(QIYAN).fills_contract()
    visitor.saves()


def test_an_unknown_code_finds_nobody(visitor: Visitor) -> None:
    page = visitor.becomes("p50").page

    for speak in (lambda: None, visitor.speaks_english):
        page.goto(APPLY)
        speak()
        visitor.looks_up("XA000099-9")
        tells(visitor, "EMPLOYER_NOT_FOUND")
        refused = post(visitor, APPLY, {**contract(visitor.today), "new_employer": NOBODY, "action": "save"})
        assert refused.status == 409
        assert 'data-code="EMPLOYER_NOT_FOUND"' in refused.text()


def test_after_the_district_it_cannot_be_withdrawn(visitor: Visitor, service: LiveService) -> None:
    """R-000-04: the action stays visible with its reason; tried all the same, it is refused."""
    page = visitor.page
    number = number_of(service, "p42")
    visitor.becomes("e02_admin").decides(number, "agree")
    without_flags(service)
    visitor.becomes("district_chaoyang").decides(number, "pass")
    visitor.becomes("p42")

    for speak in (lambda: None, visitor.speaks_english):
        visitor.opens(number)
        speak()
        tells(visitor, "WITHDRAW_NOT_ALLOWED")
        tells(visitor, "WITHDRAW_BEFORE_DELETE")
        page.goto(f"/applications/{number}/withdraw")
        tells(visitor, "WITHDRAW_NOT_ALLOWED")
        assert page.get_by_role("button", name=re.compile("取消申报|Withdraw")).count() == 0
        refused = post(visitor, f"/applications/{number}/withdraw", {})
        assert refused.status == 409
        assert 'data-code="WITHDRAW_NOT_ALLOWED"' in refused.text()


@pytest.mark.parametrize(
    ("username", "path"),
    [("p05", "/inbox"), ("e01_admin", APPLY), ("city_a", APPLY), ("analyst", "/applications"), ("admin", "/home")],
)
def test_a_wrong_role_is_refused(visitor: Visitor, username: str, path: str) -> None:
    visitor.becomes(username)
    answer = visitor.page.goto(path)

    assert answer is not None
    assert answer.status == 403
    tells(visitor, "ROLE_NOT_ALLOWED")
    visitor.speaks_english()
    tells(visitor, "ROLE_NOT_ALLOWED")


@pytest.mark.parametrize("username", ["p06", "e07_admin", "district_daxing"])
def test_someone_elses_application_is_not_there(visitor: Visitor, service: LiveService, username: str) -> None:
    """R-A-00."""
    number = number_of(service, "p51")
    visitor.becomes(username)
    answer = visitor.page.goto(f"/applications/{number}")

    assert answer is not None
    assert answer.status == 404
    tells(visitor, "NOT_FOUND")
    expect(visitor.page.locator("main")).not_to_contain_text("雷明辉")
    visitor.speaks_english()
    tells(visitor, "NOT_FOUND")


def test_fields_that_are_not_in_the_form_store_nothing(visitor: Visitor, service: LiveService) -> None:
    visitor.becomes("p29")
    entries = {**contract(visitor.today), "new_employer": "91110000XA0000015W", "action": "save"}

    refused = post(visitor, APPLY, {**entries, "status": "closed", "person_id": "P04"})

    assert refused.status == 422
    assert 'data-code="FIELD_NOT_IN_FORM"' in refused.text()
    assert "person_id" in refused.text()
    assert applications_of(service, "p29") == 0


def test_a_decision_with_more_than_its_form_decides_nothing(visitor: Visitor) -> None:
    visitor.becomes("e02_admin").opens_task("尹学军")
    decide = visitor.page.locator(".pf-decide")
    action = str(decide.get_attribute("action"))
    token = decide.locator("[name=csrf_token]").input_value()

    refused = visitor.page.request.post(
        action, form={"csrf_token": token, "decision": "agree", "outcome": "pass"}, max_redirects=0
    )

    assert refused.status == 422
    assert 'data-code="FIELD_NOT_IN_FORM"' in refused.text()
    visitor.opens_task("尹学军")


def post(visitor: Visitor, path: str, fields: dict[str, str]) -> APIResponse:
    """Post as this browser would, with a token of one of its pages, but whatever fields a stranger likes."""
    token = visitor.page.locator("[name=csrf_token]").first.input_value()
    return visitor.page.request.post(path, form={"csrf_token": token, **fields}, max_redirects=0)


def applications_of(service: LiveService, username: str) -> int:
    return int(_about(service, select(func.count()).select_from(application), username))


def number_of(service: LiveService, username: str) -> str:
    return str(_about(service, select(application.c.number), username))


def _about(service: LiveService, query: Any, username: str) -> Any:
    database = service.database()
    own = select(account.c.person_id).where(account.c.username == username).scalar_subquery()
    with database.read() as connection:
        found = connection.execute(query.where(application.c.person_id == own)).scalar_one()
    database.engine.dispose()
    return found
