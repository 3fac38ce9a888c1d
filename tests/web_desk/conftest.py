"""The real service with the sample data of 2026-06-15, and browsers that are signed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from identity.accounts import Accounts
from identity.sessions import Sessions
from kernel.clock import FixedClock
from kernel.settings import Settings
from tests.scenarios.case import Case
from tests.support.sample import build_on_copy
from tests.web.served import app_on
from wiring import Services

LINE = "class2_employer_transfer"


@pytest.fixture
def services(sqlite_sample_url: str, tmp_path: Path, clock: FixedClock, system_clock: FixedClock) -> Iterator[Services]:
    settings = Settings(database_url=sqlite_sample_url, var_dir=tmp_path / "var")
    built = build_on_copy(settings, clock=clock, system_clock=system_clock)
    yield built
    built.database.engine.dispose()


@pytest.fixture
def app(services: Services) -> Flask:
    application = app_on(services)
    application.config.update(WTF_CSRF_ENABLED=False, TESTING=True)
    return application


class Browser:
    """A signed-in browser without JavaScript that reads Chinese pages, unless it prefers others."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def prefer(self, language: str) -> None:
        self._client.set_cookie("lang", language)

    def get(self, address: str, **arguments: Any) -> Page:
        return Page(self._client.get(address, **arguments))

    def post(self, address: str, **fields: Any) -> Page:
        response = self._client.post(address, data=fields)
        response.request.environ["wsgi.input"].close()  # the client leaves a large body's temporary file open
        return Page(response)


class Page:
    """An answer, with its text as a reader sees it."""

    def __init__(self, response: TestResponse) -> None:
        self.status = response.status_code
        self.location = response.headers.get("Location", "")
        self.headers = response.headers
        self.data = response.data
        self.html = response.get_data(as_text=True) if response.mimetype == "text/html" else ""

    @property
    def text(self) -> str:
        shown = re.sub(r"<(script|style|svg)\b.*?</\1>", "", self.html, flags=re.S)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", shown)).split())

    def found(self, pattern: str) -> list[str]:
        return re.findall(pattern, unescape(self.html))

    @property
    def headline(self) -> str:
        return " ".join(re.sub(r"<[^>]+>", " ", self.found(r"(?s)<h1[^>]*>(.*?)</h1>")[0]).split())


@pytest.fixture
def signed_in(app: Flask, services: Services) -> Callable[[str], Browser]:
    """A browser in which somebody of the sample data is signed in."""

    def enter(username: str) -> Browser:
        with services.database.write() as work:
            account = Accounts(work.connection, services.system_clock, services.passwords).by_username(username)
            token = Sessions(work.connection, services.system_clock).open(account.id, ip="127.0.0.1")
        client = app.test_client()
        client.set_cookie("sid", token)
        client.set_cookie("lang", "zh")
        return Browser(client)

    return enter


@pytest.fixture
def new_case(services: Services, clock: FixedClock) -> Callable[[], Case]:
    return lambda: Case(services, clock, LINE)
