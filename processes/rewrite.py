"""Makes a checked diagram plain before the library parses it; the meaning stays (ENGINE.md 1.6, 1.7).

Added elements have ids made from those around them, so the same file always gives the same ids: they are stored in
the state of instances.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from lxml.etree import SubElement
from lxml.etree import _Element as Node

from processes.validation.vocabulary import ACTIVITIES, DRAWN_ONLY, EVENTS, SCOPES
from processes.xml import BPMN, CAMUNDA

_IN_BPMN = f"{{{BPMN}}}"
_FORKING = tuple(_IN_BPMN + tag for tag in sorted(ACTIVITIES | EVENTS))
# Where a compensation event on a border names the activity that undoes; in the file an association does.
HANDLER = "handler"


def rewrite(root: Node) -> Node:
    """Change the tree in place and return it.

    A process without `isExecutable` gets it; what is only drawn is taken out, so that the library's handling of data
    and lanes is never met, but for the association that leads to a compensation handler; a sequence flow without id
    gets one (the library would drop it); several flows out of an activity or event, or one with a condition, get the
    gateway that they stand for; two link events become the flow that they stand for; a send task with a topic becomes
    the service task that it is. Several flows *into* an activity need nothing: each token passes by itself, as BPMN
    says.
    """
    known = {str(id_) for node in root.iter() if (id_ := node.get("id"))}
    for process in root.iterfind(f"{_IN_BPMN}process"):
        if process.get("isExecutable") is None:
            process.set("isExecutable", "true")
    _name_handlers(root)
    _take_out_drawings(root)
    for task in root.iter(f"{_IN_BPMN}sendTask"):
        if task.get(f"{{{CAMUNDA}}}topic"):
            task.tag = f"{_IN_BPMN}serviceTask"
    for scope in [node for tag in SCOPES for node in root.iter(_IN_BPMN + tag)]:
        _join_links(scope, known)
    for flow in root.iter(f"{_IN_BPMN}sequenceFlow"):
        if not flow.get("id"):
            flow.set("id", _free_id(f"{flow.get('sourceRef')}_to_{flow.get('targetRef')}", known))
    leaving: dict[str, list[Node]] = {}
    for flow in root.iter(f"{_IN_BPMN}sequenceFlow"):
        leaving.setdefault(flow.get("sourceRef") or "", []).append(flow)
    for node in list(root.iter(*_FORKING)):
        flows = leaving.get(node.get("id") or "", [])
        if len(flows) > 1 or any(_has_condition(flow) for flow in flows):
            _make_fork(node, flows, known)
    return root


def _name_handlers(root: Node) -> None:
    """Write into each compensation event on a border what its association leads to."""
    undoing = {
        event.get("id"): event
        for event in root.iter(f"{_IN_BPMN}boundaryEvent")
        if event.find(f"{_IN_BPMN}compensateEventDefinition") is not None
    }
    for association in root.iter(f"{_IN_BPMN}association"):
        event = undoing.get(association.get("sourceRef"))
        if event is not None:
            event.set(HANDLER, association.get("targetRef", ""))


def _join_links(scope: Node, known: set[str]) -> None:
    """Make one flow of each link event that throws and the one that catches it; both stay as events of no type."""
    ends: dict[str, list[tuple[Node, Node]]] = {"intermediateThrowEvent": [], "intermediateCatchEvent": []}
    for tag, found in ends.items():
        for event in scope.iterfind(_IN_BPMN + tag):
            link = event.find(f"{_IN_BPMN}linkEventDefinition")
            if link is not None:
                found.append((event, link))
    catching = {link.get("name"): (event, link) for event, link in ends["intermediateCatchEvent"]}
    joined = [pair for pair in ends["intermediateThrowEvent"] if pair[1].get("name") in catching]
    for event, link in joined:
        source, target = event.get("id") or "", catching[link.get("name")][0].get("id") or ""
        id_ = _free_id(f"{source}_to_{target}", known)
        SubElement(scope, f"{_IN_BPMN}sequenceFlow", id=id_, sourceRef=source, targetRef=target)
    for event, link in (*joined, *(catching[name] for name in {link.get("name") for _, link in joined})):
        event.remove(link)
        event.tag = f"{_IN_BPMN}intermediateThrowEvent"


def _has_condition(flow: Node) -> bool:
    return flow.find(f"{_IN_BPMN}conditionExpression") is not None


def _take_out_drawings(root: Node) -> None:
    for tag in sorted(DRAWN_ONLY):
        for node in list(root.iter(_IN_BPMN + tag)):
            parent = node.getparent()
            if parent is not None:
                parent.remove(node)


def _make_fork(node: Node, leaving: Sequence[Node], known: set[str]) -> None:
    """Put a gateway behind a node with several ways out: parallel, or inclusive where a way has a condition."""
    scope = node.getparent()
    id_ = node.get("id")
    if scope is None or not id_:
        return
    fork = _free_id(f"{id_}_fork", known)
    to_fork = _free_id(f"{id_}_to_{fork}", known)
    if any(_has_condition(flow) for flow in leaving):
        gateway = SubElement(scope, f"{_IN_BPMN}inclusiveGateway", id=fork)
        default = node.attrib.pop("default", None)
        if default is not None:
            gateway.set("default", default)
        for flow in leaving:
            if not _has_condition(flow) and flow.get("id") != default:
                SubElement(flow, f"{_IN_BPMN}conditionExpression").text = "true"
    else:
        SubElement(scope, f"{_IN_BPMN}parallelGateway", id=fork)
    SubElement(scope, f"{_IN_BPMN}sequenceFlow", id=to_fork, sourceRef=id_, targetRef=fork)
    for flow in leaving:
        flow.set("sourceRef", fork)
    for link in node.findall(f"{_IN_BPMN}outgoing"):
        node.remove(link)


def _free_id(wanted: str, known: set[str]) -> str:
    found = next(id_ for number in count(1) if (id_ := wanted if number == 1 else f"{wanted}_{number}") not in known)
    known.add(found)
    return found
