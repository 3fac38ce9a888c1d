# mypy: disallow-subclassing-any=False
"""The running instance: tokens, and the workflows they stand in.

SpiffWorkflow keeps every task that ever ran in a tree and predicts the ones to come: an instance slows down and grows
with each return lap, joins count arrivals of earlier laps, and a long one reports completed with a task open
(ENGINE.md 1.1 to 1.3). Here a task is a token: it exists while it stands somewhere, is forgotten when it moves on, and
nothing is predicted. So the state is what is active, whatever happened before; what happened is told as history.
"""

from __future__ import annotations

from collections import ChainMap, deque
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from processes.faults import StepBudgetExceeded
from processes.model import Emitted, EventKind, HistoryEvent
from processes.timers import TimerState

MAX_STEPS = 10_000


class Undoable(NamedTuple):
    """A compensation handler that can run: the spec it stands in, its id, and the activity in the scope that it undoes
    (the sub-process, for what completed inside one)."""

    spec: str
    handler: str
    activity: str


class Token(Task):
    """One token at one element. Its id is the id of the task, timer or subscription that others see.

    `flow` is the sequence flow it came by, which a join needs. A token that is `armed` only waits for something to
    happen to the activity, gateway or, with `on` None, the scope that it watches: it is no place where the process
    stands. `timer` is set while a timer waits, `key` while a message with a correlation key of its own does, `held`
    while a condition that was told to be true stays so. What an element needs to go on with its own work (a
    repetition, a compensation) is its `work`, which its spec knows to store.
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
        self.armed = False
        self.on: Token | None = None
        self.timer: TimerState | None = None
        self.key: str | None = None
        self.held = False
        self.work: Any = None
        self.number = 0
        self.own: dict[str, Any] | None = None
        self._variables: MutableMapping[str, Any] | None = None
        workflow.tasks[self.id] = self

    @property
    def variables(self) -> MutableMapping[str, Any]:
        """The variables at this element: those of its workflow, behind its `own` where it has some."""
        return self.workflow.variables if self._variables is None else self._variables

    def give(self, number: int, own: dict[str, Any]) -> None:
        """Make it an instance of a repeated activity with variables of its own: what is set here stays here, what is
        not found is looked for around."""
        self.number = number
        self.own = own
        self._variables = ChainMap(own, self.workflow.variables)

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
        return not self.armed and not (self.task_spec.is_gateway and self._state == TaskState.WAITING)

    def let_happen(self) -> None:
        """The catching event at which it waits has happened."""
        self.timer = None
        self.key = None
        self._ready()

    def enter(self) -> None:
        self.workflow.note("entered", self.task_spec.name, self.id)


class Workflow:
    """What the root process, a called process and an embedded sub-process have in common.

    `variables` belong to the process instance or the called instance; an embedded sub-process shares those around it.
    `process` is the key of the process, `prefix` the path of call activities down to it, ending in `/`. `cuts` counts
    how often everything in it was cancelled, so that an element which throws an event sees whether it may go on.
    `undoable` are the compensation handlers of what has completed in it, oldest first.
    """

    spec: Any
    top_workflow: Any
    script_engine: Any
    tasks: dict[str, Token]
    completed: bool
    variables: MutableMapping[str, Any]
    process: str
    prefix: str
    parent_token: Token | None
    cuts: int
    undoable: list[Undoable]

    def begin(self, at: Any = None) -> None:
        """Start at the one none start event, or at the start event that has happened."""
        self.watch_events()
        self.arrive(at or self.spec.entry)

    def watch_events(self) -> None:
        """Let the event sub-processes of the scope wait."""
        for event_sub_process in self.spec.event_sub_processes:
            if event_sub_process.waits:
                self.watch(event_sub_process, None)

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
        """Let the boundary events of an activity wait; what only its inside throws needs no waiting."""
        for boundary in token.task_spec.boundaries:
            if boundary.waits:
                self.watch(boundary, token)

    def watch(self, spec: Any, on: Token | None) -> None:
        """Let a catching event wait for something to happen to an activity, a gateway or, without one, this scope."""
        armed = Token(self, spec)
        armed.armed = True
        armed.on = on
        spec.wait(armed)

    def disarm(self, token: Token) -> None:
        if token.task_spec.is_watched:
            for armed in [one for one in self.tasks.values() if one.on is token]:
                armed._set_state(TaskState.CANCELLED)

    def happen(self, token: Token, at: datetime | None = None) -> None:
        """A waiting event happens: a timer is due (`at`), its message or signal has come, its condition is true."""
        token.task_spec.happen(token, at)

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
        self.cuts += 1
        for token in list(self.tasks.values()):
            if token.id in self.tasks:  # an activity takes those that watch it along
                self.cancel_token(token)

    def left(self, token: Token) -> None:
        """A token has left by no flow or by all of them."""
        self.settle()

    def settle(self) -> None:
        """Complete the workflow when no token is left in it but those that watch it."""
        if self.completed or not all(token.armed and token.on is None for token in self.tasks.values()):
            return
        for token in list(self.tasks.values()):
            token._set_state(TaskState.CANCELLED)
        self.completed = True
        if self.parent_token is None:
            self.top_workflow.note("ended", self.top_workflow.end_id)
        else:
            self.parent_token.task_spec.return_from(self, self.parent_token)


class RootWorkflow(Workflow, BpmnWorkflow):
    """The root process of an instance, with the queue of tokens that can move and the history since the last drain."""

    def __init__(self, spec: Any, specs: Mapping[str, Any], engine: Any, variables: dict[str, Any]) -> None:
        super().__init__(spec, specs, script_engine=engine, deserializing=True)
        self.variables: MutableMapping[str, Any] = variables
        self.cuts = 0
        self.undoable: list[Undoable] = []
        self.process = spec.process
        self.prefix = ""
        self.parent_token = None
        self.queue: deque[Token] = deque()
        self.history: list[HistoryEvent] = []
        self.emitted: list[Emitted] = []
        self.steps = 0
        self.end_id: str | None = None
        self.has_conditions = any(one.has_conditions for one in specs.values())

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
            if not (self._meet_condition() or self._join_inclusively()):
                return

    def broadcast(self, signal: str) -> None:
        """Throw a signal: every event of this instance that waits for it now happens, and others are to be told."""
        self.emitted.append(Emitted("signal", signal, None, {}))
        waiting = [
            token for one in list(self.workflows()) for token in one.tasks.values() if token.task_spec.is_catching
        ]
        for token in waiting:
            if token.task_spec.waits_for_signal(token, signal) and token.id in token.workflow.tasks:
                token.workflow.happen(token)

    def _count_step(self) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise StepBudgetExceeded(f"Expected at most {MAX_STEPS} steps in one command of {self.process}")

    def _meet_condition(self) -> bool:
        """Let one conditional event happen whose condition has become true since it was last looked at."""
        if not self.has_conditions:
            return False
        for workflow in list(self.workflows()):
            for token in list(workflow.tasks.values()):
                if token.task_spec.is_catching and token.task_spec.becomes_true(token):
                    self._count_step()
                    workflow.happen(token)
                    return True
        return False

    def _join_inclusively(self) -> bool:
        """Fire one inclusive join that no moving token can reach any more."""
        return any(gateway.fire(workflow) for workflow in self.workflows() for gateway in workflow.spec.inclusive_joins)


class CalledWorkflow(Workflow, BpmnSubWorkflow):
    """A called process or an embedded sub-process that runs at a token of the workflow around it."""

    def __init__(self, spec: Any, token: Token, variables: MutableMapping[str, Any], prefix: str) -> None:
        self.parent_token = token
        super().__init__(spec, token.id, token.workflow.top_workflow, deserializing=True)
        self.variables = variables
        self.cuts = 0
        self.undoable: list[Undoable] = []
        self.process = spec.process
        self.prefix = prefix
        self.top_workflow.subprocesses[token.id] = self

    @property
    def parent_workflow(self) -> Any:
        assert self.parent_token is not None
        return self.parent_token.workflow

    def _calculate_depth(self) -> int:
        return int(self.parent_workflow.depth) + 1
