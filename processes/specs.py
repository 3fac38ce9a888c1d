# mypy: disallow-subclassing-any=False
"""Our task specs: how each kind of element takes a token in and lets it go.

They stand before the stock classes in the method order and replace four things of them: nothing is predicted, no data
is merged from task to task, sequence flows keep their ids, and events are addressed to one token (ENGINE.md 1.2, 1.6,
1.11, 1.13). Specs are built once and shared by all instances: nothing here writes to `self` at run time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults as stock
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import ErrorEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import TerminateEventDefinition
from SpiffWorkflow.util.task import TaskState

from processes.extensions import Extensions
from processes.faults import ExpressionFailed
from processes.timers import TimerDefinition, TimerNotUnderstood
from processes.tokens import Token


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow. `target` is the id of the element it leads to; `order` its place in the file."""

    id: str
    target: str
    condition: str | None
    is_default: bool
    order: int


class ProcessSpec(BpmnProcessSpec):
    """A process or an embedded sub-process. `process` is the key of the process it stands in."""

    process: str
    entry: FlowNode
    inclusive_joins: tuple[Any, ...] = ()


class FlowNode:
    """What all elements have in common: a token enters, the element completes, tokens leave by the flows."""

    name: str
    extensions: Extensions
    is_gateway = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.flows: list[Flow] = []
        self.incoming: tuple[str, ...] = ()
        self.boundaries: list[BoundaryEvent] = []

    def _update_hook(self, token: Token) -> bool:
        """A token arrives; true when it may go on at once."""
        token.enter()
        return True

    def _on_ready(self, token: Token) -> None:
        """The stock checks of the graph were done when it was built."""

    def _run_hook(self, token: Token) -> bool | None:
        return True

    def _on_complete(self, token: Token) -> None:
        token.workflow.note("completed", self.name, token.id)
        for flow in self.leaving(token):
            token.workflow.take(flow)
        token.workflow.settle()

    def _on_cancel(self, token: Token) -> None:
        token.workflow.note("cancelled", self.name, token.id)

    def leaving(self, token: Token) -> Sequence[Flow]:
        """The flows that get a token."""
        return self.flows


class Activity(FlowNode):
    """An element that takes time: boundary events watch it while a token is in it."""

    def _update_hook(self, token: Token) -> bool:
        super()._update_hook(token)
        token.workflow.arm(token)
        return True

    def _on_complete(self, token: Token) -> None:
        token.workflow.disarm(token)
        super()._on_complete(token)

    def error_boundary(self, code: str | None) -> BoundaryEvent | None:
        """The error event on this activity that catches a code: one for that very code before one for all."""
        catching = [one for one in self.boundaries if isinstance(one.event_definition, ErrorEventDefinition)]
        for wanted in (code, None):
            for boundary in catching:
                if boundary.event_definition.code == wanted:
                    return boundary
        return None


class UserTask(Activity, stock.UserTask):
    """Waits READY for a person."""


class ServiceTask(Activity, stock.ServiceTask):
    """Waits STARTED for its handler, which runs in the command or as a job."""

    def _run_hook(self, token: Token) -> None:
        return None


class ScriptTask(Activity, stock.ScriptTask):
    """Sets one variable to the value of one FEEL expression."""

    def _run_hook(self, token: Token) -> bool:
        return bool(token.workflow.script_engine.execute(token, self.script))


class BusinessRuleTask(Activity, BpmnTaskSpec):
    """Sets one variable to what a decision of `rules/` gives for the variables around it."""

    def _run_hook(self, token: Token) -> bool:
        return bool(token.workflow.script_engine.decide(token))


class StartEvent(FlowNode, stock.StartEvent):
    """The one none start event of a process."""


class ThrowEvent(FlowNode, stock.IntermediateThrowEvent):
    """An intermediate none event: it does nothing, but a status or a milestone hangs on it."""


class EndEvent(FlowNode, stock.EndEvent):
    """Ends a token; an error event ends the activity around it as a business outcome, a terminate event its process."""

    def _on_complete(self, token: Token) -> None:
        workflow = token.workflow
        workflow.note("completed", self.name, token.id)
        if isinstance(self.event_definition, ErrorEventDefinition):
            workflow.throw(workflow.parent_token, self.event_definition.code, {})
            return
        if isinstance(self.event_definition, TerminateEventDefinition):
            workflow.cancel_all()
        if workflow.parent_token is None:
            workflow.top_workflow.end_id = self.name
        workflow.settle()


class Catching:
    """Waits for its timer or message."""

    name: str
    event_definition: Any

    @property
    def waits(self) -> bool:
        return isinstance(self.event_definition, TimerDefinition | MessageEventDefinition)

    def wait(self, token: Token) -> None:
        """Start to wait; a timer's expression is evaluated now.

        Raises:
            ExpressionFailed: its value is no ISO 8601 text of the timer's kind.
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
        token._set_state(TaskState.WAITING)


class CatchEvent(Catching, FlowNode, stock.IntermediateCatchEvent):
    """An intermediate event in the flow that waits for a timer or a message."""

    def _update_hook(self, token: Token) -> bool:
        token.enter()
        self.wait(token)
        return False


class BoundaryEvent(Catching, FlowNode, stock.BoundaryEvent):
    """An event on the border of an activity. While it only waits, its token is armed and not in the flow."""
