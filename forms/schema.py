"""Reads form-js JSON into a form, or refuses it with the component's name (DESIGN.md 7).

The editor writes plain form-js; what is ours stands in `properties` of a component, always as strings:
`pf_type` (the field type), `label_en`, `description_en`, `subject` (the name in messages), `identifies`,
`required_if`, `option_en.<value>`, `option_hint.<value>`, of groups `note`, and of attachments `attachment`
(the AT number), `max_files`, `offers_export`. `options_from` and `option_rules` say what of the books a choice offers
and which table decides what of it is open; `required_code` is the reason when the answer is missing; `before` is the
place in the snapshot that the answer changes; `at_most` is `this_year` of a number that is a year. A text `x` has its
English beside it as `x_en`.
A component, attribute or property that is not understood is refused, never ignored.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from forms.model import Attachment, Block, Choice, Field, Form, Part, Section
from kernel.errors import InvalidInput, Reason
from kernel.reasons import CATALOGUE
from kernel.texts import Text
from rules.feel import Expression, FeelError, compile_expression

MAX_BYTES = 256 * 1024
MAX_COMPONENTS = 300

# What the page itself posts beside the fields of a form.
PAGE_FIELDS = frozenset({"csrf_token", "action", "command_id", "revision", "stock"})

# What conditions call the values that the books have of the fields that change something (`before`).
BEFORE = "before"

# The natural kind of each form-js component, and the kinds of ours that may stand on it.
_KINDS: Mapping[str, tuple[str, frozenset[str]]] = {
    "textfield": (
        "text",
        frozenset(
            {
                "id_number",
                "document_number",
                "uscc",
                "org_code",
                "mobile",
                "person_name",
                "email",
                "postcode",
                "employer_lookup",
            }
        ),
    ),
    "textarea": ("textarea", frozenset({"opinion"})),
    "number": ("number", frozenset()),
    "datetime": ("date", frozenset()),
    "select": ("select", frozenset()),
    "radio": ("radio", frozenset({"decision"})),
    "checkbox": ("checkbox", frozenset()),
    "checklist": ("checklist", frozenset()),
    "text": ("note", frozenset({"person", "registration", "employer", "enterprise_change", "certificates"})),
    "filepicker": ("attachment", frozenset({"attachment"})),
}
_WITH_CHOICES = frozenset({"select", "radio", "checklist"})
_SECTION_RULES: Mapping[str, frozenset[str]] = {
    "contract": frozenset({"contract_type", "contract_start", "contract_end"}),
    "identity": frozenset({"new_gender", "new_birth_date", "new_id_type", "new_id_number"}),
}

_ROOT = frozenset(
    {
        "type",
        "id",
        "components",
        "schemaVersion",
        "exporter",
        "executionPlatform",
        "executionPlatformVersion",
        "properties",
    }
)
_COMMON = frozenset({"id", "type", "key", "label", "description", "layout", "properties", "validate", "conditional"})
_OWN: Mapping[str, frozenset[str]] = {
    "group": frozenset({"components", "showOutline", "verticalAlignment"}),
    "number": frozenset({"decimalDigits"}),
    "datetime": frozenset({"subtype", "dateLabel"}),
    "select": frozenset({"values", "searchable"}),
    "radio": frozenset({"values"}),
    "checklist": frozenset({"values"}),
    "text": frozenset({"text"}),
    "filepicker": frozenset({"accept", "multiple"}),
}
_LENGTHS = frozenset({"required", "minLength", "maxLength"})
_VALIDATE: Mapping[str, frozenset[str]] = {
    "textfield": _LENGTHS,
    "textarea": _LENGTHS,
    "number": frozenset({"required", "min", "max"}),
}
_PROPERTIES = frozenset(
    {"pf_type", "label_en", "description_en", "subject", "subject_en", "identifies", "required_if"}
    | {"note", "note_en", "text_en", "attachment", "max_files", "offers_export"}
    | {"options_from", "option_rules", "required_code", "before", "at_most"}
)
_OPTION_PROPERTY = re.compile(r"option_(en|hint|hint_en)\.(.+)")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
_NUMBER = re.compile(r"AT-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class FormFinding:
    """One thing in a form that is not supported; `component` is its key or id, or the number of its place."""

    component: str | None
    text: Text


class FormRefused(InvalidInput):
    """The file is no form that this service can show and check exactly as it is drawn."""

    default_code = "DEPLOYMENT_REFUSED"

    def __init__(self, findings: Iterable[FormFinding]) -> None:
        self.findings = tuple(findings)
        super().__init__(
            Reason(self.default_code), detail="; ".join(f"{f.component}: {f.text.en}" for f in self.findings)
        )


def load_form(key: str, *, directory: Path) -> Form:
    """Read `<directory>/<key>.form`.

    Raises:
        KeyError: there is no such file.
        FormRefused: it is no form of ours.
    """
    file = directory / f"{key}.form"
    if not _KEY.fullmatch(key) or not file.is_file():
        raise KeyError(f"Expected a form {key}, but there is none")
    return parse_form(key, file.read_bytes())


def parse_form(key: str, data: bytes) -> Form:
    """Read the file of a form.

    Raises:
        FormRefused: as `read_form`, or the file is too large or no JSON.
    """
    if len(data) > MAX_BYTES:
        raise FormRefused([FormFinding(None, Text("表单文件超过 256 KB", "The form file is larger than 256 KB"))])
    try:
        schema = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FormRefused([FormFinding(None, Text("不是 JSON 文件", "This is not a JSON file"))]) from error
    return read_form(key, schema)


def read_form(key: str, schema: Any) -> Form:
    """Read the form-js JSON of a form; everything that is wrong is reported at once.

    Raises:
        FormRefused: with a finding for each thing that is not supported.
    """
    return _Reader().form(key, schema)


class _Reader:
    """Reads one document, collecting findings instead of stopping at the first."""

    def __init__(self) -> None:
        self.findings: list[FormFinding] = []
        self.keys: list[str] = []  # of the fields so far, in page order
        self.changes = False  # whether one of them has `before`
        self.numbers: set[str] = set()
        self.count = 0

    def form(self, key: str, document: Any) -> Form:
        if not isinstance(document, dict) or not isinstance(document.get("components"), list):
            raise FormRefused([FormFinding(None, Text("不是 form-js 表单", "This is not a form-js form"))])
        self._known(None, document, _ROOT)
        if document.get("type") != "default" or document.get("id") != key:
            self._refuse(None, f"表单的 type 应为 default，id 应为 {key}", f"Expected type default and id {key}")
        properties = self._properties(document, None, frozenset({"title", "title_en"}))
        title = Text(properties.get("title", key), properties.get("title_en", properties.get("title", key)))
        sections = [self._section(component) for component in document["components"] if self._is_group(component)]
        if self.findings:
            raise FormRefused(self.findings)
        return Form(key, title, tuple(sections), document, _content_hash(document))

    def _is_group(self, component: Any) -> bool:
        if (
            isinstance(component, dict)
            and component.get("type") == "group"
            and isinstance(component.get("components"), list)
        ):
            return True
        self._refuse(_name(component), "表单的第一层只能是分组（group）", "Only groups may stand at the top of a form")
        return False

    def _section(self, group: dict[str, Any]) -> Section:
        name = _name(group)
        self._known(name, group, _COMMON - {"key", "validate", "conditional", "description"} | _OWN["group"])
        properties = self._properties(group, name, _PROPERTIES)
        if not _KEY.fullmatch(str(group.get("id", ""))):
            self._refuse(name, "分组的 id 应为小写英文词", "The id of a group must be lower-case words")
        parts = [part for component in group["components"] if (part := self._part(component)) is not None]
        rule = properties.get("pf_type")
        if rule is not None and rule not in _SECTION_RULES:
            self._refuse(name, f"不支持分组类型 {rule}", f"The group type {rule} is not supported")
        elif rule is not None:
            missing = _SECTION_RULES[rule] - {part.key for part in parts if isinstance(part, Field)}
            if missing:
                self._refuse(
                    name, f"分组缺少 {'、'.join(sorted(missing))}", f"The group lacks {', '.join(sorted(missing))}"
                )
        note = _text(properties.get("note"), properties.get("note_en"))
        return Section(name, self._label(group, properties), tuple(parts), note, rule)

    def _part(self, component: Any) -> Part | None:
        self.count += 1
        if self.count > MAX_COMPONENTS:
            raise FormRefused([FormFinding(None, Text("表单组件超过 300 个", "The form has more than 300 components"))])
        kind_of = component.get("type") if isinstance(component, dict) else None
        name = _name(component)
        if not isinstance(component, dict) or not isinstance(kind_of, str) or kind_of not in _KINDS:
            self._refuse(name, f"不支持组件 {kind_of}", f"The component {kind_of} is not supported")
            return None
        properties = self._properties(component, name, _PROPERTIES)
        natural, ours = _KINDS[kind_of]
        kind = properties.get("pf_type", natural)
        if kind != natural and kind not in ours:
            self._refuse(name, f"组件 {kind_of} 不支持类型 {kind}", f"The component {kind_of} cannot be a {kind}")
            return None
        self._known(name, component, _COMMON | _OWN.get(kind_of, frozenset()))
        if kind_of == "text":
            text = _text(component.get("text"), properties.get("text_en")) or Text("", "")
            return Block(kind, text)
        return (
            self._attachment(component, name, properties)
            if kind == "attachment"
            else self._field(component, kind, properties)
        )

    def _field(self, component: dict[str, Any], kind: str, properties: dict[str, str]) -> Field:
        name = self._key(component)
        label = self._label(component, properties)
        validate = self._validate(component, name)
        if component["type"] == "datetime" and component.get("subtype") != "date":
            self._refuse(name, "日期组件只支持 date", "Only the subtype date of a datetime is supported")
        layout = component.get("layout", {})
        side_by_side = isinstance(layout, dict) and layout.get("columns") not in (None, 16)
        field = Field(
            key=name,
            kind=kind,
            label=label,
            subject=_text(properties.get("subject"), properties.get("subject_en")) or label,
            hint=_text(component.get("description"), properties.get("description_en")),
            required=validate.get("required", False),
            required_if=self._condition(properties.get("required_if"), name),
            hidden_if=self._hidden_if(component, name),
            identifies=properties.get("identifies") == "true",
            choices=self._choices(component, name, properties) if component["type"] in _WITH_CHOICES else (),
            min_length=validate.get("minLength"),
            max_length=validate.get("maxLength"),
            minimum=validate.get("min"),
            maximum=validate.get("max"),
            decimals=component.get("decimalDigits", 0),
            row=str(layout.get("row")) if side_by_side else None,
            options_from=properties.get("options_from"),
            option_rules=properties.get("option_rules"),
            at_most_this_year=properties.get("at_most") == "this_year",
            required_code=properties.get("required_code"),
            before=properties.get("before"),
        )
        if field.required_code is not None and field.required_code not in CATALOGUE:
            self._refuse(name, f"没有原因代码 {field.required_code}", f"There is no reason {field.required_code}")
        self.keys.append(name)
        self.changes = self.changes or field.before is not None
        return field

    def _attachment(self, component: dict[str, Any], name: str, properties: dict[str, str]) -> Attachment:
        number = properties.get("attachment", "")
        if not _NUMBER.fullmatch(number) or number in self.numbers:
            self._refuse(name, "附件编号应为不重复的 AT-nn", "An attachment needs a number AT-nn of its own")
        self.numbers.add(number)
        most = properties.get("max_files", "1")
        if not most.isdecimal() or not 1 <= int(most) <= 20:
            self._refuse(name, "max_files 应为 1 至 20", "max_files must be 1 to 20")
            most = "1"
        return Attachment(
            key=self._key(component),
            number=number,
            label=self._label(component, properties),
            hint=_text(component.get("description"), properties.get("description_en")),
            required=self._validate(component, name).get("required", False),
            hidden_if=self._hidden_if(component, name),
            max_files=int(most),
            offers_export=properties.get("offers_export") == "true",
        )

    def _key(self, component: dict[str, Any]) -> str:
        key = component.get("key")
        name = _name(component)
        if not isinstance(key, str) or not _KEY.fullmatch(key) or key in PAGE_FIELDS:
            self._refuse(name, "key 应为小写英文词", "The key must be lower-case words")
        elif key in self.keys:
            self._refuse(name, "key 重复", "The key is used twice")
        return name

    def _choices(self, component: dict[str, Any], name: str, properties: dict[str, str]) -> tuple[Choice, ...]:
        values = component.get("values")
        found: list[Choice] = []
        for entry in values if isinstance(values, list) else []:
            value = entry.get("value") if isinstance(entry, dict) else None
            label = entry.get("label") if isinstance(entry, dict) else None
            if (
                not isinstance(value, str)
                or not isinstance(label, str)
                or not value
                or set(entry) != {"value", "label"}
            ):
                self._refuse(name, "选项应有 value 和 label", "An option needs a value and a label")
                continue
            hint = _text(properties.get(f"option_hint.{value}"), properties.get(f"option_hint_en.{value}"))
            found.append(Choice(value, Text(label, properties.get(f"option_en.{value}", label)), hint))
        values_found = [choice.value for choice in found]
        is_open = not values and "options_from" in properties  # the books alone know them
        if not (found or is_open) or len(set(values_found)) != len(found):
            self._refuse(name, "没有选项或选项重复", "There are no options, or one is there twice")
        for key in properties:
            option = _OPTION_PROPERTY.fullmatch(key)
            if option and option[2] not in values_found:
                self._refuse(name, f"{key}：没有这个选项", f"{key}: there is no such option")
        return tuple(found)

    def _validate(self, component: dict[str, Any], name: str) -> dict[str, Any]:
        validate = component.get("validate", {})
        known = _VALIDATE.get(component["type"], frozenset({"required"}))
        if not isinstance(validate, dict):
            self._refuse(name, "validate 应为对象", "validate must be an object")
            return {}
        self._known(name, validate, known)
        for key, value in validate.items():
            right = (
                isinstance(value, bool) if key == "required" else isinstance(value, int) and not isinstance(value, bool)
            )
            if key in known and not right:
                self._refuse(name, f"validate.{key} 的值不正确", f"validate.{key} has a wrong value")
        digits = component.get("decimalDigits", 0)
        if not isinstance(digits, int) or not 0 <= digits <= 6:
            self._refuse(name, "decimalDigits 应为 0 至 6", "decimalDigits must be 0 to 6")
        return validate

    def _hidden_if(self, component: dict[str, Any], name: str) -> Expression | None:
        conditional = component.get("conditional", {})
        if not isinstance(conditional, dict) or set(conditional) - {"hide"}:
            self._refuse(name, "conditional 只支持 hide", "Only hide is supported in conditional")
            return None
        return self._condition(conditional.get("hide"), name)

    def _condition(self, source: Any, name: str) -> Expression | None:
        """Compile a condition; it may only ask fields above it, so that one walk down the page decides everything."""
        if source is None or source == "":
            return None
        if not isinstance(source, str) or not source.startswith("="):
            self._refuse(
                name, "条件应为以 = 开头的 FEEL 表达式", "A condition must be a FEEL expression that starts with ="
            )
            return None
        try:
            expression = compile_expression(source)
            expression.to_json()  # the page needs it too
        except FeelError as error:
            self.findings.append(FormFinding(name, error.message))
            return None
        known = {*self.keys, BEFORE} if self.changes else set(self.keys)
        unknown = sorted(expression.names - known)
        if unknown:
            self._refuse(
                name,
                f"条件用到的 {'、'.join(unknown)} 不是本页在它之前的字段",
                f"The condition asks {', '.join(unknown)}, which is no field above it",
            )
        return expression

    def _properties(self, component: dict[str, Any], name: str | None, known: frozenset[str]) -> dict[str, str]:
        properties = component.get("properties", {})
        if not isinstance(properties, dict) or not all(isinstance(value, str) for value in properties.values()):
            self._refuse(name, "properties 的值应为文字", "The values of properties must be texts")
            return {}
        self._known(name, {key: 0 for key in properties if not _OPTION_PROPERTY.fullmatch(key)}, known)
        return properties

    def _label(self, component: dict[str, Any], properties: dict[str, str]) -> Text:
        label = component.get("label") or component.get("dateLabel")
        if not isinstance(label, str) or not label:
            self._refuse(_name(component), "缺少标签", "The label is missing")
            return Text("", "")
        return Text(label, properties.get("label_en", label))

    def _known(self, name: str | None, found: Mapping[str, Any], known: frozenset[str]) -> None:
        for key in sorted(set(found) - known):
            self._refuse(name, f"不支持属性 {key}", f"The attribute {key} is not supported")

    def _refuse(self, name: str | None, zh: str, en: str) -> None:
        self.findings.append(FormFinding(name, Text(zh, en)))


def _content_hash(schema: Any) -> str:
    """What deployments pin a form by; the order of keys and the white space of the file do not count."""
    return hashlib.sha256(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _name(component: Any) -> str:
    """How findings call a component: by its key, else its id."""
    found = (component.get("key") or component.get("id")) if isinstance(component, dict) else None
    return found if isinstance(found, str) else "?"


def _text(zh: Any, en: str | None) -> Text | None:
    return Text(zh, en or zh) if isinstance(zh, str) and zh else None
