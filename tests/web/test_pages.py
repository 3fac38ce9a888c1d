"""Every page of the portal and the public in both languages, and what no page may hold."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from lxml import html

from tests.web.visitor import TRANSFER, Visitor

PUBLIC = (
    "/",
    "/sign-in",
    "/sign-in?as=enterprise",
    "/sign-in?as=staff",
    "/publicity",
    "/announcements",
    "/menu",
    "/demo",
)
APPLICANT = ("/home", "/applications", "/messages", "/account", "/menu", f"/lines/{TRANSFER}")
PAGES = [
    *((None, path) for path in (*PUBLIC, f"/lines/{TRANSFER}")),
    *(("p04", path) for path in (*APPLICANT, f"/lines/{TRANSFER}/apply")),
    *(("p42", path) for path in APPLICANT),
    *(("e02_admin", path) for path in ("/home", "/applications", "/applications?side=in", "/messages", "/account")),
    *(("city_a", path) for path in ("/applications", "/account")),
]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("username", "path"), PAGES)
def test_page_renders_in_both_languages(app: Flask, username: str | None, path: str, language: str) -> None:
    visitor = Visitor(app, language)
    if username:
        visitor.switch(username)

    response = visitor.get(path)

    assert response.status_code == 200
    page = html.fromstring(response.text)
    assert page.get("lang") == {"zh": "zh-CN", "en": "en"}[language]
    assert len(page.cssselect("h1")) == 1
    _holds_no_inline_code(response.text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_of_an_application_render(app: Flask, language: str) -> None:
    visitor = Visitor(app, language).switch("p42")
    number = visitor.page("/applications").cssselect("tbody th a")[0].get("href").split("/")[-1]

    for path in ("", "?tab=form", "?tab=files", "?tab=trail", "/print", "/receipt", "/withdraw", "/delete"):
        response = visitor.get(f"/applications/{number}{path}")
        assert response.status_code == 200, path
        assert number in response.text
        _holds_no_inline_code(response.text)


def test_no_english_page_of_the_frame_speaks_chinese(app: Flask) -> None:
    visitor = Visitor(app, "en").switch("p04")

    page = html.fromstring(visitor.get("/menu").text)

    spoken = [node.text_content() for node in page.cssselect("h1, main nav a, main button:not([lang]), footer")]
    assert not [text for text in spoken if re.search("[\u4e00-\u9fff]", text) and "吴思齐" not in text]


def test_language_and_theme_are_chosen_without_scripts(visitor: Visitor) -> None:
    response = visitor.post("/preferences", {"language": "en", "theme": "dark", "next": "/publicity"})

    assert response.location == "/publicity"
    page = html.fromstring(visitor.get("/publicity").text)
    assert (page.get("lang"), page.get("data-bs-theme")) == ("en", "dark")


def test_the_account_keeps_its_language(app: Flask) -> None:
    Visitor(app).switch("p04").post("/preferences", {"language": "en"})
    elsewhere = Visitor(app)
    elsewhere.client.delete_cookie("lang")

    elsewhere.switch("p04")

    assert html.fromstring(elsewhere.get("/home").text).get("lang") == "en"


def test_accept_language_decides_without_a_choice(app: Flask) -> None:
    visitor = Visitor(app)
    visitor.client.delete_cookie("lang")

    assert 'lang="en"' in visitor.get("/", headers={"Accept-Language": "en-GB,en;q=0.8"}).text
    assert 'lang="zh-CN"' in visitor.get("/", headers={"Accept-Language": "fr"}).text


def test_staff_see_the_staff_bar_and_dense_pages(visitor: Visitor) -> None:
    page = html.fromstring(visitor.switch("city_a").get("/account").text)

    assert page.get("data-density") == "compact"
    assert page.cssselect("header.pf-top-staff")


def test_healthz_answers_json(visitor: Visitor) -> None:
    response = visitor.get("/healthz")

    assert (response.status_code, response.json) == (200, {"status": "ok"})


def _holds_no_inline_code(text: str) -> None:
    """The content policy forbids it, so it would not work (RELIABILITY.md 4)."""
    assert not re.search(r"\sstyle=", text)
    assert not re.search(r"<style", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"\son[a-z]+=", text)
    assert "javascript:" not in text
