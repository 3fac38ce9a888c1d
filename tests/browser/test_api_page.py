"""The pages about the interface: somebody tries a route there, with a token that was issued."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page
from sqlalchemy import insert, select

from identity.interface import ApiTokens
from kernel.actors import SYSTEM
from kernel.clock import SystemClock
from store.tables import account, account_role
from tests.browser.conftest import LiveService

pytestmark = pytest.mark.browser


@pytest.fixture
def token(service: LiveService) -> str:
    """Of an operator, who sees everything."""
    database = service.database()
    account_id, clock = str(uuid4()), SystemClock()
    with database.write() as work:
        like = work.connection.execute(select(account).where(account.c.username == "ops")).mappings().one()
        row = {**like, "id": account_id, "username": f"system_{account_id[:8]}"}
        work.connection.execute(insert(account).values(row))
        work.connection.execute(insert(account_role).values(account_id=account_id, role="ops"))
        issued = ApiTokens(work.connection, clock).issue(account_id, "test", None, by=SYSTEM)
    database.engine.dispose()
    return issued


def test_a_route_is_tried_with_a_token_by_keyboard(page: Page, token: str) -> None:
    page.goto("/api")
    page.get_by_role("link", name="/task/count", exact=True).first.click()
    page.get_by_label("令牌或密码").fill(token)
    page.get_by_label("令牌或密码").press("Enter")

    answer = page.locator("#api-answer")
    answer.get_by_role("heading", name="回答 200").wait_for()
    assert '"count":' in answer.inner_text()
    assert token not in page.get_by_role("region", name="同样的命令").inner_text()

    # The next route is tried without typing it again.
    page.goto("/api/getTask")
    page.get_by_text("参数 ").click()
    page.get_by_label("maxResults").fill("1")
    page.get_by_role("button", name="发送").click()
    answer.get_by_role("heading", name="回答 200").wait_for()
    assert "maxResults=1" in page.get_by_role("region", name="同样的命令").inner_text()


def test_a_refusal_and_a_body_that_is_no_json_are_shown(page: Page) -> None:
    page.goto("/api/postTask")
    page.get_by_label("正文，JSON").fill("{")
    page.get_by_role("button", name="发送").click()
    page.get_by_text("正文不是 JSON").wait_for()

    page.get_by_label("正文，JSON").fill("{}")
    page.get_by_role("button", name="发送").click()
    page.locator("#api-answer").get_by_role("heading", name="回答 401").wait_for()
