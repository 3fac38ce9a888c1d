"""What becomes of each construct of BPMN 2.0: the one table that the tests walk and docs/bpmn-support.md shows.

A row `executes` and names diagrams that the validator accepts and tests that prove what it does; or it is `drawn`, shown
and without effect on the run; or it is `refused`, and names diagrams that yield just that finding. Clauses are those of
the standard, formal/2013-12-09.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Status = Literal["executes", "drawn", "refused"]
# Where the standard asks for a construct: the common executable class (table 2.3), what supports it (table 2.4), the
# analytic class (table 2.2) beyond them, or the full process class.
Asked = Literal["executable", "supporting", "analytic", "full"]

EVENTS = "tests/processes/test_events.py::"
SUBS = "tests/processes/test_event_sub_processes.py::"
REPEAT = "tests/processes/test_repetition.py::"
JOINS = "tests/processes/test_joins.py::"
EXCHANGE = "tests/processes/test_exchange.py::"
RUNS = "tests/processes/test_execution.py::"
CALLS = "tests/processes/test_calls.py::"
TIMERS = "tests/processes/test_engine_timers.py::"
TIMER_STARTS = "tests/processes/test_timer_starts.py::"
_SHOWN = "tests/processes/picture/test_artifacts.py::test_each_has_its_shape"
_ONLY_DRAWN = "tests/processes/validation/test_rewrite.py::test_what_is_only_drawn_is_taken_out"


@dataclass(frozen=True, slots=True)
class Row:
    """`examples` are names of diagrams in `examples.py`, `tests` node ids; `says` is what happens here."""

    construct: str
    clause: str
    asked: Asked
    status: Status
    says: str
    examples: tuple[str, ...]
    tests: tuple[str, ...] = ()


def runs(asked: Asked, construct: str, clause: str, says: str, examples: str | Iterable[str], *tests: str) -> Row:
    named = (examples,) if isinstance(examples, str) else tuple(examples)
    return Row(construct, clause, asked, "executes", says, named, tests)


def drawn(asked: Asked, construct: str, clause: str, says: str, example: str) -> Row:
    return Row(construct, clause, asked, "drawn", says, (example,), (_ONLY_DRAWN, _SHOWN))


def refused(asked: Asked, construct: str, clause: str, says: str, *examples: str) -> Row:
    return Row(construct, clause, asked, "refused", says, examples)
