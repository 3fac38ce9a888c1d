"""The form on the page: label and value cells, errors at their fields, everything usable without scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from babel.messages.pofile import read_po
from lxml import html

from forms import Form, Forms, read_form, validate
from forms.page import FormPage, Links, Lookup, Remark
from kernel.errors import Reason
from kernel.texts import Text
from tests.forms.pages import DOCUMENT, E01, E12, SNAPSHOT, TEMPLATES, File, day, rendered

TODAY = day("2026-06-15")
FORMS = Forms()
TRANSFER = FORMS.current("class2_employer_transfer")
SECTIONS = "{{ contents(page) }}{{ form_sections(page) }}"
PAGE = FormPage(
    TRANSFER,
    values=DOCUMENT,
    snapshot=SNAPSHOT,
    links=Links("/save", "/lookup", "/export", "/me", lambda number: f"/up/{number}", lambda file: f"/file/{file.id}"),
)


def ids(tree: html.HtmlElement) -> list[str]:
    return [str(found) for found in tree.xpath("//@id")]


def text_of(tree: html.HtmlElement, path: str) -> str:
    found = tree.xpath(path)
    assert found, f"nothing at {path}"
    return " ".join("".join(found[0].itertext()).split())


def check_references(tree: html.HtmlElement) -> None:
    """Ids stand once, and every reference finds its element."""
    known = ids(tree)
    assert sorted(set(known)) == sorted(known)
    for name in ("for", "aria-describedby", "aria-labelledby"):
        for value in tree.xpath(f"//@{name}"):
            assert set(str(value).split()) <= set(known), f"{name}={value}"
    for target in tree.xpath("//a[starts-with(@href, '#')]/@href"):
        assert str(target)[1:] in known


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_transfer_form_shows_person_registration_employers_contract_and_files(language: Any) -> None:
    tree = rendered(SECTIONS, replace(PAGE, language=language))

    check_references(tree)
    whole = text_of(tree, "//form")
    for value in ("雷明辉", "110000199307129519", "京211202401186", "2027-05-19", "北京启岩建筑有限公司", "XA000001-5"):
        assert value in whole
    assert "None" not in whole
    assert [section.get("id") for section in tree.xpath("//section/h2")] == [
        "section-applicant",
        "section-registration_info",
        "section-employers",
        "section-contract",
        "section-attachments",
    ]


def test_every_question_of_every_form_has_a_name_and_a_label() -> None:
    for key in sorted(FORMS.keys):
        form = FORMS.current(key)
        decides = any(field.kind == "decision" for field in form.fields.values())
        tree = rendered("{{ decision_fields(page) }}" if decides else SECTIONS, FormPage(form))
        check_references(tree)
        posted = {
            str(name)
            for name in tree.xpath("//input[@type!='file' or not(@type)]/@name | //select/@name | //textarea/@name")
        }
        expected = {
            "new_employer_query" if each.kind == "employer_lookup" else each.key
            for each in form.fields.values()
            if each.choices or not each.options_from  # else only the page knows what is offered
        }
        assert posted == expected


def test_errors_stand_at_their_fields_and_the_fields_point_at_them() -> None:
    result = validate(TRANSFER, {"new_employer": E01.uscc, "contract_start": "soon"}, mode="submit", today=TODAY)
    errors = (*result.errors, Reason("ATTACHMENT_MISSING", {"attachments": Text("申请表", "form")}, field="AT-01"))

    tree = rendered(SECTIONS, replace(PAGE, values=result.entered, errors=errors))

    check_references(tree)
    start = tree.get_element_by_id("contract_start")
    assert start.get("value") == "soon"
    assert start.get("aria-invalid") == "true"
    assert start.get("aria-describedby") == "contract_start-error contract_start-hint"
    assert text_of(tree, "//*[@id='contract_end-error']") == "请填写合同终止日期"
    assert tree.get_element_by_id("AT-01").get("class") == "is-wrong"
    assert text_of(tree, "//*[@id='AT-01-error']") == "请上传：申请表"
    assert tree.get_element_by_id("AT-03").get("class") is None
    wrong = tree.xpath("//nav//a[@class='is-wrong']/@href")
    assert wrong == ["#section-contract", "#section-attachments"]


def test_a_condition_is_sent_as_a_tree_and_decided_already() -> None:
    tree = rendered(SECTIONS, replace(PAGE, values=DOCUMENT | {"contract_type": "open_ended"}))

    hidden = tree.xpath("//*[@data-hide]")
    assert [each.get("class") for each in hidden] == ["k", "v"]
    assert all(each.get("hidden") is not None for each in hidden)
    assert json.loads(hidden[0].get("data-hide")) == ["=", ["var", "contract_type"], ["lit", "open_ended"]]
    assert not rendered(SECTIONS, PAGE).xpath("//*[@data-hide and @hidden]")


def test_what_was_typed_is_escaped() -> None:
    evil = '"><script>alert(1)</script>'
    values = DOCUMENT | {"contract_start": evil}
    lookups = {"new_employer": Lookup(evil, [replace(E01, name=evil)], 1)}

    tree = rendered(SECTIONS, replace(PAGE, values=values, lookups=lookups, files=[File("AT-03", file_name=evil)]))

    assert not tree.xpath("//script")
    assert tree.get_element_by_id("contract_start").get("value") == evil


def look(found: Sequence[Any], values: dict[str, Any], **lookup: Any) -> html.HtmlElement:
    shown = replace(PAGE, values=values, lookups={"new_employer": Lookup("恒筑", found, **lookup)})
    if not values:
        shown = replace(shown, snapshot=SNAPSHOT | {"new_employer": None})
    return rendered("{{ lookup_block(page, page.form.fields['new_employer']) }}", shown)


def test_a_search_lists_what_it_found_with_the_words_marked() -> None:
    tree = look([E01, E12], {}, total=2)

    assert [str(code) for code in tree.xpath("//ul//input[@name='new_employer']/@value")] == [E01.uscc, E12.uscc]
    assert [mark.text for mark in tree.xpath("//mark")] == ["恒筑", "恒筑"]
    assert not tree.xpath("//ul//input[@checked]")
    assert "找到 2 个单位，请选一个。" in text_of(tree, "//*[@id='new_employer-hint']")
    assert "尚未选择" in text_of(tree, "//table")


def test_a_single_find_is_chosen_and_nothing_found_is_said() -> None:
    assert len(look([E01], {}, total=1).xpath("//ul//input[@checked]")) == 1
    assert "没有找到“恒筑”" in text_of(look([], {}), "//*[@id='new_employer-hint']")


def test_an_employer_is_printed_by_name() -> None:
    asked = PAGE.form.fields["new_employer"]
    chosen = SNAPSHOT["new_employer"]

    assert replace(PAGE, values={"new_employer": chosen["uscc"]}).printed(asked) == chosen["enterprise_name"]
    assert replace(PAGE, values={"new_employer": "91110000XA0000998H"}).printed(asked) == "91110000XA0000998H"


@pytest.mark.parametrize("code", ["XA0000999", "xa000099-9", "91110000XA0000998H"])
def test_a_code_that_no_employer_has_is_refused_by_the_catalogue(code: str) -> None:
    """R-000-02."""
    shown = replace(PAGE, values={}, lookups={"new_employer": Lookup(code)})

    tree = rendered("{{ lookup_block(page, page.form.fields['new_employer']) }}", shown)

    assert text_of(tree, "//*[@data-code='EMPLOYER_NOT_FOUND']") == "未找到该组织机构代码对应的企业"


def test_the_chosen_employer_stays_on_the_list_when_a_search_does_not_find_it() -> None:
    tree = look([E12], DOCUMENT, total=1)

    assert [str(code) for code in tree.xpath("//ul//input[@checked]/@value")] == [E01.uscc]
    assert len(tree.xpath("//ul//input")) == 2


def test_a_long_search_has_pages_as_submits() -> None:
    tree = look([E01, E12], {}, total=60, page=2, pages=3)

    assert [str(value) for value in tree.xpath("//button[@name='action']/@value")] == ["lookup", "lookup:1", "lookup:3"]


def test_without_scripts_a_form_is_only_submits() -> None:
    tree = rendered(SECTIONS, replace(PAGE, links=Links(export="/export"), files=[File("AT-03")]))

    assert not [name for name in tree.xpath("//@*") if getattr(name, "attrname", "").startswith("hx-")]
    assert [str(value) for value in tree.xpath("//button[@name='action']/@value")] == ["lookup", "upload", "upload"]
    assert {str(name) for name in tree.xpath("//input[@type='file']/@name")} == {"AT-01", "AT-03", "AT-05"}


def test_attachments_wait_for_the_first_save() -> None:
    tree = rendered(SECTIONS, replace(PAGE, uploads_open=False))

    assert not tree.xpath("//input[@type='file']")
    assert "第一次保存后，在这里上传附件。" in text_of(tree, "//section[last()]")


def test_an_attachment_that_is_there_can_be_seen_and_replaced() -> None:
    tree = rendered("{{ attachment_item(page, page.form.attachments['AT-03']) }}", replace(PAGE, files=[File("AT-03")]))

    assert "劳动合同.pdf，1.2 MB，06-08 08:40 上传" in text_of(tree, "//li")
    assert tree.xpath("//a/@href") == ["/file/f1"]
    assert tree.xpath("//input[@type='file']/@hx-post") == ["/up/AT-03"]
    assert not tree.xpath("//button[starts-with(@value, 'remove')]")


def test_evidence_of_an_appeal_is_up_to_five_files() -> None:
    appeal = FormPage(FORMS.current("write_appeal"), files=[File("AT-14", id=str(number)) for number in range(4)])

    def item(page: FormPage) -> html.HtmlElement:
        return rendered("{{ attachment_item(page, page.form.attachments['AT-14']) }}", page)

    assert len(item(appeal).xpath("//input[@type='file']")) == 1
    assert len(item(appeal).xpath("//button[starts-with(@value, 'remove:')]")) == 4
    assert not item(replace(appeal, files=[*appeal.files, File("AT-14", id="5")])).xpath("//input[@type='file']")


def test_remarks_stand_beside_their_fields() -> None:
    remark = Remark("新合同不应早于这一天。", "北京启岩建筑有限公司", day("2026-06-12"))

    tree = rendered(SECTIONS, replace(PAGE, remarks={"contract_start": [remark], "AT-05": [remark]}))

    check_references(tree)
    described = tree.get_element_by_id("contract_start").get("aria-describedby") or ""
    assert described.split()[-1] == "contract_start-remark"
    assert len(tree.xpath("//aside[@class='pf-remark']")) == 2


def test_a_form_to_read_has_no_controls_and_leaves_out_what_does_not_apply() -> None:
    values = DOCUMENT | {"contract_type": "open_ended"}

    tree = rendered(SECTIONS, replace(PAGE, values=values, read_only=True, files=[File("AT-03")]))

    check_references(tree)
    assert not tree.xpath("//input | //select | //button[@name]")
    whole = text_of(tree, "//form")
    assert "无固定期限" in whole
    assert "终止日期" not in whole
    assert "未上传" in whole


def decision(form: Form, **changes: Any) -> html.HtmlElement:
    return rendered("{{ decision_fields(page) }}", FormPage(form, **changes))


def test_a_decision_says_what_it_leads_to_and_wants_a_reason_only_for_a_no() -> None:
    form = FORMS.current("review_by_district")

    tree = decision(form, values={"decision": "return"}, errors=[Reason("REASON_REQUIRED", field="opinion")])

    check_references(tree)
    assert "申请人修改后重新提交" in text_of(tree, "//label[input[@checked]]")
    assert tree.get_element_by_id("opinion").get("aria-invalid") == "true"
    assert tree.xpath("//span[@data-show]/@hidden") == []
    assert len(decision(form, values={"decision": "pass"}).xpath("//span[@data-show and @hidden]")) == 1


def test_a_forbidden_choice_stays_visible_with_its_reason() -> None:
    blocked = {"pass": Text("存在异常标志，不能审核通过", "Flags stand")}

    tree = decision(FORMS.current("review_by_district"), blocked=blocked, values={"decision": "pass"}, keys=True)

    assert "存在异常标志，不能审核通过" in text_of(tree, "//label[@class='is-off']")
    assert not tree.xpath("//input[@checked]")


def test_the_bar_saves_the_draft_without_the_files() -> None:
    tree = rendered("{{ saved_state(page, 'form', '14:02') }}", PAGE)

    saved = tree.get_element_by_id("saved")
    assert saved.get("role") == "status"
    assert saved.get("hx-params") == "not action,AT-01,AT-03,AT-05"
    assert "已自动保存 14:02" in text_of(tree, "//*[@id='saved']")
    answer = rendered("{{ saved_answer('form', 8, failed='数据已被更新') }}", PAGE)
    assert answer.get_element_by_id("revision").get("value") == "8"
    assert answer.xpath("//span/@data-state") == ["failed"]


def test_every_kind_of_field_is_drawn_and_printed() -> None:
    options = {"values": [{"value": "a", "label": "甲"}, {"value": "b", "label": "乙"}]}
    components: list[dict[str, Any]] = [
        {"type": "textfield", "id": "one", "key": "one", "label": "文字"},
        {"type": "textfield", "id": "number", "key": "number", "label": "证件", "properties": {"pf_type": "id_number"}},
        {"type": "textarea", "id": "more", "key": "more", "label": "多行", "validate": {"maxLength": 9}},
        {"type": "number", "id": "count", "key": "count", "label": "数"},
        {"type": "select", "id": "pick", "key": "pick", "label": "选", **options},
        {"type": "radio", "id": "dial", "key": "dial", "label": "单选", **options},
        {"type": "checklist", "id": "ticks", "key": "ticks", "label": "多选", **options},
        {"type": "checkbox", "id": "agreed", "key": "agreed", "label": "同意", "validate": {"required": True}},
        {"type": "text", "id": "note", "text": "说明"},
    ]
    group = {"type": "group", "id": "all", "label": "全部", "components": components}
    form = read_form("kinds", {"type": "default", "id": "kinds", "components": [group]})
    values = {"one": "x", "more": "y", "count": 3, "pick": "a", "dial": "b", "ticks": ["a", "b"], "agreed": True}

    tree = rendered("{{ form_sections(page) }}", FormPage(form, values=values))
    check_references(tree)
    assert [str(value) for value in tree.xpath("//input[@checked]/@value")] == ["b", "a", "b", "true"]
    assert text_of(tree, "//*[@data-count-of='more']") == "1 / 9 字"
    printed = text_of(rendered("{{ form_sections(page) }}", FormPage(form, values=values, read_only=True)), "//section")
    assert "甲、乙" in printed
    assert "None" not in printed


def test_every_word_of_the_form_macros_has_its_english() -> None:
    said = set(re.findall(r"""_\(\s*(["'])(.+?)\1""", (TEMPLATES / "forms" / "fields.html").read_text()))
    with (TEMPLATES.parent / "translations" / "en" / "forms.po").open("rb") as source:
        english = {str(message.id): str(message.string) for message in read_po(source, locale="en")}

    assert {words for _, words in said} <= english.keys()
    assert all(english[words] for _, words in said)
