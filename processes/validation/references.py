"""What a diagram names: inside its file, in the other files, and in the rooms above."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from lxml.etree import _Element as Node

from processes.decisions import DEFAULT_MAPPING, MAPPINGS
from processes.findings import Findings
from processes.validation.diagram import (
    IN_BPMN,
    Diagram,
    Scope,
    camunda,
    children,
    is_event_sub_process,
    property_of,
    tag_of,
    text_of,
)
from processes.validation.events import caught_by
from processes.validation.vocabulary import FLOW_NODES

LONGEST_TOPIC = 100
DOCUMENT = ("document", "document_template", "document_name_zh")
_TOPIC = re.compile(rf"[\w.:/-]{{1,{LONGEST_TOPIC}}}")


class References(Protocol):
    """What exists outside of the diagrams; `wiring.py` fills it."""

    @property
    def roles(self) -> frozenset[str]:
        """The roles that may stand in `camunda:candidateGroups` and `starter_roles`."""
        ...

    @property
    def scopes(self) -> frozenset[str]:
        """Where the scope of a task may come from (property `scope`)."""
        ...

    @property
    def effects(self) -> frozenset[str]:
        """What the approval of a line may do to the registry (property `registry_effect`)."""
        ...

    @property
    def employers(self) -> frozenset[str]:
        """Whose employer a line may be about (property `employer`)."""
        ...

    def form_exists(self, key: str) -> bool: ...

    def template_exists(self, key: str) -> bool:
        """Whether the document of a line can be made of this template (property `document_template`)."""
        ...

    def topic_exists(self, topic: str) -> bool: ...

    def process_exists(self, key: str) -> bool: ...

    def decision_exists(self, key: str) -> bool: ...

    def decision_mappings(self, key: str) -> frozenset[str]:
        """The values of `camunda:mapDecisionResult` that suit what a decision gives."""
        ...


def check_inside(diagram: Diagram, findings: Findings) -> None:
    """References to other elements of the same file."""
    for kind, attribute, unnamed, duplicate in (
        ("message", "name", "message_unnamed", "message_duplicate"),
        ("signal", "name", "signal_unnamed", "signal_duplicate"),
        ("error", "errorCode", "error_without_code", "error_duplicate"),
        ("escalation", "escalationCode", "escalation_without_code", "escalation_duplicate"),
    ):
        declared = diagram.declared(kind)
        for node in declared.values():
            if not (node.get(attribute) or "").strip():
                findings.add(unnamed, node)
        _check_once(declared.values(), attribute, duplicate, findings)
        for tag in (f"{kind}EventDefinition", *(("sendTask", "receiveTask") if kind == "message" else ())):
            for node in diagram.root.iter(IN_BPMN + tag):
                _check_known(node, f"{kind}Ref", declared, findings)
    _check_drawn(diagram, findings)


def check_outside(diagram: Diagram, others: Mapping[str, Diagram], references: References, findings: Findings) -> None:
    """References to forms, topics, processes, roles, scopes, and to tasks of the processes around."""
    for _, node in diagram.nodes("startEvent", "userTask"):
        form = camunda(node, "formRef")
        if form and not references.form_exists(form):
            findings.add("form_unknown", node, found=form)
    for _, node in diagram.nodes("userTask"):
        groups = camunda(node, "candidateGroups")
        _check_names(groups.split(",") if groups else [], references.roles, "role_unknown", node, findings)
        scope = property_of(node, "scope")
        _check_names([scope] if scope else [], references.scopes, "scope_unknown", node, findings)
        other = property_of(node, "separate_from")
        if other and not any(_has_task(one, other) for one in (diagram, *others.values())):
            findings.add("separate_from_unknown", node, found=other)
    for _, node in diagram.nodes("serviceTask", "sendTask"):
        topic = camunda(node, "topic")
        if topic and not _TOPIC.fullmatch(topic):
            findings.add("topic_invalid", node, found=topic, limit=LONGEST_TOPIC)
        elif topic and not references.topic_exists(topic):
            findings.add("topic_unknown", node, found=topic)
    for _, node in diagram.nodes("businessRuleTask"):
        _check_decision(node, references, findings)
    for _, node in diagram.nodes("callActivity"):
        called = called_by(node)
        if called and called not in others and not references.process_exists(called):
            findings.add("process_unknown", node, found=called)
    for property_ in ("eligibility", "choice_rules"):
        for table in _names(property_of(diagram.process, property_)):
            if not references.decision_exists(table):
                findings.add("decision_unknown", diagram.process, found=table)
    effect = property_of(diagram.process, "registry_effect")
    _check_names(_names(effect), references.effects, "effect_unknown", diagram.process, findings)
    employer = property_of(diagram.process, "employer")
    _check_names(_names(employer), references.employers, "employer_unknown", diagram.process, findings)
    _check_document(diagram.process, references, findings)
    starters = property_of(diagram.process, "starter_roles")
    _check_names(starters.split(",") if starters else [], references.roles, "role_unknown", diagram.process, findings)


def _check_document(process: Node, references: References, findings: Findings) -> None:
    """The document of a line needs its number, its template and its name, or the line has none."""
    missing = [name for name in DOCUMENT if not property_of(process, name)]
    if 0 < len(missing) < len(DOCUMENT):
        findings.add("document_incomplete", process, found=", ".join(missing))
    template = property_of(process, "document_template")
    if template and not references.template_exists(template):
        findings.add("template_unknown", process, found=template)


def _check_decision(node: Node, references: References, findings: Findings) -> None:
    decision = camunda(node, "decisionRef")
    if not decision:
        return
    if not references.decision_exists(decision):
        findings.add("decision_unknown", node, found=decision)
        return
    mapping = camunda(node, "mapDecisionResult") or DEFAULT_MAPPING
    suitable = references.decision_mappings(decision)
    if mapping in MAPPINGS and mapping not in suitable:
        findings.add("decision_mapping", node, found=mapping, decision=decision, expected=" / ".join(sorted(suitable)))


def check_errors_caught(diagrams: Mapping[str, Diagram], findings: Mapping[str, Findings]) -> None:
    """Every error that a line can raise, also by a process it calls, has a boundary event that catches it."""
    escaping: dict[str, dict[str, Node]] = {key: {} for key in diagrams}
    changed = True
    while changed:  # until nothing escapes that was not known; each round adds at least one error
        changed = False
        for key, diagram in diagrams.items():
            found = _escaping(diagram, escaping)
            if found.keys() != escaping[key].keys():
                escaping[key] = found
                changed = True
    for key, diagram in diagrams.items():
        if diagram.is_line:
            for code, node in escaping[key].items():
                findings[key].add("error_not_caught", node, found=code)


def called_by(node: Node) -> str:
    """The process that a call activity calls."""
    return node.get("calledElement") or ""


def _escaping(diagram: Diagram, called: Mapping[str, Mapping[str, Node]]) -> dict[str, Node]:
    """The error codes that leave a process uncaught, each with the element it comes from."""
    thrown: dict[int, dict[str, Node]] = {id(scope): {} for scope in diagram.scopes}
    for scope in reversed(diagram.scopes):  # inner ones first
        caught = _caught(diagram, scope)
        own = thrown[id(scope)]
        inside = {code for id_ in scope.inner for code in _caught_by_scope(diagram, scope, id_)}
        for id_, node in scope.nodes.items():
            raised: Mapping[str, Node] = {}
            if id_ in scope.inner:
                raised = thrown[id(scope.inner[id_])]
            elif tag_of(node) == "callActivity":
                raised = dict.fromkeys(called.get(called_by(node), {}), node)
            elif tag_of(node) == "endEvent":
                raised = dict.fromkeys(_codes(diagram, node), node)
            around = set() if is_event_sub_process(node) else inside
            for code, origin in raised.items():
                if not {code, ""} & (caught.get(id_, set()) | around):
                    own.setdefault(code, origin)
    return thrown[id(diagram.scopes[0])]


def _caught(diagram: Diagram, scope: Scope) -> dict[str, set[str]]:
    """The codes that boundary events catch, by activity; an empty text catches all."""
    found: dict[str, set[str]] = {}
    for _, node in scope.of_kind("boundaryEvent"):
        found.setdefault(node.get("attachedToRef", ""), set()).update(_codes(diagram, node))
    return found


def _caught_by_scope(diagram: Diagram, scope: Scope, id_: str) -> Iterator[str]:
    """The codes that an event sub-process catches for the scope it stands in."""
    if is_event_sub_process(scope.nodes[id_]):
        for _, start in scope.inner[id_].of_kind("startEvent"):
            yield from _codes(diagram, start)


def _codes(diagram: Diagram, event: Node) -> list[str]:
    """The error codes that an event throws or catches."""
    return [caught_by(diagram, one) for one in children(event, "errorEventDefinition")]


def _check_drawn(diagram: Diagram, findings: Findings) -> None:
    """What is only drawn must still point at something that is there."""
    ids = {str(id_) for node in diagram.root.iter() if (id_ := node.get("id"))}
    nodes = {id_ for id_, _ in diagram.nodes(*FLOW_NODES)}
    for node in diagram.root.iter(f"{IN_BPMN}flowNodeRef"):
        if text_of(node) not in nodes:
            findings.add("reference_unknown", node, attribute="flowNodeRef", found=text_of(node))
    for tag, attributes in (
        ("association", ("sourceRef", "targetRef")),
        ("dataObjectReference", ("dataObjectRef",)),
        ("group", ("categoryValueRef",)),
    ):
        for node in diagram.root.iter(f"{IN_BPMN}{tag}"):
            for attribute in attributes:
                if node.get(attribute):
                    _check_known(node, attribute, ids, findings)


def _check_known(node: Node, attribute: str, known: Iterable[str], findings: Findings) -> None:
    found = node.get(attribute) or ""
    if found and found not in known:
        findings.add("reference_unknown", node, attribute=attribute, found=found)


def _check_once(nodes: Iterable[Node], attribute: str, code: str, findings: Findings) -> None:
    seen: set[str] = set()
    for node in nodes:
        value = (node.get(attribute) or "").strip()
        if value and value in seen:
            findings.add(code, node, found=value)
        seen.add(value)


def _names(value: str | None) -> list[str]:
    return [name.strip() for name in value.split(",")] if value else []


def _check_names(names: Iterable[str], known: frozenset[str], code: str, node: Node, findings: Findings) -> None:
    for name in names:
        if name.strip() not in known:
            findings.add(code, node, found=name.strip(), known=", ".join(sorted(known)))


def _has_task(diagram: Diagram, element_id: str) -> bool:
    return any(id_ == element_id for id_, _ in diagram.nodes("userTask"))
