"""How often an account may call (`API_RATE_LIMIT`)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from kernel.actors import Role
from tests.api.caller import Caller
from web.api import limits
from wiring import Services

Make = Callable[..., Caller]


@pytest.fixture
def three_a_minute(app: Flask, services: Services) -> None:
    limits.register(app, replace(services.settings, api_rate_limit="3/minute"))


@pytest.mark.usefixtures("three_a_minute")
def test_the_fourth_call_of_a_minute_is_refused_and_other_accounts_go_on(caller: Make) -> None:
    one, other = caller(Role.SERVICE), caller(Role.SERVICE)
    for _ in range(3):
        one.get("/version")

    refused = one.call("GET", "/version")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    other.get("/version")


@pytest.mark.usefixtures("three_a_minute")
def test_counting_starts_no_threads(caller: Make) -> None:
    one = caller(Role.SERVICE)
    while any(isinstance(each, threading.Timer) for each in threading.enumerate()):
        pass  # the library's own of its beginning, 10 ms

    for _ in range(5):
        one.call("GET", "/version")
        assert not [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
