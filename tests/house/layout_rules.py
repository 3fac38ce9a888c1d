"""What makes a diagram readable (STYLE.md 11, docs/diagrams.md): each rule gives the violations of one diagram."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from math import hypot
from pathlib import Path

from processes.picture.geometry import Box, Diagram, DrawnNode, Edge, Page, Shape
from processes.picture.lettering import width_of, wrapped

ROOT = Path(__file__).resolve().parents[2]
MOST_SHAPES, LONGEST_NAME, SHORTEST_FLOW = 20, 12, 50
LETTER, LINE = 13.0, 18.0
SIZES = {"Event": (36, 36), "Gateway": (50, 50), "Task": (100, 80), "Activity": (100, 80)}
# Pairs of flows that may cross, each with the reason; empty as long as no diagram needs it.
MAY_CROSS: dict[frozenset[str], str] = {}

Segment = tuple[tuple[float, float], tuple[float, float]]


def not_drawn(diagram: Diagram) -> list[str]:
    """Elements without a shape and flows without an edge."""
    shapes = {one for page in diagram.pages for one in page.shapes}
    edges = {one for page in diagram.pages for one, edge in page.edges.items() if len(edge.points) > 1}
    return [one for one in diagram.nodes if one not in shapes] + [one for one in diagram.flows if one not in edges]


def odd_sizes(diagram: Diagram) -> list[str]:
    """Shapes of another size than their kind, or off the grid of 10."""
    found = []
    for _, node, shape in _shapes(diagram):
        wanted = next((size for kind, size in SIZES.items() if node.kind.endswith(kind)), None)
        if wanted and (shape.box.width, shape.box.height) != wanted:
            found.append(f"{node.id}: {shape.box.width:g} x {shape.box.height:g}, not {wanted[0]} x {wanted[1]}")
        if any(value % 10 for value in shape.box.middle):
            found.append(f"{node.id}: its middle {shape.box.middle} is off the grid")
    return found


def overlaps(diagram: Diagram) -> list[str]:
    """Shapes that lie on one another; a child may lie in its sub-process and an event on the edge of its host."""
    found = []
    for page in diagram.pages:
        for one, other in combinations(page.shapes.values(), 2):
            first, second = diagram.nodes[one.element], diagram.nodes[other.element]
            if second.attached_to == first.id or first.attached_to == second.id:
                continue
            if first.id in _around(diagram, second) or second.id in _around(diagram, first):
                outer, inner = (one, other) if first.id in _around(diagram, second) else (other, one)
                if not _contains(outer.box, inner.box, 5):
                    found.append(f"{inner.element} is not inside {outer.element}")
            elif _overlap(one.box, other.box):
                found.append(f"{one.element} and {other.element} overlap")
    return found


def loose_flows(diagram: Diagram) -> list[str]:
    """Flows that do not begin and end on the edge of their shapes."""
    found = []
    for page, edge in _edges(diagram):
        flow = diagram.flows[edge.flow]
        for end, element in ((edge.points[0], flow.source), (edge.points[-1], flow.target)):
            shape = page.shapes.get(element)
            if shape is None or not _on_edge(end, shape, diagram.nodes[element]):
                found.append(f"{edge.flow} does not touch the edge of {element}")
    return found


def slanted_flows(diagram: Diagram) -> list[str]:
    """Flows with a part that is neither level nor upright, or with a part of no length."""
    return [
        f"{edge.flow}: {before} to {after}"
        for _, edge in _edges(diagram)
        for before, after in pairwise(edge.points)
        if (before[0] == after[0]) == (before[1] == after[1])
    ]


def short_flows(diagram: Diagram) -> list[str]:
    """Straight flows that leave too little room between two shapes."""
    return [
        f"{edge.flow}: {edge.points[-1][0] - edge.points[0][0]:g} long"
        for _, edge in _edges(diagram)
        if diagram.leaves_straight(edge.flow) and edge.points[-1][0] - edge.points[0][0] < SHORTEST_FLOW
    ]


def flows_through_shapes(diagram: Diagram) -> list[str]:
    found = []
    for page, edge in _edges(diagram):
        around = _around(diagram, diagram.nodes[diagram.flows[edge.flow].source])
        for shape in page.shapes.values():
            inner = _shrunk(shape.box, 2)
            if shape.element not in around and any(_crosses_box(part, inner) for part in pairwise(edge.points)):
                found.append(f"{edge.flow} runs through {shape.element}")
    return found


def crossing_flows(diagram: Diagram) -> list[str]:
    """Flows that cross or lie on one another; flows that meet in one point of a shape do not cross."""
    found = []
    for page in diagram.pages:
        for one, other in combinations(page.edges.values(), 2):
            ends = {one.points[0], one.points[-1]} & {other.points[0], other.points[-1]}
            if frozenset({one.flow, other.flow}) in MAY_CROSS:
                continue
            if any(
                meeting and not (meeting[0] == meeting[1] and meeting[0] in ends)
                for part in pairwise(one.points)
                for opposite in pairwise(other.points)
                if (meeting := _meeting(part, opposite))
            ):
                found.append(f"{one.flow} crosses {other.flow}")
    return found


def unreadable_words(diagram: Diagram) -> list[str]:
    """Names without a place, longer than two lines there, or on a shape, a flow or other words."""
    found = []
    for page in diagram.pages:
        places = dict(_labels(diagram, page))
        for name, (words, box) in places.items():
            if box is None:
                found.append(f"{name}: its name has no place")
                continue
            rows = wrapped(words, max(box.width, 1), LETTER, 2)
            if "".join(rows) != words or any(width_of(row, LETTER) > box.width for row in rows):
                found.append(f"{name}: {words} does not fit into {box.width:g}")
            if len(rows) * LINE > box.height + 1:
                found.append(f"{name}: {words} is higher than {box.height:g}")
            found += [f"{name}: its name is on {one}" for one in _under_words(diagram, page, box)]
        boxes = [(name, box) for name, (_, box) in places.items() if box]
        found += [
            f"the names of {one} and {other} overlap"
            for (one, box), (other, beside) in combinations(boxes, 2)
            if _overlap(box, beside)
        ]
    return found


def odd_names(diagram: Diagram) -> list[str]:
    """Names that are missing or too long, gateways that do not ask, answers that are not given."""
    found = []
    for node in diagram.nodes.values():
        if not node.name or not node.properties.get("name_en"):
            found.append(f"{node.id}: no name in both languages")
        if len(node.name) > LONGEST_NAME:
            found.append(f"{node.id}: {node.name} has more than {LONGEST_NAME} characters")
        if len(node.properties.get("short_zh", "")) > 6:
            found.append(f"{node.id}: its short name has more than 6 characters")
        asks = node.kind in ("exclusiveGateway", "inclusiveGateway") and len(node.outgoing) > 1
        if asks != node.name.endswith("？"):
            found.append(f"{node.id}: {node.name} {'asks nothing' if asks else 'is no question'}")
        if asks:
            answers = [diagram.flows[flow] for flow in node.outgoing]
            found += [
                f"{flow.id}: no answer" for flow in answers if not flow.name or not flow.properties.get("name_en")
            ]
        if node.kind.endswith("Gateway") and len(node.outgoing) > 1 and len(node.incoming) > 1:
            found.append(f"{node.id}: splits and joins")
    return found


def hidden_actors(diagram: Diagram) -> list[str]:
    """Tasks and called processes that do not show who acts, by colour and by words."""
    found, palette = [], read_palette()
    for _, node, shape in _shapes(diagram):
        if not node.kind.endswith(("Task", "Activity")):
            continue
        groups = diagram_groups(node)
        allowed = [row for row in palette if not groups or groups & row.roles]
        if node.kind in ("serviceTask", "scriptTask", "businessRuleTask"):
            allowed = [row for row in palette if row.fill is None]
        elif node.kind == "callActivity":
            allowed = [row for row in palette if row.fill is not None]
        who = node.documentation.partition("：")[0]
        if not any(who in row.words and shape.fill == row.fill and shape.stroke == row.edge for row in allowed):
            found.append(
                f"{node.id}: {who!r} in {shape.fill} is not in docs/diagrams.md for {sorted(groups) or node.kind}"
            )
    return found


def crooked_ways(diagram: Diagram) -> list[str]:
    """Pages whose usual way is not one straight line to an end, and ways back that do not run above."""
    found = []
    for page in diagram.pages:
        owner = None if page.owner == diagram.key else page.owner
        starts = [one for one in diagram.nodes.values() if one.kind == "startEvent" and one.parent == owner]
        by_hand = [one for one in starts if one.event is None]
        if len(starts) == 2 and len(by_hand) == 1 and any(one.event == "timer" for one in starts):
            starts = by_hand  # what the calendar begins may be begun by hand, too
        if len(starts) != 1:
            found.append(f"{page.owner}: {len(starts)} starts")
            continue
        node, seen = starts[0], set[str]()
        while node.kind != "endEvent" and node.id not in seen:
            seen.add(node.id)
            straight = [flow for flow in node.outgoing if diagram.leaves_straight(flow)]
            if node.kind == "parallelGateway" and len(node.outgoing) > 1:
                break
            if len(straight) != 1:
                found.append(f"{page.owner}: the usual way stops at {node.id}")
                break
            node = diagram.nodes[diagram.flows[straight[0]].target]
        for edge in page.edges.values():
            first, last = edge.points[0], edge.points[-1]
            if last[0] < first[0] and max(y for _, y in edge.points) > max(first[1], last[1]):
                found.append(f"{edge.flow}: leads back below")
    return found


def crowded_pages(diagram: Diagram) -> list[str]:
    found = []
    for page in diagram.pages:
        count = sum(diagram.nodes[one].kind != "boundaryEvent" for one in page.shapes)
        if count > MOST_SHAPES:
            found.append(f"{page.owner}: {count} shapes on one page")
    return found


class Colour:
    """One row of the palette in docs/diagrams.md."""

    def __init__(self, roles: str, words: str, fill: str, edge: str) -> None:
        self.roles = {one.strip() for one in roles.split(",")}
        self.words = {one.strip() for one in words.split(",")}
        self.fill = None if fill == "none" else fill
        self.edge = None if edge == "none" else edge


def read_palette() -> list[Colour]:
    rows = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| (#\w{6}|none) \| (#\w{6}|none) \|$",
        (ROOT / "docs" / "diagrams.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    return [Colour(*row) for row in rows]


def diagram_groups(node: DrawnNode) -> set[str]:
    return {one.strip() for one in node.roles.split(",") if one.strip()}


def _shapes(diagram: Diagram) -> Iterator[tuple[Page, DrawnNode, Shape]]:
    for page in diagram.pages:
        for shape in page.shapes.values():
            yield page, diagram.nodes[shape.element], shape


def _edges(diagram: Diagram) -> Iterator[tuple[Page, Edge]]:
    for page in diagram.pages:
        for edge in page.edges.values():
            yield page, edge


def _around(diagram: Diagram, node: DrawnNode) -> set[str]:
    """The sub-processes around an element."""
    found: set[str] = set()
    while node.parent is not None:
        found.add(node.parent)
        node = diagram.nodes[node.parent]
    return found


def _labels(diagram: Diagram, page: Page) -> Iterator[tuple[str, tuple[str, Box | None]]]:
    """The words beside shapes and flows, and those at the top of an expanded sub-process."""
    for shape in page.shapes.values():
        node = diagram.nodes[shape.element]
        if node.kind.endswith(("Event", "Gateway")) and node.name:
            yield node.id, (node.name, shape.label)
        elif shape.expanded:
            width = width_of(node.name, LETTER) + 4
            yield node.id, (node.name, Box(shape.box.middle[0] - width / 2, shape.box.y + 10, width, LINE))
    for edge in page.edges.values():
        if diagram.flows[edge.flow].name:
            yield edge.flow, (diagram.flows[edge.flow].name, edge.label)


def _under_words(diagram: Diagram, page: Page, box: Box) -> Iterator[str]:
    for shape in page.shapes.values():
        if _overlap(shape.box, box) and not (shape.expanded and _contains(shape.box, box, 0)):
            yield shape.element
    for edge in page.edges.values():
        if any(_crosses_box(part, box) for part in pairwise(edge.points)):
            yield edge.flow


def _overlap(one: Box, other: Box) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


def _contains(outer: Box, inner: Box, margin: float) -> bool:
    return (
        outer.x + margin <= inner.x
        and outer.y + margin <= inner.y
        and inner.right <= outer.right - margin
        and inner.bottom <= outer.bottom - margin
    )


def _shrunk(box: Box, by: float) -> Box:
    return Box(box.x + by, box.y + by, box.width - 2 * by, box.height - 2 * by)


def _on_edge(point: tuple[float, float], shape: Shape, node: DrawnNode) -> bool:
    (x, y), (middle_x, middle_y), half = point, shape.box.middle, shape.box.width / 2
    if node.kind.endswith("Event"):
        return abs(hypot(x - middle_x, y - middle_y) - half) < 1
    if node.kind.endswith("Gateway"):
        return abs(abs(x - middle_x) + abs(y - middle_y) - half) < 1
    box = shape.box
    inside = box.x <= x <= box.right and box.y <= y <= box.bottom
    return inside and min(abs(x - box.x), abs(x - box.right), abs(y - box.y), abs(y - box.bottom)) < 1


def _crosses_box(part: Segment, box: Box) -> bool:
    (ax, ay), (bx, by) = part
    return min(ax, bx) < box.right and max(ax, bx) > box.x and min(ay, by) < box.bottom and max(ay, by) > box.y


def _meeting(one: Segment, other: Segment) -> Segment | None:
    """What two level or upright lines have in common, as its two corners; equal corners are a point."""
    left = max(min(one[0][0], one[1][0]), min(other[0][0], other[1][0]))
    right = min(max(one[0][0], one[1][0]), max(other[0][0], other[1][0]))
    top = max(min(one[0][1], one[1][1]), min(other[0][1], other[1][1]))
    bottom = min(max(one[0][1], one[1][1]), max(other[0][1], other[1][1]))
    return ((left, top), (right, bottom)) if left <= right and top <= bottom else None
