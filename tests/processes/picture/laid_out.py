"""Gives a small diagram of the tests its places, so that it can be drawn and looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree
from lxml.etree import _Element as Node

from processes.xml import BPMN, parse

_IN_BPMN = f"{{{BPMN}}}"
_SPACES = (
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:di="http://www.omg.org/spec/DD/20100524/DI"'
)
_HOLDING = ("subProcess", "transaction")
_GAP_X, _GAP_Y, _AROUND = 60.0, 60.0, 40.0


@dataclass(slots=True)
class _Placed:
    """Boxes (x, y, width, height) by id, relative to their scope until they are moved."""

    boxes: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0


def laid_out(data: bytes, *, collapsed: frozenset[str] = frozenset()) -> bytes:
    """The file with a drawing: columns by distance from the start, a row for each way; `collapsed` are folded."""
    root = parse(data)
    process = root.find(f"{_IN_BPMN}process")
    assert process is not None
    hidden = {inner.get("id") for one in process.iter() if one.get("id") in collapsed for inner in one} - {None}
    boxes = _scope(process, collapsed).boxes
    shapes = "".join(_shape(id_, box, _expanded(process, id_, collapsed)) for id_, box in boxes.items())
    edges = "".join(
        f'<bpmndi:BPMNEdge id="{one.get("id")}_edge" bpmnElement="{one.get("id")}">'
        + "".join(f'<di:waypoint x="{x}" y="{y}"/>' for x, y in _way(boxes, one))
        + "</bpmndi:BPMNEdge>"
        for kind in ("sequenceFlow", "association")
        for one in process.iter(_IN_BPMN + kind)
        if one.get("id") not in hidden and {one.get("sourceRef"), one.get("targetRef")} <= boxes.keys()
    )
    drawing = (
        f'<bpmndi:BPMNDiagram {_SPACES} id="drawing"><bpmndi:BPMNPlane id="plane" bpmnElement="{process.get("id")}">'
        f"{shapes}{edges}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>"
    )
    root.append(etree.fromstring(drawing))
    return etree.tostring(root, encoding="UTF-8")


def _shape(id: str, box: tuple[float, float, float, float], expanded: str) -> str:
    x, y, width, height = box
    label = f'<dc:Bounds x="{x - 24}" y="{y + height + 4}" width="{width + 48}" height="16"/>'
    label = f"<bpmndi:BPMNLabel>{label}</bpmndi:BPMNLabel>" if height < 60 else ""
    bounds = f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/>'
    return f'<bpmndi:BPMNShape id="{id}_shape" bpmnElement="{id}"{expanded}>{bounds}{label}</bpmndi:BPMNShape>'


def _expanded(process: Node, id: str, collapsed: frozenset[str]) -> str:
    holds = any(one.get("id") == id and _tag(one) in _HOLDING for one in process.iter())
    return f' isExpanded="{str(id not in collapsed).lower()}"' if holds else ""


def _scope(container: Node, collapsed: frozenset[str]) -> _Placed:
    nodes = {one.get("id", ""): one for one in _nodes(container)}
    flows = [(one.get("sourceRef", ""), one.get("targetRef", "")) for one in container.iter(f"{_IN_BPMN}sequenceFlow")]
    flows += [(one.get("sourceRef", ""), one.get("targetRef", "")) for one in container.iter(f"{_IN_BPMN}association")]
    attached = {id_: one.get("attachedToRef", "") for id_, one in nodes.items() if one.get("attachedToRef")}
    inner = {
        id_: _scope(one, collapsed) for id_, one in nodes.items() if _tag(one) in _HOLDING and id_ not in collapsed
    }
    cells = _cells([id_ for id_ in nodes if id_ not in attached], flows, attached)
    sizes = {
        id_: (inner[id_].width + 2 * _AROUND, inner[id_].height + 2 * _AROUND) if id_ in inner else _size(nodes[id_])
        for id_ in nodes
    }
    found = _Placed()
    lefts = _offsets({column for column, _ in cells.values()}, cells, sizes, 0, _GAP_X)
    tops = _offsets({row for _, row in cells.values()}, cells, sizes, 1, _GAP_Y)
    for id_, (column, row) in cells.items():
        width, height = sizes[id_]
        x = lefts[column][0] + (lefts[column][1] - width) / 2
        y = tops[row][0] + (tops[row][1] - height) / 2
        found.boxes[id_] = (x, y, width, height)
        for inner_id, box in inner[id_].boxes.items() if id_ in inner else ():
            found.boxes[inner_id] = (x + _AROUND + box[0], y + _AROUND + box[1], box[2], box[3])
        found.width, found.height = max(found.width, x + width), max(found.height, y + height)
    beside: dict[str, int] = {}
    for id_, host in attached.items():
        x, y, width, height = found.boxes[host]
        beside[host] = beside.get(host, 0) + 1
        found.boxes[id_] = (
            x + width - 24 if beside[host] == 1 else x + 24 - 36 * (beside[host] - 1),
            y + height - 18,
            36,
            36,
        )
    return found


def _cells(nodes: list[str], flows: list[tuple[str, str]], attached: dict[str, str]) -> dict[str, tuple[int, int]]:
    cells: dict[str, tuple[int, int]] = {}
    led_to = {target for _, target in flows}
    rows = 0
    for root in [one for one in nodes if one not in led_to] or nodes[:1]:
        waiting = [(root, 0, rows)]
        while waiting:
            id_, column, row = waiting.pop()
            if id_ in cells or id_ not in nodes:
                continue
            while (column, row) in cells.values():
                row += 1
            cells[id_] = (column, row)
            rows = max(rows, row + 1)
            after = [target for source, target in flows if source == id_ or attached.get(source) == id_]
            waiting += [(target, column + 1, row + index) for index, target in reversed(list(enumerate(after)))]
    return cells


def _offsets(
    places: set[int],
    cells: dict[str, tuple[int, int]],
    sizes: dict[str, tuple[float, float]],
    axis: int,
    gap: float,
) -> dict[int, tuple[float, float]]:
    found: dict[int, tuple[float, float]] = {}
    at = 0.0
    for place in sorted(places):
        size = max(sizes[id_][axis] for id_, cell in cells.items() if cell[axis] == place)
        found[place] = (at, size)
        at += size + gap
    return found


def _way(boxes: dict[str, tuple[float, float, float, float]], flow: Node) -> list[tuple[float, float]]:
    x, y, width, height = boxes[flow.get("sourceRef", "")]
    to_x, to_y, _, to_height = boxes[flow.get("targetRef", "")]
    if to_y > y + height and to_x < x + width + 20:
        middle = x + width / 2
        return [(middle, y + height), (middle, to_y)]
    start, end = (x + width, y + height / 2), (to_x, to_y + to_height / 2)
    if start[1] == end[1] and end[0] > start[0]:
        return [start, end]
    bend = end[0] - 20
    if to_y > y + height and height < 60 and width == 36:
        return [(x + 18, y + height), (x + 18, end[1]), end]
    return [start, (bend, start[1]), (bend, end[1]), end]


def _nodes(container: Node) -> Iterator[Node]:
    return (
        one
        for one in container
        if _tag(one).endswith(("Event", "ask", "Gateway", "ubProcess", "Activity", "transaction"))
    )


def _tag(node: Node) -> str:
    return str(node.tag).removeprefix(_IN_BPMN)


def _size(node: Node) -> tuple[float, float]:
    return (36, 36) if _tag(node).endswith("Event") else (50, 50) if _tag(node).endswith("Gateway") else (100, 80)
