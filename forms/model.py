"""A form as frozen values: sections with fields, attachments and read-only blocks (DESIGN.md 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kernel.errors import Reason
from kernel.texts import Text
from rules.feel import Expression


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a select, radio, checklist or decision; `hint` tells what choosing it leads to."""

    value: str
    label: Text
    hint: Text | None = None


@dataclass(frozen=True, eq=False)
class Field:
    """A question of the form. `subject` names it in messages: 合同终止日期, where the label is 终止日期."""

    key: str
    kind: str
    label: Text
    subject: Text
    hint: Text | None = None
    required: bool = False
    required_if: Expression | None = None
    hidden_if: Expression | None = None
    identifies: bool = False  # the choice that a saved draft needs (R-D-14)
    choices: tuple[Choice, ...] = ()
    min_length: int | None = None
    max_length: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    decimals: int = 0
    at_most_this_year: bool = False
    row: str | None = None  # fields of the same row stand side by side
    options_from: str | None = None  # what of the books is offered; `choices` are all there could be, where known
    option_rules: str | None = None  # the table that says which of it is open
    required_code: str | None = None  # told when it is missing, where FIELD_REQUIRED says too little
    before: str | None = None  # what it changes: a place in the snapshot, person.name

    @property
    def helper_names(self) -> tuple[str, ...]:
        """Names the field posts beside its own: the search words and the page of a look-up."""
        return (f"{self.key}_query", f"{self.key}_page") if self.kind == "employer_lookup" else ()

    def before_in(self, snapshot: Mapping[str, Any]) -> Any:
        """What the books say of that which the field changes, in the snapshot of an application."""
        found: Any = snapshot
        for name in (self.before or "").split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    def choice(self, value: object) -> Choice | None:
        return next((choice for choice in self.choices if choice.value == value), None)


@dataclass(frozen=True, eq=False)
class Attachment:
    """A file that the form asks for (REQUIREMENTS.md 2.0.3); the files themselves are no part of the document."""

    key: str
    number: str  # AT-01
    label: Text
    hint: Text | None = None
    required: bool = False
    hidden_if: Expression | None = None
    max_files: int = 1
    offers_export: bool = False  # the file is the printed form, signed


@dataclass(frozen=True, eq=False)
class Block:
    """Something read-only inside a section: the person, the registration, or a text."""

    kind: str  # person | registration | employer | note | …: a read-only block of forms.schema
    text: Text


@dataclass(frozen=True, slots=True)
class Option:
    """A choice that the books offer to one applicant; `note` tells what it is, `refusal` why it is not open now."""

    value: str
    label: Text
    note: Text | None = None
    refusal: Reason | None = None


Part = Field | Attachment | Block


@dataclass(frozen=True, eq=False)
class Section:
    """A group of the form with its own heading; `rule` names a check over its fields (`contract`)."""

    key: str
    label: Text
    parts: tuple[Part, ...]
    note: Text | None = None
    rule: str | None = None

    @cached_property
    def rows(self) -> tuple[tuple[Part, ...], ...]:
        """The parts as they are laid out: fields of one `row` together, anything else alone."""
        rows: list[list[Part]] = []
        for part in self.parts:
            last = rows[-1][-1] if rows else None
            together = isinstance(part, Field) and isinstance(last, Field) and part.row and part.row == last.row
            if together and len(rows[-1]) < 2:
                rows[-1].append(part)
            else:
                rows.append([part])
        return tuple(tuple(row) for row in rows)


@dataclass(frozen=True, eq=False)
class Form:
    """One version of a form. Built once, never changed, found again by its content hash; equal only to itself."""

    key: str
    title: Text
    sections: tuple[Section, ...]
    schema: Mapping[str, Any]  # the form-js JSON it was read from
    sha256: str

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        return tuple(part for section in self.sections for part in section.parts)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The fields by key, in page order."""
        return {part.key: part for part in self.parts if isinstance(part, Field)}

    @cached_property
    def attachments(self) -> Mapping[str, Attachment]:
        """The attachments by AT number, in page order."""
        return {part.number: part for part in self.parts if isinstance(part, Attachment)}

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place on the page of every field key and AT number; errors are listed in this order."""
        names = (
            part.key if isinstance(part, Field) else part.number for part in self.parts if not isinstance(part, Block)
        )
        return {name: place for place, name in enumerate(names)}

    @cached_property
    def changing(self) -> tuple[Field, ...]:
        """The fields that change what the books say."""
        return tuple(field for field in self.fields.values() if field.before)

    @property
    def helper_names(self) -> Iterator[str]:
        return (name for field in self.fields.values() for name in field.helper_names)
