"""Which constructs of BPMN 2.0 are run, drawn or refused, with diagrams and tests that prove it."""

from __future__ import annotations

from collections.abc import Iterable

from tests.processes.support.beyond import BEYOND
from tests.processes.support.executable import EXECUTABLE, SUPPORTING
from tests.processes.support.row import Row

TABLE: tuple[Row, ...] = (*EXECUTABLE, *SUPPORTING, *BEYOND)


def counted(rows: Iterable[Row]) -> tuple[int, int]:
    """How many rows execute, of those that the standard gives an effect on the run (all but text annotations)."""
    with_effect = [row for row in rows if row.construct != "textAnnotation"]
    return sum(row.status == "executes" for row in with_effect), len(with_effect)


__all__ = ["BEYOND", "EXECUTABLE", "SUPPORTING", "TABLE", "Row", "counted"]
