"""Filling, saving and submitting the form without scripts; nothing that was typed is lost (R-D-04, R-D-14)."""

from __future__ import annotations

import io

from flask import Flask
from lxml import html

from tests.web.visitor import GOOD_ENTRIES, QIYAN, TRANSFER, Visitor, field, text_of

APPLY = f"/lines/{TRANSFER}/apply"


def test_the_unsaved_form_is_filled_from_the_books(visitor: Visitor) -> None:
    words = text_of(visitor.switch("p04").get(APPLY))

    for told in ("吴思齐", "110000197909099047", "建筑工程", "北京恒筑建设工程有限公司"):
        assert told in words


def test_an_employer_is_found_by_name_without_scripts_and_entries_stay(visitor: Visitor) -> None:
    visitor.switch("p04")

    response = visitor.post(APPLY, {"new_employer_query": "启岩", "contract_start": "2026-06-16", "action": "lookup"})

    assert response.status_code == 200
    assert "北京启岩建筑有限公司" in text_of(response)
    assert field(response, "contract_start") == "2026-06-16"


def test_the_look_up_answers_htmx_with_its_block_only(visitor: Visitor) -> None:
    visitor.switch("p04")

    response = visitor.post(f"/lines/{TRANSFER}/lookup", {"new_employer_query": "XA0000023P", "action": "lookup"})

    assert response.text.strip().startswith('<div class="pf-lookup-block"')
    assert QIYAN in response.text
    assert "尚未选择" not in text_of(response)  # the only one found stands beside the old one at once


def test_a_first_save_that_is_wrong_creates_nothing_and_shows_what_was_typed(visitor: Visitor) -> None:
    visitor.switch("p04")

    response = visitor.post(APPLY, {**GOOD_ENTRIES, "contract_start": "2026-06-99", "action": "save"})

    assert response.status_code == 422
    assert field(response, "contract_start") == "2026-06-99"
    assert field(response, "new_employer") == QIYAN
    assert html.fromstring(response.text).cssselect('.pf-errors a[href="#contract_start"]')
    assert "还没有申请" in text_of(visitor.get("/applications"))


def test_the_rules_against_starting_are_shown_before_and_at_the_try(visitor: Visitor) -> None:
    visitor.switch("p17")

    assert "TRANSFER_WITHIN_ONE_YEAR" in visitor.get("/home").text
    assert "TRANSFER_WITHIN_ONE_YEAR" in visitor.get(APPLY).text
    refused = visitor.post(APPLY, {**GOOD_ENTRIES, "action": "save", "command_id": "x"})
    assert refused.status_code == 409
    assert "TRANSFER_WITHIN_ONE_YEAR" in refused.text
    assert field(refused, "contract_end") == "2029-06-15"


def test_sending_the_first_save_twice_makes_one_application(visitor: Visitor) -> None:
    visitor.switch("p04")

    assert visitor.saved_transfer() == visitor.saved_transfer()


def test_saving_goes_on_from_the_saved_revision(visitor: Visitor) -> None:
    visitor.switch("p04")
    number = visitor.saved_transfer()

    changed = {**GOOD_ENTRIES, "contract_end": "2030-01-01", "revision": "1", "action": "save"}
    assert visitor.post(f"/applications/{number}/form", changed).status_code == 303

    page = visitor.get(f"/applications/{number}/form")
    assert field(page, "contract_end") == "2030-01-01"
    assert field(page, "revision") == "2"


def test_a_stale_revision_shows_both_versions_and_lets_either_win(visitor: Visitor) -> None:
    visitor.switch("p04")
    number = visitor.saved_transfer()
    path = f"/applications/{number}/form"
    visitor.post(path, {**GOOD_ENTRIES, "contract_end": "2030-01-01", "revision": "1", "action": "save"})

    stale = visitor.post(path, {**GOOD_ENTRIES, "contract_end": "2031-02-02", "revision": "1", "action": "save"})

    assert stale.status_code == 409
    assert "2030-01-01" in text_of(stale)
    assert "2031-02-02" in text_of(stale)
    kept = {str(one.get("name")): one.get("value") for one in html.fromstring(stale.text).cssselect("main input")}
    assert visitor.post(path, {**kept, "csrf_token": visitor.token(), "action": "save"}).status_code == 303
    assert field(visitor.get(path), "contract_end") == "2031-02-02"


def test_autosave_answers_with_the_time_and_the_next_revision(visitor: Visitor) -> None:
    visitor.switch("p04")
    number = visitor.saved_transfer()
    path = f"/applications/{number}/draft"

    saved = visitor.post(path, {**GOOD_ENTRIES, "contract_end": "2030-01-01", "revision": "1"})
    stale = visitor.post(path, {**GOOD_ENTRIES, "contract_end": "2030-01-02", "revision": "1"})
    wrong = visitor.post(path, {**GOOD_ENTRIES, "contract_end": "2030-13-02", "revision": "2"})

    assert (saved.status_code, stale.status_code, wrong.status_code) == (200, 409, 422)
    assert "已自动保存 09:00" in saved.text
    assert 'id="revision" value="2"' in saved.text
    assert "没有保存上" in wrong.text


def test_a_refused_submit_lists_what_is_missing_and_keeps_files_and_entries(visitor: Visitor, scan: bytes) -> None:
    visitor.switch("p04")
    number = visitor.saved_transfer(contract_end="")
    files = {"AT-01": (io.BytesIO(scan), "申请表.pdf")}

    refused = visitor.post(
        f"/applications/{number}/form",
        {**GOOD_ENTRIES, "contract_end": "", "revision": "1", "command_id": "s", "action": "submit", **files},
    )

    assert refused.status_code == 422
    links = [one.get("href") for one in html.fromstring(refused.text).cssselect(".pf-errors a")]
    assert links == ["#contract_end", "#AT-03"]
    assert "申请表.pdf" in text_of(refused)
    assert field(refused, "contract_start") == "2026-06-16"


def test_files_of_a_wrong_kind_are_refused_and_the_rest_goes_on(visitor: Visitor, scan: bytes) -> None:
    visitor.switch("p04")
    number = visitor.saved_transfer()
    files = {"AT-01": (io.BytesIO(b"MZ not a pdf"), "程序.pdf"), "AT-03": (io.BytesIO(scan), "合同.pdf")}

    response = visitor.post(
        f"/applications/{number}/form", {**GOOD_ENTRIES, "revision": "1", "action": "save", **files}
    )

    assert response.status_code == 422
    assert "文件格式不支持" in text_of(response)
    assert "合同.pdf" in text_of(visitor.get(f"/applications/{number}/form"))


def test_an_attachment_is_removed_without_scripts_and_entries_stay(visitor: Visitor, scan: bytes) -> None:
    visitor.switch("p04")
    number = visitor.saved_transfer()
    visitor.upload(number, "AT-05", "离职证明.pdf", scan)
    page = html.fromstring(visitor.get(f"/applications/{number}/form").text)
    remove = page.cssselect('button[value^="remove:"]')[0].get("value")

    response = visitor.post(
        f"/applications/{number}/form",
        {**GOOD_ENTRIES, "contract_end": "2030-05-05", "revision": "1", "action": remove},
    )

    assert "离职证明.pdf" not in text_of(response)
    assert field(response, "contract_end") == "2030-05-05"


def test_fields_that_are_not_in_the_form_are_422_and_store_nothing(visitor: Visitor) -> None:
    visitor.switch("p04")
    number = visitor.saved_transfer()

    response = visitor.post(
        f"/applications/{number}/form",
        {**GOOD_ENTRIES, "contract_end": "2030-01-01", "status": "closed", "revision": "1", "action": "save"},
    )

    assert response.status_code == 422
    assert "FIELD_NOT_IN_FORM" in response.text
    assert field(visitor.get(f"/applications/{number}/form"), "contract_end") == "2029-06-15"


def test_a_submitted_application_is_followed_and_has_a_receipt(app: Flask, scan: bytes) -> None:
    visitor = Visitor(app).switch("p04")
    number = visitor.submitted_transfer(scan)

    words = text_of(visitor.get(f"/applications/{number}"))
    assert "申报成功" in words
    assert "待确认" in words
    assert visitor.get(f"/applications/{number}/form").location == f"/applications/{number}"
    receipt = html.fromstring(visitor.get(f"/applications/{number}/receipt").text)
    assert number in receipt.text_content()
    assert receipt.cssselect(".pf-receipt svg path")
    assert "待确认" in text_of(visitor.get("/home"))


def test_withdrawing_and_deleting_name_the_application_first(visitor: Visitor, scan: bytes) -> None:
    visitor.switch("p04")
    number = visitor.submitted_transfer(scan)

    assert number in text_of(visitor.get(f"/applications/{number}/withdraw"))
    assert "WITHDRAW_BEFORE_DELETE" in visitor.get(f"/applications/{number}/delete").text
    assert visitor.post(f"/applications/{number}/withdraw", {"command_id": "w"}).status_code == 303
    assert "未申报" in text_of(visitor.get(f"/applications/{number}"))
    deleted = visitor.post(f"/applications/{number}/delete", {"command_id": "d"})
    assert deleted.location == "/applications"
    assert f"已删除申请 {number}" in text_of(visitor.get("/applications"))


def test_files_are_shown_in_a_box_of_their_own(visitor: Visitor, scan: bytes) -> None:
    visitor.switch("p04")
    number = visitor.submitted_transfer(scan)
    link = visitor.page(f"/applications/{number}?tab=files").cssselect(".pf-thumb")[0].attrib["href"]

    file, preview = visitor.get(link), visitor.get(f"{link}/pages/1.png")

    assert file.data == scan
    assert file.content_type == "application/pdf"
    assert "sandbox" in file.headers["Content-Security-Policy"]
    assert file.headers["Content-Disposition"].startswith("inline; filename*=UTF-8''%E6")
    assert preview.data.startswith(b"\x89PNG")
    assert visitor.get(f"{link}/pages/9.png").status_code == 404


def test_the_form_is_exported_as_a_word_document(visitor: Visitor) -> None:
    visitor.switch("p04")
    number = visitor.saved_transfer()

    response = visitor.get(f"/applications/{number}/export.docx")

    assert response.data.startswith(b"PK")
    assert "wordprocessingml" in response.content_type
    assert "attachment" in response.headers["Content-Disposition"]
