"""Reads a diagram for drawing: its elements, flows and pages with the places the analyst gave them (BPMN DI).

A page is one BPMN plane: the process itself, and one more for each collapsed sub-process that is drawn on a page of
its own. Nothing here runs a process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from lxml.etree import _Element as Node

from kernel.texts import Language
from processes import xml

BPMN, BPMNDI, CAMUNDA = (f"{{{space}}}" for space in (xml.BPMN, xml.BPMNDI, xml.CAMUNDA))
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DI = "{http://www.omg.org/spec/DD/20100524/DI}"
_FLOW_NODES = ("Event", "Task", "task", "Gateway", "ubProcess", "Activity", "transaction")
_HOLDING = ("subProcess", "transaction")
_ARTIFACTS = ("lane", "group", "textAnnotation", "dataObjectReference", "dataStoreReference")
Repeats = Literal["parallel", "sequential", "loop"]
BIOC = "{http://bpmn.io/schema/bpmn/biocolor/1.0}"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A flow node: what it is, what the analyst calls it, and where it belongs.

    `parent` is the embedded sub-process around it, `event` the kind of its event definition (`timer`, `message`,
    `error`), `link` the name of a link event, `roles` who may take the task. A boundary or start event that is not
    `interrupting` leaves its host at work. An activity that `repeats` is done for several items or again and again; one
    that `undoes` another is its compensation handler. An `on_event` sub-process waits for its start event.
    """

    id: str
    kind: str
    name: str
    properties: Mapping[str, str]
    documentation: str
    parent: str | None = None
    attached_to: str | None = None
    called: str | None = None
    roles: str = ""
    event: str | None = None
    link: str | None = None
    interrupting: bool = True
    repeats: Repeats | None = None
    undoes: bool = False
    on_event: bool = False
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()

    @property
    def is_activity(self) -> bool:
        return not self.kind.endswith(("Event", "Gateway"))

    @property
    def holds(self) -> bool:
        """Whether other elements stand inside it."""
        return self.kind in _HOLDING

    @property
    def throws(self) -> bool:
        """Whether an event lets something happen; others wait for it."""
        return self.kind in ("intermediateThrowEvent", "endEvent")

    def says(self, word: str, language: Language) -> str:
        """The applicant's word of that kind (`short`, `back`, `group`, `note`), Chinese where English is missing."""
        return self.properties.get(f"{word}_{language}") or self.properties.get(f"{word}_zh", "")

    def title(self, language: Language) -> str:
        return (self.properties.get("name_en") if language == "en" else "") or self.name or self.id


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow; `is_default` where it is taken when no condition of the others is true."""

    id: str
    name: str
    source: str
    target: str
    properties: Mapping[str, str]
    has_condition: bool = False
    is_default: bool = False

    def title(self, language: Language) -> str:
        return (self.properties.get("name_en") if language == "en" else "") or self.name


@dataclass(frozen=True, slots=True)
class Artifact:
    """Something drawn to explain: a lane, a group, a note or data."""

    id: str
    kind: str
    words: str
    properties: Mapping[str, str]

    def title(self, language: Language) -> str:
        return (self.properties.get("name_en") if language == "en" else "") or self.words


@dataclass(frozen=True, slots=True)
class Association:
    """A dotted line between two shapes; `directed` when it ends in an arrow."""

    source: str
    target: str
    directed: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """Where an element stands on its page, and where its name does when it stands beside it."""

    element: str
    box: Box
    label: Box | None
    expanded: bool | None
    stroke: str | None
    fill: str | None


@dataclass(frozen=True, slots=True)
class Edge:
    """The corners of a flow or an association on its page."""

    flow: str
    points: tuple[tuple[float, float], ...]
    label: Box | None


@dataclass(frozen=True, slots=True)
class Page:
    """One plane: of the process (`owner` is its key) or of a collapsed sub-process."""

    owner: str
    shapes: Mapping[str, Shape]
    edges: Mapping[str, Edge]


@dataclass(frozen=True, slots=True)
class Diagram:
    """A process as it is drawn."""

    key: str
    name: str
    properties: Mapping[str, str]
    nodes: Mapping[str, DrawnNode]
    flows: Mapping[str, Flow]
    associations: Mapping[str, Association]
    artifacts: Mapping[str, Artifact]
    pages: tuple[Page, ...]

    def title(self, language: Language) -> str:
        return self.properties.get(f"title_{language}") or self.name or self.key

    def inside(self, owner: str) -> Iterator[str]:
        """The ids of all elements inside an embedded sub-process, at any depth."""
        for node in self.nodes.values():
            parent = node.parent
            while parent is not None and parent != owner:
                parent = self.nodes[parent].parent
            if parent == owner:
                yield node.id

    def leaves_straight(self, flow: str) -> bool:
        """Whether the flow runs on to the right in one straight line, as the usual way does (STYLE.md 11)."""
        for page in self.pages:
            if edge := page.edges.get(flow):
                return len({y for _, y in edge.points}) == 1 and edge.points[-1][0] > edge.points[0][0]
        return False


@lru_cache(maxsize=256)
def read(data: bytes) -> Diagram:
    """The diagram in a BPMN file; kept by content, so a page reads each version once.

    Raises:
        DiagramRefused: the file is not BPMN.
        ValueError: it holds no process.
    """
    root = xml.parse(data)
    process = root.find(f"{BPMN}process")
    if process is None:
        raise ValueError("Expected a process in the file, but there is none")
    key = process.get("id", "")
    known = {element.get("id") for element in process.iter() if str(element.tag).endswith(_FLOW_NODES)}
    defaults = {element.get("default") for element in process.iter()} - {None}
    flows = {
        flow.get("id", ""): Flow(
            flow.get("id", ""),
            flow.get("name", ""),
            flow.get("sourceRef", ""),
            flow.get("targetRef", ""),
            _properties(flow),
            has_condition=flow.find(f"{BPMN}conditionExpression") is not None,
            is_default=flow.get("id") in defaults,
        )
        for flow in process.iter(f"{BPMN}sequenceFlow")
        if {flow.get("sourceRef"), flow.get("targetRef")} <= known
    }
    nodes = {node.id: node for node in _nodes(process, flows)}
    return Diagram(
        key,
        process.get("name", ""),
        _properties(process),
        MappingProxyType(nodes),
        MappingProxyType(flows),
        MappingProxyType({one.get("id", ""): _association(one, nodes) for one in root.iter(f"{BPMN}association")}),
        MappingProxyType({one.id: one for kind in _ARTIFACTS for one in _artifacts(root, kind)}),
        tuple(_page(plane) for plane in root.iter(f"{BPMNDI}BPMNPlane")),
    )


def called_at(files: Mapping[str, bytes], key: str, calls: Sequence[str]) -> Diagram | None:
    """The process that a chain of call activities runs, from the root process; None when the chain is broken."""
    process = key
    for call in calls:
        caller = read(files[process]).nodes.get(call) if process in files else None
        process = (caller.called if caller else None) or ""
    return read(files[process]) if process in files else None


def innermost(files: Mapping[str, bytes], key: str, counts: Mapping[str, int]) -> dict[str, int]:
    """The counts without those of activities that are active only because something inside them is."""
    found = dict(counts)
    for path in counts:
        *calls, element_id = path.split("/")
        diagram = called_at(files, key, calls)
        node = diagram.nodes.get(element_id) if diagram else None
        if diagram is None or node is None or not (node.kind == "callActivity" or node.holds):
            continue
        prefix = path[: -len(element_id)]
        inside = {prefix + one for one in diagram.inside(node.id)}
        if any(
            other in inside or any(other.startswith(f"{holder}/") for holder in (path, *inside)) for other in counts
        ):
            del found[path]
    return found


def _nodes(process: Node, flows: Mapping[str, Flow]) -> Iterator[DrawnNode]:
    for element in process.iter():
        kind = str(element.tag).removeprefix(BPMN)
        if not kind.endswith(_FLOW_NODES) or element is process:
            continue
        element_id, parent = element.get("id", ""), element.getparent()
        definition = next((child for child in element if str(child.tag).endswith("EventDefinition")), None)
        yield DrawnNode(
            element_id,
            kind,
            element.get("name", ""),
            _properties(element),
            (element.findtext(f"{BPMN}documentation") or "").strip(),
            parent=None if parent is None or parent is process else parent.get("id"),
            attached_to=element.get("attachedToRef"),
            called=element.get("calledElement"),
            roles=element.get(f"{CAMUNDA}candidateGroups", ""),
            event=None
            if definition is None
            else str(definition.tag).removeprefix(BPMN).removesuffix("EventDefinition"),
            link=None if definition is None else definition.get("name"),
            interrupting="false" not in (element.get("cancelActivity"), element.get("isInterrupting")),
            repeats=_repeats(element),
            undoes=element.get("isForCompensation") == "true",
            on_event=element.get("triggeredByEvent") == "true",
            incoming=tuple(flow.id for flow in flows.values() if flow.target == element_id),
            outgoing=tuple(flow.id for flow in flows.values() if flow.source == element_id),
        )


def _association(element: Node, nodes: Mapping[str, DrawnNode]) -> Association:
    target = element.get("targetRef", "")
    undoes = target in nodes and nodes[target].undoes
    return Association(element.get("sourceRef", ""), target, undoes or element.get("associationDirection") == "One")


def _artifacts(root: Node, kind: str) -> Iterator[Artifact]:
    values = {one.get("id"): one.get("value", "") for one in root.iter(f"{BPMN}categoryValue")}
    for element in root.iter(BPMN + kind):
        words = element.get("name") or element.findtext(f"{BPMN}text") or values.get(element.get("categoryValueRef"))
        yield Artifact(element.get("id", ""), kind, (words or "").strip(), _properties(element))


def _repeats(element: Node) -> Repeats | None:
    if element.find(f"{BPMN}standardLoopCharacteristics") is not None:
        return "loop"
    several = element.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if several is None:
        return None
    return "sequential" if several.get("isSequential") == "true" else "parallel"


def _properties(element: Node) -> Mapping[str, str]:
    found = element.iterfind(f"{BPMN}extensionElements/{CAMUNDA}properties/{CAMUNDA}property")
    return MappingProxyType({one.get("name", ""): one.get("value", "") for one in found})


def _page(plane: Node) -> Page:
    shapes = {
        shape.get("bpmnElement", ""): Shape(
            shape.get("bpmnElement", ""),
            _box(shape) or Box(0, 0, 0, 0),
            _label(shape),
            {"true": True, "false": False}.get(shape.get("isExpanded", "")),
            shape.get(f"{BIOC}stroke"),
            shape.get(f"{BIOC}fill"),
        )
        for shape in plane.iterfind(f"{BPMNDI}BPMNShape")
    }
    edges = {
        edge.get("bpmnElement", ""): Edge(
            edge.get("bpmnElement", ""),
            tuple((float(point.get("x", "0")), float(point.get("y", "0"))) for point in edge.iterfind(f"{DI}waypoint")),
            _label(edge),
        )
        for edge in plane.iterfind(f"{BPMNDI}BPMNEdge")
    }
    return Page(plane.get("bpmnElement", ""), MappingProxyType(shapes), MappingProxyType(edges))


def _label(owner: Node) -> Box | None:
    label = owner.find(f"{BPMNDI}BPMNLabel")
    return None if label is None else _box(label)


def _box(owner: Node) -> Box | None:
    bounds = owner.find(f"{DC}Bounds")
    if bounds is None:
        return None
    x, y, width, height = (float(bounds.get(name, "0")) for name in ("x", "y", "width", "height"))
    return Box(x, y, width, height)
