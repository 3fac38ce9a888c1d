"""What a diagram names: inside its file, in the other files, and in the rooms above."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from lxml.etree import _Element as Node

from kernel.texts import Text
from processes.decisions import DEFAULT_MAPPING, MAPPINGS
from processes.findings import Findings
from processes.validation.diagram import (
    IN_BPMN,
    Diagram,
    Scope,
    camunda,
    children,
    property_of,
    tag_of,
    text_of,
)
from processes.validation.vocabulary import FLOW_NODES


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

    def form_exists(self, key: str) -> bool: ...

    def topic_exists(self, topic: str) -> bool: ...

    def process_exists(self, key: str) -> bool: ...

    def decision_exists(self, key: str) -> bool: ...

    def decision_mappings(self, key: str) -> frozenset[str]:
        """The values of `camunda:mapDecisionResult` that suit what a decision gives."""
        ...


# Which activities can wait for a timer or message, and which can meet a business error.
_WAITING = frozenset({"userTask", "serviceTask", "subProcess", "callActivity"})
_FAILING = frozenset({"serviceTask", "subProcess", "callActivity"})
_WAITING_TEXT = Text("用户任务、服务任务、子流程、调用活动", "a user or service task, a sub-process or a call activity")
_FAILING_TEXT = Text("服务任务、子流程、调用活动", "a service task, a sub-process or a call activity")


def check_inside(diagram: Diagram, findings: Findings) -> None:
    """References to other elements of the same file."""
    for node in diagram.messages.values():
        if not (node.get("name") or "").strip():
            findings.add("message_unnamed", node)
    for node in diagram.errors.values():
        if not (node.get("errorCode") or "").strip():
            findings.add("error_without_code", node)
    _check_once(diagram.messages.values(), "name", "message_duplicate", findings)
    _check_once(diagram.errors.values(), "errorCode", "error_duplicate", findings)
    for node in diagram.root.iter(f"{IN_BPMN}messageEventDefinition"):
        _check_known(node, "messageRef", diagram.messages, findings)
    for node in diagram.root.iter(f"{IN_BPMN}errorEventDefinition"):
        _check_known(node, "errorRef", diagram.errors, findings)
    _check_drawn(diagram, findings)
    for scope in diagram.scopes:
        _check_boundaries(diagram, scope, findings)


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
    for _, node in diagram.nodes("serviceTask"):
        topic = camunda(node, "topic")
        if topic and not references.topic_exists(topic):
            findings.add("topic_unknown", node, found=topic)
    for _, node in diagram.nodes("businessRuleTask"):
        _check_decision(node, references, findings)
    for _, node in diagram.nodes("callActivity"):
        called = called_by(node)
        if called and called not in others and not references.process_exists(called):
            findings.add("process_unknown", node, found=called)
    starters = property_of(diagram.process, "starter_roles")
    _check_names(starters.split(",") if starters else [], references.roles, "role_unknown", diagram.process, findings)


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
        for id_, node in scope.nodes.items():
            raised: Mapping[str, Node] = {}
            if id_ in scope.inner:
                raised = thrown[id(scope.inner[id_])]
            elif tag_of(node) == "callActivity":
                raised = dict.fromkeys(called.get(called_by(node), {}), node)
            elif tag_of(node) == "endEvent":
                raised = dict.fromkeys(_codes(diagram, node), node)
            for code, origin in raised.items():
                if code not in caught.get(id_, ()):
                    own.setdefault(code, origin)
    return thrown[id(diagram.scopes[0])]


def _caught(diagram: Diagram, scope: Scope) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for _, node in scope.of_kind("boundaryEvent"):
        found.setdefault(node.get("attachedToRef", ""), set()).update(_codes(diagram, node))
    return found


def _codes(diagram: Diagram, event: Node) -> list[str]:
    """The error codes that an event throws or catches."""
    errors = [diagram.errors.get(one.get("errorRef") or "") for one in children(event, "errorEventDefinition")]
    return [error.get("errorCode") or "" for error in errors if error is not None]


def _check_boundaries(diagram: Diagram, scope: Scope, findings: Findings) -> None:
    seen: set[tuple[str, str]] = set()
    for id_, node in scope.of_kind("boundaryEvent"):
        host_id = node.get("attachedToRef") or ""
        host = scope.nodes.get(host_id)
        if not host_id:
            continue
        if host is None:
            findings.add("reference_unknown", node, attribute="attachedToRef", found=host_id)
            continue
        errors = bool(children(node, "errorEventDefinition"))
        if tag_of(host) not in (_FAILING if errors else _WAITING):
            expected = _FAILING_TEXT if errors else _WAITING_TEXT
            findings.add("attached_refused", node, event=id_, activity=tag_of(host), expected=expected)
        if errors and node.get("cancelActivity") == "false":
            findings.add("error_not_interrupting", node)
        for name in (*_codes(diagram, node), *_message_names(diagram, node)):
            if (host_id, name) in seen:
                findings.add("boundary_duplicate", node, found=name)
            seen.add((host_id, name))


def _message_names(diagram: Diagram, event: Node) -> list[str]:
    messages = [diagram.messages.get(one.get("messageRef") or "") for one in children(event, "messageEventDefinition")]
    return [message.get("name") or "" for message in messages if message is not None]


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


def _check_names(names: Iterable[str], known: frozenset[str], code: str, node: Node, findings: Findings) -> None:
    for name in names:
        if name.strip() not in known:
            findings.add(code, node, found=name.strip(), known=", ".join(sorted(known)))


def _has_task(diagram: Diagram, element_id: str) -> bool:
    return any(id_ == element_id for id_, _ in diagram.nodes("userTask"))
