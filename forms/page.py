"""What the templates show of a form: one value built for one page, in one language, with everything decided."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal, Protocol

from forms.compile import is_hidden, is_required, scope_of
from forms.model import Attachment, Block, Field, Form, Option, Part, Section
from kernel.errors import Reason
from kernel.identifiers import shown_org_code
from kernel.texts import Language, Text
from registry.labels import (
    CERTIFICATE_KINDS,
    CERTIFICATE_STATES,
    DEGREES,
    DISTRICTS,
    EDUCATIONS,
    EMPLOYER_FIELDS,
    ENTERPRISE_TYPES,
    GENDERS,
    ID_TYPES,
    PERSON_FIELDS,
    SPECIALTIES,
    label_of,
)

_PERSON_ALWAYS = ("name", "gender", "id_number", "birth_date", "mobile", "id_type")
_PERSON_IF_KNOWN = ("ethnicity", "education", "degree", "school", "major", "graduation_date", "email", "postal_address")
_EMPLOYER_ROWS = (
    "enterprise_name",
    "uscc",
    "org_code",
    "supervising_district",
    "enterprise_type",
    "legal_representative",
    "registered_address",
    "qualification_category_grade",
)
_ENTERPRISE_ROWS = ("enterprise_name", "uscc", "org_code", "registered_address", "district", "supervising_district")
_CODE = re.compile(r"[0-9A-Z]{8}-?[0-9A-Z]|[0-9A-Z]{18}")  # of an organisation, or a credit code
_CODES = frozenset({"uscc", "org_code", "registration_no"})
_LABELS: Mapping[str, Mapping[str, Text]] = {
    "gender": GENDERS,
    "id_type": ID_TYPES,
    "education": EDUCATIONS,
    "degree": DEGREES,
    "enterprise_type": ENTERPRISE_TYPES,
    "district": DISTRICTS,
    "supervising_district": DISTRICTS,
}

SectionState = Literal["done", "wrong", "open"]


class ShownFile(Protocol):
    """An attachment that is there (`applications.views.AttachmentView`)."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def file_name(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def uploaded_at(self) -> datetime: ...


class ShownEmployer(Protocol):
    """An employer of a search (`registry.enterprises.Enterprise`)."""

    @property
    def uscc(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def supervising_district(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Lookup:
    """The result of a search for an employer; `total` counts all pages."""

    query: str
    found: Sequence[ShownEmployer] = ()
    total: int = 0
    page: int = 1
    pages: int = 1

    @property
    def unknown_code(self) -> Reason | None:
        """The refusal when a code was typed that no employer has (R-000-02); a name may just be misspelt."""
        is_code = _CODE.fullmatch(self.query.strip().upper()) is not None
        return Reason("EMPLOYER_NOT_FOUND", rule="R-000-02") if is_code and not self.total else None


@dataclass(frozen=True, slots=True)
class Remark:
    """A reviewer's remark on one field or attachment."""

    text: str
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses that the form posts to or points at; what is None is not offered.

    `lookup` answers with the macro `lookup_block`, `upload` (given the AT number) with `attachment_item`, `autosave`
    with `saved_state`. Without scripts the same things are submits of the whole form: `action` = lookup,
    lookup:<page>, upload, remove:<attachment id>.
    """

    autosave: str | None = None
    lookup: str | None = None
    export: str | None = None
    profile: str | None = None
    upload: Callable[[str], str] | None = None
    file: Callable[[ShownFile], str] | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A label and a value of a read-only table; `is_code` sets it in the type of codes."""

    label: Text
    value: str
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """An employer to choose; the name in pieces, each with whether it matches the search."""

    code: str
    name: tuple[tuple[str, bool], ...]
    district: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Cluster:
    """Neighbouring parts of a section that are drawn as one thing."""

    kind: str  # fields | files | lookup, or the kind of a block: person | registration | employer | note
    rows: tuple[tuple[Any, ...], ...]

    @property
    def first(self) -> Any:
        return self.rows[0][0]


@dataclass(frozen=True)
class FormPage:
    """A form with its values, errors and surroundings.

    `values` is the stored document, or what was typed (`Result.entered`) after a refusal. `errors` are the reasons
    of that refusal. `blocked` names the choices of a decision that are not open now, with the reason in words.
    """

    form: Form
    language: Language = "zh"
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Sequence[Reason] = ()
    snapshot: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[ShownFile] = ()
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    options: Mapping[str, Sequence[Option]] = field(default_factory=dict)  # of the fields with `options_from`
    remarks: Mapping[str, Sequence[Remark]] = field(default_factory=dict)
    blocked: Mapping[str, Text] = field(default_factory=dict)
    links: Links = field(default_factory=Links)
    read_only: bool = False
    uploads_open: bool = True
    max_mb: int = 5
    keys: bool = False  # show the keyboard keys of a decision

    # -- words

    def say(self, text: Text | None) -> str:
        return "" if text is None else text.in_(self.language)

    def errors_of(self, name: str) -> list[str]:
        return [self.say(reason.message) for reason in self.errors if reason.field == name]

    def remarks_on(self, names: Sequence[str]) -> list[tuple[str, Remark]]:
        return [(name, remark) for name in names for remark in self.remarks.get(name, ())]

    # -- conditions

    @cached_property
    def _scope(self) -> Mapping[str, Any]:
        return scope_of(self.form, self.values, snapshot=self.snapshot)

    def is_hidden(self, part: Field | Attachment) -> bool:
        return is_hidden(part, self._scope)

    def is_required(self, asked: Field) -> bool:
        return is_required(asked, self._scope)

    def hide_tree(self, part: Field | Attachment) -> str | None:
        """The condition for the script of the page, as JSON."""
        return None if part.hidden_if is None else json.dumps(part.hidden_if.to_json(), ensure_ascii=False)

    def require_tree(self, asked: Field) -> str | None:
        return None if asked.required_if is None else json.dumps(asked.required_if.to_json(), ensure_ascii=False)

    # -- values

    def value(self, asked: Field) -> Any:
        """What stands in the control; a field that changes something begins with what it is now."""
        value = self.values.get(asked.key)
        if value is None and asked.before is not None and asked.key not in self.values:
            value = self.before(asked)
        return "" if value is None else value

    def before(self, asked: Field) -> Any:
        """What the books say now of that which a field changes (`before`)."""
        return asked.before_in(self.snapshot)

    @property
    def before_tree(self) -> str | None:
        """What the conditions of the page see as `before`, as JSON; nothing where no field changes anything."""
        known = {asked.key: self.before(asked) for asked in self.form.changing}
        return json.dumps(known, ensure_ascii=False) if known else None

    def printed_before(self, asked: Field) -> str:
        return self._worded_value(asked, self.before(asked))

    def is_changed(self, asked: Field) -> bool:
        """Whether what is entered differs from what the books say."""
        now, entered = self.before(asked), self.value(asked)
        return str(entered or "").strip() != str(now or "").strip()

    def offered(self, asked: Field) -> Sequence[Option]:
        """The options to choose from: what the books offer, where they were asked, else those of the form."""
        if asked.key in self.options:
            return self.options[asked.key]
        return [Option(choice.value, choice.label, choice.hint) for choice in asked.choices]

    def is_chosen(self, asked: Field, choice: str) -> bool:
        value = self.value(asked)
        return choice in value if isinstance(value, list) else choice == value

    def printed(self, asked: Field) -> str:
        """The value as a reader sees it: the label of a choice, the name of an employer, the text of anything else."""
        return self._worded_value(asked, self.values.get(asked.key))

    def _worded_value(self, asked: Field, value: Any) -> str:
        if value is None or value == "":
            return ""
        if asked.kind == "checkbox":
            return "✓"
        employer = self.snapshot.get("new_employer") or {}
        if asked.kind == "employer_lookup" and employer.get("uscc") == value:
            return str(employer.get("enterprise_name") or value)
        words = [self._worded_choice(asked, each) for each in (value if isinstance(value, list) else [value])]
        return ("、" if self.language == "zh" else ", ").join(words)

    def _worded_choice(self, asked: Field, value: Any) -> str:
        """The label of a choice: of the form, else as the books offered it when it was chosen."""
        offered = (self.snapshot.get("choices") or {}).get(asked.key) or {}
        if (found := asked.choice(value)) is not None:
            return self.say(found.label)
        return self.say(Text(**offered[value])) if value in offered else str(value)

    def files_of(self, number: str) -> list[ShownFile]:
        return [each for each in self.files if each.kind == number]

    # -- layout

    def clusters(self, section: Section) -> list[Cluster]:
        """The rows of a section, neighbours of one kind together: fields in one table, attachments in one list."""
        found: list[Cluster] = []
        for row in section.rows:
            kind = _kind_of(row[0])
            if self.read_only and not self.visible(row):
                continue
            if found and found[-1].kind == kind in ("fields", "files"):
                found[-1] = Cluster(kind, (*found[-1].rows, row))
            else:
                found.append(Cluster(kind, (row,)))
        return found

    def visible(self, row: Sequence[Part]) -> list[Part]:
        return [part for part in row if isinstance(part, Block) or not self.is_hidden(part)]

    @property
    def contents(self) -> list[tuple[Section, SectionState]]:
        """The sections with how they stand: wrong (an error or a remark), done, or still open."""
        return [(section, self._state(section)) for section in self.form.sections]

    def _state(self, section: Section) -> SectionState:
        asked = [part for part in section.parts if not isinstance(part, Block)]
        names = {part.number if isinstance(part, Attachment) else part.key for part in asked}
        if any(reason.field in names for reason in self.errors) or names & self.remarks.keys():
            return "wrong"
        return "done" if all(self._is_answered(part) for part in asked) else "open"

    def _is_answered(self, part: Field | Attachment) -> bool:
        if self.is_hidden(part):
            return True
        if isinstance(part, Attachment):
            return not part.required or bool(self.files_of(part.number))
        return not self.is_required(part) or bool(self.values.get(part.key))

    # -- read-only blocks

    @property
    def person(self) -> list[Cell]:
        """FS-PERSON: the six cells of the printed form, then what else is known."""
        values = self.snapshot.get("person") or {}
        names = (*_PERSON_ALWAYS, *(name for name in _PERSON_IF_KNOWN if values.get(name)))
        return [Cell(PERSON_FIELDS[name], self._worded(name, values)) for name in names]

    @property
    def registration(self) -> list[Cell]:
        values = self.snapshot.get("registration") or {}
        cells = [Cell(Text("注册编号", "Registration number"), values.get("registration_no") or "")]
        if values.get("seal_no"):
            cells.append(Cell(Text("执业印章号", "Seal number"), values["seal_no"]))
        return cells

    @property
    def registration_state(self) -> tuple[str, str]:
        """The state of the registration, and its word."""
        state = (self.snapshot.get("registration") or {}).get("state") or ""
        return state, self.say(label_of(CERTIFICATE_STATES, state))

    @property
    def specialties(self) -> list[tuple[str, str, str, str]]:
        """Name, first and last day of validity, and the state if it is not valid."""
        entries = (self.snapshot.get("registration") or {}).get("specialties") or []
        return [
            (
                self.say(label_of(SPECIALTIES, each.get("specialty"))),
                each.get("issue_date") or "",
                each.get("expiry_date") or "",
                "" if each.get("state") == "valid" else self.say(label_of(CERTIFICATE_STATES, each.get("state"))),
            )
            for each in entries
        ]

    @property
    def employers(self) -> list[tuple[Cell, str, bool]]:
        """Rows of the table old | new: label with the old value, the new value, and whether they differ.

        A case without an old employer has a new one only.
        """
        return self._compared("old_employer", "new_employer", _EMPLOYER_ROWS)

    @property
    def enterprise_change(self) -> list[tuple[Cell, str, bool]]:
        """The same of the enterprise that applies, before | after."""
        return self._compared("enterprise_before", "enterprise_after", _ENTERPRISE_ROWS)

    @property
    def certificates(self) -> list[tuple[str, str, str]]:
        """Number, holder and kind of the certificates that an enterprise's change renews."""
        entries = self.snapshot.get("certificates") or []
        kinds = ((each, label_of(CERTIFICATE_KINDS, each.get("kind"))) for each in entries)
        return [(each.get("registration_no") or "", each.get("name") or "", self.say(kind)) for each, kind in kinds]

    def _compared(self, old: str, new: str, names: Sequence[str]) -> list[tuple[Cell, str, bool]]:
        rows = []
        for name in names:
            before, after = (self._worded(name, self.snapshot.get(side) or {}) for side in (old, new))
            rows.append((Cell(EMPLOYER_FIELDS[name], before, name in _CODES), after, bool(after) and before != after))
        return rows

    def offers(self, asked: Field) -> list[Offer]:
        """The employers to choose from: the one chosen already, then those found; a single one is chosen at once."""
        lookup = self.lookups.get(asked.key)
        found = list(lookup.found) if lookup else []
        chosen, held = self.values.get(asked.key), self.snapshot.get("new_employer") or {}
        offers = [
            Offer(
                each.uscc,
                tuple(_pieces(each.name, lookup.query if lookup else "")),
                self.say(label_of(DISTRICTS, each.supervising_district)),
                each.uscc == chosen or (not chosen and len(found) == 1),
            )
            for each in found
        ]
        if chosen and chosen == held.get("uscc") and all(offer.code != chosen for offer in offers):
            name = str(held.get("enterprise_name") or chosen)
            offers.insert(0, Offer(str(chosen), ((name, False),), self._worded("supervising_district", held), True))
        return offers

    def _worded(self, name: str, values: Mapping[str, Any]) -> str:
        value = values.get(name)
        if value is None or value == "":
            return ""
        if name == "org_code":
            return shown_org_code(str(value))
        return self.say(label_of(_LABELS[name], str(value))) if name in _LABELS else str(value)


def _kind_of(part: Part) -> str:
    if isinstance(part, Attachment):
        return "files"
    if isinstance(part, Block):
        return part.kind
    return "lookup" if part.kind == "employer_lookup" else "fields"


def _pieces(name: str, query: str) -> Iterator[tuple[str, bool]]:
    """The name cut where the words of the search stand in it."""
    words = query.strip()
    place = name.casefold().find(words.casefold()) if words else -1
    if place < 0:
        yield name, False
        return
    for piece, is_match in (
        (name[:place], False),
        (name[place : place + len(words)], True),
        (name[place + len(words) :], False),
    ):
        if piece:
            yield piece, is_match
