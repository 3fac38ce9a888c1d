"""One question to the rules of a line: who applies for what, filled in how, on which day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, select

from applications import statuses
from applications.applicants import Applicant
from applications.lines import line_of, title_of
from applications.records import ApplicationRow
from forms import Field, Form
from kernel.texts import Text
from processes.definition import Definition
from processes.definitions import Definitions
from registry.enterprises import Enterprise, Enterprises
from registry.people import People, Person
from registry.qualifications import Qualification, Qualifications
from registry.registrations import Registration, Registrations
from store.tables import application, audit, instance

Words = dict[str, str]
"""A text in both languages, as FEEL handles it: `{"zh": …, "en": …}`."""


def words(text: Text) -> Words:
    return {"zh": text.zh, "en": text.en}


class Books:
    """What the books say of an applicant on one day; each is read once, however many lines ask."""

    def __init__(self, connection: Connection, definitions: Definitions, applicant: Applicant, today: date) -> None:
        self.connection = connection
        self.definitions = definitions
        self.applicant = applicant
        self.today = today

    @cached_property
    def person(self) -> Person | None:
        person_id = self.applicant.person_id
        return People(self.connection).get(person_id) if person_id is not None else None

    @cached_property
    def registration(self) -> Registration | None:
        return Registrations(self.connection).of_person(self.person.id) if self.person else None

    @cached_property
    def qualifications(self) -> tuple[Qualification, ...]:
        return Qualifications(self.connection).of_number(self.person.id_number) if self.person else ()

    @cached_property
    def present_employer(self) -> Enterprise | None:
        """The employer of the registration; for an enterprise that applies, itself. It may have been cancelled."""
        code = self.registration.employer if self.registration else self.applicant.enterprise
        return Enterprises(self.connection).find(code) if code else None


class Asked:
    """The question: a line, and of an application its filled-in form and its row.

    Without `document` it is "may I apply?", before anything is chosen. `submitting` tells that the form is being
    submitted, not only saved.
    """

    def __init__(
        self,
        books: Books,
        definition: Definition,
        form: Form,
        document: Mapping[str, Any] | None = None,
        row: ApplicationRow | None = None,
        *,
        submitting: bool = False,
    ) -> None:
        self.books = books
        self.definition = definition
        self.line = line_of(definition)
        self.form = form
        self.document = document
        self.row = row
        self.submitting = submitting

    @property
    def connection(self) -> Connection:
        return self.books.connection

    @property
    def today(self) -> date:
        return self.books.today

    @property
    def answers(self) -> Mapping[str, Any]:
        return self.document or {}

    def before(self, field: Field) -> Any:
        """What the application's snapshot says of that which a field changes (`before`, such as person.name)."""
        return field.before_in(self.row.snapshot) if self.row is not None else None

    @cached_property
    def chosen_code(self) -> str | None:
        """What stands in the form's look-up of the employer, where the line has one."""
        wanted = self.line.employer in ("transfer", "declared")
        return (self.answers.get("new_employer") or None) if wanted else None

    @cached_property
    def employer(self) -> Enterprise | None:
        """The employer that the application is about: the chosen one, the present one, or the enterprise itself."""
        if self.chosen_code is not None:
            return Enterprises(self.connection).by_code(self.chosen_code)
        return self.books.present_employer if self.line.employer in ("current", "own") else None

    @cached_property
    def resubmission(self) -> bool:
        """Whether a returned application is submitted anew, not after the applicant's own withdrawal (R-1.4-3)."""
        if self.row is None or self.row.first_submitted_at is None:
            return False
        if self.row.status == statuses.RETURNED:
            return True
        last = (
            select(audit.c.action)
            .where((audit.c.application_id == self.row.id) & audit.c.action.in_(("withdrawn", "submitted")))
            .order_by(audit.c.id.desc())
            .limit(1)
        )
        return self.row.status != statuses.DRAFT or self.connection.execute(last).scalar() != "withdrawn"

    @cached_property
    def open_business(self) -> tuple[Text, str] | None:
        """The application that the person has open in the same exclusive group, other than this one (R-1.9-1): the
        title of its line and its number."""
        if self.line.exclusive is None or self.books.applicant.person_id is None:
            return None
        query = (
            select(application.c.number, instance.c.definition_id)
            .join(instance, instance.c.id == application.c.instance_id)
            .where(application.c.open_person_id == self.books.applicant.person_id)
        )
        if self.row is not None:
            query = query.where(application.c.id != self.row.id)
        found = self.connection.execute(query).first()
        return (title_of(self.books.definitions.get(found.definition_id)), found.number) if found else None


Fact = Callable[[Asked], Any]
FACTS: dict[str, Fact] = {}


def fact(function: Fact) -> Fact:
    """Make a function the fact of its name, by which decision tables ask for it."""
    FACTS[function.__name__] = function
    return function


class Facts(Mapping[str, Any]):
    """All facts of one question by name; each is found out when a table asks for it."""

    def __init__(self, asked: Asked, more: Mapping[str, Any] | None = None) -> None:
        self._asked = asked
        self._known: dict[str, Any] = dict(more or {})

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = FACTS[name](self._asked)
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in FACTS

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known, **FACTS})

    def __len__(self) -> int:
        return len(self._known.keys() | FACTS.keys())
