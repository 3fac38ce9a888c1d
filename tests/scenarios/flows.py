"""Which sequence flows the scenarios walked, gathered over all test processes (DESIGN.md 3).

The `case` fixture notes the history of its case: `note_history(connection)`. When a whole run of `tests/scenarios`
is over and green, the process that began it compares what was walked with the diagrams, and a flow that nobody
walked fails the run. A run of some scenarios only is not judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from store.tables import history, instance
from tests.house.diagrams import BPMN, diagrams, processes

ROOT = Path(__file__).resolve().parent.parent.parent
SCENARIOS = "tests/scenarios/"

_walked: set[tuple[str, str]] = set()


def note(pairs: Iterable[Iterable[str]]) -> None:
    """Note flows that were taken, each as the process it is drawn in and its id."""
    for process, flow in pairs:
        _walked.add((process, flow))


def noted() -> list[list[str]]:
    """What this test process has seen, as plain values that can be sent to another one."""
    return [list(pair) for pair in sorted(_walked)]


def note_history(connection: Connection, root: Path = ROOT) -> None:
    """Note every flow that the history of any instance in this database shows."""
    rows = connection.execute(
        select(instance.c.line, history.c.path, history.c.element_id)
        .join(history, history.c.instance_id == instance.c.id)
        .where(history.c.event == "flow_taken")
        .distinct()
    )
    called = {
        (process, str(call.get("id"))): str(call.get("calledElement"))
        for diagram in diagrams(root)
        for process, element in processes(diagram.root)
        for call in element.iter(f"{{{BPMN}}}callActivity")
    }
    for line, path, flow in rows:
        process = line
        for call_activity in path.split("/")[:-1]:
            process = called[process, call_activity]
        note([(process, flow)])


def not_walked(root: Path, taken: Iterable[tuple[str, str]]) -> list[str]:
    """The flows of all diagrams below `bpmn/` that no scenario took, as `process: flow`."""
    seen = set(taken)
    return sorted(
        f"{process}: {flow.get('id')}"
        for diagram in diagrams(root)
        for process, element in processes(diagram.root)
        for flow in element.iter(f"{{{BPMN}}}sequenceFlow")
        if (process, str(flow.get("id"))) not in seen
    )


class FlowCheck:
    """The pytest plugin that gathers and judges; `tests/conftest.py` registers it in every test process."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._files: set[str] = set()
        self._missing: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed and report.nodeid.startswith(SCENARIOS):
            self._files.add(report.nodeid.partition("::")[0])

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        note(getattr(node, "workeroutput", {}).get("flows_walked", []))

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput["flows_walked"] = noted()
        elif exitstatus == 0 and self._was_a_whole_run():
            self._missing = not_walked(ROOT, _walked)
            if self._missing:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._missing:
            terminalreporter.section("sequence flows that no scenario walks", red=True)
            for line in self._missing:
                terminalreporter.write_line(line)

    def _was_a_whole_run(self) -> bool:
        option = self._config.option
        selected = (
            option.keyword
            or option.markexpr
            or getattr(option, "lf", False)
            or any("::" in name for name in self._config.args)
        )
        there = {path.relative_to(ROOT).as_posix() for path in (ROOT / SCENARIOS).glob("test_*.py")}
        return bool(there) and not selected and there <= self._files
