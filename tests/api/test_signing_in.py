"""Who gets in: tokens and service accounts, in force now; nobody by a cookie, and nobody by guessing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from identity.interface import ApiTokens
from identity.sessions import Sessions
from kernel.actors import SYSTEM, Role
from kernel.clock import FixedClock
from store.tables import account, api_token
from tests.api.caller import Caller
from tests.api.conftest import PASSWORD
from wiring import Services

Make = Callable[..., Caller]


def by_password(app: Flask, username: str, password: str) -> int:
    return app.test_client().get("/engine-rest/version", auth=(username, password)).status_code


def test_a_token_opens_the_interface(caller: Make) -> None:
    assert caller(Role.SERVICE).get("/engine") == [{"name": "default"}]


def test_a_token_may_stand_in_the_place_of_a_password(caller: Make, app: Flask) -> None:
    one = caller(Role.ANALYST)

    assert by_password(app, one.username, one.token) == 200


def test_the_password_opens_for_service_accounts_only(caller: Make, app: Flask) -> None:
    assert by_password(app, caller(Role.SERVICE).username, PASSWORD) == 200
    assert by_password(app, caller(Role.ANALYST).username, PASSWORD) == 401
    assert by_password(app, "nobody_here", PASSWORD) == 401


def test_without_credentials_the_answer_says_how(app: Flask) -> None:
    answer = app.test_client().get("/engine-rest/version")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="')
    assert answer.get_json()["type"] == "AuthenticationException"


def test_a_session_of_the_pages_opens_nothing(app: Flask, services: Services) -> None:
    client = app.test_client()
    with services.database.write() as work:
        ops = work.connection.execute(select(account.c.id).where(account.c.username == "ops")).scalar_one()
        client.set_cookie("sid", Sessions(work.connection, services.system_clock).open(ops, ip=""))

    assert client.get("/console").status_code == 200
    assert client.get("/engine-rest/version").status_code == 401


def test_five_wrong_passwords_lock_the_account(caller: Make, app: Flask, system_clock: FixedClock) -> None:
    username = caller(Role.SERVICE).username

    assert [by_password(app, username, "wrong") for _ in range(5)] == [401] * 5
    assert by_password(app, username, PASSWORD) == 401
    system_clock.advance(minutes=16)
    assert by_password(app, username, PASSWORD) == 200


def test_a_changed_password_counts_at_once(caller: Make, app: Flask, services: Services) -> None:
    """The one that was right is remembered, but only for the hash that it was right for."""
    username = caller(Role.SERVICE).username
    assert by_password(app, username, PASSWORD) == 200

    with services.database.write() as work:
        other = services.passwords.hash("Another-2026-pass")
        work.connection.execute(update(account).where(account.c.username == username).values(password_hash=other))

    assert by_password(app, username, PASSWORD) == 401
    assert by_password(app, username, "Another-2026-pass") == 200


def test_a_disabled_account_is_out_at_once(caller: Make, app: Flask, services: Services) -> None:
    one = caller(Role.SERVICE)
    assert by_password(app, one.username, PASSWORD) == 200

    with services.database.write() as work:
        work.connection.execute(update(account).where(account.c.id == one.account_id).values(disabled=True))

    assert by_password(app, one.username, PASSWORD) == 401
    one.refused("GET", "/version", 401)


def test_a_token_ends_when_it_is_revoked_or_expires(caller: Make, services: Services, system_clock: FixedClock) -> None:
    one = caller(Role.SERVICE)
    with services.database.write() as work:
        tokens = ApiTokens(work.connection, services.system_clock)
        first = tokens.of_account(one.account_id)[0]
        short = tokens.issue(one.account_id, "short", 1, by=SYSTEM)
        tokens.revoke(one.account_id, first.id, by=SYSTEM)

    one.refused("GET", "/version", 401)
    one.token = short
    one.get("/version")
    system_clock.advance(days=1)
    one.refused("GET", "/version", 401)


def test_the_database_knows_no_token(caller: Make, services: Services) -> None:
    one = caller(Role.SERVICE)
    one.get("/version")

    with services.database.read() as connection:
        row: Any = connection.execute(select(api_token).where(api_token.c.account_id == one.account_id)).one()

    assert one.token not in str(tuple(row))
    assert services.system_clock.now() - row.used_at < timedelta(minutes=1)


def test_an_unknown_parameter_and_address_are_refused_in_one_shape(caller: Make) -> None:
    one = caller(Role.SERVICE)

    assert "foo" in one.refused("GET", "/task?foo=1", 400)["message"]
    assert one.refused("GET", "/nothing", 404)["type"] == "NotFoundException"
    one.refused("PUT", "/version", 405)
    assert "JSON" in one.refused("POST", "/task", 400, data="{", content_type="application/json")["message"]


def test_the_name_of_the_engine_may_stand_in_the_address(caller: Make) -> None:
    assert caller(Role.SERVICE).get("/engine/default/version") == {"version": "7.21.0"}
