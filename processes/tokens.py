# mypy: disallow-subclassing-any=False
"""The running instance: tokens, and the workflows they stand in.

SpiffWorkflow keeps every task that ever ran in a tree and predicts the ones to come: an instance slows down and grows
with each return lap, joins count arrivals of earlier laps, and a long one reports completed with a task open
(ENGINE.md 1.1 to 1.3). Here a task is a token: it exists while it stands somewhere, is forgotten when it moves on, and
nothing is predicted. So the state is what is active, whatever happened before; what happened is told as history.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from processes.faults import StepBudgetExceeded, UnhandledOutcome
from processes.model import EventKind, HistoryEvent
from processes.timers import TimerState

MAX_STEPS = 10_000


class Token(Task):
    """One token at one element. Its id is the id of the task, timer or subscription that others see.

    `flow` is the sequence flow it came by, which a join needs; `on` the activity that an armed boundary event watches:
    such a token only waits, it is not a place where the process stands. `timer` is set while a timer waits.
    """

    def __init__(self, workflow: Workflow, spec: Any, id: str | None = None) -> None:
        # The stock constructor reads the clock and links the task into the tree; neither is wanted.
        self.id = id or uuid4().hex
        self.workflow = workflow
        self.task_spec = spec
        self._state = TaskState.FUTURE
        self._parent = None
        self._children: list[str] = []
        self.triggered = False
        self.thread_id = 0
        self.data: dict[str, Any] = {}
        self.internal_data: dict[str, Any] = {}
        self.last_state_change = 0.0
        self.flow: str | None = None
        self.on: Token | None = None
        self.timer: TimerState | None = None
        workflow.tasks[self.id] = self

    def _set_state(self, value: int) -> None:
        self._state = value
        if value & TaskState.FINISHED_MASK:
            self.workflow.tasks.pop(self.id, None)
        elif value == TaskState.READY and not self.task_spec.manual:
            self.workflow.top_workflow.queue.append(self)

    @property
    def state(self) -> int:
        return int(self._state)

    @property
    def is_reached(self) -> bool:
        """Whether history was told that its element is entered: not while it is armed or waits at a join."""
        return self.on is None and not (self.task_spec.is_gateway and self._state == TaskState.WAITING)

    def enter(self) -> None:
        self.workflow.note("entered", self.task_spec.name, self.id)


class Workflow:
    """What the root process, a called process and an embedded sub-process have in common.

    `variables` belong to the process instance or the called instance; an embedded sub-process shares those around it.
    `process` is the key of the process, `prefix` the path of call activities down to it, ending in `/`.
    """

    spec: Any
    top_workflow: Any
    script_engine: Any
    tasks: dict[str, Token]
    completed: bool
    variables: dict[str, Any]
    process: str
    prefix: str
    parent_token: Token | None

    def begin(self) -> None:
        self.arrive(self.spec.entry)

    def note(self, kind: EventKind, element_id: str, token_id: str | None = None) -> None:
        event = HistoryEvent(kind, self.prefix + element_id, element_id, token_id, self.process)
        self.top_workflow.history.append(event)

    def take(self, flow: Any) -> None:
        """Move a token along a sequence flow."""
        self.note("flow_taken", flow.id)
        self.arrive(self.spec.task_specs[flow.target], flow.id)

    def arrive(self, spec: Any, flow: str | None = None) -> None:
        token = Token(self, spec)
        token.flow = flow
        spec._update(token)

    def arm(self, token: Token) -> None:
        """Let the boundary events of an activity wait; error events need no waiting."""
        for boundary in token.task_spec.boundaries:
            if boundary.waits:
                armed = Token(self, boundary)
                armed.on = token
                boundary.wait(armed)

    def disarm(self, token: Token) -> None:
        if token.task_spec.boundaries:
            for armed in [one for one in self.tasks.values() if one.on is token]:
                armed._set_state(TaskState.CANCELLED)

    def happen(self, token: Token, at: datetime | None = None) -> None:
        """A waiting event happens: a timer is due (`at`), or its message has come."""
        boundary = token.task_spec
        if token.on is None:
            token.timer = None
            token._ready()
            return
        if boundary.cancel_activity:
            self.cancel_token(token.on)
        elif token.timer is not None:
            token.timer = token.timer.rearmed(at) if at else None
            if token.timer is None:
                token._set_state(TaskState.CANCELLED)
        # A token of its own: what follows a non-interrupting event outlives the activity it was attached to.
        self.arrive(boundary)

    def cancel_token(self, token: Token) -> None:
        """End a token and everything that runs below it, innermost first."""
        below = self.top_workflow.subprocesses.get(token.id)
        if below is not None:
            below.cancel_all()
            below.completed = True
            del self.top_workflow.subprocesses[token.id]
        self.disarm(token)
        if token.is_reached:
            token.cancel()
        else:
            token._set_state(TaskState.CANCELLED)

    def cancel_all(self) -> None:
        for token in list(self.tasks.values()):
            self.cancel_token(token)

    def settle(self) -> None:
        """Complete the workflow when no token is left in it."""
        if not self.tasks and not self.completed:
            self.completed = True
            if self.parent_token is None:
                self.top_workflow.note("ended", self.top_workflow.end_id)
            else:
                self.parent_token.task_spec.return_from(self, self.parent_token)

    def throw(self, token: Token | None, code: str | None, data: Mapping[str, Any]) -> None:
        """Let a business outcome leave an activity: the innermost error boundary event that catches it continues.

        `token` stands at the activity, or is None where the root process itself is left. The data become one context
        named after the code, in the variables around the boundary event.

        Raises:
            UnhandledOutcome: nothing catches it.
        """
        while token is not None:
            boundary = token.task_spec.error_boundary(code)
            around = token.workflow
            if boundary is not None:
                if code and data:
                    around.variables[code] = dict(data)
                around.cancel_token(token)
                around.arrive(boundary)
                return
            token = around.parent_token
        raise UnhandledOutcome(f"Expected an error boundary event for {code} in {self.process}, but found none")


class RootWorkflow(Workflow, BpmnWorkflow):
    """The root process of an instance, with the queue of tokens that can move and the history since the last drain."""

    def __init__(self, spec: Any, specs: Mapping[str, Any], engine: Any, variables: dict[str, Any]) -> None:
        super().__init__(spec, specs, script_engine=engine, deserializing=True)
        self.variables = variables
        self.process = spec.process
        self.prefix = ""
        self.parent_token = None
        self.queue: deque[Token] = deque()
        self.history: list[HistoryEvent] = []
        self.steps = 0
        self.end_id: str | None = None

    def workflows(self) -> Iterator[Any]:
        """This workflow and all that run below it, callers first."""
        yield self
        yield from self.subprocesses.values()

    def find(self, token_id: str) -> Token | None:
        for workflow in self.workflows():
            found: Token | None = workflow.tasks.get(token_id)
            if found is not None:
                return found
        return None

    def advance(self) -> None:
        """Move every token that can move, to the next waits.

        Raises:
            StepBudgetExceeded: the command takes more steps than any sound diagram needs.
        """
        while True:
            while self.queue:
                token = self.queue.popleft()
                if token.state == TaskState.READY:  # it may have been cancelled while it was queued
                    self._count_step()
                    token.run()
            if not self._join_inclusively():
                return

    def _count_step(self) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise StepBudgetExceeded(f"Expected at most {MAX_STEPS} steps in one command of {self.process}")

    def _join_inclusively(self) -> bool:
        """Fire one inclusive join that no moving token can reach any more."""
        return any(gateway.fire(workflow) for workflow in self.workflows() for gateway in workflow.spec.inclusive_joins)


class CalledWorkflow(Workflow, BpmnSubWorkflow):
    """A called process or an embedded sub-process that runs at a token of the workflow around it."""

    def __init__(self, spec: Any, token: Token, variables: dict[str, Any], prefix: str) -> None:
        self.parent_token = token
        super().__init__(spec, token.id, token.workflow.top_workflow, deserializing=True)
        self.variables = variables
        self.process = spec.process
        self.prefix = prefix
        self.top_workflow.subprocesses[token.id] = self

    @property
    def parent_workflow(self) -> Any:
        assert self.parent_token is not None
        return self.parent_token.workflow

    def _calculate_depth(self) -> int:
        return int(self.parent_workflow.depth) + 1
