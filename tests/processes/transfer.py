"""The real diagrams of the employer transfer and what its handlers would return, without the handlers."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from processes.definition import Definition
from rules.tables import Decisions
from tests.processes.running import Run

VARIABLES: dict[str, Any] = {
    "application_id": "0b9f6f0e-6d2b-4f5c-9f5e-1c8f3f0f8a11",
    "old_employer": "91110105MA01AAAA1X",
    "new_employer": "91110105MA01BBBB2Y",
    "old_employer_cancelled": False,
    "has_publicity": True,
    "publicity_days": "P10D",
    "remind_cycle": "R/P3D",
}
OUTPUTS: dict[str, dict[str, Any]] = {
    "open_publicity": {"publicity_until": "2026-06-25T16:00:00+00:00"},
    "close_publicity": {"final_decision": "pass"},
}


@cache
def transfer() -> Definition:
    files = (Path(__file__).parents[2] / "bpmn").glob("*.bpmn")
    tables = Decisions()
    decisions = {key: tables.xml(key) for key in tables}
    return Definition.build({file.stem: file.read_bytes() for file in files}, "class2_employer_transfer", decisions)


def serviced(run: Run, **outputs: dict[str, Any]) -> Run:
    """Let every service task that waits return at once."""
    while waiting := run.execution.service_tasks():
        task = waiting[0]
        run.complete(task.path, **(outputs | OUTPUTS).get(task.element.id, {}))
    return run


def submitted(**changed: Any) -> Run:
    """An application that both employers are asked about."""
    run = serviced(Run(transfer(), **(VARIABLES | changed)))
    return serviced(run.complete("fill_application", revision=1))
