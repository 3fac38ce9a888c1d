"""The rules and effects of every line, as its diagram says them: adding a line adds no code (DESIGN.md 2, principle 1).

Two properties of the process are read: `eligibility`, the decision tables that say who may start and submit, and
`registry_effect`, the verb of `handlers/effects.py` that the approval comes to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from applications.records import ApplicationRow
from handlers.effects import EFFECTS
from handlers.facts import Facts, facts_of, with_employer
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

    def __init__(self, definitions: Definitions, clock: Clock, settings: Settings) -> None:
        self._definitions = definitions
        self._clock = clock
        self._settings = settings

    def offered(self, connection: Connection) -> frozenset[str]:
        """The lines that individuals can start: those with start rules."""
        return frozenset(found.key for found in self._definitions.active(connection) if found.eligibility)

    def refusals(
        self,
        connection: Connection,
        line: str,
        person_id: str,
        *,
        new_employer: str | None = None,
        besides: str | None = None,
    ) -> Sequence[Reason]:
        """Every rule that forbids this person the line now; `new_employer` is a USCC or organisation code."""
        facts = facts_of(connection, person_id, day_of(self._clock.now()), besides=besides)
        if new_employer:
            facts = with_employer(connection, facts, new_employer)
        return refusals(facts, self._active(connection, line).eligibility)

    def variables(self, connection: Connection, row: ApplicationRow) -> dict[str, Any]:
        """What the diagrams decide by; the rest stays in the application's row."""
        old = Enterprises(connection).find(row.old_employer) if row.old_employer else None
        return {
            "old_employer": row.old_employer,
            "new_employer": row.new_employer,
            "old_employer_cancelled": old is None or old.cancelled,
            "remind_cycle": f"R/P{self._settings.employer_remind_days}D",
            "publicity_days": self._settings.publicity_days,
        }

    def apply_registry(self, connection: Connection, row: ApplicationRow, announced_on: date) -> None:
        """Do to the registry what the line is for."""
        EFFECTS[self._active(connection, row.line).properties[EFFECT]](connection, row, announced_on)

    def _active(self, connection: Connection, line: str) -> Definition:
        return self._definitions.get(self._definitions.active_id(connection, line))


def refusals(facts: Facts, tables: Mapping[str, Model]) -> list[Reason]:
    """All that the tables say against it, in the order of the catalogue (R-D-01); nothing means it may go on."""
    known = facts.for_tables()
    return in_catalogue_order(reason for key, model in tables.items() for reason in reasons_of(model, key, known))
