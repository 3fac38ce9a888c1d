"""Errors as pages, fragments and problem JSON (RFC 9457); nothing of the inside is told."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from structlog.testing import capture_logs

from tests.web.visitor import Visitor, text_of
from wiring import Services

JSON = {"Accept": "application/json"}


def test_a_missing_page_says_what_to_do(visitor: Visitor) -> None:
    response = visitor.get("/nope")

    assert response.status_code == 404
    assert "没有找到该页面或事项" in text_of(response)
    assert 'data-code="NOT_FOUND"' in response.text


def test_who_prefers_json_gets_problem_json(visitor: Visitor) -> None:
    response = visitor.get("/nope", headers=JSON)

    assert (response.status_code, response.content_type) == (404, "application/problem+json")
    assert response.json is not None
    assert response.json["code"] == "NOT_FOUND"
    assert response.json["title"] == "没有找到该页面或事项"
    assert response.json["instance"] == "/nope"


def test_a_browser_gets_a_page(visitor: Visitor) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

    assert visitor.get("/nope", headers={"Accept": accept}).content_type.startswith("text/html")


def test_htmx_gets_a_fragment_for_the_place_of_problems(visitor: Visitor) -> None:
    response = visitor.get("/nope", headers={"HX-Request": "true"})

    assert response.headers["HX-Retarget"] == "#problem"
    assert "<html" not in response.text


@pytest.mark.parametrize("headers", [{}, JSON])
def test_a_fault_shows_a_number_and_nothing_else(
    app: Flask, services: Services, monkeypatch: pytest.MonkeyPatch, headers: Any
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(type(services.cases), "publicity", broken)
    visitor = Visitor(app)

    with capture_logs() as logs:
        response = visitor.get("/publicity", headers=headers)

    assert response.status_code == 500
    quote = re.search(r"E-[0-9A-F]{4}-[0-9A-F]{4}", response.text)
    assert quote
    assert "secret inside" not in response.text
    assert "Traceback" not in response.text
    assert [entry["quote"] for entry in logs if entry["event"] == "fault"] == [quote.group(0)]


def test_a_body_that_is_too_large_is_413(app: Flask, visitor: Visitor) -> None:
    visitor.switch("p04")
    number = visitor.saved_transfer()

    assert app.config["MAX_CONTENT_LENGTH"] == 26 * 1024 * 1024
    app.config["MAX_CONTENT_LENGTH"] = 20_000

    response = visitor.upload(number, "AT-01", "big.pdf", b"%PDF-" + b"0" * 30_000)

    assert response.status_code == 413
    assert "文件太大" in text_of(response)


def test_a_refusal_as_json_carries_its_reasons_in_both_languages(visitor: Visitor) -> None:
    visitor.switch("p42")
    number = visitor.page("/applications").cssselect("tbody th a")[0].get("href").split("/")[-1]

    response = visitor.post(f"/applications/{number}/delete", {"command_id": "d"}, headers=JSON)

    assert response.status_code == 409
    assert response.json is not None
    reason = response.json["reasons"][0]
    assert reason["code"] == "WITHDRAW_BEFORE_DELETE"
    assert reason["message_zh"] == "已申报信息，只能撤销申报方可删除"
    assert reason["message_en"] == "Withdraw before deleting"
