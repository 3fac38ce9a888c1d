"""Events and what belongs to them: which type may stand where, what they name, and what they are attached to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lxml.etree import _Element as Node

from kernel.texts import Text
from processes.findings import Findings
from processes.validation.diagram import (
    IN_BPMN,
    Diagram,
    Scope,
    children,
    is_event_sub_process,
    is_handler,
    is_repeated,
    property_of,
    tag_of,
)
from processes.validation.vocabulary import ACTIVITIES, EMBEDDED

# Which activities something can happen to while they last, and out of which something can be thrown.
_LASTING = EMBEDDED | {"userTask", "serviceTask", "receiveTask", "callActivity"}
_OPEN = EMBEDDED | {"callActivity"}
_FAILING = _OPEN | {"serviceTask"}
_LASTING_TEXT = Text(
    "用户任务、服务任务、接收任务、子流程、调用活动",
    "a user, service or receive task, a sub-process or a call activity",
)
_HOSTS: Mapping[str, tuple[frozenset[str], Text]] = {
    "errorEventDefinition": (
        _FAILING,
        Text("服务任务、子流程、调用活动", "a service task, a sub-process or a call activity"),
    ),
    "escalationEventDefinition": (_OPEN, Text("子流程、调用活动", "a sub-process or a call activity")),
    "cancelEventDefinition": (frozenset({"transaction"}), Text("事务", "a transaction")),
    "compensateEventDefinition": (ACTIVITIES, Text("活动", "an activity")),
}
_ALWAYS_INTERRUPTING = ("errorEventDefinition", "cancelEventDefinition")
_THROWN_AT = ("errorEventDefinition", "escalationEventDefinition")
_STARTING = ("messageEventDefinition", "signalEventDefinition", "timerEventDefinition")
_IN_PROCESS = Text("空事件、消息、信号、定时", "none, message, signal, timer")
_IN_SUB_PROCESS = Text("空事件", "none")
_IN_EVENT_SUB_PROCESS = Text(
    "消息、定时、信号、条件、错误、升级", "message, timer, signal, condition, error, escalation"
)
# What an event definition refers to, and the code or name by which two catchers are the same.
_REFERENCES = {
    "messageEventDefinition": "messageRef",
    "signalEventDefinition": "signalRef",
    "errorEventDefinition": "errorRef",
    "escalationEventDefinition": "escalationRef",
}


def definition_of(event: Node) -> Node | None:
    """The event definition of an event; None for an event of no type."""
    return next((child for child in event if tag_of(child).endswith("EventDefinition")), None)


def check_events(diagram: Diagram, findings: Findings) -> None:
    """Check the events of all scopes, and what stands in or beside them."""
    for scope in diagram.scopes:
        _check_starts(scope, findings)
        _check_boundaries(diagram, scope, findings)
        _check_links(scope, findings)
        _check_compensation(diagram, scope, findings)
        _check_event_gateways(scope, findings)
        for id_, node in scope.of_kind("endEvent"):
            if children(node, "cancelEventDefinition"):
                _check_cancel(scope, id_, node, findings)


def _check_starts(scope: Scope, findings: Findings) -> None:
    for _, node in scope.of_kind("startEvent"):
        definition = definition_of(node)
        kind = "" if definition is None else tag_of(definition)
        if is_event_sub_process(scope.container):
            if not kind:
                findings.add("event_definition_missing", node, element="startEvent", expected=_IN_EVENT_SUB_PROCESS)
            elif kind == "errorEventDefinition" and node.get("isInterrupting") == "false":
                findings.add("error_not_interrupting", node)
            continue
        if kind and (scope.parent is not None or kind not in _STARTING):
            expected = _IN_PROCESS if scope.parent is None else _IN_SUB_PROCESS
            findings.add("event_refused", node, element="startEvent", found=kind, expected=expected)
        elif kind == "timerEventDefinition" and property_of(scope.container, "portal"):
            findings.add("timer_of_a_line", node)
        if node.get("isInterrupting") == "false":
            findings.add("start_not_interrupting", node)


def _check_boundaries(diagram: Diagram, scope: Scope, findings: Findings) -> None:
    seen: set[tuple[str, str, str]] = set()
    for id_, node in scope.of_kind("boundaryEvent"):
        host_id = node.get("attachedToRef") or ""
        host = scope.nodes.get(host_id)
        if not host_id:
            continue
        if host is None:
            findings.add("reference_unknown", node, attribute="attachedToRef", found=host_id)
            continue
        definition = definition_of(node)
        kind = "" if definition is None else tag_of(definition)
        hosts, expected = _HOSTS.get(kind, (_LASTING, _LASTING_TEXT))
        # Other systems throw errors and escalations at their tasks; the form of a person's throws none.
        is_thrown_at = kind in _THROWN_AT and tag_of(host) == "userTask" and diagram.is_for_systems(host)
        if (tag_of(host) not in hosts and not is_thrown_at) or is_event_sub_process(host):
            findings.add("attached_refused", node, event=id_, activity=tag_of(host), expected=expected)
        if kind in _ALWAYS_INTERRUPTING and node.get("cancelActivity") == "false":
            findings.add("error_not_interrupting", node)
        if definition is not None and kind in _REFERENCES:
            name = caught_by(diagram, definition)
            if (host_id, kind, name) in seen:
                findings.add("boundary_duplicate", node, found=name)
            seen.add((host_id, kind, name))


def caught_by(diagram: Diagram, definition: Node) -> str:
    """The code or name that an event definition throws or catches; an empty text for any."""
    reference = definition.get(_REFERENCES[tag_of(definition)]) or ""
    kind = tag_of(definition)
    if kind == "errorEventDefinition":
        return _value(diagram.errors, reference, "errorCode")
    if kind == "escalationEventDefinition":
        return _value(diagram.escalations, reference, "escalationCode")
    return _value(diagram.messages if kind == "messageEventDefinition" else diagram.signals, reference, "name")


def _value(declared: Mapping[str, Node], reference: str, attribute: str) -> str:
    found = declared.get(reference)
    return "" if found is None else found.get(attribute) or ""


def _check_links(scope: Scope, findings: Findings) -> None:
    """Each link that is thrown is caught once in its scope, and the other way round."""
    catching = [(name, node) for _, name, node in scope.link_ends("intermediateCatchEvent")]
    throwing = [(name, node) for _, name, node in scope.link_ends("intermediateThrowEvent")]
    seen: set[str] = set()
    for name, node in catching:
        if name in seen:
            findings.add("link_duplicate", node, found=name)
        seen.add(name)
        _check_other_end(name, {other for other, _ in throwing}, node, findings)
    for name, node in throwing:
        _check_other_end(name, seen, node, findings)
    drawn = {flow.source for flow in scope.flows}, {flow.target for flow in scope.flows}
    for nodes, ids, code in ((throwing, drawn[0], "flow_out_of"), (catching, drawn[1], "flow_into")):
        for _, node in nodes:
            if node.get("id") in ids:
                findings.add(code, node, element="linkEventDefinition")


def _check_other_end(name: str, others: Iterable[str], node: Node, findings: Findings) -> None:
    if not name:
        findings.add("attribute_missing", node, element="linkEventDefinition", attribute="name")
    elif name not in others:
        findings.add("link_alone", node, found=name)


def _check_event_gateways(scope: Scope, findings: Findings) -> None:
    """Behind an event-based gateway stand only events that wait, each of them reached from there alone."""
    incoming = scope.incoming()
    attached = scope.attached()
    for id_, flows in scope.outgoing().items():
        if scope.kind(id_) != "eventBasedGateway":
            continue
        if len(flows) < 2:
            findings.add("event_gateway_alone", scope.nodes[id_])
        for flow in flows:
            target = scope.nodes[flow.target]
            waits = tag_of(target) in ("intermediateCatchEvent", "receiveTask")
            if not waits or attached[flow.target] or is_repeated(target) or len(incoming[flow.target]) > 1:
                findings.add("event_gateway_target", flow.node, found=flow.target)


def _check_compensation(diagram: Diagram, scope: Scope, findings: Findings) -> None:
    """Each handler undoes one activity, and what is to be undone has a handler."""
    led_to: dict[str, list[str]] = {}
    for association in diagram.root.iter(f"{IN_BPMN}association"):
        led_to.setdefault(association.get("sourceRef") or "", []).append(association.get("targetRef") or "")
    undone: set[str] = set()
    used: set[str] = set()
    for id_, node in scope.of_kind("boundaryEvent"):
        if not children(node, "compensateEventDefinition"):
            continue
        host = node.get("attachedToRef") or ""
        handlers = [one for one in led_to.get(id_, []) if one in scope.nodes and is_handler(scope.nodes[one])]
        if len(handlers) != 1 or handlers[0] in used:
            findings.add("handler_missing", node)
        if host in scope.nodes and (is_repeated(scope.nodes[host]) or host in undone):
            findings.add("handler_repeated", node)
        if _is_in_repetition(scope):
            findings.add("handler_repeated", node)
        undone.add(host)
        used.update(handlers)
    for id_, node in scope.nodes.items():
        if is_handler(node) and id_ not in used:
            findings.add("handler_alone", node)
        for event in children(node, "compensateEventDefinition") if tag_of(node) != "boundaryEvent" else ():
            activity = event.get("activityRef") or ""
            known = activity in undone or (activity in scope.inner and not is_event_sub_process(scope.nodes[activity]))
            if activity and not known:
                findings.add("undone_unknown", event, found=activity)


def _is_in_repetition(scope: Scope | None) -> bool:
    while scope is not None:
        if is_repeated(scope.container):
            return True
        scope = scope.parent
    return False


def _check_cancel(scope: Scope, id_: str, node: Node, findings: Findings) -> None:
    """A cancel event ends a transaction that has one on its border."""
    if tag_of(scope.container) != "transaction" or scope.parent is None:
        findings.add("cancel_outside", node)
        return
    catching = (
        one
        for _, one in scope.parent.of_kind("boundaryEvent")
        if one.get("attachedToRef") == scope.container.get("id") and children(one, "cancelEventDefinition")
    )
    if next(catching, None) is None:
        findings.add("cancel_not_caught", node)
