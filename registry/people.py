"""The people of the books: who somebody is, as applications are filled from it (FS-PERSON)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from kernel.errors import NotFound
from kernel.identifiers import normalised_id_number
from registry.labels import PERSON_FIELDS
from store.tables import person, person_version


@dataclass(frozen=True, slots=True)
class Person:
    """A person; `key` is the name in the sample data, `verified` the result of the real-name verification."""

    id: str
    name: str
    id_number: str
    gender: str
    birth_date: date
    id_type: str = "resident_id"
    key: str | None = None
    ethnicity: str | None = None
    education: str | None = None
    degree: str | None = None
    school: str | None = None
    major: str | None = None
    graduation_date: date | None = None
    mobile: str | None = None
    email: str | None = None
    postal_address: str | None = None
    postcode: str | None = None
    verified: bool = False

    def snapshot(self) -> dict[str, Any]:
        """FS-PERSON as an application keeps it (R-D-02): values of the books, dates in ISO form."""
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in asdict(self).items()
            if name in PERSON_FIELDS
        }


class People:
    """The table of people."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, person_id: str) -> Person:
        """
        Raises:
            NotFound: nobody has this id.
        """
        found = self.find(person_id)
        if found is None:
            raise NotFound(detail=f"no person {person_id}")
        return found

    def find(self, person_id: str) -> Person | None:
        return self._one(person.c.id == person_id)

    def by_id_number(self, id_number: str) -> Person | None:
        """Who has this ID number, in whatever case its X was typed; the comparison is exact otherwise (R-1.2-2)."""
        return self._one(person.c.id_number == normalised_id_number(id_number))

    def is_number_of_another(self, id_number: str, person_id: str) -> bool:
        """Whether somebody else has this ID number (R-D-06)."""
        holder = self.by_id_number(id_number)
        return holder is not None and holder.id != person_id

    def change(self, person_id: str, values: Mapping[str, Any], application_id: str, on: date) -> bool:
        """Enter what a personal-info change says, and keep what stood there before (2.13). Returns whether it did:
        an application changes a person once.

        Raises:
            NotFound: nobody has this id.
        """
        done = select(person_version.c.person_id).where(person_version.c.application_id == application_id)
        if self._connection.execute(done).first() is not None:
            return False
        before = self.get(person_id).snapshot()
        self._connection.execute(update(person).where(person.c.id == person_id).values(**values))
        kept = {
            "application_id": application_id,
            "person_id": person_id,
            "changed_on": on,
            "before": before,
            "after": self.get(person_id).snapshot(),
        }
        self._connection.execute(insert(person_version).values(kept))
        return True

    def add(self, *people: Person) -> None:
        if people:
            self._connection.execute(insert(person), [asdict(each) for each in people])

    def _one(self, condition: ColumnElement[bool]) -> Person | None:
        row = self._connection.execute(select(person).where(condition)).mappings().one_or_none()
        return None if row is None else Person(**row)
