"""Compiles a form to the marshmallow schema that decides what a post may hold (DESIGN.md 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

import marshmallow

from forms.contract import contract_reasons
from forms.fields import answer_of, entered, plain
from forms.identity import identity_reasons
from forms.model import Attachment, Field, Form
from forms.schema import BEFORE, PAGE_FIELDS
from kernel.errors import InvalidInput, Reason
from kernel.texts import Text

Mode = Literal["save", "submit"]
Posted = Mapping[str, list[str] | str]

NOTHING_KNOWN: Mapping[str, Any] = MappingProxyType({})

# More names than these in a refusal would only repeat the post.
_UNKNOWN_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a post.

    `data` holds every field of the form, JSON-ready: null where nothing was entered, where it is hidden and where
    it is wrong. `errors` stand in page order; `entered` is what to show again, as it was typed.
    """

    data: dict[str, Any]
    errors: tuple[Reason, ...]
    entered: dict[str, Any]

    @property
    def is_right(self) -> bool:
        return not self.errors

    def or_refuse(self) -> dict[str, Any]:
        """The data.

        Raises:
            InvalidInput: there are errors; all of them are its reasons.
        """
        if self.errors:
            raise InvalidInput(*self.errors)
        return self.data


def validate(
    form: Form,
    posted: Posted,
    *,
    mode: Mode,
    today: date,
    snapshot: Mapping[str, Any] = NOTHING_KNOWN,
    page_fields: frozenset[str] = PAGE_FIELDS,
) -> Result:
    """Check what was posted to a form.

    ``save`` checks the format of what is filled and the choice that identifies the application (R-D-14);
    ``submit`` wants every required field. Fields that the form's conditions hide are dropped whatever the browser
    thought. A name that the form does not have refuses everything: FIELD_NOT_IN_FORM and nothing else. `snapshot` is
    what the application keeps of the books, which conditions see as `before`.
    """
    own = {key: entered(field, posted.get(key)) for key, field in form.fields.items()}
    ignored = page_fields.union(form.helper_names)
    foreign = {name: value for name, value in posted.items() if name not in own and name not in ignored}
    scope = _scope(form, own, today, snapshot)
    visible = frozenset(key for key, field in form.fields.items() if not is_hidden(field, scope))
    required = frozenset(key for key in visible if _is_required(form.fields[key], scope, mode))

    # What is left out is "missing", what is None is "null": the required check wants either to be the same.
    given = {key: own[key] for key in visible if own[key] is not None} | foreign
    checked, found = _load(_schema(form, visible, required, today), given)
    unknown = sorted(name for name in found if name not in form.fields)
    if unknown:
        shown = ", ".join(name[:40] for name in unknown[:_UNKNOWN_SHOWN])
        return Result({}, (Reason("FIELD_NOT_IN_FORM", {"fields": shown}),), own)
    errors = [reason for reasons in found.values() for reason in reasons]
    for section in form.sections:
        if section.rule == "contract":
            errors += contract_reasons(checked, submitted=mode == "submit", today=today)
        elif section.rule == "identity":
            errors += identity_reasons(checked, today=today)
    data = {key: plain(checked.get(key)) for key in form.fields}
    return Result(data, in_page_order(form, errors), own)


def missing_attachments(
    form: Form,
    document: Mapping[str, Any],
    present: Mapping[str, object] | frozenset[str],
    *,
    snapshot: Mapping[str, Any] = NOTHING_KNOWN,
) -> tuple[Reason, ...]:
    """A reason for each required attachment (by AT number) that is not present and not hidden, in page order."""
    scope = scope_of(form, document, snapshot=snapshot)
    return tuple(
        Reason("ATTACHMENT_MISSING", {"attachments": _numbered(attachment)}, rule="R-D-14", field=number)
        for number, attachment in form.attachments.items()
        if attachment.required and number not in present and not is_hidden(attachment, scope)
    )


def _numbered(attachment: Attachment) -> Text:
    """申请表扫描件（AT-01）: the number is what stands beside it in the list and on paper."""
    label, number = attachment.label, attachment.number
    return Text(f"{label.zh}（{number}）", f"{label.en} ({number})")


def in_page_order(form: Form, reasons: list[Reason]) -> tuple[Reason, ...]:
    """The reasons as the summary lists them; what is about no field of the page comes first."""
    return tuple(sorted(reasons, key=lambda reason: form.places.get(reason.field or "", -1)))


def is_hidden(part: Field | Attachment, scope: Mapping[str, Any]) -> bool:
    return part.hidden_if is not None and part.hidden_if.evaluate(scope) is True


def scope_of(
    form: Form, document: Mapping[str, Any], *, snapshot: Mapping[str, Any] = NOTHING_KNOWN, today: date = date.max
) -> dict[str, Any]:
    """What the conditions see of a stored or typed document: typed values, null where empty, wrong or hidden.

    `before` are the values that the books have of the fields that change something, by the keys of these fields.
    """
    own = {key: entered(field, _texts(document.get(key))) for key, field in form.fields.items()}
    return _scope(form, own, today, snapshot)


def is_required(field: Field, scope: Mapping[str, Any]) -> bool:
    """Whether a visible field must be filled to submit."""
    return field.required or (field.required_if is not None and field.required_if.evaluate(scope) is True)


def _is_required(field: Field, scope: Mapping[str, Any], mode: Mode) -> bool:
    return field.identifies if mode == "save" else is_required(field, scope)


def _scope(
    form: Form, own: Mapping[str, list[str] | str | None], today: date, snapshot: Mapping[str, Any]
) -> dict[str, Any]:
    """Walk down the page once: a condition asks only fields above it (forms.schema), so each is settled in turn."""
    scope: dict[str, Any] = {}
    schema = _schema(form, frozenset(form.fields), frozenset(), today)
    if form.changing:
        known = {field.key: entered(field, _texts(field.before_in(snapshot))) for field in form.changing}
        before, _ = _load(schema, _filled(known))
        scope[BEFORE] = {key: before.get(key) for key in known}
    checked, _ = _load(schema, _filled(own))
    for key, field in form.fields.items():
        if is_hidden(field, scope):
            scope[key] = None
        elif own[key] is not None:
            scope[key] = checked.get(key)
        else:
            # A page posts nothing for a box that is not ticked, but its conditions see that it is not.
            scope[key] = False if field.kind == "checkbox" else None
    return scope


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


class _FormSchema(marshmallow.Schema):
    """The schema of a form; a name it does not have is an error, never ignored."""

    today: date

    class Meta:
        unknown = marshmallow.RAISE
        register = False  # schemas are built by the dozen and found by nobody's name


def _load(schema: _FormSchema, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    try:
        return dict(schema.load(given)), {}
    except marshmallow.ValidationError as error:
        valid = error.valid_data if isinstance(error.valid_data, dict) else {}
        return dict(valid), error.messages_dict


@lru_cache(maxsize=512)
def _schema(form: Form, visible: frozenset[str], required: frozenset[str], today: date) -> _FormSchema:
    """Loading changes nothing in a schema, so threads share it for a day."""
    answers = {key: answer_of(form.fields[key], required=key in required) for key in form.fields if key in visible}
    schema: _FormSchema = type("FormSchema", (_FormSchema,), dict(answers))()
    schema.today = today
    return schema


def as_posted(values: Mapping[str, Any]) -> Posted:
    """Answers that another system gives as JSON values, as a page would post them."""
    texts = {name: _texts(value) for name, value in values.items()}
    return {name: text for name, text in texts.items() if text is not None}


def _texts(value: Any) -> list[str] | str | None:
    """A value of a document as it would be posted."""
    if isinstance(value, list):
        return [str(entry) for entry in value]
    if isinstance(value, bool):
        return "true" if value else None
    return None if value is None else str(value)
