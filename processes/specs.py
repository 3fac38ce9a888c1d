# mypy: disallow-subclassing-any=False
"""Our task specs: how each kind of element takes a token in and lets it go.

They stand before the stock classes in the method order and replace four things of them: nothing is predicted, no data
is merged from task to task, sequence flows keep their ids, and events are addressed to one token (ENGINE.md 1.2, 1.6,
1.11, 1.13). Specs are built once and shared by all instances: nothing here writes to `self` at run time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs import defaults as stock
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.control import BpmnStartTask, SimpleBpmnTask

from processes.extensions import Extensions
from processes.tokens import Token, Undoable

if TYPE_CHECKING:
    from processes.events import BoundaryEvent


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow. `target` is the id of the element it leads to; `order` its place in the file."""

    id: str
    target: str
    condition: str | None
    is_default: bool
    order: int


class ProcessSpec(BpmnProcessSpec):
    """A process, an embedded sub-process, or what a repeated activity does each time.

    `process` is the key of the process it stands in, `entry` its none start event, `starts` all its start events.
    """

    process: str
    entry: FlowNode
    starts: Mapping[str, Any] = MappingProxyType({})
    inclusive_joins: tuple[Any, ...] = ()
    event_sub_processes: tuple[Any, ...] = ()
    has_conditions = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The engine never enters what the library puts around the elements; its names would be in the way of elements
        # called `Start` or `End`.
        self.task_specs.clear()
        self.start = BpmnStartTask(self, "(start)")
        self.end = SimpleBpmnTask(self, "(end)")


class FlowNode:
    """What all elements have in common: a token enters, the element completes, tokens leave by the flows."""

    name: str
    extensions: Extensions
    is_gateway = False
    is_catching = False
    is_event_sub_process = False

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
        token.workflow.left(token)

    def _on_cancel(self, token: Token) -> None:
        token.workflow.note("cancelled", self.name, token.id)

    @property
    def is_watched(self) -> bool:
        """Whether events may wait for something to happen to it."""
        return bool(self.boundaries)

    def leaving(self, token: Token) -> Sequence[Flow]:
        """The flows that get a token."""
        return self.flows

    def boundary_of(self, kind: type[Any], code: str | None) -> BoundaryEvent | None:
        """The boundary event of a kind (error, escalation) that catches a code: one for that very code before one
        for all."""
        found: BoundaryEvent | None = catching(self.boundaries, kind, code)
        return found

    def expressions(self) -> Iterator[str]:
        """Every FEEL text of it, for the engine to compile."""
        yield from (flow.condition for flow in self.flows if flow.condition is not None)
        yield from (one.expression for one in (*self.extensions.ins, *self.extensions.outs) if one.expression)

    def stored_work(self, work: Any) -> Any:
        """The `work` of a token here as JSON, and below back again."""
        raise NotImplementedError

    def restored_work(self, stored: Any) -> Any:
        raise NotImplementedError


class Activity(FlowNode):
    """An element that takes time: boundary events watch it while a token is in it.

    `compensation` is the id of the handler that undoes it once it has completed.
    """

    compensation: str | None = None

    def _update_hook(self, token: Token) -> bool:
        super()._update_hook(token)
        token.workflow.arm(token)
        return True

    def _on_complete(self, token: Token) -> None:
        token.workflow.disarm(token)
        if self.compensation is not None:
            token.workflow.undoable.append(Undoable(token.workflow.spec.name, self.compensation, self.name))
        super()._on_complete(token)


def catching(events: Iterable[Any], kind: type[Any], code: str | None) -> Any:
    """The event that catches a code: one for that very code before one for all; None when there is neither."""
    found = [one for one in events if isinstance(one.event_definition, kind)]
    for wanted in (code, None):
        for event in found:
            if event.event_definition.code == wanted:
                return event
    return None


class UserTask(Activity, stock.UserTask):
    """Waits READY for a person."""


class ServiceTask(Activity, stock.ServiceTask):
    """Waits STARTED for its handler, which runs in the command or as a job."""

    def _run_hook(self, token: Token) -> None:
        return None


class PassedTask(Activity, BpmnTaskSpec):
    """A task that no system carries out (manual, or of no type): it is told in the history and passed."""


class ScriptTask(Activity, stock.ScriptTask):
    """Sets one variable to the value of one FEEL expression."""

    def expressions(self) -> Iterator[str]:
        yield from super().expressions()
        yield self.script

    def _run_hook(self, token: Token) -> bool:
        return bool(token.workflow.script_engine.execute(token, self.script))


class BusinessRuleTask(Activity, BpmnTaskSpec):
    """Sets one variable to what a decision of `rules/` gives for the variables around it."""

    def _run_hook(self, token: Token) -> bool:
        return bool(token.workflow.script_engine.decide(token))
