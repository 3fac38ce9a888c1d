"""One process instance in memory: what a command loads, moves and stores again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import SignalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.util.task import TaskState

from kernel.errors import Reason, StateConflict
from processes import codec
from processes.definition import Definition
from processes.events import throw_error, throw_escalation
from processes.model import (
    Element,
    Emitted,
    EmittedKind,
    HistoryEvent,
    OpenSubscription,
    OpenTask,
    OpenTimer,
    Place,
    Position,
)
from processes.modification import Instruction, modify
from processes.repetition import Repeated
from processes.scripting import as_json
from processes.specs import ServiceTask, UserTask
from processes.tokens import RootWorkflow, Token

__all__ = ["Execution", "HistoryEvent", "OpenSubscription", "OpenTask", "OpenTimer", "Place", "Position"]


class Execution:
    """A root process instance with all the processes it calls.

    No database, no clock, no input or output. One object serves one command: load, change, dump. After any exception
    the object is dropped; the stored state is still the one before.
    """

    def __init__(self, definition: Definition, root: RootWorkflow) -> None:
        self._definition = definition
        self._root = root

    @classmethod
    def start(cls, definition: Definition, variables: Mapping[str, Any], at: str | None = None) -> Execution:
        """A new instance, advanced to its first waits; it starts at the start event `at` when that has happened.

        Raises:
            NotJson: a variable is no JSON value.
            Fault: the diagram cannot go on; also from every other command below.
        """
        specs = definition.specs
        root = RootWorkflow(specs[definition.key], specs, definition.engine, as_json(variables))
        root.begin(None if at is None else root.spec.starts[at])
        root.advance()
        return cls(definition, root)

    @classmethod
    def load(cls, definition: Definition, state: bytes) -> Execution:
        """An instance from its stored state."""
        return cls(definition, codec.load(definition, state))

    def dump(self) -> bytes:
        """The state to store: what is active and the variables. History is not part of it."""
        return codec.dump(self._root)

    # -- what waits

    @property
    def is_completed(self) -> bool:
        return self._root.completed

    @property
    def end_id(self) -> str | None:
        """The end event that the root process reached last."""
        return self._root.end_id

    def waiting(
        self,
    ) -> tuple[frozenset[str], frozenset[str], frozenset[tuple[str, int]], frozenset[str]]:
        """The ids of what `user_tasks`, `subscriptions`, `timers` (with their occurrence) and `service_tasks` tell."""
        tasks, subscriptions, timers, services = set(), set(), set(), set()
        for token in self._tokens():
            if token.timer is not None:
                timers.add((token.id, token.timer.occurrence))
            if _is_open(token, UserTask, TaskState.READY):
                tasks.add(token.id)
            elif _is_open(token, ServiceTask, TaskState.STARTED):
                services.add(token.id)
            elif _waits_for(token) is not None:
                subscriptions.add(token.id)
        return frozenset(tasks), frozenset(subscriptions), frozenset(timers), frozenset(services)

    def user_tasks(self) -> list[OpenTask]:
        """The user tasks that wait for a person, in the order they were reached."""
        return self._open_tasks(UserTask, TaskState.READY)

    def service_tasks(self) -> list[OpenTask]:
        """The service tasks that wait for their handler."""
        return self._open_tasks(ServiceTask, TaskState.STARTED)

    def timers(self) -> list[OpenTimer]:
        """The timers that wait."""
        return [
            OpenTimer(
                id=token.id,
                occurrence=token.timer.occurrence,
                path=_path(token),
                process=token.workflow.process,
                element=self._element(token),
                kind=token.task_spec.event_definition.kind,
                value=token.timer.value,
                interrupting=_is_interrupting(token),
                rearmed_at=token.timer.rearmed_at,
            )
            for token in self._tokens()
            if token.timer is not None
        ]

    def subscriptions(self) -> list[OpenSubscription]:
        """The message and signal events that wait."""
        return [
            OpenSubscription(
                id=token.id,
                path=_path(token),
                process=token.workflow.process,
                element=self._element(token),
                kind=kind,
                name=token.task_spec.event_definition.name,
                interrupting=_is_interrupting(token),
                key=token.key,
            )
            for token in self._tokens()
            if (kind := _waits_for(token)) is not None
        ]

    def variables(self, task_id: str | None = None) -> dict[str, Any]:
        """A copy of the variables around an open task, or of the root process.

        Raises:
            StateConflict: no such task is open.
        """
        around = self._root if task_id is None else self._find(task_id)
        return as_json(dict(around.variables))

    def own_variables(self, task_id: str) -> dict[str, Any]:
        """A copy of the variables that only an open task sees: those of its turn of a repeated activity.

        Raises:
            StateConflict: no such task is open.
        """
        return as_json(self._find(task_id).own or {})

    def position(self) -> Position:
        """Where the process stands: open tasks, waiting events, activities with something inside, waiting joins."""
        counted = (token for token in self._tokens() if not (token.armed or isinstance(token.task_spec, Repeated)))
        return Position(Counter(_path(token) for token in counted))

    def places(self) -> list[Place]:
        """Every token in the flow, those around others first; tokens that only watch something are none."""
        return [
            Place(
                id=token.id,
                path=_path(token),
                element=self._element(token),
                inside=None if token.workflow.parent_token is None else token.workflow.parent_token.id,
                is_whole=isinstance(token.task_spec, Repeated),
            )
            for token in self._tokens()
            if not token.armed
        ]

    # -- commands

    def change_variables(self, values: Mapping[str, Any], removed: Collection[str] = ()) -> None:
        """Set and remove variables of the root process; an event that waits for a condition may happen by it.

        Raises:
            NotJson: a value is no JSON value.
        """
        self._root.variables.update(as_json(values))
        for name in removed:
            self._root.variables.pop(name, None)
        self._root.advance()

    def modify(self, instructions: Sequence[Instruction]) -> None:
        """Move tokens by hand, and advance.

        Raises:
            InvalidInput: an instruction cannot be done correctly; the object is to be dropped.
        """
        modify(self._root, instructions)

    def complete(self, task_id: str, outputs: Mapping[str, Any]) -> None:
        """Complete a user task, whose answers become one context named after it, or a service task, whose outputs
        become variables; then advance.

        Raises:
            StateConflict: the task is not open, so it was completed or cancelled before.
            NotJson: an output is no JSON value.
        """
        token = self._find(task_id)
        found = as_json(outputs)
        if _is_open(token, UserTask, TaskState.READY):
            token.variables[token.task_spec.name] = found
            token.run()
        elif _is_open(token, ServiceTask, TaskState.STARTED):
            token.variables.update(found)
            token.complete()
        else:
            raise _closed("TASK_ALREADY_DONE", "task", task_id)
        self._root.advance()

    def throw_error(self, task_id: str, error_code: str, data: Mapping[str, Any]) -> None:
        """Let an open task end in a business outcome that the diagram draws as an error event.

        Raises:
            StateConflict: the task is not open.
            UnhandledOutcome: the diagram does not catch this code.
        """
        token = self._open_task(task_id)
        throw_error(token.workflow, token, error_code, as_json(data))
        self._root.advance()

    def throw_escalation(self, task_id: str, code: str, data: Mapping[str, Any]) -> bool:
        """Tell an escalation at an open task, which goes on unless the event that catches it interrupts; false when
        the diagram does not catch this code.

        Raises:
            StateConflict: the task is not open.
        """
        token = self._open_task(task_id)
        is_caught = throw_escalation(token.workflow, code, token, as_json(data))
        self._root.advance()
        return is_caught

    def deliver(self, subscription_id: str, payload: Mapping[str, Any]) -> None:
        """Give a message or signal to exactly this catcher; a payload becomes one context named after it.

        Raises:
            StateConflict: it waits no more.
        """
        token = self._root.find(subscription_id)
        if token is None or (kind := _waits_for(token)) is None:
            raise _closed("STATE_CONFLICT", "subscription", subscription_id)
        if kind == "message" or payload:
            token.variables[token.task_spec.event_definition.name] = as_json(payload)
        token.workflow.happen(token)
        self._root.advance()

    def fire(self, timer_id: str, at: datetime) -> None:
        """Let a timer happen now; a cycle with turns left waits again, reckoned from `at`.

        Raises:
            StateConflict: it waits no more.
        """
        token = self._root.find(timer_id)
        if token is None or token.timer is None:
            raise _closed("STATE_CONFLICT", "timer", timer_id)
        token.workflow.happen(token, at)
        self._root.advance()

    def events(self) -> list[HistoryEvent]:
        """What happened since the last call, in order."""
        found = self._root.history
        self._root.history = []
        return found

    def emitted(self) -> list[Emitted]:
        """The messages and signals thrown since the last call, for others to be told."""
        found = self._root.emitted
        self._root.emitted = []
        return found

    # -- inside

    def _tokens(self) -> Iterator[Token]:
        for workflow in self._root.workflows():
            yield from workflow.tasks.values()

    def _find(self, task_id: str) -> Token:
        token = self._root.find(task_id)
        if token is None or token.armed:
            raise _closed("TASK_ALREADY_DONE", "task", task_id)
        return token

    def _open_task(self, task_id: str) -> Token:
        token = self._find(task_id)
        if not (_is_open(token, UserTask, TaskState.READY) or _is_open(token, ServiceTask, TaskState.STARTED)):
            raise _closed("TASK_ALREADY_DONE", "task", task_id)
        return token

    def _element(self, token: Token) -> Element:
        return self._definition.element(token.workflow.process, token.task_spec.name)

    def _open_tasks(self, kind: type[UserTask | ServiceTask], state: int) -> list[OpenTask]:
        return [
            OpenTask(token.id, _path(token), token.workflow.process, self._element(token))
            for token in self._tokens()
            if _is_open(token, kind, state)
        ]


def _is_open(token: Token, kind: type[UserTask | ServiceTask], state: int) -> bool:
    return token.state == state and isinstance(token.task_spec, kind)


def _path(token: Token) -> str:
    return f"{token.workflow.prefix}{token.task_spec.name}"


def _is_interrupting(token: Token) -> bool:
    return token.armed and bool(getattr(token.task_spec, "cancel_activity", True))


def _waits_for(token: Token) -> EmittedKind | None:
    """Whether a token waits for a message or a signal."""
    if token.state != TaskState.WAITING:
        return None
    definition = getattr(token.task_spec, "event_definition", None)
    if isinstance(definition, MessageEventDefinition):
        return "message"
    return "signal" if isinstance(definition, SignalEventDefinition) else None


def _closed(code: str, what: str, token_id: str) -> StateConflict:
    return StateConflict(Reason(code), detail=f"Expected {what} {token_id} to be open, but it was closed before")
