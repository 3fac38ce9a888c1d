"""The enterprises of the books: found by code or name, and complete enough to employ somebody (FS-EMPLOYER)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from kernel.errors import InvalidInput, NotFound, Reason
from kernel.identifiers import clean_text, is_postcode, normalised_org_code
from registry.labels import DISTRICTS, EMPLOYER_FIELDS
from store.tables import enterprise

PAGE_SIZE = 20  # R-000-28

# Without `supervising_district`: a missing one has a refusal of its own (R-2.1-1).
_REQUIRED = (
    "enterprise_name",
    "uscc",
    "org_code",
    "legal_representative",
    "registered_address",
    "district",
    "contact_person",
    "contact_phone",
)


# What an enterprise changes itself, and how long each may be (FS-EMPLOYER).
CONTACT_LONGEST = {"contact_person": 50, "contact_phone": 20, "postal_address": 200, "postcode": 6}
_PHONE = re.compile(r"\+?[0-9][0-9 -]{5,17}[0-9]")  # a mobile, or a line with its area code and extension


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An enterprise; `cancelled` says that the qualification data know it no longer (G-06)."""

    uscc: str
    org_code: str
    name: str
    key: str | None = None
    former_name: str | None = None
    enterprise_type: str | None = None
    legal_representative: str | None = None
    registered_address: str | None = None
    district: str | None = None
    supervising_district: str | None = None
    qualification_category_grade: str | None = None
    qualification_no: str | None = None
    contact_person: str | None = None
    contact_phone: str | None = None
    postal_address: str | None = None
    postcode: str | None = None
    licence_merged: bool = True
    province: str = "北京市"
    cancelled: bool = False

    @property
    def missing_fields(self) -> tuple[str, ...]:
        """The required fields of FS-EMPLOYER that are empty, in their order (R-2.7-1)."""
        values = self.snapshot()
        return tuple(name for name in _REQUIRED if not values[name])

    def snapshot(self) -> dict[str, Any]:
        """FS-EMPLOYER as an application keeps it (R-D-02)."""
        values = asdict(self) | {"enterprise_name": self.name}
        return {name: values[name] for name in EMPLOYER_FIELDS}


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom one turns to at an enterprise: what it says of itself, not its qualification data (F-ENT-INFO)."""

    contact_person: str
    contact_phone: str
    postal_address: str
    postcode: str

    @classmethod
    def of(cls, posted: Mapping[str, str]) -> Contact:
        """The contact that was entered, cleaned.

        Raises:
            InvalidInput: all that is missing or wrong, together.
        """
        entered = {name: clean_text(posted.get(name, "")) for name in CONTACT_LONGEST}
        reasons = [reason for name, value in entered.items() if (reason := _wrong(name, value))]
        if reasons:
            raise InvalidInput(*reasons)
        return cls(**entered)


def _wrong(name: str, value: str) -> Reason | None:
    label, longest = EMPLOYER_FIELDS[name], CONTACT_LONGEST[name]
    if not value:
        return Reason("FIELD_REQUIRED", {"field": label}, field=name) if name in _REQUIRED else None
    if len(value) > longest:
        return Reason("TOO_LONG", {"field": label, "max": longest}, field=name)
    if name == "postcode" and not is_postcode(value):
        return Reason("POSTCODE_INVALID", rule="R-V-07", field=name)
    if name == "contact_phone" and not _PHONE.fullmatch(value):
        return Reason("FIELD_INVALID", {"field": label}, field=name)
    return None


@dataclass(frozen=True, slots=True)
class EnterprisePage:
    """One page of a search; `total` counts all that match."""

    items: tuple[Enterprise, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


class Enterprises:
    """The table of enterprises."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, uscc: str) -> Enterprise:
        """
        Raises:
            NotFound: no enterprise has this credit code.
        """
        found = self.find(uscc)
        if found is None:
            raise NotFound(detail=f"no enterprise {uscc}")
        return found

    def find(self, uscc: str) -> Enterprise | None:
        return self._one(enterprise.c.uscc == uscc.strip().upper())

    def by_usccs(self, usccs: Iterable[str]) -> dict[str, Enterprise]:
        """Those of several credit codes that the books know, by code."""
        rows = self._connection.execute(select(enterprise).where(enterprise.c.uscc.in_(set(usccs)))).mappings()
        return {row["uscc"]: Enterprise(**row) for row in rows}

    def by_code(self, code: str) -> Enterprise | None:
        """The enterprise with this organisation code, with or without its hyphen, or this credit code (R-000-02).

        A cancelled enterprise is not found: nobody can be employed there any more (G-06).
        """
        typed = normalised_org_code(code)
        found = self._one(or_(enterprise.c.org_code == typed, enterprise.c.uscc == typed))
        return None if found is None or found.cancelled else found

    def search(self, words: str, page: int = 1) -> EnterprisePage:
        """Enterprises whose name, former name or code holds the words, by name, 20 a page (R-000-28).

        Without words all are listed; cancelled ones never. A page before the first is the first.
        """
        page = max(1, page)
        matching = self._matching(words)
        total = self._connection.execute(select(func.count()).select_from(matching.subquery())).scalar_one()
        wanted = matching.order_by(enterprise.c.name, enterprise.c.uscc).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
        rows = self._connection.execute(wanted).mappings()
        return EnterprisePage(tuple(Enterprise(**row) for row in rows), total, page)

    def choose_supervising_district(self, uscc: str, district: str) -> None:
        """Say which district commission supervises the enterprise; open applications keep theirs (R-2.1-2).

        Raises:
            InvalidInput: there is no such district.
            NotFound: no enterprise has this credit code.
        """
        if district not in DISTRICTS:
            label = EMPLOYER_FIELDS["supervising_district"]
            raise InvalidInput(Reason("FIELD_INVALID", {"field": label}, field="supervising_district"))
        changed = self._connection.execute(
            update(enterprise).where(enterprise.c.uscc == uscc).values(supervising_district=district)
        )
        if not changed.rowcount:
            raise NotFound(detail=f"no enterprise {uscc}")

    def change_contact(self, uscc: str, contact: Contact) -> None:
        """
        Raises:
            NotFound: no enterprise has this credit code.
        """
        changed = self._connection.execute(
            update(enterprise).where(enterprise.c.uscc == uscc).values(**asdict(contact))
        )
        if not changed.rowcount:
            raise NotFound(detail=f"no enterprise {uscc}")

    def add(self, *enterprises: Enterprise) -> None:
        if enterprises:
            self._connection.execute(insert(enterprise), [asdict(each) for each in enterprises])

    def _matching(self, words: str) -> Select[Any]:
        query = select(enterprise).where(enterprise.c.cancelled.is_(False))
        words = words.strip()
        if not words:
            return query
        return query.where(
            or_(
                enterprise.c.name.contains(words, autoescape=True),
                enterprise.c.former_name.contains(words, autoescape=True),
                enterprise.c.org_code.contains(normalised_org_code(words), autoescape=True),
                enterprise.c.uscc.contains(words.upper(), autoescape=True),
            )
        )

    def _one(self, condition: ColumnElement[bool]) -> Enterprise | None:
        row = self._connection.execute(select(enterprise).where(condition)).mappings().one_or_none()
        return None if row is None else Enterprise(**row)
