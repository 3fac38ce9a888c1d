"""Policy notices: read by everybody, maintained by the registration centre (F-NOTICES)."""

from __future__ import annotations

import io

import pytest
from docx import Document
from flask import Flask
from lxml import html
from sqlalchemy import select

from store.tables import audit
from tests.web.visitor import Visitor, text_of
from wiring import Services

TEXTS = {
    "title": "关于注册窗口的通知",
    "body": "第一段 <b>不是标记</b>\n见 https://example.com/a?b=1。\n\n第二段：/documents/x.docx",
}


def written(centre: Visitor, **changes: str) -> str:
    """Write a notice; the address of its page."""
    answer = centre.post("/admin/notices/new", {**TEXTS, **changes})
    assert answer.status_code == 303
    return answer.location


def revision(centre: Visitor, path: str) -> str:
    return str(centre.page(path).cssselect('[name="revision"]')[0].get("value"))


def publish(centre: Visitor, path: str) -> str:
    """Publish it; its public address."""
    assert centre.post(f"{path}/publish", {"revision": revision(centre, path)}).status_code == 303
    return f"/notices/{path.rsplit('/', 1)[1]}"


def test_a_notice_is_read_once_it_is_published_and_until_it_is_withdrawn(app: Flask, services: Services) -> None:
    centre, anybody = Visitor(app).switch("centre"), Visitor(app)
    path = written(centre)
    public = f"/notices/{path.rsplit('/', 1)[1]}"
    assert anybody.get(public).status_code == 404
    assert TEXTS["title"] not in anybody.get("/notices").text

    publish(centre, path)
    assert TEXTS["title"] in anybody.get("/notices?text=窗口").text
    page = html.fromstring(anybody.get(public).text)
    assert [link.get("href") for link in page.cssselect(".pf-prose a")] == [
        "https://example.com/a?b=1",
        "/documents/x.docx",
    ]
    assert len(page.cssselect(".pf-prose p")) == 2
    assert "<b>不是标记</b>" in page.cssselect(".pf-prose")[0].text_content()

    centre.post(f"{path}/withdraw", {"revision": revision(centre, path)})
    assert anybody.get(public).status_code == 404
    with services.database.read() as connection:
        done = connection.execute(select(audit.c.action).where(audit.c.action.like("notice_%"))).scalars().all()
    assert done[-3:] == ["notice_written", "notice_published", "notice_withdrawn"]


def test_what_is_missing_or_too_long_is_told_together_and_kept(app: Flask) -> None:
    centre = Visitor(app).switch("centre")

    answer = centre.post("/admin/notices/new", {"title": " ", "title_en": "x" * 201, "body": ""})

    assert answer.status_code == 422
    page = html.fromstring(answer.text)
    codes = [one.get("data-code") for one in page.cssselect("#errors li")]
    assert codes == ["FIELD_REQUIRED", "FIELD_REQUIRED", "TOO_LONG"]
    assert page.cssselect("#title_en")[0].get("value") == "x" * 201


def test_a_change_over_somebody_elses_is_refused(app: Flask) -> None:
    centre = Visitor(app).switch("centre")
    path = written(centre)
    old = revision(centre, path)
    assert centre.post(path, {**TEXTS, "title": "甲", "revision": old}).status_code == 303

    answer = centre.post(path, {**TEXTS, "title": "乙", "revision": old})

    assert answer.status_code == 409
    assert 'data-code="STALE_FORM"' in answer.text
    assert centre.page(path).cssselect("#title")[0].get("value") == "甲"


def test_files_are_downloaded_by_everybody_while_it_is_published(app: Flask, scan: bytes) -> None:
    centre, anybody = Visitor(app).switch("centre"), Visitor(app)
    path = written(centre)
    answer = centre.post(f"{path}/files", {"file": (io.BytesIO(scan), "说明.pdf")})
    assert answer.status_code == 303
    public = publish(centre, path)
    link = html.fromstring(anybody.get(public).text).cssselect(".pf-acts a")[0].get("href")

    file = anybody.get(str(link))

    assert file.data == scan
    assert file.headers["Content-Disposition"].startswith("attachment;")
    centre.post(f"{path}/withdraw", {"revision": revision(centre, path)})
    assert anybody.get(str(link)).status_code == 404


@pytest.mark.parametrize(
    ("name", "content"),
    [("表.docx", b"PK no package"), ("表.exe", b"MZ"), ("表.docm", b"PK\x03\x04"), ("表.pdf", b"<html>")],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(app: Flask, name: str, content: bytes) -> None:
    centre = Visitor(app).switch("centre")
    path = written(centre)

    answer = centre.post(f"{path}/files", {"file": (io.BytesIO(content), name)})

    assert answer.status_code == 422
    assert 'data-code="FILE_TYPE_INVALID"' in answer.text
    assert "还没有附件" in text_of(centre.get(path))


def test_english_readers_get_english_where_there_is_some(app: Flask) -> None:
    centre, reader = Visitor(app).switch("centre"), Visitor(app, "en")
    both = publish(centre, written(centre, title_en="Counter hours", body_en="Monday to Friday."))
    chinese = publish(centre, written(centre))

    assert reader.page(both).cssselect("h1")[0].text_content() == "Counter hours"
    assert reader.page(chinese).cssselect("h1")[0].get("lang") == "zh-CN"


@pytest.mark.parametrize("username", ["p04", "e02_admin", "city_a", "admin"])
def test_nobody_else_maintains_notices(app: Flask, username: str) -> None:
    visitor = Visitor(app).switch(username)

    assert visitor.get("/admin/notices").status_code == 403
    assert visitor.post("/admin/notices/new", TEXTS).status_code == 403


def test_the_correction_form_of_2020_is_given_out_empty(app: Flask) -> None:
    """DOC-11, R-1.2-4; nothing else is, whatever the name."""
    answer = Visitor(app).get("/documents/qualification_correction.docx")

    assert answer.status_code == 200
    words = "".join(Document(io.BytesIO(answer.data)).element.itertext())
    assert "执业资格合格人员信息修改申请表" in words
    assert Visitor(app).get("/documents/deregistration.docx").status_code == 404


def test_a_notice_leads_to_the_correction_form(app: Flask) -> None:
    anybody = Visitor(app)
    listed = anybody.page("/notices").cssselect(".pf-noticelist a")

    pages = [anybody.page(str(link.get("href"))) for link in listed]

    links = {link.get("href") for page in pages for link in page.cssselect(".pf-prose a")}
    assert "/documents/qualification_correction.docx" in links
