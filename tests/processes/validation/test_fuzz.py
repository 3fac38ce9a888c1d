"""Whatever is done to a good diagram, the validator answers with findings and never with an exception."""

import copy
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from kernel.texts import Text
from processes.rewrite import rewrite
from processes.validation import Finding, validate
from processes.xml import BPMN, CAMUNDA, DiagramRefused, parse
from tests.processes.validation.drawing import Known

FILES = [path.read_bytes() for path in sorted((Path(__file__).parents[3] / "bpmn").glob("*.bpmn"))]
TREES = [parse(data) for data in FILES]
TAGS = [
    "task",
    "userTask",
    "serviceTask",
    "scriptTask",
    "subProcess",
    "callActivity",
    "startEvent",
    "endEvent",
    "boundaryEvent",
    "sequenceFlow",
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "intermediateThrowEvent",
    "intermediateCatchEvent",
    "laneSet",
    "lane",
    "timerEventDefinition",
    "messageEventDefinition",
    "errorEventDefinition",
    "conditionExpression",
    "script",
    "process",
    "message",
    "error",
    "extensionElements",
    "definitions",
    "association",
    "dataObject",
    "timeDate",
    "timeCycle",
    "adHocSubProcess",
]
NAMES = [
    "id",
    "name",
    "sourceRef",
    "targetRef",
    "attachedToRef",
    "default",
    "calledElement",
    "messageRef",
    "errorRef",
    "cancelActivity",
    "language",
    "isExecutable",
    "triggeredByEvent",
    "scriptFormat",
    "errorCode",
] + [f"{{{CAMUNDA}}}{name}" for name in ("formRef", "topic", "type", "candidateGroups", "resultVariable")]
VALUES = st.sampled_from(["", " ", "true", "false", "review", "p", "x y", "${x}", "=a", "P1D", "1", "中", "a/b"])

change = st.tuples(
    st.sampled_from(["drop", "copy", "move", "rename", "set", "unset", "text", "new"]),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.sampled_from(TAGS),
    st.sampled_from(NAMES),
    VALUES | st.text(st.characters(blacklist_categories=["Cs", "Cc", "Cn"]), max_size=12),
)


def apply(root, kind, at, other, tag, name, value):
    nodes = [node for node in root.iter() if node is not root and isinstance(node.tag, str)]
    if not nodes:
        return
    node, second = nodes[at % len(nodes)], nodes[other % len(nodes)]
    if kind == "drop":
        node.getparent().remove(node)
    elif kind == "copy":
        second.append(copy.deepcopy(node))
    elif kind == "move" and second not in node.iter():
        second.append(node)
    elif kind == "rename":
        node.tag = f"{{{BPMN}}}{tag}"
    elif kind == "set":
        node.set(name, value)
    elif kind == "unset" and node.attrib:
        del node.attrib[sorted(node.attrib)[other % len(node.attrib)]]
    elif kind == "text":
        node.text = value
    elif kind == "new":
        etree.SubElement(node, f"{{{BPMN}}}{tag}", {name: value})


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(TREES) - 1), st.lists(change, min_size=1, max_size=8))
def test_any_change_of_a_diagram_gives_findings_and_no_exception(which, changes):
    root = copy.deepcopy(TREES[which])
    for one in changes:
        apply(root, *one)
    _answers(etree.tostring(root))


@settings(max_examples=250, deadline=None)
@given(st.integers(0, len(FILES) - 1), st.integers(0, 20_000), st.integers(0, 200), st.binary(max_size=30))
def test_any_change_of_the_bytes_gives_findings_and_no_exception(which, at, length, inserted):
    data = FILES[which]
    at %= len(data)
    _answers(data[:at] + inserted + data[at + length :])


@settings(max_examples=200)
@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_anything_at_all_gives_findings(data):
    assert any(finding.severity == "error" for finding in _answers(data))


def _answers(data):
    found = validate({"p": data, "again": data}, Known())
    for finding in found:
        assert isinstance(finding, Finding)
        assert isinstance(finding.text, Text)
        assert finding.severity in ("error", "warning")
        assert finding.process in ("p", "again")
    try:
        root = parse(data)
    except DiagramRefused:
        assert any(finding.severity == "error" for finding in found)
    else:
        rewrite(root)
    return found
