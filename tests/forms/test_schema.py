"""Reading forms: ours are whole, and what cannot be shown and checked as drawn is refused by name."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from forms import DIRECTORY, FormRefused, Forms, load_form, parse_form, read_form


def schema_with(**changes: Any) -> dict[str, Any]:
    """A small right form whose one text field is changed; a change to None takes the attribute away."""
    field = {"type": "textfield", "id": "name", "key": "name", "label": "姓名", "validate": {"required": True}}
    field = {key: value for key, value in (field | changes).items() if value is not None}
    group = {"type": "group", "id": "person", "label": "申请人", "components": [field]}
    return {"type": "default", "id": "small", "schemaVersion": 18, "components": [group]}


def findings(schema: Any) -> list[tuple[str | None, str]]:
    with pytest.raises(FormRefused) as refusal:
        read_form("small", schema)
    assert refusal.value.code == "DEPLOYMENT_REFUSED"
    assert all(finding.text.zh and finding.text.en for finding in refusal.value.findings)
    return [(finding.component, finding.text.en) for finding in refusal.value.findings]


@pytest.mark.parametrize("file", sorted(DIRECTORY.glob("*.form")), ids=lambda file: file.stem)
def test_every_form_of_the_house_is_read_and_speaks_both_languages(file: Path) -> None:
    form = load_form(file.stem, directory=DIRECTORY)

    texts = [form.title]
    for section in form.sections:
        texts += [text for text in (section.label, section.note) if text]
    for file_asked in form.attachments.values():
        texts += [text for text in (file_asked.label, file_asked.hint) if text]
    for field in form.fields.values():
        texts += [text for text in (field.label, field.hint) if text]
        texts += [field.subject, *(choice.label for choice in field.choices)]
        texts += [choice.hint for choice in field.choices if choice.hint]
    assert [text for text in texts if text.zh == text.en] == []


def test_the_transfer_asks_for_employer_contract_and_three_files() -> None:
    form = Forms().current("class2_employer_transfer")

    assert list(form.fields) == ["new_employer", "contract_type", "contract_start", "contract_end"]
    assert {number: each.required for number, each in form.attachments.items()} == {
        "AT-01": True,
        "AT-03": True,
        "AT-05": False,
    }
    assert [len(row) for row in form.sections[3].rows] == [1, 2]


@pytest.mark.parametrize("key", ["missing", "../registry", ""])
def test_a_form_that_is_not_there_is_a_key_error(key: str) -> None:
    with pytest.raises(KeyError):
        load_form(key, directory=DIRECTORY)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"type": "html"}, "The component html is not supported"),
        ({"type": "iframe"}, "The component iframe is not supported"),
        ({"type": "expression"}, "The component expression is not supported"),
        ({"type": ["textfield"]}, "The component ['textfield'] is not supported"),
        ({"readonly": True}, "The attribute readonly is not supported"),
        ({"defaultValue": "x"}, "The attribute defaultValue is not supported"),
        ({"validate": {"pattern": "(a+)+$"}}, "The attribute pattern is not supported"),
        ({"validate": {"validationType": "email"}}, "The attribute validationType is not supported"),
        ({"validate": {"maxLength": "9"}}, "validate.maxLength has a wrong value"),
        ({"validate": []}, "validate must be an object"),
        ({"properties": {"pf_type": "spell"}}, "The component textfield cannot be a spell"),
        ({"properties": {"label_em": "Name"}}, "The attribute label_em is not supported"),
        ({"properties": {"identifies": True}}, "The values of properties must be texts"),
        ({"label": None}, "The label is missing"),
        ({"key": "Name"}, "The key must be lower-case words"),
        ({"key": "csrf_token"}, "The key must be lower-case words"),
        ({"type": "select", "values": []}, "There are no options, or one is there twice"),
        ({"type": "select", "values": [{"value": "a"}]}, "An option needs a value and a label"),
        ({"type": "datetime", "subtype": "time"}, "Only the subtype date of a datetime is supported"),
        ({"conditional": {"show": "=true"}}, "Only hide is supported in conditional"),
        ({"conditional": {"hide": "true"}}, "A condition must be a FEEL expression that starts with ="),
        ({"conditional": {"hide": "=name = 1"}}, "The condition asks name, which is no field above it"),
        ({"conditional": {"hide": "=later"}}, "The condition asks later, which is no field above it"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(changes: dict[str, Any], expected: str) -> None:
    found = findings(schema_with(**changes))

    assert expected in [text for _, text in found]
    assert found[0][0] in ("name", "Name", "csrf_token")


@pytest.mark.parametrize("source", ["=__import__('os')", "=1 +", '=open("/etc/passwd")', '=@"2026-01-01" = 1'])
def test_a_condition_that_is_no_feel_of_ours_is_refused(source: str) -> None:
    assert findings(schema_with(conditional={"hide": source}))[0][0] == "name"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ('=@"2026-01-01" = null', "days, times and durations"),
        ("=today() = null", "other functions, or arguments by name"),
        ("=count(list: null) = 1", "other functions, or arguments by name"),
        ("=1 in [2..1 + 3]", "ranges, except `in` with fixed numbers or texts as ends"),
        ("={a: 1} = null", "contexts { }"),
        ("=[1, 2][1] = 1", "filters [ ]"),
        ("=some x in [1] satisfies x = 1", "for, some and every"),
        ("=2 ** 2 = 4", "powers **"),
        ("=1 instance of number", "instance of"),
        ("=(function(x) x)(1) = 1", "functions of one's own"),
    ],
)
def test_a_condition_that_only_the_server_could_evaluate_is_refused_with_its_field(source: str, what: str) -> None:
    assert findings(schema_with(conditional={"hide": source})) == [("name", f"A form condition cannot use {what}")]


def test_everything_wrong_is_told_at_once() -> None:
    schema = schema_with(readonly=True, label=None)
    schema["surprise"] = 1
    schema["components"].append({"type": "textfield", "id": "loose", "key": "loose", "label": "x"})

    assert sorted(str(component) for component, _ in findings(schema)) == ["None", "loose", "name", "name"]


def test_a_key_or_an_attachment_number_stands_once() -> None:
    schema = schema_with()
    components = schema["components"][0]["components"]
    components.append(deepcopy(components[0]))
    file = {
        "type": "filepicker",
        "id": "at_01",
        "key": "at_01",
        "label": "x",
        "properties": {"pf_type": "attachment", "attachment": "AT-01"},
    }
    components += [file, file | {"id": "at_02", "key": "at_02"}]

    assert [text for _, text in findings(schema)] == [
        "The key is used twice",
        "An attachment needs a number AT-nn of its own",
    ]


def test_a_contract_section_needs_its_fields() -> None:
    schema = schema_with()
    schema["components"][0]["properties"] = {"pf_type": "contract"}

    assert findings(schema) == [("person", "The group lacks contract_end, contract_start, contract_type")]


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b'{"components": 1}', b"[" * 100_000, b"{}" + b" " * 300_000])
def test_bytes_that_are_no_form_are_refused(data: bytes) -> None:
    with pytest.raises(FormRefused):
        parse_form("small", data)


def test_too_many_components_are_refused() -> None:
    schema = schema_with()
    schema["components"][0]["components"] *= 400

    assert findings(schema) == [(None, "The form has more than 300 components")]


def test_a_form_is_pinned_by_content_not_by_layout_of_its_file() -> None:
    schema = schema_with()
    reordered = dict(reversed(schema.items()))

    compact = parse_form("small", json.dumps(schema).encode())
    spacious = parse_form("small", json.dumps(reordered, indent=4).encode())
    assert compact.sha256 == spacious.sha256
    assert compact.sha256 != read_form("small", schema_with(label="名字")).sha256
