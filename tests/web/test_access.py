"""Who may call what: sessions, roles, other people's applications, forged and foreign requests (RELIABILITY.md 4)."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from identity.accounts import Accounts
from kernel.actors import Actor, Role
from tests.web.served import page_rules
from tests.web.visitor import TRANSFER, Visitor
from web.links import local_path
from wiring import Services

ADMIN = Actor("admin", "管理员", frozenset({Role.SYSTEM_ADMIN}))


def test_without_a_session_a_page_leads_to_sign_in_and_back(visitor: Visitor) -> None:
    response = visitor.get("/applications?status=draft")

    assert (response.status_code, response.location) == (303, "/sign-in?next=/applications?status%3Ddraft")


def test_without_a_session_htmx_is_told_where_to_go_and_json_gets_401(visitor: Visitor) -> None:
    htmx = visitor.get("/applications", headers={"HX-Request": "true"})
    json = visitor.get("/applications", headers={"Accept": "application/json"})

    assert (htmx.status_code, htmx.headers["HX-Redirect"]) == (401, "/sign-in?next=/applications")
    assert json.status_code == 401


def test_wrong_role_is_403_with_its_code(visitor: Visitor) -> None:
    response = visitor.switch("city_a").get(f"/lines/{TRANSFER}/apply")

    assert response.status_code == 403
    assert 'data-code="ROLE_NOT_ALLOWED"' in response.text


def test_somebody_elses_application_is_404_on_every_page(app: Flask, scan: bytes) -> None:
    owner = Visitor(app).switch("p04")
    number = owner.saved_transfer()
    owner.upload(number, "AT-01", "表.pdf", scan)
    file = owner.page(f"/applications/{number}?tab=files").cssselect(".pf-thumb")[0].attrib["href"]
    stranger = Visitor(app).switch("p16")

    pages = ["", "/form", "/print", "/receipt", "/withdraw", "/delete", "/appeal", "/export.docx"]
    for path in (*(f"/applications/{number}{page}" for page in pages), file, f"{file}/pages/1.png"):
        assert stranger.get(path).status_code == 404, path
    for path, fields in (("form", {"action": "save"}), ("draft", {}), ("withdraw", {}), ("delete", {}), ("appeal", {})):
        assert stranger.post(f"/applications/{number}/{path}", fields).status_code == 404, path
    assert stranger.upload(number, "AT-01", "x.pdf", scan).status_code == 404


def test_a_disabled_account_is_out_at_its_next_request(app: Flask, services: Services) -> None:
    visitor = Visitor(app).switch("p04")
    with services.database.write() as work:
        accounts = Accounts(work.connection, services.system_clock, services.passwords)
        accounts.disable(accounts.by_username("p04").id, by=ADMIN)

    assert visitor.get("/home").status_code == 303


def test_every_unsafe_route_wants_the_token(app: Flask) -> None:
    visitor = Visitor(app).switch("p04")
    for rule in page_rules(app):
        if "POST" not in (rule.methods or ()):
            continue
        values: dict[str, Any] = {name: 1 if name == "message_id" else "x" for name in rule.arguments}
        with app.test_request_context():
            path = app.url_for(rule.endpoint, **values)
        response = visitor.client.post(path, headers={"Accept": "application/json"})
        answer: dict[str, Any] = response.get_json()
        assert (response.status_code, answer["code"]) == (400, "CSRF_FAILED"), path


def test_a_post_from_another_site_is_refused_even_with_a_token(visitor: Visitor) -> None:
    headers = {"Origin": "https://elsewhere.example", "Accept": "application/json"}

    response = visitor.post("/preferences", {"language": "en"}, headers=headers)

    assert response.status_code == 400
    assert "lang=en" not in response.headers.get("Set-Cookie", "")


@pytest.mark.parametrize(
    "address", ["https://x.example/", "//x.example", "/\\x.example", "/a\r\nb", "javascript:x", "", None, "x"]
)
def test_addresses_of_other_sites_are_not_followed(address: str | None) -> None:
    assert local_path(address, "/here") == "/here"


def test_headers_stand_on_every_kind_of_answer(visitor: Visitor) -> None:
    visitor.switch("p04")
    for path in ("/home", "/nope", "/healthz", "/assets/tokens.css", "/export.docx"):
        headers = visitor.get(path).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
    assert visitor.get("/home").headers["Cache-Control"] == "no-store"


def test_cookies_are_held_from_scripts_and_other_sites(visitor: Visitor) -> None:
    response = visitor.post("/demo/switch", {"username": "p04"})

    for cookie in response.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
