"""Sequence flows: where they may start and end, their conditions, and that every node lies on a way to an end."""

from __future__ import annotations

from collections.abc import Callable

from lxml.etree import _Element as Node

from processes.findings import Findings
from processes.validation.diagram import (
    Diagram,
    Flow,
    Scope,
    children,
    is_event_sub_process,
    is_handler,
    tag_of,
)
from processes.validation.events import definition_of
from processes.validation.vocabulary import ACTIVITIES

# Gateways that choose by conditions; every other node lets its tokens go unconditionally.
_CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})
# Passed in the same moment; a loop of these alone would never stop.
_INSTANT = _CHOOSING | {"parallelGateway", "scriptTask", "businessRuleTask", "intermediateThrowEvent"}
_INSTANT |= {"task", "manualTask", "sendTask"}


def check_flows(diagram: Diagram, findings: Findings) -> None:
    """Check the flows of all scopes."""
    everywhere = {id_ for scope in diagram.scopes for id_ in scope.nodes}
    for scope in diagram.scopes:
        for flow in scope.flows:
            _check_ends(flow, scope, everywhere, findings)
        if scope.refused:
            # First the refused elements have to be redrawn: what is said about their neighbours would mislead.
            continue
        outgoing, incoming = scope.outgoing(), scope.incoming()
        _check_events(scope, findings)
        for id_, node in scope.nodes.items():
            _check_degree(node, incoming[id_], outgoing[id_], findings)
            _check_choice(node, outgoing[id_], findings)
        _check_ways(scope, outgoing, incoming, findings)
        _check_loops(scope, outgoing, findings)


def _check_ends(flow: Flow, scope: Scope, everywhere: set[str], findings: Findings) -> None:
    ends = {"sourceRef": flow.source, "targetRef": flow.target}
    lost = {name: id_ for name, id_ in ends.items() if id_ and id_ not in scope.nodes and id_ not in scope.refused}
    if any(id_ in everywhere for id_ in lost.values()):
        findings.add("flow_crosses_border", flow.node, source=flow.source, target=flow.target)
        return
    for name, id_ in lost.items():
        findings.add("reference_unknown", flow.node, attribute=name, found=id_)


def _check_events(scope: Scope, findings: Findings) -> None:
    starts = [node for _, node in scope.of_kind("startEvent")]
    if not starts:
        findings.add("start_missing", scope.container)
    # A process may also begin with messages and signals; a sub-process begins in one way only.
    alike = starts if scope.parent is not None else [node for node in starts if definition_of(node) is None]
    for node in alike[1:]:
        findings.add("start_several", node)
    if not any(scope.of_kind("endEvent")):
        findings.add("end_missing", scope.container)


def _check_degree(node: Node, incoming: list[Flow], outgoing: list[Flow], findings: Findings) -> None:
    tag = tag_of(node)
    apart = is_event_sub_process(node) or is_handler(node)
    if tag in ("startEvent", "boundaryEvent") or apart:
        for flow in incoming:
            findings.add("flow_into", flow.node, element=tag)
    elif not incoming:
        findings.add("no_incoming", node, element=tag)
    if tag == "endEvent" or apart or (children(node, "compensateEventDefinition") and tag == "boundaryEvent"):
        for flow in outgoing:
            findings.add("flow_out_of", flow.node, element=tag)
    elif not outgoing:
        findings.add("no_outgoing", node, element=tag)


def _check_choice(node: Node, outgoing: list[Flow], findings: Findings) -> None:
    tag = tag_of(node)
    default = node.get("default") or ""
    chooses = any(flow.condition is not None for flow in outgoing)
    if tag not in _CHOOSING and not (tag in ACTIVITIES and (chooses or default)):
        for flow in outgoing:
            if flow.condition is not None:
                findings.add("condition_refused", flow.node, element=tag)
        return
    if default and all(flow.id != default for flow in outgoing):
        findings.add("reference_unknown", node, attribute="default", found=default)
    if len(outgoing) == 1 and outgoing[0].condition is not None:
        # With a single way out there is nothing to choose, and a false condition would lose the token.
        findings.add("condition_refused", outgoing[0].node, element=tag)
    if len(outgoing) < 2:
        return
    always = tag in ACTIVITIES and any(flow.condition is None and flow.id != default for flow in outgoing)
    if not default and not always:
        findings.add("default_missing", node, element=tag)
    for flow in outgoing:
        if default and flow.id == default:
            if flow.condition is not None:
                findings.add("default_condition", flow.node)
        elif flow.condition is None and tag in _CHOOSING:
            findings.add("condition_missing", flow.node, element=tag)


def _check_ways(
    scope: Scope, outgoing: dict[str, list[Flow]], incoming: dict[str, list[Flow]], findings: Findings
) -> None:
    """Every node can be reached from the start, and from every node an end can be reached."""
    attached = scope.attached()
    starts = scope.roots()
    ends = [id_ for id_, _ in scope.of_kind("endEvent")]
    reached = _walk(starts, lambda id_: [flow.target for flow in outgoing[id_]] + attached[id_])

    def before(id_: str) -> list[str]:
        found = [flow.source for flow in incoming[id_]]
        node = scope.nodes[id_]
        if tag_of(node) == "boundaryEvent" and node.get("cancelActivity") != "false":
            host = node.get("attachedToRef", "")
            found += [host] if host in scope.nodes else []
        return found

    ending = _walk(ends, before)
    for id_, node in scope.nodes.items():
        if starts and id_ not in reached and (incoming[id_] or tag_of(node) == "boundaryEvent"):
            findings.add("unreachable", node)
        if ends and id_ not in ending and outgoing[id_]:
            findings.add("no_way_to_end", node)


def _walk(starts: list[str], following: Callable[[str], list[str]]) -> set[str]:
    """All that is reached from the starts, without recursion."""
    found = set(starts)
    waiting = list(starts)
    while waiting:
        for id_ in following(waiting.pop()):
            if id_ not in found:
                found.add(id_)
                waiting.append(id_)
    return found


def _check_loops(scope: Scope, outgoing: dict[str, list[Flow]], findings: Findings) -> None:
    """A loop has a step that waits; otherwise one command would never come to its end."""
    instant = {id_ for id_ in scope.nodes if scope.kind(id_) in _INSTANT}
    after = {id_: {flow.target for flow in outgoing[id_]} & instant for id_ in instant}
    degree = dict.fromkeys(instant, 0)
    for targets in after.values():
        for id_ in targets:
            degree[id_] += 1
    # What is left when nodes without a predecessor are taken away, again and again, lies on or behind a loop.
    waiting = [id_ for id_ in instant if not degree[id_]]
    left = set(instant)
    while waiting:
        id_ = waiting.pop()
        left.discard(id_)
        for target in after[id_]:
            degree[target] -= 1
            if not degree[target]:
                waiting.append(target)
    if left:
        first = next(id_ for id_ in scope.nodes if id_ in left)
        findings.add("endless_loop", scope.nodes[first])
