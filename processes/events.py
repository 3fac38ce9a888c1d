# mypy: disallow-subclassing-any=False
"""Our events: how they are thrown, how they wait, and what happens when they happen.

An event is addressed to one token (ENGINE.md 1.13). Errors and escalations go from the inside to the outside, to the
first that catches them (BPMN 2.0, 10.5.7 and 13.5); signals go to everyone; messages leave the instance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults as stock
from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    SignalEventDefinition,
)
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import TerminateEventDefinition
from SpiffWorkflow.util.task import TaskState

from processes.extensions import Mapped
from processes.faults import ExpressionFailed, UnhandledOutcome
from processes.mappings import mapped
from processes.model import Emitted
from processes.specs import Activity, FlowNode, catching
from processes.timers import TimerDefinition, TimerNotUnderstood
from processes.tokens import Token, Workflow

# Caught where they wait; the others are thrown from the inside of what they are attached to.
_WAITING = (TimerDefinition, MessageEventDefinition, SignalEventDefinition, ConditionalEventDefinition)


def throw_error(workflow: Workflow, token: Token | None, code: str | None, data: Mapping[str, Any]) -> None:
    """Let a business outcome leave an activity: the innermost event that catches an error with this code continues.

    `token` stands at the activity, or is None when it is thrown in the workflow itself. The data become one context
    named after the code, in the variables around the event that catches.

    Raises:
        UnhandledOutcome: nothing catches it.
    """
    found = _catcher(workflow, token, ErrorEventDefinition, code)
    if found is None:
        raise UnhandledOutcome(f"Expected an error event that catches {code} in {workflow.process}, but found none")
    around, on, event = found
    if code and data:
        around.variables[code] = dict(data)
    event.catch(around, on)


def throw_escalation(
    workflow: Workflow, code: str | None, token: Token | None = None, data: Mapping[str, Any] = MappingProxyType({})
) -> bool:
    """Tell an escalation to the outside; when nobody catches it, nothing happens (BPMN 2.0, table 10.88).

    `token` and `data` as of an error. Tells whether it was caught.
    """
    found = _catcher(workflow, token, EscalationEventDefinition, code)
    if found is not None:
        around, on, event = found
        if code and data:
            around.variables[code] = dict(data)
        event.catch(around, on)
    return found is not None


def _catcher(
    workflow: Workflow, token: Token | None, kind: type[Any], code: str | None
) -> tuple[Workflow, Token | None, Any] | None:
    """The innermost event that catches: on the activity, then as an event sub-process of the scope, then around it."""
    while True:
        if token is not None:
            boundary = token.task_spec.boundary_of(kind, code)
            if boundary is not None:
                return workflow, token, boundary
        # What an event sub-process throws itself is not for those beside it.
        if token is None or not token.task_spec.is_event_sub_process:
            handler = catching(workflow.spec.event_sub_processes, kind, code)
            if handler is not None:
                return workflow, None, handler
        if workflow.parent_token is None:
            return None
        token = workflow.parent_token
        workflow = token.workflow


class StartEvent(FlowNode, stock.StartEvent):
    """Where a process, a sub-process or an event sub-process begins."""

    is_interrupting = True


class Sending(FlowNode):
    """Throws what its event definition says: a message, a signal, an escalation, or nothing."""

    event_definition: Any
    extensions: Any
    payload: tuple[Mapped, ...] = ()

    def throw(self, token: Token) -> bool:
        """Throw it; true when the element may go on, false when that has cancelled everything around it."""
        workflow, definition = token.workflow, self.event_definition
        cuts = workflow.cuts
        if isinstance(definition, MessageEventDefinition):
            engine = workflow.script_engine
            payload = mapped(self.payload, token.variables, engine)
            key = key_of(token, self.extensions.properties)
            workflow.top_workflow.emitted.append(Emitted("message", definition.name, key, payload))
        elif isinstance(definition, SignalEventDefinition):
            workflow.top_workflow.broadcast(definition.name)
        elif isinstance(definition, EscalationEventDefinition):
            throw_escalation(workflow, definition.code)
        return workflow.cuts == cuts

    def expressions(self) -> Iterator[str]:
        yield from super().expressions()
        yield from (one.expression for one in self.payload if one.expression)
        yield from _key_expression(self.extensions.properties)


class ThrowEvent(Sending, stock.IntermediateThrowEvent):
    """An intermediate event that throws a message, a signal or an escalation. One that throws nothing does nothing,
    but a status or a milestone hangs on it."""

    def _on_complete(self, token: Token) -> None:
        token.workflow.note("completed", self.name, token.id)
        if self.throw(token):
            for flow in self.leaving(token):
                token.workflow.take(flow)
            token.workflow.left(token)


class SendTask(Sending, Activity, stock.SendTask):
    """Sends its message and is done."""

    def _run_hook(self, token: Token) -> bool:
        return self.throw(token)


class EndEvent(Sending, stock.EndEvent):
    """Ends a token; an error event ends the activity around it as a business outcome, a terminate event its process."""

    def _on_complete(self, token: Token) -> None:
        workflow, definition = token.workflow, self.event_definition
        workflow.note("completed", self.name, token.id)
        if isinstance(definition, ErrorEventDefinition):
            throw_error(workflow, None, definition.code, {})
            return
        if isinstance(definition, TerminateEventDefinition):
            workflow.cancel_all()
        if is_outermost(workflow):
            workflow.top_workflow.end_id = self.name
        if isinstance(definition, TerminateEventDefinition) or self.throw(token):
            workflow.left(token)


def is_outermost(workflow: Workflow) -> bool:
    """Whether an end event here may be the one at which the instance ends: in the root process, or in an event
    sub-process that runs in its place, however many stand in one another."""
    token = workflow.parent_token
    while token is not None and token.task_spec.is_event_sub_process:
        token = token.workflow.parent_token
    return token is None


class Catching(FlowNode):
    """Waits for its timer, message, signal or condition."""

    name: str
    event_definition: Any
    extensions: Any
    is_catching = True

    @property
    def waits(self) -> bool:
        return isinstance(self.event_definition, _WAITING)

    @property
    def key_properties(self) -> Mapping[str, str]:
        """The properties among which a `correlation_key` stands."""
        found: Mapping[str, str] = self.extensions.properties
        return found

    def wait(self, token: Token) -> None:
        """Start to wait; the expressions of a timer and of a correlation key are evaluated now.

        Raises:
            ExpressionFailed: the value of a timer is no ISO 8601 text of its kind, or that of a key no text or number.
        """
        definition = self.event_definition
        if isinstance(definition, TimerDefinition):
            value = definition.expression
            if definition.feel is not None:
                value = token.workflow.script_engine.evaluate(token, definition.feel)
            try:
                token.timer = definition.arm(value)
            except TimerNotUnderstood as error:
                raise ExpressionFailed(f"Timer {token.workflow.prefix}{self.name}: {error}") from error
        elif isinstance(definition, MessageEventDefinition):
            token.key = key_of(token, self.key_properties)
        token._set_state(TaskState.WAITING)

    def happen(self, token: Token, at: datetime | None) -> None:
        """It happens where it stands: in the flow, or behind the event-based gateway that it is armed for."""
        if token.on is not None:
            token.on.task_spec.choose(token.on, self)
        else:
            token.let_happen()

    def waits_for_signal(self, token: Token, name: str) -> bool:
        definition = self.event_definition
        return (
            isinstance(definition, SignalEventDefinition)
            and definition.name == name
            and token.state == TaskState.WAITING
        )

    def becomes_true(self, token: Token) -> bool:
        """Whether its condition is true and was not when it was last looked at (BPMN 2.0, 10.5.5)."""
        definition = self.event_definition
        if not isinstance(definition, ConditionalEventDefinition) or token.state != TaskState.WAITING:
            return False
        before, token.held = token.held, token.workflow.script_engine.evaluate(token, definition.expression) is True
        return token.held and not before

    def expressions(self) -> Iterator[str]:
        yield from super().expressions()
        definition = self.event_definition
        if isinstance(definition, TimerDefinition) and definition.feel is not None:
            yield definition.feel
        if isinstance(definition, ConditionalEventDefinition):
            yield definition.expression
        yield from _key_expression(self.key_properties)


class CatchEvent(Catching, stock.IntermediateCatchEvent):
    """An intermediate event in the flow that waits, by itself or behind an event-based gateway."""

    def _update_hook(self, token: Token) -> bool:
        token.enter()
        self.wait(token)
        return False


class ReceiveTask(Catching, Activity, stock.ReceiveTask):
    """Waits for its message; boundary events may watch it."""

    def _update_hook(self, token: Token) -> bool:
        super()._update_hook(token)
        self.wait(token)
        return False


class BoundaryEvent(Catching, stock.BoundaryEvent):
    """An event on the border of an activity. While it only waits, its token is armed and not in the flow."""

    cancel_activity: bool

    def happen(self, token: Token, at: datetime | None) -> None:
        assert token.on is not None
        if not self.cancel_activity:
            rearm(token, at)
        self.catch(token.workflow, token.on)

    def catch(self, workflow: Workflow, on: Token | None) -> None:
        """Continue from here; an interrupting event ends its activity first."""
        if self.cancel_activity and on is not None:
            workflow.cancel_token(on)
        # A token of its own: what follows a non-interrupting event outlives the activity it was attached to.
        workflow.arrive(self)


def rearm(token: Token, at: datetime | None) -> None:
    """What becomes of a non-interrupting catcher that has happened: a timer waits for its next turn or is over."""
    if token.timer is not None:
        token.timer = token.timer.rearmed(at) if at else None
        if token.timer is None:
            token._set_state(TaskState.CANCELLED)


def key_of(token: Token, properties: Mapping[str, str]) -> str | None:
    """The correlation key that a message event or task gives, None where it gives none.

    Raises:
        ExpressionFailed: its value is neither text nor number.
    """
    source = properties.get("correlation_key")
    if not source:
        return None
    value = token.workflow.script_engine.evaluate(token, source)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        where = f"{token.workflow.prefix}{token.task_spec.name}"
        raise ExpressionFailed(f"Expected a text or number as correlation key of {where}, found {value!r}")
    return str(value)


def _key_expression(properties: Mapping[str, str]) -> Iterator[str]:
    if source := properties.get("correlation_key"):
        yield source
