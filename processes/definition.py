"""A definition that can run: parsed once, immutable, shared by all its instances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from lxml.etree import _Element as Node
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import SignalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition

from processes import rewrite, xml
from processes.calls import CallActivity, EventSubProcess, SubProcess
from processes.compensation import CancelEnd, CompensationEnd
from processes.content import refuse_what_is_not_run
from processes.dialect import DialectParser
from processes.events import CatchEvent, EndEvent, ReceiveTask
from processes.extensions import IN_BPMN, eligibility_of, read_elements, read_extensions, tables_of
from processes.faults import DefinitionNotRunnable
from processes.gateways import EventGateway, InclusiveGateway
from processes.model import Element, EmittedKind
from processes.repetition import Repeated
from processes.scripting import FeelEngine
from processes.specs import Activity, BusinessRuleTask, FlowNode, ProcessSpec, ScriptTask
from processes.timers import TimerDefinition, TimerNotUnderstood
from rules.dmn import Model
from rules.tables import model_of

__all__ = ["Definition", "Element"]


@dataclass(frozen=True, eq=False)
class Definition:
    """A process with all the processes it calls.

    `elements` holds those of the process itself and of its embedded sub-processes, by id; `element` also finds those
    of called processes. `properties` are the camunda:property pairs of the process.
    """

    key: str
    name: str
    version_tag: str | None
    elements: Mapping[str, Element]
    properties: Mapping[str, str]
    specs: Mapping[str, ProcessSpec]
    engine: FeelEngine
    all_elements: Mapping[str, Mapping[str, Element]]
    eligibility: tuple[str, ...]  # the tables that say who may start and submit
    tables: Mapping[str, Model]  # these and those on what the form offers, by decision

    @classmethod
    def build(
        cls, files: Mapping[str, bytes], key: str, decisions: Mapping[str, bytes] = MappingProxyType({})
    ) -> Definition:
        """Build the process `key` from the XML of itself and of all processes it calls, by process id.

        `decisions` are the decision files that they name, by decision.

        Building is not thread-safe, using is.

        Raises:
            DefinitionNotRunnable: a file holds what the engine does not run, or a called process is missing.
            FeelError: an expression is not FEEL.
        """
        processes = {process: _process_node(data, process) for process, data in files.items()}
        if key not in processes:
            raise DefinitionNotRunnable(f"Expected a file of process {key}, found {sorted(files)}")
        specs: dict[str, ProcessSpec] = {}
        for process, node in processes.items():
            specs |= _parse(node, process)
        models = {decision: model_of(data) for decision, data in decisions.items()}
        for spec in specs.values():
            _finish(spec, specs)
            _check_decisions(spec, models)
        found = read_extensions(processes[key])
        tables = tables_of(found.properties)
        _check_known(key, tables, models)
        elements = {process: _by_id(read_elements(node)) for process, node in processes.items()}
        return cls(
            key=key,
            name=processes[key].get("name", key),
            version_tag=found.attributes.get("versionTag"),
            elements=elements[key],
            properties=found.properties,
            specs=MappingProxyType(specs),
            engine=FeelEngine(_expressions(specs.values()), MappingProxyType(models)),
            all_elements=MappingProxyType(elements),
            eligibility=eligibility_of(found.properties),
            tables=MappingProxyType({table: models[table] for table in tables}),
        )

    @property
    def has_record(self) -> bool:
        """Whether its instances carry an application: a line of a portal, which begins and is told things there."""
        return bool(self.properties.get("portal"))

    def starts_with(self, kind: EmittedKind, name: str) -> list[str]:
        """The start events of the process that begin it with a message or signal of this name."""
        wanted = MessageEventDefinition if kind == "message" else SignalEventDefinition
        starts = self.specs[self.key].starts.items()
        return [
            id_
            for id_, start in starts
            if isinstance(start.event_definition, wanted) and start.event_definition.name == name
        ]

    def element(self, process_key: str, element_id: str) -> Element:
        """An element of this process or of one it calls; KeyError when there is none."""
        return self.all_elements[process_key][element_id]


def _process_node(data: bytes, process: str) -> Node:
    root = rewrite.rewrite(xml.parse(data))
    for node in root.iterfind(f"{IN_BPMN}process"):
        if node.get("id") == process:
            refuse_what_is_not_run(node)
            return node
    raise DefinitionNotRunnable(f"Expected process {process} in its file, but it is not there")


def _parse(node: Node, process: str) -> dict[str, ProcessSpec]:
    """The specs of a process and of its embedded sub-processes, each file with a parser of its own."""
    parser = DialectParser()
    try:
        parser.add_bpmn_xml(node.getroottree().getroot())
        found: dict[str, ProcessSpec] = {}
        waiting = [process]
        while waiting:
            key = waiting.pop()
            found[key] = parser.get_spec(key)
            inside = [node.each if isinstance(node, Repeated) else node for node in nodes_of(found[key])]
            waiting += [node.spec for node in inside if isinstance(node, SubProcess)]
        found |= parser.repeated
    except (ValidationException, TimerNotUnderstood) as error:
        raise DefinitionNotRunnable(f"{process}: {error}") from error
    return found


def nodes_of(spec: ProcessSpec) -> Iterator[FlowNode]:
    """The elements of the diagram in a spec, without the tasks that the library adds around them."""
    return (node for node in spec.task_specs.values() if isinstance(node, FlowNode))


def _finish(spec: ProcessSpec, specs: Mapping[str, ProcessSpec]) -> None:
    """Add what the engine looks up at run time: entry, incoming flows, reach of joins and the like."""
    nodes = list(nodes_of(spec))
    _find_entry(spec)
    handlers = {node.compensation for node in nodes if isinstance(node, Activity)}
    for node in nodes:
        node.incoming = tuple(flow.id for source in nodes for flow in source.flows if flow.target == node.name)
        if isinstance(node, EventSubProcess):
            [node.start] = specs[node.spec].starts.values()
        elif spec.starts and not (node.flows or isinstance(node, _LAST) or node.name in handlers):
            raise DefinitionNotRunnable(f"{node.name}: an element that leads nowhere and is no end event is not run")
        if node.name in handlers and (node.flows or node.incoming):
            raise DefinitionNotRunnable(f"{node.name}: a handler that undoes does not stand in the flow")
        _check_node(node, spec, specs)
    spec.has_conditions = any(
        isinstance(getattr(node, "event_definition", None), ConditionalEventDefinition) for node in nodes
    )
    joins = [node for node in nodes if isinstance(node, InclusiveGateway) and len(node.incoming) > 1]
    for join in joins:
        join.reach = _reach(join, nodes)
    spec.inclusive_joins = tuple(joins)


def _find_entry(spec: ProcessSpec) -> None:
    """Where an instance begins that nothing in particular has begun: at the start of no type, else at the one timer,
    else at the only start there is."""
    starts = list(spec.starts.values())
    for kind in (NoneEventDefinition, TimerDefinition, object):
        found = [start for start in starts if isinstance(start.event_definition, kind)]
        if found:
            if len(found) == 1:
                spec.entry = found[0]
            return


_LAST = (EndEvent, CompensationEnd, CancelEnd)


def _check_node(node: FlowNode, spec: ProcessSpec, specs: Mapping[str, ProcessSpec]) -> None:
    if isinstance(node, CallActivity) and node.spec not in specs:
        raise DefinitionNotRunnable(f"{node.name}: the called process {node.spec} is missing")
    if isinstance(node, ScriptTask) and "resultVariable" not in node.extensions.attributes:
        raise DefinitionNotRunnable(f"{node.name}: a script task without camunda:resultVariable is not run")
    if isinstance(node, CatchEvent) and _is_cycle(node.event_definition):
        raise DefinitionNotRunnable(f"{node.name}: a cycle in the flow is not run, only on a border")
    if isinstance(node, EventGateway):
        for flow in node.flows:
            if not isinstance(spec.task_specs[flow.target], CatchEvent | ReceiveTask):
                raise DefinitionNotRunnable(f"{node.name}: {flow.target} behind it is no event that is waited for")


def _check_decisions(spec: ProcessSpec, models: Mapping[str, Model]) -> None:
    for node in nodes_of(spec):
        if isinstance(node, BusinessRuleTask):
            attributes = node.extensions.attributes
            if not {"decisionRef", "resultVariable"} <= attributes.keys():
                raise DefinitionNotRunnable(f"{node.name}: a business rule task needs decisionRef and resultVariable")
            _check_known(node.name, [attributes["decisionRef"]], models)


def _check_known(where: str, decisions: Iterable[str], models: Mapping[str, Model]) -> None:
    for decision in decisions:
        if decision not in models or decision not in models[decision].decision_ids:
            raise DefinitionNotRunnable(f"{where}: the decision {decision} is missing")


def _is_cycle(definition: Any) -> bool:
    return isinstance(definition, TimerDefinition) and definition.kind == "cycle"


def _reach(join: InclusiveGateway, nodes: Iterable[FlowNode]) -> Mapping[str, frozenset[str]]:
    """For each element, the incoming flows of the join that a token there can reach without passing the join."""
    sources = {flow.id: node.name for node in nodes for flow in node.flows}
    before: dict[str, set[str]] = {node.name: {sources[flow] for flow in node.incoming} for node in nodes}
    for node in nodes:
        for boundary in node.boundaries:
            before[boundary.name].add(node.name)
    reach: dict[str, set[str]] = {node.name: set() for node in nodes}
    for flow in join.incoming:
        waiting = [sources[flow]]
        while waiting:
            name = waiting.pop()
            if name != join.name and flow not in reach[name]:
                reach[name].add(flow)
                waiting += before[name]
    return {name: frozenset(flows) for name, flows in reach.items() if flows}


def _expressions(specs: Iterable[ProcessSpec]) -> Iterator[str]:
    """Every FEEL text of the specs, for the engine to compile."""
    for spec in specs:
        for node in nodes_of(spec):
            yield from node.expressions()


def _by_id(elements: Iterable[Element]) -> Mapping[str, Element]:
    return MappingProxyType({element.id: element for element in elements})
