# mypy: disallow-subclassing-any=False
"""The parser of our dialect: every stock parser class of an element that we run, with our specs behind it.

It keeps the ids of sequence flows and reads `camunda:*` into the extensions of each spec. Diagrams have passed the
validator before; what nevertheless cannot be run is refused here once more, because the stock parser would pass over
it in silence (ENGINE.md 1.5).
"""

from __future__ import annotations

from typing import Any, NoReturn

from lxml.etree import _Element as Node
from SpiffWorkflow.bpmn.parser import event_parsers, task_parsers
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser

from processes import calls, gateways, specs
from processes.extensions import IN_BPMN, Extensions, local_name, read_extensions
from processes.faults import DefinitionNotRunnable
from processes.juel import JuelRefused, feel_of
from processes.model import TimerKind
from processes.timers import TimerDefinition
from processes.validation.vocabulary import FLOW_NODES

_TIMERS: dict[str, TimerKind] = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
_ANYWHERE = {"documentation", "extensionElements", "incoming", "outgoing"}
_IN_A_PROCESS = {*FLOW_NODES, "sequenceFlow"}
# What may stand in an element; the numbers say how many of its own kind of content it needs.
_CONTENT: dict[str, tuple[set[str], int, int]] = {
    "scriptTask": ({"script"}, 1, 1),
    "intermediateCatchEvent": ({"timerEventDefinition", "messageEventDefinition"}, 1, 1),
    "boundaryEvent": ({"timerEventDefinition", "messageEventDefinition", "errorEventDefinition"}, 1, 1),
    "endEvent": ({"errorEventDefinition", "terminateEventDefinition"}, 0, 1),
}
_UNSUPPORTED_WHEN_TRUE = ("isForCompensation", "triggeredByEvent", "parallelMultiple")


class _Element:
    """Before each stock parser class: our extensions, flows and boundary events."""

    node: Any
    task: Any
    process_parser: Any
    xpath: Any

    def parse_extensions(self, node: Any = None) -> Extensions:
        return read_extensions(self.node)

    def connect_outgoing(self, outgoing_task: Any, sequence_flow_node: Any, is_default: bool) -> None:
        condition = self.parse_condition(sequence_flow_node)  # type: ignore[attr-defined]
        if condition is not None and not isinstance(self, task_parsers.ConditionalGatewayParser):
            _refuse(sequence_flow_node, "a condition on a flow that leaves no exclusive or inclusive gateway")
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
        self.task.boundaries.extend(self.process_parser.parse_node(child) for child in children)
        return self.task

    def parse_message_event(self, message_event: Any) -> Any:
        if not self.process_parser.parser.messages.get(message_event.get("messageRef")):
            _refuse(message_event, "a message event without a named message")
        return super().parse_message_event(message_event)  # type: ignore[misc]

    def parse_timer_event(self, event: Any) -> TimerDefinition:
        found = [(kind, event.find(f"{IN_BPMN}{tag}")) for tag, kind in _TIMERS.items()]
        given = [(kind, node) for kind, node in found if node is not None]
        if len(given) != 1:
            _refuse(event, "a timer that is not one of date, duration and cycle")
        kind, node = given[0]
        definition = TimerDefinition(kind, (node.text or "").strip())
        if definition.feel is None:
            definition.arm(definition.expression)
        return definition


class _SubProcessParser(_Element, TaskParser):
    """Names the workflow inside by process and element: two processes may use the same id."""

    def create_task(self) -> Any:
        owner = self.process_parser
        inside = DialectProcessParser(owner.parser, self.node, self.nsmap, {}, filename=self.filename, lane=self.lane)
        inside.key = f"{owner.process}/{self.bpmn_id}"
        inside.process = owner.process
        inside.parent = owner
        owner.parser.process_parsers[inside.key] = inside
        return self.spec_class(self.spec, self.bpmn_id, subworkflow_spec=inside.key, **self.bpmn_attributes)


class DialectProcessParser(ProcessParser):
    """Parses a process or an embedded sub-process into our process spec."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = self.process = self.bpmn_id

    def create_spec(self) -> specs.ProcessSpec:
        if not self.process_executable:
            _refuse(self.node, "a process that is not executable")
        spec = specs.ProcessSpec(name=self.key, description=self.get_name(), filename=self.filename)
        spec.process = self.process
        return spec


def _with_dialect(stock: type[Any]) -> type[Any]:
    return type(stock.__name__, (_Element, stock), {})


class DialectParser(BpmnParser):
    """Parses one file; ids of messages and errors are known within their file only."""

    PROCESS_PARSER_CLASS = DialectProcessParser
    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012 - the name and kind that the stock class prescribes
        IN_BPMN + tag: (parser, spec)
        for tag, parser, spec in (
            ("startEvent", _with_dialect(event_parsers.StartEventParser), specs.StartEvent),
            ("endEvent", _with_dialect(event_parsers.EndEventParser), specs.EndEvent),
            ("intermediateThrowEvent", _with_dialect(event_parsers.IntermediateThrowEventParser), specs.ThrowEvent),
            ("intermediateCatchEvent", _with_dialect(event_parsers.IntermediateCatchEventParser), specs.CatchEvent),
            ("boundaryEvent", _with_dialect(event_parsers.BoundaryEventParser), specs.BoundaryEvent),
            ("userTask", _with_dialect(TaskParser), specs.UserTask),
            ("serviceTask", _with_dialect(TaskParser), specs.ServiceTask),
            ("scriptTask", _with_dialect(task_parsers.ScriptTaskParser), specs.ScriptTask),
            ("businessRuleTask", _with_dialect(TaskParser), specs.BusinessRuleTask),
            ("exclusiveGateway", _with_dialect(task_parsers.ConditionalGatewayParser), gateways.ExclusiveGateway),
            ("inclusiveGateway", _with_dialect(task_parsers.ConditionalGatewayParser), gateways.InclusiveGateway),
            ("parallelGateway", _with_dialect(task_parsers.GatewayParser), gateways.ParallelGateway),
            ("subProcess", _SubProcessParser, calls.SubProcess),
            ("callActivity", _with_dialect(task_parsers.CallActivityParser), calls.CallActivity),
        )
    }

    def _get_parser_class(self, tag: str) -> Any:
        return self.OVERRIDE_PARSER_CLASSES.get(tag, (None, None))


def refuse_what_is_not_run(process: Node) -> None:
    """Raise DefinitionNotRunnable for the first construct in a process that the engine would have to pass over.

    What is only drawn has been taken out by the rewrite.
    """
    for node in process.iter():
        kind = local_name(node) if str(node.tag).startswith(IN_BPMN) else ""
        if kind == "process" or kind in FLOW_NODES:
            _check_content(node, kind)
            for attribute in _UNSUPPORTED_WHEN_TRUE:
                if node.get(attribute) == "true":
                    _refuse(node, f"{attribute}=true")


def _check_content(node: Node, kind: str) -> None:
    if kind in ("process", "subProcess"):
        own, least, most = _IN_A_PROCESS, 0, len(node)
        if len(node.findall(f"{IN_BPMN}startEvent")) != 1:
            _refuse(node, "any number of start events but one")
    else:
        own, least, most = _CONTENT.get(kind, (set(), 0, 0))
    tags = [local_name(child) for child in node if str(child.tag).startswith(IN_BPMN)]
    found = [tag for tag in tags if tag not in _ANYWHERE]
    strange = [tag for tag in found if tag not in own]
    if strange:
        _refuse(node, f"{strange[0]} in {kind}")
    if not least <= len(found) <= most:
        _refuse(node, f"{len(found)} of {sorted(own)} in {kind}")


def _feel_of(condition: str, flow: Any) -> str:
    """A condition as FEEL; that of a foreign diagram is translated."""
    try:
        return feel_of(condition.strip())
    except JuelRefused as refused:
        _refuse(flow, f"a condition in JUEL with {refused.reason.en}")


def _refuse(node: Any, what: str) -> NoReturn:
    raise DefinitionNotRunnable(f"{node.get('id')} (line {node.sourceline}): {what} is not run")
