"""A browser without scripts: follows links, fills the hidden fields of the form it posts, keeps cookies."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from flask import Flask
from lxml import html
from lxml.html import HtmlElement
from werkzeug.test import TestResponse

TRANSFER = "class2_employer_transfer"
QIYAN = "91110000XA0000023P"
GOOD_ENTRIES = {
    "new_employer": QIYAN,
    "contract_type": "fixed_term",
    "contract_start": "2026-06-16",
    "contract_end": "2029-06-15",
}


class Visitor:
    """One person at one browser."""

    def __init__(self, app: Flask, language: str = "zh") -> None:
        self.client = app.test_client()
        self.client.set_cookie("lang", language)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, buffered=True, **options)

    def page(self, path: str) -> HtmlElement:
        """The page at the end of all redirects."""
        response = self.get(path, follow_redirects=True)
        assert response.status_code == 200, (path, response.status_code, response.text[:400])
        return html.fromstring(response.text)

    def token(self) -> str:
        """The CSRF token that pages of this browser carry now."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/menu").text)
        assert found
        return found.group(1)

    def post(self, path: str, fields: Mapping[str, Any] | None = None, **options: Any) -> TestResponse:
        """Post fields with a token, as a form of this browser would."""
        return self.client.post(path, data={"csrf_token": self.token(), **(fields or {})}, buffered=True, **options)

    def switch(self, username: str) -> Visitor:
        """Sign in by the demo bar."""
        assert self.post("/demo/switch", {"username": username}).status_code == 303
        return self

    def sign_in(self, name: str, password: str, **fields: str) -> TestResponse:
        return self.post("/sign-in", {"as": "individual", "username": name, "password": password, **fields})

    # -- the transfer

    def saved_transfer(self, **changes: str) -> str:
        """Save the form of a transfer for the first time; returns its number."""
        response = self.post(
            f"/lines/{TRANSFER}/apply", {**GOOD_ENTRIES, **changes, "command_id": "first", "action": "save"}
        )
        assert response.status_code == 303, html.fromstring(response.text).text_content()
        return response.location.split("/")[2]

    def upload(self, number: str, kind: str, name: str, content: bytes, **options: Any) -> TestResponse:
        files = {kind: (io.BytesIO(content), name)}
        return self.post(f"/applications/{number}/attachments?kind={kind}", files, **options)

    def submitted_transfer(self, scan: bytes) -> str:
        number = self.saved_transfer()
        for kind in ("AT-01", "AT-03"):
            self.upload(number, kind, "扫描件.pdf", scan)
        response = self.post(
            f"/applications/{number}/form",
            {**GOOD_ENTRIES, "revision": "1", "command_id": "submit", "action": "submit"},
        )
        assert response.status_code == 303, html.fromstring(response.text).text_content()
        return number


def text_of(response: TestResponse) -> str:
    """The words of a page, white space made small."""
    return " ".join(html.fromstring(response.text).text_content().split())


def field(response: TestResponse, name: str) -> str:
    """What a field of the page's form shows."""
    found = html.fromstring(response.text).cssselect(f'form#application [name="{name}"], form [name="{name}"]')
    assert found, f"no field {name}"
    box = found[-1] if name == "revision" else found[0]
    if box.tag == "select":
        chosen = box.cssselect("option[selected]")
        return str(chosen[0].get("value")) if chosen else ""
    if box.get("type") == "radio":
        return next((str(one.get("value")) for one in found if one.get("checked") is not None), "")
    return str(box.get("value") or box.text or "")
