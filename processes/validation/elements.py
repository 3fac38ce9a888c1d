"""The whitelist applied: every element, attribute and extension of a file is in the vocabulary, or is refused."""

from __future__ import annotations

import re

from lxml import etree
from lxml.etree import _Element as Node

from kernel.texts import Text
from processes.findings import Findings
from processes.names import is_variable_name
from processes.validation.diagram import (
    DECLARED,
    IN_BPMN,
    Diagram,
    camunda,
    children,
    properties,
    property_of,
    tag_of,
    text_of,
)
from processes.validation.vocabulary import (
    ACTIVITIES,
    ELEMENTS,
    EXTENSIONS,
    FLOW_NODES,
    PROPERTIES,
    REPEATING,
    THROWN,
    WITHOUT_EFFECT,
    Shape,
    Values,
    instead_of,
)
from processes.xml import BPMN, BPMNDI, CAMUNDA, XSI

# Namespaces that only draw or describe: colours, the modeler's notes, languages of texts.
_HARMLESS = frozenset(
    {
        "http://bpmn.io/schema/bpmn/biocolor/1.0",
        "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
        "http://camunda.org/schema/modeler/1.0",
        "http://www.w3.org/XML/1998/namespace",
    }
)
_TYPED = frozenset({"conditionExpression", "timeDate", "timeDuration", "timeCycle"}) | {
    "condition",
    "loopCardinality",
    "completionCondition",
    "loopCondition",
}
_ID = re.compile(r"[^\W\d][\w.-]{0,79}")
_SPEAKING = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_GENERATED = re.compile(r"(?:[a-z]+_)+(?=[a-z]*\d)[a-z0-9]{7}", re.IGNORECASE)

_EVENT_TYPES = {
    "startEvent": Text("空事件；事件子流程中有类型", "none; in an event sub-process its type"),
    "endEvent": Text(
        "空事件、消息、信号、错误、升级、补偿、取消、终止",
        "none, message, signal, error, escalation, compensation, cancel, terminate",
    ),
    "intermediateThrowEvent": Text(
        "空事件、消息、信号、升级、补偿、链接", "none, message, signal, escalation, compensation, link"
    ),
    "intermediateCatchEvent": Text("消息、定时、信号、条件、链接", "message, timer, signal, condition, link"),
    "boundaryEvent": Text(
        "消息、定时、信号、条件、错误、升级、补偿、取消",
        "message, timer, signal, condition, error, escalation, compensation, cancel",
    ),
}
_WITH_DEFINITION = frozenset({"intermediateCatchEvent", "boundaryEvent"})

# What an element cannot do without: (its attribute, whether it is of the camunda namespace).
_REQUIRED: dict[str, tuple[tuple[str, bool], ...]] = {
    "serviceTask": (("type", True), ("topic", True)),
    "scriptTask": (("scriptFormat", False), ("resultVariable", True)),
    "businessRuleTask": (("decisionRef", True), ("resultVariable", True)),
    "callActivity": (("calledElement", False),),
    "boundaryEvent": (("attachedToRef", False),),
    "sequenceFlow": (("sourceRef", False), ("targetRef", False)),
    "messageEventDefinition": (("messageRef", False),),
    "signalEventDefinition": (("signalRef", False),),
    "receiveTask": (("messageRef", False),),
}
_WITH_ID = FLOW_NODES | {"process", *DECLARED}
# Which children an element has at most once, and which it cannot do without.
_SINGLE = (
    *("script", "conditionExpression", "extensionElements", "condition", *REPEATING),
    *("loopCardinality", "completionCondition", "loopDataInputRef", "inputDataItem", "loopCondition"),
)


def check_elements(root: Node, findings: Findings) -> None:
    """Walk the file below `definitions`, without the drawing, and refuse what is not in the vocabulary."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        tag = tag_of(node)
        shape = ELEMENTS[tag]
        _check_attributes(node, tag, shape, findings)
        _check_required(node, tag, findings)
        if tag in _EVENT_TYPES:
            _check_event(node, tag, findings)
        if tag == "extensionElements":
            _check_extensions(node, findings)
            continue
        known = []
        for child in node:
            if _check_child(child, tag, shape, findings):
                known.append(child)
        for single in _SINGLE:
            if len(children(node, single)) > 1:
                findings.add("child_several", node, element=tag, child=single)
        waiting.extend(reversed(known))


def check_ids(diagram: Diagram, findings: Findings) -> None:
    """Ids are there, valid, and given once in a file: the library looks an element up by its id alone."""
    seen: set[str] = set()
    for node in diagram.root.iter():
        id_ = node.get("id")
        tag = tag_of(node)
        if not id_:
            if tag in _WITH_ID:
                findings.add("id_missing", node, element=tag)
            continue
        if not _ID.fullmatch(id_):
            findings.add("id_invalid", node, about=id_, found=id_)
        if id_ in seen:
            findings.add("id_duplicate", node, about=id_, found=id_)
        seen.add(id_)
    for id_, node in [(diagram.key, diagram.process), *diagram.nodes(*FLOW_NODES)]:
        if id_ and (_GENERATED.fullmatch(id_) or not _SPEAKING.fullmatch(id_)):
            findings.add("id_not_speaking", node, found=id_)
    for id_, node in diagram.nodes("userTask"):
        # The answers are a context of this name, so expressions must be able to say it.
        if id_ and _ID.fullmatch(id_) and not is_variable_name(id_):
            findings.add("variable_invalid", node, found=id_)


def check_process(diagram: Diagram, findings: Findings) -> None:
    """The process can be executed, and what its properties say is known."""
    executable = diagram.process.get("isExecutable")
    if executable is None:
        findings.add("is_executable_missing", diagram.process)
    elif executable == "false":
        findings.add("not_executable", diagram.process)
    elif executable != "true":
        findings.add(
            "attribute_value_refused",
            diagram.process,
            element="process",
            attribute="isExecutable",
            found=executable,
            expected="true",
        )
    for node in (diagram.process, *(node for _, node in diagram.nodes(*FLOW_NODES))):
        seen: set[str] = set()
        for name, one in properties(node):
            if name not in PROPERTIES:
                findings.add("property_unknown", one, found=name)
            if name in seen:
                findings.add("property_duplicate", one, found=name)
            seen.add(name)
    for _, node in diagram.nodes("userTask"):
        _check_user_task(diagram, node, findings)


def _check_user_task(diagram: Diagram, node: Node, findings: Findings) -> None:
    """Where people work on a task it says whose it is and which form it has.

    Outside of lines, one that names nobody is for other systems (`model.FOR_SYSTEMS`).
    """
    if diagram.is_for_systems(node):
        return
    named = {
        "camunda:formRef": camunda(node, "formRef"),
        "camunda:candidateGroups": camunda(node, "candidateGroups"),
        "camunda:property scope": property_of(node, "scope"),
    }
    for attribute, value in named.items():
        if not value.strip():
            findings.add("attribute_missing", node, element="userTask", attribute=attribute)


def check_drawing(diagram: Diagram, findings: Findings) -> None:
    """A file without a drawing runs, but nobody can see where it stands."""
    drawn = {
        shape.get("bpmnElement")
        for tag in ("BPMNShape", "BPMNEdge")
        for shape in diagram.root.iter(f"{{{BPMNDI}}}{tag}")
    }
    if not drawn:
        findings.add("drawing_missing", diagram.process)
        return
    for id_, node in diagram.nodes(*FLOW_NODES):
        if id_ not in drawn:
            findings.add("drawing_incomplete", node, found=id_)


def _check_child(child: Node, tag: str, shape: Shape, findings: Findings) -> bool:
    """Whether a child belongs to the vocabulary and is to be walked; the drawing is not."""
    namespace = etree.QName(child).namespace
    name = etree.QName(child).localname
    if namespace == BPMN and name in shape.children:
        return True
    if namespace == BPMNDI and tag == "definitions" and name == "BPMNDiagram":
        return False
    if namespace == BPMN and name.endswith("EventDefinition") and tag in _EVENT_TYPES:
        findings.add("event_refused", child, element=tag, found=name, expected=_EVENT_TYPES[tag])
        return False
    findings.add("element_refused", child, element=_shown(child), instead=instead_of(name))
    return False


def _check_attributes(node: Node, tag: str, shape: Shape, findings: Findings) -> None:
    for qualified, value in node.attrib.items():
        namespace, name = _split(str(qualified))
        allowed: Values
        if namespace == "" and name in shape.attributes:
            allowed, shown = shape.attributes[name], name
        elif namespace == CAMUNDA and name in shape.camunda:
            allowed, shown = shape.camunda[name], f"camunda:{name}"
        elif namespace in _HARMLESS or (namespace == XSI and _typed(tag, name, str(value))):
            continue
        else:
            shown = f"camunda:{name}" if namespace == CAMUNDA else name if not namespace else f"{{{namespace}}}{name}"
            findings.add("attribute_refused", node, element=tag, attribute=shown, instead=instead_of(name))
            continue
        if allowed is not None and value not in allowed:
            expected = " / ".join(sorted(allowed))
            findings.add("attribute_value_refused", node, element=tag, attribute=shown, found=value, expected=expected)
        if name in WITHOUT_EFFECT:
            findings.add("attribute_without_effect", node, attribute=shown, instead=WITHOUT_EFFECT[name])


def _typed(tag: str, name: str, value: str) -> bool:
    """`xsi:type` of an expression says that it is one; `xsi:schemaLocation` only helps editors."""
    if name == "type":
        return tag in _TYPED and value.rpartition(":")[2] in ("tFormalExpression", "tExpression")
    return tag == "definitions" and name == "schemaLocation"


def _check_required(node: Node, tag: str, findings: Findings) -> None:
    for name, dialect in _REQUIRED.get(tag, ()):
        value = camunda(node, name) if dialect else node.get(name) or ""
        if not value.strip():
            shown = f"camunda:{name}" if dialect else name
            findings.add("attribute_missing", node, element=tag, attribute=shown)
    if tag == "scriptTask" and not any(text_of(script) for script in children(node, "script")):
        findings.add("expression_missing", node, place="scriptTask")
    if tag == "conditionalEventDefinition" and not children(node, "condition"):
        findings.add("expression_missing", node, place=tag)
    if tag == "sendTask" and not (node.get("messageRef") or camunda(node, "topic")):
        findings.add("attribute_missing", node, element=tag, attribute="messageRef")
    if tag == "errorEventDefinition" and not node.get("errorRef") and _throws(node):
        findings.add("attribute_missing", node, element=tag, attribute="errorRef")
    if tag == "escalationEventDefinition" and not node.get("escalationRef") and _throws(node):
        findings.add("attribute_missing", node, element=tag, attribute="escalationRef")
    if tag in ACTIVITIES and all(children(node, kind) for kind in REPEATING):
        findings.add("repeated_twice", node)
    if tag == "multiInstanceLoopCharacteristics":
        ways = (camunda(node, "collection"), children(node, "loopDataInputRef"), children(node, "loopCardinality"))
        if sum(map(bool, ways)) != 1:
            findings.add("repetition_of_what", node)
    if tag == "standardLoopCharacteristics":
        maximum = node.get("loopMaximum")
        if maximum is None and not children(node, "loopCondition"):
            findings.add("expression_missing", node, place="loopCondition")
        if maximum is not None and not re.fullmatch(r"[1-9]\d{0,3}", maximum):
            findings.add(
                "attribute_value_refused", node, element=tag, attribute="loopMaximum", found=maximum, expected="1..9999"
            )


def _throws(definition: Node) -> bool:
    """Whether an event definition stands in an event that throws; one that catches may catch any code."""
    event = definition.getparent()
    return event is not None and tag_of(event) in THROWN


def _check_event(node: Node, tag: str, findings: Findings) -> None:
    definitions = [child for child in node if str(child.tag).startswith(IN_BPMN) and _defines(child)]
    if len(definitions) > 1:
        findings.add("event_definition_several", node)
    if not definitions and tag in _WITH_DEFINITION:
        findings.add("event_definition_missing", node, element=tag, expected=_EVENT_TYPES[tag])


def _defines(node: Node) -> bool:
    return tag_of(node).endswith("EventDefinition")


def _check_extensions(node: Node, findings: Findings) -> None:
    """What stands in `extensionElements`: the dialect's own, the modeler's notes, and nothing else."""
    holder = node.getparent()
    allowed = ELEMENTS[tag_of(holder)].extensions if holder is not None else frozenset()
    waiting = [(child, allowed) for child in node]
    while waiting:
        child, names = waiting.pop()
        namespace, name = _split(str(child.tag))
        if namespace in _HARMLESS:
            continue
        if namespace != CAMUNDA or name not in names:
            findings.add("element_refused", child, element=_shown(child), instead=instead_of(name))
            continue
        shape = EXTENSIONS[name]
        for qualified, value in child.attrib.items():
            allowed_values = shape.attributes.get(str(qualified))
            if str(qualified) not in shape.attributes:
                findings.add(
                    "attribute_refused",
                    child,
                    element=f"camunda:{name}",
                    attribute=qualified,
                    instead=instead_of(str(qualified)),
                )
            elif allowed_values is not None and value not in allowed_values:
                findings.add(
                    "attribute_value_refused",
                    child,
                    element=f"camunda:{name}",
                    attribute=qualified,
                    found=value,
                    expected=" / ".join(sorted(allowed_values)),
                )
        waiting.extend((grandchild, shape.children) for grandchild in child)


def _shown(node: Node) -> str:
    """The tag of an element as its author knows it, with the prefix of the file."""
    name = etree.QName(node).localname
    return f"{node.prefix}:{name}" if node.prefix else name


def _split(qualified: str) -> tuple[str, str]:
    if not qualified.startswith("{"):
        return "", qualified
    namespace, _, name = qualified[1:].partition("}")
    return namespace, name
