"""The field types: what a posted text must be, and what is kept of it (REQUIREMENTS.md 3.4).

Every type is a marshmallow field that raises reasons of the catalogue instead of sentences, so that the page, the
API and the audit trail tell the same thing. Empty entries are null before they come here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import marshmallow

from forms.model import Field
from kernel import identifiers
from kernel.errors import Reason
from kernel.identifiers import clean_text

# R-V-13: what a field holds at most when the form does not say.
_LONGEST = {"textarea": 2000, "opinion": 500}
_LONGEST_LINE = 200
_SHORTEST_OPINION = 2  # R-D-10

_DATE = re.compile(r"([0-9]{4})(?:-|/|\.|年)([0-9]{1,2})(?:-|/|\.|月)([0-9]{1,2})日?|([0-9]{4})([0-9]{2})([0-9]{2})")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?")


# Where each code comes from; a refusal names its rule (R-P-10).
_RULE_OF = {
    "FIELD_REQUIRED": "R-D-14",
    "REASON_REQUIRED": "R-D-10",
    "TOO_LONG": "R-V-13",
    "ID_NUMBER_INVALID": "R-V-01",
    "USCC_INVALID": "R-V-02",
    "ORG_CODE_INVALID": "R-V-03",
    "MOBILE_INVALID": "R-V-04",
    "NAME_INVALID": "R-V-05",
    "EMAIL_INVALID": "R-V-06",
    "POSTCODE_INVALID": "R-V-07",
}


def failure(code: str, about: Field, /, **parameters: object) -> marshmallow.ValidationError:
    """A reason of the catalogue about one field, as marshmallow carries it."""
    return marshmallow.ValidationError([Reason(code, dict(parameters), rule=_RULE_OF.get(code), field=about.key)])


class _Answer(marshmallow.fields.Field[Any]):
    """A field of a form: knows its question, and tells a missing answer by a reason."""

    def __init__(self, field: Field, *, required: bool) -> None:
        self.field = field
        missing = failure(required_code(field), field, field=field.subject).messages
        super().__init__(
            required=required, allow_none=not required, error_messages={"required": missing, "null": missing}
        )

    def invalid(self) -> marshmallow.ValidationError:
        return failure("FIELD_INVALID", self.field, field=self.field.subject)


def required_code(field: Field) -> str:
    """The code of a missing answer: an opinion that must be given is a reason (R-D-10)."""
    return field.required_code or ("REASON_REQUIRED" if field.kind == "opinion" else "FIELD_REQUIRED")


class TextAnswer(_Answer):
    """A text of one or more lines: trimmed, without control characters, counted in characters (R-V-13)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.invalid()
        field = self.field
        most = field.max_length or _LONGEST.get(field.kind, _LONGEST_LINE)
        if len(value) > most:
            raise failure("TOO_LONG", field, field=field.subject, max=most)
        if len(value) < (field.min_length or 0) and not (field.kind == "opinion" and not self.required):
            raise failure(required_code(field), field, field=field.subject)
        if field.kind == "opinion" and self.required and len(value) < _SHORTEST_OPINION:
            raise failure("REASON_REQUIRED", field)
        return value


# What each kind is stored as, whether that is right, and the code if not.
_RULES: dict[str, tuple[Callable[[str], str], Callable[[str, date], bool], str]] = {
    "id_number": (
        identifiers.normalised_id_number,
        lambda value, today: identifiers.is_resident_id(value, today=today),
        "ID_NUMBER_INVALID",
    ),
    "document_number": (  # of whatever kind: that of the kind is for the section to tell (forms.identity)
        identifiers.normalised_id_number,
        lambda value, today: identifiers.is_id_number(value, id_type="any", today=today),
        "ID_NUMBER_INVALID",
    ),
    "uscc": (str.upper, lambda value, today: identifiers.is_uscc(value), "USCC_INVALID"),
    "employer_lookup": (str.upper, lambda value, today: identifiers.is_uscc(value), "USCC_INVALID"),
    "org_code": (
        identifiers.normalised_org_code,
        lambda value, today: identifiers.is_org_code(value),
        "ORG_CODE_INVALID",
    ),
    "mobile": (str, lambda value, today: identifiers.is_mobile(value), "MOBILE_INVALID"),
    "person_name": (str, lambda value, today: identifiers.is_person_name(value), "NAME_INVALID"),
    "email": (str, lambda value, today: identifiers.is_email(value), "EMAIL_INVALID"),
    "postcode": (str, lambda value, today: identifiers.is_postcode(value), "POSTCODE_INVALID"),
}


class IdentifierAnswer(TextAnswer):
    """A number or name with a public rule (R-V-01 … R-V-07), stored in its normal form."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        normalise, is_right, code = _RULES[self.field.kind]
        text = normalise(super()._deserialize(value, attr, data, **kwargs))
        today: date = self.root.today  # type: ignore[union-attr]  # the schema of forms.compile has it
        if not is_right(text, today):
            raise failure(code, self.field)
        return text


class NumberAnswer(_Answer):
    """A number without exponents, within the bounds and with at most the decimals of the form."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        field = self.field
        try:
            if not isinstance(value, str) or not _NUMBER.fullmatch(value):
                raise self.invalid()
            number = Decimal(value)
        except InvalidOperation as error:
            raise self.invalid() from error
        today: date = self.root.today  # type: ignore[union-attr]  # the schema of forms.compile has it
        if number != round(number, field.decimals) or (field.at_most_this_year and number > today.year):
            raise self.invalid()
        if (field.minimum is not None and number < field.minimum) or (
            field.maximum is not None and number > field.maximum
        ):
            raise self.invalid()
        return number


class DateAnswer(_Answer):
    """A day, written 2026-06-11; 2026/6/11, 20260611 and 2026年6月11日 are understood too."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        # Chinese keyboards write full-width digits; NFKC makes them plain.
        found = _DATE.fullmatch(unicodedata.normalize("NFKC", value)) if isinstance(value, str) else None
        if found is None:
            raise self.invalid()
        try:
            day = date(*(int(part) for part in found.groups() if part is not None))
        except ValueError as error:
            raise self.invalid() from error
        if not 1900 <= day.year <= 2200:
            raise self.invalid()
        return day


class ChoiceAnswer(_Answer):
    """One of the options; of a field that has none of its own, something that the books may offer."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not self.field.choices:  # which of them are offered is asked by the rules of the line
            if not isinstance(value, str) or len(value) > _LONGEST_LINE:
                raise self.invalid()
            return value
        if self.field.choice(value) is None:
            raise self.invalid()
        return str(value)


class ChoicesAnswer(_Answer):
    """Some of the options, each once, in the order of the form.

    Of a form that lists none only the source of the options knows them: what is chosen comes as it is.
    """

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        chosen = value if isinstance(value, list) else [value]
        if not self.field.choices:
            if any(len(str(entry)) > _LONGEST_LINE for entry in chosen):
                raise self.invalid()
            return list(dict.fromkeys(str(entry) for entry in chosen))
        if any(self.field.choice(entry) is None for entry in chosen):
            raise self.invalid()
        return [choice.value for choice in self.field.choices if choice.value in chosen]


class TickAnswer(_Answer):
    """A box to tick; a required one must be ticked."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if value not in ("true", "on"):
            raise self.invalid()
        return True


_ANSWERS: dict[str, type[_Answer]] = {
    "text": TextAnswer,
    "textarea": TextAnswer,
    "opinion": TextAnswer,
    "number": NumberAnswer,
    "date": DateAnswer,
    "select": ChoiceAnswer,
    "radio": ChoiceAnswer,
    "decision": ChoiceAnswer,
    "checklist": ChoicesAnswer,
    "checkbox": TickAnswer,
} | dict.fromkeys(_RULES, IdentifierAnswer)


def answer_of(field: Field, *, required: bool) -> marshmallow.fields.Field[Any]:
    """The marshmallow field that checks this field of the form."""
    return _ANSWERS[field.kind](field, required=required)


def entered(field: Field, posted: list[str] | str | None) -> list[str] | str | None:
    """What was entered, cleaned (R-V-13); nothing entered is None, several values only where the field takes them."""
    values = [posted] if isinstance(posted, str) else list(posted or ())
    cleaned = [text for value in values if (text := clean_text(value, lines=field.kind in ("textarea", "opinion")))]
    if not cleaned:
        return None
    return cleaned if field.kind == "checklist" or len(cleaned) > 1 else cleaned[0]


def plain(value: Any) -> Any:
    """A checked value as JSON keeps it: days as ISO texts, numbers as numbers."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
