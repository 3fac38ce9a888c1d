"""The rules and effects of every line, as its diagram says them: adding a line adds no code (DESIGN.md 2, principle 1).

Of the process these properties are read: `eligibility`, the decision tables that say who may start and submit,
`choice_rules`, those on what the form offers, and `registry_effect`, the verb of `handlers/effects` that the approval
comes to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from applications.applicants import Applicant
from applications.lines import Line, line_of
from applications.records import ApplicationRow
from forms import Forms, Option
from handlers.choices import choice_refusals, once, options_of
from handlers.effects import EFFECTS
from handlers.facts import Asked, Books, Facts
from kernel.clock import Clock, day_of
from kernel.errors import Reason, in_catalogue_order
from kernel.settings import Settings
from processes.definition import Definition
from processes.definitions import Definitions
from registry.enterprises import Enterprises
from rules.dmn import Model
from rules.tables import reasons_of

EFFECT = "registry_effect"


class LineRules:
    """What handlers and pages ask of a line: always of its active version, for rules are those of today (R-D-03)."""

    def __init__(self, definitions: Definitions, forms: Forms, clock: Clock, settings: Settings) -> None:
        self.definitions = definitions
        self._forms = forms
        self._clock = clock
        self._settings = settings

    def starts(self, connection: Connection, lines: Iterable[str], applicant: Applicant) -> dict[str, Sequence[Reason]]:
        """For each line every rule that forbids the applicant to start it now, before anything is chosen."""
        books = self._books(connection, applicant)
        return {line: self._refusals(books, line) for line in lines}

    def refusals(
        self,
        connection: Connection,
        line: str,
        applicant: Applicant,
        *,
        document: Mapping[str, Any],
        row: ApplicationRow | None = None,
        submitting: bool = False,
    ) -> Sequence[Reason]:
        """Every rule that forbids the applicant this filled-in form now; `row` is the application that asks."""
        return self._refusals(self._books(connection, applicant), line, document, row, submitting)

    def options(
        self,
        connection: Connection,
        line: str,
        applicant: Applicant,
        *,
        document: Mapping[str, Any] | None = None,
        row: ApplicationRow | None = None,
    ) -> dict[str, tuple[Option, ...]]:
        """What the form offers to the applicant, by field."""
        asked = self._asked(self._books(connection, applicant), line, document, row)
        return self._options(asked)

    def variables(self, connection: Connection, row: ApplicationRow) -> dict[str, Any]:
        """What the diagrams decide by; the rest stays in the application's row."""
        enterprises = Enterprises(connection)
        old = enterprises.find(row.old_employer) if row.old_employer else None
        new = enterprises.find(row.new_employer) if row.new_employer else None
        line = self._line(connection, row.line)
        return {
            "old_employer": row.old_employer,
            "new_employer": row.new_employer,
            "old_employer_cancelled": old is None or old.cancelled,
            "new_employer_cancelled": new is None or new.cancelled,
            "remind_cycle": f"R/P{self._settings.employer_remind_days}D",
            "has_publicity": line.publicity,
            "publicity_days": self._settings.publicity_days,
        } | {name: row.document.get(name) for name in line.decides_by}

    def apply_registry(self, connection: Connection, row: ApplicationRow, announced_on: date) -> None:
        """Do to the registry what the line is for."""
        EFFECTS[self._active(connection, row.line).properties[EFFECT]](connection, row, announced_on)

    def _refusals(
        self,
        books: Books,
        line: str,
        document: Mapping[str, Any] | None = None,
        row: ApplicationRow | None = None,
        submitting: bool = False,
    ) -> list[Reason]:
        asked = self._asked(books, line, document, row, submitting=submitting)
        tables = {name: asked.definition.tables[name] for name in asked.definition.eligibility}
        found = refusals(Facts(asked), tables)
        for key, options in self._options(asked).items():
            found += choice_refusals(asked, asked.form.fields[key], options)
        return in_catalogue_order(once(found))  # of a reason told twice the one that names the field

    def _asked(
        self,
        books: Books,
        line: str,
        document: Mapping[str, Any] | None,
        row: ApplicationRow | None,
        *,
        submitting: bool = False,
    ) -> Asked:
        definition = self._active(books.connection, line)
        form = self._forms.current(line_of(definition).form)
        return Asked(books, definition, form, document, row, submitting=submitting)

    def _options(self, asked: Asked) -> dict[str, tuple[Option, ...]]:
        fields = asked.form.fields.values()
        return {field.key: options_of(asked, field, asked.definition.tables) for field in fields if field.options_from}

    def _books(self, connection: Connection, applicant: Applicant) -> Books:
        return Books(connection, self.definitions, applicant, day_of(self._clock.now()))

    def _line(self, connection: Connection, line: str) -> Line:
        return line_of(self._active(connection, line))

    def _active(self, connection: Connection, line: str) -> Definition:
        return self.definitions.get(self.definitions.active_id(connection, line))


def refusals(facts: Mapping[str, Any], tables: Mapping[str, Model]) -> list[Reason]:
    """All that the tables say against it, in the order of the catalogue (R-D-01); nothing means it may go on."""
    return in_catalogue_order(reason for key, model in tables.items() for reason in reasons_of(model, key, facts))
