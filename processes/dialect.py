# mypy: disallow-subclassing-any=False
"""The parser of our dialect: every stock parser class of an element that we run, with our specs behind it.

It keeps the ids of sequence flows and reads `camunda:*` into the extensions of each spec. Diagrams have passed the
validator before; what nevertheless cannot be run is refused here once more, because the stock parser would pass over
it in silence (ENGINE.md 1.5).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from lxml.etree import _Element as Node
from SpiffWorkflow.bpmn.parser import event_parsers, task_parsers
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser

from processes import calls, compensation, events, gateways, specs
from processes.content import refuse
from processes.extensions import IN_BPMN, IN_CAMUNDA, Extensions, read_extensions
from processes.juel import JuelRefused, feel_of
from processes.model import TimerKind
from processes.repetition import Repeated, Repetition
from processes.rewrite import HANDLER
from processes.timers import TimerDefinition
from processes.timetable import parse_start

_TIMERS: dict[str, TimerKind] = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


class _Element:
    """Before each stock parser class: our extensions, flows and boundary events."""

    node: Any
    spec: Any
    task: Any
    process_parser: Any
    xpath: Any
    bpmn_attributes: Any

    def parse_extensions(self, node: Any = None) -> Extensions:
        return read_extensions(self.node)

    def connect_outgoing(self, outgoing_task: Any, sequence_flow_node: Any, is_default: bool) -> None:
        condition = self.parse_condition(sequence_flow_node)  # type: ignore[attr-defined]
        if condition is not None and not isinstance(self, task_parsers.ConditionalGatewayParser):
            refuse(sequence_flow_node, "a condition on a flow that leaves no exclusive or inclusive gateway")
        super().connect_outgoing(outgoing_task, sequence_flow_node, is_default)  # type: ignore[misc]
        siblings = self.process_parser.get_outgoing_sequence_flows(self.task.name)
        flow = specs.Flow(
            id=sequence_flow_node.get("id"),
            target=outgoing_task.name,
            condition=None if condition is None or is_default else _feel_of(condition, sequence_flow_node),
            is_default=is_default,
            order=siblings.index(sequence_flow_node),
        )
        # The stock parser follows the positions of the shapes; flows are tried in the order of the file.
        self.task.flows.append(flow)
        self.task.flows.sort(key=lambda one: one.order)

    def _add_boundary_event(self, children: list[Any]) -> Any:
        for child in children:
            if child.find(f"{IN_BPMN}compensateEventDefinition") is None:
                self.task.boundaries.append(self.process_parser.parse_node(child))
            else:  # it never waits: what it marks is done when the handler is asked for
                self.task.compensation = child.get(HANDLER)
                self.process_parser.parse_node(self.process_parser.get_node_by_id(child.get(HANDLER)))
        return self.task

    def _add_multiinstance_task(self, characteristics: Node) -> None:
        collection = characteristics.get(f"{IN_CAMUNDA}collection")
        element = characteristics.get(f"{IN_CAMUNDA}elementVariable")
        if collection is None:
            collection = _text(characteristics, "loopDataInputRef")
            item = characteristics.find(f"{IN_BPMN}inputDataItem")
            element = None if item is None else item.get("name") or item.get("id")
        kind = "sequential" if characteristics.get("isSequential") == "true" else "parallel"
        cardinality = None if collection is not None else _text(characteristics, "loopCardinality")
        if collection is None and cardinality is None:
            refuse(characteristics, "a multi-instance activity without collection and cardinality")
        self._repeat(
            Repetition(
                kind,  # type: ignore[arg-type]
                cardinality=_feel(cardinality, characteristics),
                collection=_feel(collection, characteristics),
                element=element,
                condition=_feel(_text(characteristics, "completionCondition"), characteristics),
            )
        )

    def _add_loop_task(self, characteristics: Node) -> None:
        maximum = characteristics.get("loopMaximum")
        condition = _feel(_text(characteristics, "loopCondition"), characteristics)
        if maximum is None and condition is None:
            refuse(characteristics, "a loop without condition and maximum")
        self._repeat(
            Repetition(
                "loop",
                condition=condition,
                maximum=None if maximum is None else int(maximum),
                tested_before=characteristics.get("testBefore") == "true",
            )
        )

    def _repeat(self, repetition: Repetition) -> None:
        """Put the activity as a whole before what has just been parsed, which is what it does each time."""
        each = self.spec.task_specs.pop(self.task.name)
        key = f"{self.process_parser.key}/{each.name}#each"
        inside = specs.ProcessSpec(name=key, description=each.name, filename=self.spec.file)
        inside.process = self.process_parser.process
        inside.task_specs[each.name] = each
        self.process_parser.parser.repeated[key] = inside
        whole = Repeated(self.spec, each.name, subworkflow_spec=key, **self.bpmn_attributes)
        whole.extensions = each.extensions
        whole.repetition = repetition
        whole.each = each
        self.task = whole

    def parse_message_event(self, message_event: Any) -> Any:
        if not self.process_parser.parser.messages.get(message_event.get("messageRef")):
            refuse(message_event, "a message event without a named message")
        return super().parse_message_event(message_event)  # type: ignore[misc]

    def parse_signal_event(self, signal_event: Any) -> Any:
        if not self.process_parser.parser.signals.get(signal_event.get("signalRef")):
            refuse(signal_event, "a signal event without a named signal")
        return super().parse_signal_event(signal_event)  # type: ignore[misc]

    def parse_conditional_event(self, event: Any) -> Any:
        definition = super().parse_conditional_event(event)  # type: ignore[misc]
        if not (definition.expression or "").strip():
            refuse(event, "a conditional event without condition")
        definition.expression = _feel(definition.expression, event)
        return definition

    def parse_timer_event(self, event: Any) -> TimerDefinition:
        found = [(kind, event.find(f"{IN_BPMN}{tag}")) for tag, kind in _TIMERS.items()]
        given = [(kind, node) for kind, node in found if node is not None]
        if len(given) != 1:
            refuse(event, "a timer that is not one of date, duration and cycle")
        kind, node = given[0]
        definition = TimerDefinition(kind, (node.text or "").strip())
        if definition.feel is None and self.node.getparent().tag == f"{IN_BPMN}process" and self._is_start():
            parse_start(kind, definition.expression)
        elif definition.feel is None:
            definition.arm(definition.expression)
        return definition

    def _is_start(self) -> bool:
        return bool(self.node.tag == f"{IN_BPMN}startEvent")


class _SubProcessParser(_Element, TaskParser):
    """Names the workflow inside by process and element: two processes may use the same id."""

    def create_task(self) -> Any:
        owner = self.process_parser
        inside = DialectProcessParser(owner.parser, self.node, self.nsmap, {}, filename=self.filename, lane=self.lane)
        inside.key = f"{owner.process}/{self.bpmn_id}"
        inside.process = owner.process
        inside.parent = owner
        owner.parser.process_parsers[inside.key] = inside
        kind = calls.EventSubProcess if self.node.get("triggeredByEvent") == "true" else self.spec_class
        return kind(self.spec, self.bpmn_id, subworkflow_spec=inside.key, **self.bpmn_attributes)


class _MessageTaskParser(_Element, event_parsers.EventDefinitionParser):
    """A task that sends or receives: its message stands in the task itself."""

    def create_task(self) -> Any:
        return self._create_task(self.parse_message_event(self.node))


class _StartEventParser(_Element, event_parsers.EventDefinitionParser):
    """A start event may be of every type that is caught, also of those that only event sub-processes begin with."""

    def create_task(self) -> Any:
        found = self._create_task(self.get_event_definition(_CAUGHT))
        found.is_interrupting = self.node.get("isInterrupting", "true") == "true"
        return found

    def handles_multiple_outgoing(self) -> bool:
        return True


class _ThrowingParser(_Element, event_parsers.EventDefinitionParser):
    """A throwing event: what it asks for decides which spec it has, what it hands over stands in its definition."""

    def create_task(self) -> Any:
        kind, definition = self.spec_class, self.get_event_definition(_THROWN)
        asked = self.node.find(f"{IN_BPMN}compensateEventDefinition")
        if asked is not None:
            kind = compensation.CompensationThrow if kind is events.ThrowEvent else compensation.CompensationEnd
            definition = compensation.CompensateDefinition(asked.get("activityRef"))
        elif self.node.find(f"{IN_BPMN}cancelEventDefinition") is not None:
            kind = compensation.CancelEnd
        found = kind(self.spec, self.bpmn_id, event_definition=definition, **self.bpmn_attributes)
        for child in self.node.iterfind(f"{IN_BPMN}messageEventDefinition"):
            found.payload = read_extensions(child).ins
        return found


_THROWN = [
    event_parsers.MESSAGE_EVENT_XPATH,
    event_parsers.SIGNAL_EVENT_XPATH,
    event_parsers.ESCALATION_EVENT_XPATH,
    event_parsers.ERROR_EVENT_XPATH,
    event_parsers.TERMINATION_EVENT_XPATH,
    event_parsers.CANCEL_EVENT_XPATH,
]
_CAUGHT = [
    event_parsers.MESSAGE_EVENT_XPATH,
    event_parsers.SIGNAL_EVENT_XPATH,
    event_parsers.TIMER_EVENT_XPATH,
    event_parsers.CONDITIONAL_EVENT_XPATH,
    event_parsers.ERROR_EVENT_XPATH,
    event_parsers.ESCALATION_EVENT_XPATH,
]


class DialectProcessParser(ProcessParser):
    """Parses a process or an embedded sub-process into our process spec."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = self.process = self.bpmn_id

    def create_spec(self) -> specs.ProcessSpec:
        if not self.process_executable:
            refuse(self.node, "a process that is not executable")
        spec = specs.ProcessSpec(name=self.key, description=self.get_name(), filename=self.filename)
        spec.process = self.process
        return spec

    def add_tasks(self) -> None:
        """Parse from the start events on, and what no flow leads to: event sub-processes."""
        found = {node.get("id"): self.parse_node(node) for node in self.xpath("./bpmn:startEvent")}
        self.spec.starts = MappingProxyType(found)
        inside = self.xpath("./bpmn:subProcess[@triggeredByEvent='true']")
        self.spec.event_sub_processes = tuple(self.parse_node(node) for node in inside)


def _with_dialect(stock: type[Any]) -> type[Any]:
    return type(stock.__name__, (_Element, stock), {})


class DialectParser(BpmnParser):
    """Parses one file; ids of messages and errors are known within their file only."""

    PROCESS_PARSER_CLASS = DialectProcessParser
    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012 - the name and kind that the stock class prescribes
        IN_BPMN + tag: (parser, spec)
        for tag, parser, spec in (
            ("startEvent", _StartEventParser, events.StartEvent),
            ("endEvent", _ThrowingParser, events.EndEvent),
            ("intermediateThrowEvent", _ThrowingParser, events.ThrowEvent),
            ("intermediateCatchEvent", _with_dialect(event_parsers.IntermediateCatchEventParser), events.CatchEvent),
            ("boundaryEvent", _with_dialect(event_parsers.BoundaryEventParser), events.BoundaryEvent),
            ("task", _with_dialect(TaskParser), specs.PassedTask),
            ("manualTask", _with_dialect(TaskParser), specs.PassedTask),
            ("sendTask", _MessageTaskParser, events.SendTask),
            ("receiveTask", _MessageTaskParser, events.ReceiveTask),
            ("userTask", _with_dialect(TaskParser), specs.UserTask),
            ("serviceTask", _with_dialect(TaskParser), specs.ServiceTask),
            ("scriptTask", _with_dialect(task_parsers.ScriptTaskParser), specs.ScriptTask),
            ("businessRuleTask", _with_dialect(TaskParser), specs.BusinessRuleTask),
            ("exclusiveGateway", _with_dialect(task_parsers.ConditionalGatewayParser), gateways.ExclusiveGateway),
            ("inclusiveGateway", _with_dialect(task_parsers.ConditionalGatewayParser), gateways.InclusiveGateway),
            ("parallelGateway", _with_dialect(task_parsers.GatewayParser), gateways.ParallelGateway),
            ("eventBasedGateway", _with_dialect(task_parsers.GatewayParser), gateways.EventGateway),
            ("subProcess", _SubProcessParser, calls.SubProcess),
            ("transaction", _SubProcessParser, calls.Transaction),
            ("callActivity", _with_dialect(task_parsers.CallActivityParser), calls.CallActivity),
        )
    }

    def __init__(self) -> None:
        super().__init__()
        self.repeated: dict[str, specs.ProcessSpec] = {}

    def _get_parser_class(self, tag: str) -> Any:
        return self.OVERRIDE_PARSER_CLASSES.get(tag, (None, None))


def _text(node: Node, tag: str) -> str | None:
    """The text of a child; None where it is not there or empty."""
    return (node.findtext(f"{IN_BPMN}{tag}") or "").strip() or None


def _feel(source: str | None, node: Any) -> str | None:
    return None if source is None else _feel_of(source, node)


def _feel_of(source: str, node: Any) -> str:
    """An expression as FEEL; that of a foreign diagram is translated."""
    try:
        return feel_of(source.strip())
    except JuelRefused as refused:
        refuse(node, f"an expression in JUEL with {refused.reason.en}")
