"""What a refusal says in Chinese and in English: the code, the words of the catalogue, and what was typed stays."""

from __future__ import annotations

import pytest
from flask import Flask
from lxml import html
from werkzeug.test import TestResponse

from kernel.clock import FixedClock
from kernel.reasons import message_of
from kernel.texts import Language
from tests.web.visitor import GOOD_ENTRIES, TRANSFER, Visitor, field, text_of

WAITS_FOR_E02 = "方慧敏"
WORDS_TYPED = "这句话写了很久，不能丢。"

pytestmark = pytest.mark.parametrize("language", ["zh", "en"])


def tells(response: TestResponse, language: Language, status: int, code: str, **parameters: object) -> None:
    """The answer has the status, marks the reason by its code, and says it in the page's language."""
    assert response.status_code == status
    marked = html.fromstring(response.text).cssselect(f"[data-code={code}]")
    said = message_of(code).filled(**parameters).in_(language)
    assert any(said in " ".join(one.text_content().split()) for one in marked), text_of(response)


def test_a_task_that_somebody_else_has_done(app: Flask, language: Language) -> None:
    first, second = Visitor(app, language).switch("e02_admin"), Visitor(app, language).switch("e02_user")
    action = str(first.page(f"/inbox?text={WAITS_FOR_E02}").cssselect("form.pf-decide")[0].get("action"))
    assert first.post(action, {"decision": "agree"}).status_code == 303

    refused = second.post(action, {"decision": "return", "opinion": WORDS_TYPED})

    tells(refused, language, 409, "TASK_ALREADY_DONE")
    assert WORDS_TYPED in refused.text


def test_a_draft_that_has_moved_on(app: Flask, language: Language) -> None:
    visitor = Visitor(app, language).switch("p04")
    number = visitor.saved_transfer()
    typed = {**GOOD_ENTRIES, "contract_end": "2030-09-09", "revision": "0", "action": "save"}

    refused = visitor.post(f"/applications/{number}/form", typed)

    tells(refused, language, 409, "STALE_FORM")
    cells = {cell.text_content().split()[0] for cell in html.fromstring(refused.text).cssselect("td")}
    assert {"2030-09-09", GOOD_ENTRIES["contract_end"]} <= cells


def test_papers_that_are_missing(app: Flask, language: Language, scan: bytes) -> None:
    visitor = Visitor(app, language).switch("p04")
    number = visitor.saved_transfer()
    visitor.upload(number, "AT-01", "申请表.pdf", scan)
    typed = {**GOOD_ENTRIES, "contract_end": "2030-09-09", "revision": "1", "action": "submit"}

    refused = visitor.post(f"/applications/{number}/form", typed)

    label = {"zh": "劳动合同扫描件（AT-03）", "en": "Labour contract, scan (AT-03)"}[language]
    tells(refused, language, 422, "ATTACHMENT_MISSING", attachments=label)
    assert field(refused, "contract_end") == "2030-09-09"
    assert "申请表.pdf" in refused.text


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"%PDF-1.4" + b" " * (5 * 1024 * 1024), "FILE_TOO_LARGE"), (b"<html><script>1</script>", "FILE_TYPE_INVALID")],
    ids=["oversized", "disguised"],
)
def test_a_file_that_is_refused(app: Flask, language: Language, content: bytes, code: str, scan: bytes) -> None:
    visitor = Visitor(app, language).switch("p04")
    number = visitor.saved_transfer()
    visitor.upload(number, "AT-03", "先前的.pdf", scan)

    refused = post_with_file(visitor, f"/applications/{number}/form", content)

    tells(refused, language, 422, code, max=5)
    assert field(refused, "contract_end") == "2030-09-09"
    assert "先前的.pdf" in refused.text


def test_a_session_that_has_expired(app: Flask, language: Language, system_clock: FixedClock) -> None:
    visitor = Visitor(app, language).switch("p04")
    visitor.get(f"/lines/{TRANSFER}/apply")
    system_clock.advance(minutes=31)

    answer = visitor.post(f"/lines/{TRANSFER}/apply", {**GOOD_ENTRIES, "action": "save"})

    said = {"zh": "登录已过期，填写的内容没有丢", "en": "Nothing is lost"}[language]
    assert said in text_of(visitor.get(answer.location))


def post_with_file(visitor: Visitor, path: str, content: bytes) -> TestResponse:
    """Save the form along with a file for AT-03. The body is written here: the client of the tests leaves large ones open."""
    entries = {**GOOD_ENTRIES, "contract_end": "2030-09-09", "revision": "1", "action": "save"}
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in {**entries, "csrf_token": visitor.token()}.items()
    ]
    named = b'--x\r\nContent-Disposition: form-data; name="AT-03"; filename="contract.pdf"\r\n\r\n'
    body = b"".join([*parts, named, content, b"\r\n--x--\r\n"])
    return visitor.client.post(path, data=body, content_type="multipart/form-data; boundary=x", buffered=True)
