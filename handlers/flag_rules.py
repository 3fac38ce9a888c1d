"""Which flags a line raises, and how many months of social insurance it asks for, as the decision tables say (3.6).

Always by the latest version of a table, as an analyst may have deployed it: rules are those of today (R-D-03).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import select

from registry.flags import FLAGS, RaisedFlag
from rules.dmn import Model
from rules.feel import to_plain
from rules.tables import Decisions, model_of
from store.statements import Record, Statement
from store.tables import decision_definition, decision_version
from store.unit_of_work import UnitOfWork

FLAG_LINES = "flag_lines"
SOCIAL_INSURANCE_MONTHS = "social_insurance_months"


def _latest_of(key: str) -> Statement:
    there = (decision_definition.c.key == key) & decision_definition.c.deleted_at.is_(None)
    pinned = (decision_version.c.sha256 == decision_definition.c.sha256) & (decision_version.c.key == key)
    found = select(decision_version.c.xml).select_from(decision_definition.join(decision_version, pinned))
    return Statement(found.where(there).order_by(decision_definition.c.version.desc()).limit(1))


_FLAG_LINES = _latest_of(FLAG_LINES)
_MONTHS = _latest_of(SOCIAL_INSURANCE_MONTHS)


@dataclass(frozen=True, slots=True)
class LineFlags:
    """What an application of a line shows on the day it is declared, and whether social insurance is asked for."""

    raised: Sequence[RaisedFlag]
    months_required: int  # of the three before the submit; 0: nothing is asked


class FlagRules:
    """Asks the two tables; `decisions` are the project's own, for a service whose tables were never deployed."""

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions

    def of_line(self, work: UnitOfWork, line: str) -> LineFlags:
        """The flags that a line raises (R-1.10-1), and the months of social insurance that it asks for (R-1.10-5)."""
        flags, months = work.ask(_FLAG_LINES(), _MONTHS())
        model = self._model(flags, FLAG_LINES)
        found = [(flag, _plain(model, FLAG_LINES, {"line": line, "flag": flag})) for flag in FLAGS]
        raised = [RaisedFlag(flag, bool(says["blocks"])) for flag, says in found if says["raised"]]
        return LineFlags(raised, self._months(self._model(months, SOCIAL_INSURANCE_MONTHS), line))

    def months_required(self, work: UnitOfWork) -> Callable[[str], int]:
        """The months of social insurance by line, for a batch."""
        (months,) = work.ask(_MONTHS())
        model = self._model(months, SOCIAL_INSURANCE_MONTHS)
        return cache(lambda line: self._months(model, line))

    def _months(self, model: Model, line: str) -> int:
        return int(_plain(model, SOCIAL_INSURANCE_MONTHS, {"line": line}))

    def _model(self, rows: Sequence[Record], key: str) -> Model:
        return model_of(bytes(rows[0].xml) if rows else self._decisions.xml(key))


def _plain(model: Model, key: str, inputs: dict[str, Any]) -> Any:
    return to_plain(model.evaluate_decision(key, inputs))
