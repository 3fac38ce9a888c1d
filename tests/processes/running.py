"""Drives an execution in tests: each step saves and reloads, as the service does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from processes.definition import Definition
from processes.execution import Execution, HistoryEvent

NOW = datetime(2026, 6, 15, 1, 0, tzinfo=UTC)


class Run:
    """One instance, named by paths; every command is followed by dump and load."""

    def __init__(self, definition: Definition, **variables: Any) -> None:
        self.definition = definition
        self.execution = Execution.start(definition, variables)
        self.history: list[HistoryEvent] = []
        self.emitted: list[tuple[str, str]] = []
        self._store()

    def complete(self, path: str, number: int = 0, /, **outputs: Any) -> Run:
        """Complete a task at a path; of several instances there, the one of this place among those still open."""
        found = [task for task in self._tasks() if task.path == path]
        assert found, f"{path} is not open, but {self.tasks()} are"
        self.execution.complete(found[number].id, outputs)
        return self._store()

    def throw(self, path: str, code: str, **data: Any) -> Run:
        found = next(task for task in self.execution.service_tasks() if task.path == path)
        self.execution.throw_error(found.id, code, data)
        return self._store()

    def send(self, message: str, **payload: Any) -> Run:
        found = next(one for one in self.execution.subscriptions() if one.name == message)
        self.execution.deliver(found.id, payload)
        return self._store()

    def fire(self, path: str, at: datetime = NOW) -> Run:
        found = next(timer for timer in self.execution.timers() if timer.path == path)
        self.execution.fire(found.id, at)
        return self._store()

    def tasks(self) -> list[str]:
        return sorted(task.path for task in self._tasks())

    def happened(self, *kinds: str) -> list[str]:
        """The paths of all events of these kinds so far, in order."""
        return [event.path for event in self.history if event.kind in kinds]

    @property
    def state(self) -> bytes:
        return self.execution.dump()

    @property
    def tokens(self) -> int:
        return sum(len(workflow.tasks) for workflow in self.execution._root.workflows())

    def _tasks(self) -> list[Any]:
        return self.execution.user_tasks() + self.execution.service_tasks()

    def _store(self) -> Run:
        self.history += self.execution.events()
        self.emitted += [(one.kind, one.name) for one in self.execution.emitted()]
        self.execution = Execution.load(self.definition, self.execution.dump())
        return self
