"""What a post to a form may hold, saved and submitted (R-D-10, R-D-14, R-V-12, R-V-13)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from forms import Form, Forms, Mode, Result, missing_attachments, read_form, validate
from kernel.errors import InvalidInput

TODAY = date(2026, 6, 15)
FORMS = Forms()
TRANSFER = FORMS.current("class2_employer_transfer")
E01 = "91110000XA0000015W"
FULL: dict[str, list[str] | str] = {
    "new_employer": [E01],
    "contract_type": ["fixed_term"],
    "contract_start": ["2026-06-01"],
    "contract_end": ["2029-05-31"],
}


def posted(mode: Mode, **changes: list[str] | str) -> Result:
    return validate(TRANSFER, FULL | changes, mode=mode, today=TODAY)


def told(result: Result) -> list[tuple[str, str | None]]:
    return [(reason.code, reason.field) for reason in result.errors]


def answer_to(component: dict[str, Any], value: list[str] | str) -> tuple[Any, list[str]]:
    """What one field of its own small form makes of a value: the datum and the codes."""
    field = {"id": "asked", "key": "asked", "label": "所问"} | component
    group = {"type": "group", "id": "all", "label": "全部", "components": [field]}
    form = read_form("small", {"type": "default", "id": "small", "components": [group]})
    result = validate(form, {"asked": value}, mode="submit", today=TODAY)
    return result.data["asked"], [reason.code for reason in result.errors]


def test_a_full_form_is_submitted_as_the_document_of_the_application() -> None:
    result = posted("submit")

    assert result.is_right
    assert result.or_refuse() == {
        "new_employer": E01,
        "contract_type": "fixed_term",
        "contract_start": "2026-06-01",
        "contract_end": "2029-05-31",
    }


def test_saving_needs_the_employer_and_nothing_else() -> None:
    assert told(validate(TRANSFER, {}, mode="save", today=TODAY)) == [("FIELD_REQUIRED", "new_employer")]
    result = validate(TRANSFER, {"new_employer": E01, "contract_start": "  "}, mode="save", today=TODAY)
    assert result.is_right
    assert result.data == {"new_employer": E01, "contract_type": None, "contract_start": None, "contract_end": None}


def test_saving_checks_the_format_of_what_is_filled() -> None:
    result = posted("save", contract_start="next week", contract_type="forever")

    assert told(result) == [("FIELD_INVALID", "contract_type"), ("FIELD_INVALID", "contract_start")]
    assert result.data["contract_end"] == "2029-05-31"
    assert result.entered["contract_start"] == "next week"
    with pytest.raises(InvalidInput) as refusal:
        result.or_refuse()
    assert refusal.value.http_status == 422


def test_submitting_nothing_lists_what_is_missing_in_page_order_and_in_words() -> None:
    result = validate(TRANSFER, {}, mode="submit", today=TODAY)

    assert [reason.field for reason in result.errors] == list(TRANSFER.fields)
    assert [reason.message.zh for reason in result.errors][-1] == "请填写合同终止日期"
    assert [reason.message.en for reason in result.errors][-1] == "Contract end date is required"


def test_a_field_that_is_not_in_the_form_refuses_everything() -> None:
    result = posted("save", status="closed", is_admin="1", contract_start="garbage")

    assert told(result) == [("FIELD_NOT_IN_FORM", None)]
    assert result.errors[0].message.en.endswith(": is_admin, status")
    assert result.data == {}


def test_what_the_page_posts_for_itself_is_no_field() -> None:
    page = {"csrf_token": "t", "revision": "3", "action": "lookup", "command_id": "c", "new_employer_query": "恒筑"}

    assert posted("save", **page).is_right


def test_an_open_ended_contract_has_no_end_whatever_is_posted() -> None:
    for end in ("", "2029-05-31", "garbage"):
        result = posted("submit", contract_type="open_ended", contract_end=end)
        assert result.is_right
        assert result.data["contract_end"] is None


@pytest.mark.parametrize(
    ("start", "end", "saved", "submitted"),
    [
        ("2026-06-01", "2026-06-15", [], []),  # ends today
        ("2026-06-01", "2026-06-14", [], ["contract_end"]),  # ended yesterday
        ("2026-07-15", "2029-07-14", [], []),  # starts in 30 days
        ("2026-07-16", "2029-07-15", [], ["contract_start"]),  # starts in 31
        ("2026-06-20", "2026-06-20", ["contract_end"], ["contract_end"]),
        ("2026-06-20", "2026-06-19", ["contract_end"], ["contract_end"]),
        ("2027-01-02", "2027-01-01", ["contract_end"], ["contract_start", "contract_end"]),
    ],
)
def test_the_days_of_a_contract_fit_together(start: str, end: str, saved: list[str], submitted: list[str]) -> None:
    on_save = posted("save", contract_start=start, contract_end=end)
    on_submit = posted("submit", contract_start=start, contract_end=end)

    assert told(on_save) == [("CONTRACT_INVALID", field) for field in saved]
    assert told(on_submit) == [("CONTRACT_INVALID", field) for field in submitted]


def test_an_open_ended_contract_starts_in_time_too() -> None:
    result = posted("submit", contract_type="open_ended", contract_start="2026-07-16")
    assert told(result) == [("CONTRACT_INVALID", "contract_start")]


@pytest.mark.parametrize(
    ("form", "decision", "needs_reason"),
    [
        ("employer_confirm", "agree", False),
        ("employer_confirm", "return", True),
        ("review_by_district", "pass", False),
        ("review_by_district", "return", True),
        ("review_by_city", "pass", False),
        ("review_by_city", "not_pass", True),
        ("review_appeal", "uphold", True),
        ("review_appeal", "dismiss", True),
    ],
)
def test_a_no_needs_a_reason_of_2_to_500_characters(form: str, decision: str, needs_reason: bool) -> None:
    def codes(opinion: str) -> list[str]:
        answers = {"decision": decision, "opinion": opinion}
        return [each.code for each in validate(FORMS.current(form), answers, mode="submit", today=TODAY).errors]

    too_short = ["REASON_REQUIRED"] if needs_reason else []
    assert codes("") == codes("  \u200b ") == codes("x") == too_short
    assert codes("缺页") == codes("缺" * 500) == []
    assert codes("缺" * 501) == ["TOO_LONG"]


def test_a_decision_is_one_of_the_options() -> None:
    form = FORMS.current("review_by_district")
    for wrong in ("not_pass", "", ["pass", "return"]):
        assert not validate(form, {"decision": wrong}, mode="submit", today=TODAY).is_right


def test_attachments_are_asked_for_in_page_order() -> None:
    missing = missing_attachments(TRANSFER, {}, frozenset({"AT-05"}))

    assert [(each.code, each.field, each.message.zh) for each in missing] == [
        ("ATTACHMENT_MISSING", "AT-01", "请上传：申请表扫描件（AT-01）"),
        ("ATTACHMENT_MISSING", "AT-03", "请上传：劳动合同扫描件（AT-03）"),
    ]
    assert missing_attachments(TRANSFER, {}, frozenset({"AT-01", "AT-03"})) == ()


@pytest.mark.parametrize(
    ("value", "datum"),
    [
        ("2026-6-1", "2026-06-01"),
        ("2026/06/01", "2026-06-01"),
        ("20260601", "2026-06-01"),
        ("２０２６年６月１日", "2026-06-01"),
        ("2026-02-30", None),
        ("2026-13-01", None),
        ("0001-01-01", None),
        ("2026-06-01T00:00", None),
    ],
)
def test_days_are_read_in_the_ways_people_write_them(value: str, datum: str | None) -> None:
    found, codes = answer_to({"type": "datetime", "subtype": "date"}, value)
    assert found == datum
    assert codes == ([] if datum else ["FIELD_INVALID"])


@pytest.mark.parametrize(
    ("value", "datum"),
    [("12", 12), ("12.5", 12.5), ("-1", None), ("12.55", None), ("1e3", None), ("NaN", None), ("101", None)],
)
def test_numbers_have_bounds_and_decimals(value: str, datum: float | None) -> None:
    component = {"type": "number", "decimalDigits": 1, "validate": {"min": 0, "max": 100}}
    found, codes = answer_to(component, value)
    assert found == datum
    assert codes == ([] if datum is not None else ["FIELD_INVALID"])


def test_text_is_cleaned_and_counted_in_characters() -> None:
    component = {"type": "textfield", "validate": {"maxLength": 3}}
    assert answer_to(component, " 恒\x00筑\u202e ") == ("恒筑", [])
    assert answer_to(component, "𠮷𠮷𠮷") == ("𠮷𠮷𠮷", [])
    assert answer_to(component, "四个汉字") == (None, ["TOO_LONG"])
    assert answer_to({"type": "textfield"}, "x" * 201) == (None, ["TOO_LONG"])
    assert answer_to({"type": "textarea"}, "一\r\n二") == ("一\n二", [])


@pytest.mark.parametrize(
    ("kind", "right", "stored", "wrong", "code"),
    [
        ("id_number", "11000019910228905x", "11000019910228905X", "110000198001019014", "ID_NUMBER_INVALID"),
        ("uscc", "91110000xa0000015w", E01, "91110000XA00000151", "USCC_INVALID"),
        ("org_code", "xa000001-5", "XA0000015", "XA0000016", "ORG_CODE_INVALID"),
        ("mobile", "19900000001", "19900000001", "12900000001", "MOBILE_INVALID"),
        ("person_name", "阿卜杜拉·买买提", "阿卜杜拉·买买提", "张3", "NAME_INVALID"),
        ("email", "a@example.com", "a@example.com", "a@example", "EMAIL_INVALID"),
        ("postcode", "100000", "100000", "1000", "POSTCODE_INVALID"),
        ("employer_lookup", E01, E01, "恒筑", "USCC_INVALID"),
    ],
)
def test_identifiers_follow_their_rules(kind: str, right: str, stored: str, wrong: str, code: str) -> None:
    component = {"type": "textfield", "properties": {"pf_type": kind}}
    assert answer_to(component, right) == (stored, [])
    assert answer_to(component, wrong) == (None, [code])


def test_lists_and_boxes() -> None:
    values = [{"value": "a", "label": "甲"}, {"value": "b", "label": "乙"}]
    assert answer_to({"type": "checklist", "values": values}, ["b", "a", "b"]) == (["a", "b"], [])
    assert answer_to({"type": "checklist", "values": values}, "c") == (None, ["FIELD_INVALID"])
    required = {"validate": {"required": True}}
    assert answer_to({"type": "checklist", "values": values, **required}, []) == (None, ["FIELD_REQUIRED"])
    offered = {"type": "checklist", "properties": {"options_from": "candidates"}, **required}  # none listed in the form
    assert answer_to(offered, ["7", "3", "7"]) == (["7", "3"], [])
    assert answer_to(offered, "x" * 5000) == (None, ["FIELD_INVALID"])
    assert answer_to(offered, []) == (None, ["FIELD_REQUIRED"])
    assert answer_to({"type": "checkbox", **required}, "true") == (True, [])
    assert answer_to({"type": "checkbox", **required}, []) == (None, ["FIELD_REQUIRED"])
    assert answer_to({"type": "checkbox"}, "maybe") == (None, ["FIELD_INVALID"])


def field(key: str, hide: str | None = None, kind: str = "textfield") -> dict[str, Any]:
    component = {"type": kind, "id": key, "key": key, "label": key}
    return component | ({"conditional": {"hide": hide}} if hide else {})


def form_of(*fields: dict[str, Any]) -> Form:
    group = {"type": "group", "id": "all", "label": "全部", "components": list(fields)}
    return read_form("chain", {"type": "default", "id": "chain", "components": [group]})


def test_a_hidden_field_hides_what_depends_on_it() -> None:
    form = form_of(field("first"), field("second", '=first = "no"'), field("third", "=second = null"))

    answers = {"first": "no", "second": "typed before", "third": "typed before"}
    assert validate(form, answers, mode="submit", today=TODAY).data == {"first": "no", "second": None, "third": None}
    answers["first"] = "yes"
    assert validate(form, answers, mode="submit", today=TODAY).data == answers


def test_a_box_that_is_not_ticked_is_false_for_conditions_as_in_the_page() -> None:
    form = form_of(field("ticked", kind="checkbox"), field("reason", "=not(ticked)"), field("other", "=ticked = false"))

    open_box = validate(form, {"reason": "typed", "other": "typed"}, mode="submit", today=TODAY)
    ticked = validate(form, {"ticked": "true", "reason": "typed", "other": "typed"}, mode="submit", today=TODAY)

    assert open_box.data == {"ticked": None, "reason": None, "other": None}
    assert ticked.data == {"ticked": True, "reason": "typed", "other": "typed"}
