"""The drawing for analysts and operators: every element where the diagram puts it, page below page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import pairwise
from math import dist

from kernel.texts import Language, Text
from processes.picture import icons, svg
from processes.picture.artifacts import BEHIND, drawn_artifact
from processes.picture.geometry import Box, Diagram, DrawnNode, Edge, Page, Shape
from processes.picture.lettering import width_of, wrapped
from processes.picture.progress import Progress, State
from processes.picture.told import DONE, NOW, TO_COME

MARGIN, CAPTION, BETWEEN_PAGES = 24.0, 34.0, 36.0
NARROWEST_LABEL = 84.0
TOKENS = Text("{count} 个令牌", "{count} token{s}")
INCIDENTS = Text("{count} 个事件", "{count} incident{s}")
STUCK = Text("等待运维", "Waits for operators")


def draw_full(
    diagram: Diagram, progress: Progress, *, under: str, language: Language, title: str, description: str, prefix: str
) -> str:
    """All pages of one process. `under` is the path of the call activity that runs it, empty for the root process."""
    body: list[str] = []
    top, right = 0.0, 0.0
    for page in diagram.pages:
        x, y, width, height = extent(page)
        owner = diagram.nodes.get(page.owner)
        caption = owner.title(language) if owner else ""
        head = CAPTION if caption else 0.0
        drawn = _Drawn(diagram, page, progress, under, language, prefix)
        moved = svg.element(
            "g", drawn.parts(), transform=f"translate({svg.number(MARGIN - x)} {svg.number(top + MARGIN + head - y)})"
        )
        if caption:
            frame = svg.element(
                "rect",
                class_="lane",
                x=1.0,
                y=top + 1,
                width=width + 2 * MARGIN - 2,
                height=height + head + 2 * MARGIN - 2,
                rx=10.0,
            )
            body += [frame, svg.text(caption, MARGIN - 8, top + 26, "lane-name")]
        body.append(moved)
        top += height + head + 2 * MARGIN + BETWEEN_PAGES
        right = max(right, width + 2 * MARGIN)
    return svg.picture(
        body,
        (0, 0, right, max(top - BETWEEN_PAGES, 1)),
        prefix=prefix,
        title=title,
        description=description,
        sized=True,
    )


def extent(page: Page) -> tuple[float, float, float, float]:
    """The box around everything on a page, labels included."""
    boxes = [box for shape in page.shapes.values() for box in (shape.box, shape.label) if box]
    boxes += [edge.label for edge in page.edges.values() if edge.label]
    boxes += [Box(x, y, 0, 0) for edge in page.edges.values() for x, y in edge.points]
    if not boxes:
        return 0, 0, 1, 1
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    return left, top, max(box.right for box in boxes) - left, max(box.bottom for box in boxes) - top


class _Drawn:
    """One page; sub-processes first, then flows, then shapes, so that arrow heads end on edges and words stay free."""

    def __init__(
        self, diagram: Diagram, page: Page, progress: Progress, under: str, language: Language, prefix: str
    ) -> None:
        self._diagram = diagram
        self._page = page
        self._progress = progress
        self._under = f"{under}/" if under else ""
        self._language: Language = language
        self._prefix = prefix

    def parts(self) -> Iterator[str]:
        nodes = self._diagram.nodes
        shapes = [(nodes[shape.element], shape) for shape in self._page.shapes.values() if shape.element in nodes]
        artifacts = self._diagram.artifacts
        explained = [(artifacts[one.element], one) for one in self._page.shapes.values() if one.element in artifacts]
        yield from (drawn_artifact(one, shape, self._language) for one, shape in explained if one.kind in BEHIND)
        for node, shape in shapes:
            if shape.expanded:
                yield self._frame(node, shape)
        for edge in self._page.edges.values():
            if edge.flow in self._diagram.flows and len(edge.points) > 1:
                yield self._flow(edge)
            elif edge.flow in self._diagram.associations and len(edge.points) > 1:
                yield svg.association(edge.points, directed=self._diagram.associations[edge.flow].directed)
        for node, shape in shapes:
            if not shape.expanded:
                yield self._shape(node, shape)
        yield from (drawn_artifact(one, shape, self._language) for one, shape in explained if one.kind not in BEHIND)

    def _frame(self, node: DrawnNode, shape: Shape) -> str:
        name, box = node.title(self._language), shape.box
        class_ = "lane" if node.on_event else "lane solid"
        rect = svg.element("rect", class_=class_, x=box.x, y=box.y, width=box.width, height=box.height, rx=10.0)
        if node.kind == "transaction":
            rect += _inner_border(box, class_)
        start = box.middle[0] - width_of(name, svg.SMALL) / 2
        foot = icons.foot_marks(box.middle[0], box.bottom - 11, node.repeats, undoes=node.undoes, more=False)
        return rect + svg.text(name, start, box.y + 24, "lane-name") + foot

    def _flow(self, edge: Edge) -> str:
        flow = self._diagram.flows[edge.flow]
        state = ""
        if self._progress.has_begun:
            state = "taken" if self._under + flow.id in self._progress.taken_flows else "todo"
        drawn = svg.flow(edge.points, state, self._prefix)
        source = self._diagram.nodes.get(flow.source)
        if flow.is_default:
            drawn += svg.default_stroke(edge.points, state)
        elif flow.has_condition and source and source.is_activity:
            drawn += svg.condition_mark(edge.points, state)
        words = self._progress.notes.get(self._under + flow.id) or flow.title(self._language)
        if words:
            x, y = edge.label.middle if edge.label else _middle_of(edge)
            if edge.label:
                # Words right of an upright flow grow to the right.
                first, second = edge.points[0], edge.points[1]
                x = edge.label.x + width_of(words, svg.SMALL) / 2 if first[0] == second[0] < edge.label.x else x
            drawn += svg.text(words, x, y + 5, "elabel")
        return drawn

    def _shape(self, node: DrawnNode, shape: Shape) -> str:
        path = self._under + node.id
        covers = [self._under + one for one in self._diagram.inside(node.id)] if node.holds else []
        state = self._progress.state(path, covers)
        if node.kind.endswith("Event"):
            inside = self._event(node, shape)
        elif node.kind.endswith("Gateway"):
            inside = self._gateway(node, shape)
        else:
            inside = self._activity(node, shape, self._progress.notes.get(path, ""))
        hint = svg.element("title", [escape(": ".join(filter(None, (node.id, node.documentation))))])
        drawn = svg.element("g", [*inside, hint], class_=f"node is-{state}" if state else "node")
        return drawn + self._marks(node, shape, state, path, covers)

    def _marks(self, node: DrawnNode, shape: Shape, state: State | None, path: str, covers: list[str]) -> str:
        box = shape.box
        beside_icon = box.middle[0] + (8 if node.kind in icons.TASK_ICONS else 0)
        if state == "stuck":
            words = self._counted(INCIDENTS, self._progress.incidents(path, covers))
            return svg.pill(words, beside_icon, box.y, "pill stuck")
        if state == "now":
            words = self._counted(TOKENS, self._progress.tokens(path, covers))
            return svg.pill(words, beside_icon, box.y)
        if state == "done" and node.is_activity:
            return svg.tick(*self._free_corner(shape))
        return ""

    def _free_corner(self, shape: Shape) -> tuple[float, float]:
        """The corner for a tick: at the upper right, unless a boundary event sits there."""
        box, others = shape.box, [other.box for other in self._page.shapes.values() if other is not shape]
        corners = ((box.right - 2, box.y + 2), (box.right - 2, box.bottom - 2), (box.x + 2, box.bottom - 2))
        taken = [
            any(
                one.x < x + 9 and x - 9 < one.right and one.y < y + 9 and y - 9 < one.bottom
                for one in others
                if not _holds(one, box)
            )
            for x, y in corners
        ]
        return corners[taken.index(False)] if False in taken else corners[0]

    def _counted(self, words: Text, count: int) -> str:
        return words.filled(count=count, s="" if count == 1 else "s").in_(self._language)

    def _activity(self, node: DrawnNode, shape: Shape, note: str) -> list[str]:
        box = shape.box
        x, y = box.middle
        border = "thick" if node.kind == "callActivity" else "dots" if node.on_event else None
        inside = [svg.element("rect", class_=border, x=box.x, y=box.y, width=box.width, height=box.height, rx=8.0)]
        if node.kind == "transaction":
            inside.append(_inner_border(box))
        icon = icons.task_icon(box.x + 6, box.y + 6, node.kind) or self._begun_by(node, box)
        foot = icons.foot_marks(
            x, box.bottom - 11, node.repeats, undoes=node.undoes, more=node.holds or node.kind == "callActivity"
        )
        rows = svg.named(
            node.title(self._language),
            note or self._actor(node),
            box.width - 10,
            3 if box.height > 70 and not (icon and foot) else 2,
        )
        middle = y - 6 if foot and not icon else y + 6 if icon and len(rows) > 2 else y + 1
        return [*inside, icon, svg.lines(rows, x, middle), foot]

    def _begun_by(self, node: DrawnNode, box: Box) -> str:
        """The event that begins a collapsed event sub-process, small in its corner."""
        if not node.on_event:
            return ""
        inner = (one for one in self._diagram.nodes.values() if one.parent == node.id and one.kind == "startEvent")
        begin = next(inner, None)
        if begin is None or begin.event is None:
            return ""
        x, y = box.x + 16, box.y + 16
        class_ = "gw fine" if begin.interrupting else "gw fine dashes"
        ring = svg.element("g", [svg.element("circle", class_=class_, cx=x, cy=y, r=9.0)], class_="icon")
        return ring + icons.event_icon(x, y, begin.event, throws=False, scale=0.6)

    def _actor(self, node: DrawnNode) -> str:
        """Who works here: the words before the colon of the documentation (docs/diagrams.md)."""
        who = node.documentation.partition("：")
        return who[0] if who[1] and self._language == "zh" and len(who[0]) <= 6 else ""

    def _gateway(self, node: DrawnNode, shape: Shape) -> list[str]:
        box = shape.box
        x, y = box.middle
        corners = f"M{svg.number(x)} {svg.number(box.y)}L{svg.number(box.right)} {svg.number(y)}"
        corners += f"L{svg.number(x)} {svg.number(box.bottom)}L{svg.number(box.x)} {svg.number(y)}z"
        inside = [svg.element("path", d=corners)]
        if icon := icons.GATEWAY_ICONS.get(node.kind):
            inside.append(icons.drawn_at(x, y, icon))
        elif node.kind == "eventBasedGateway":
            inside.append(icons.event_based_mark(x, y))
        elif node.kind == "inclusiveGateway":
            inside.append(icons.inclusive_ring(x, y))
        return [*inside, *self._label(node, shape)]

    def _event(self, node: DrawnNode, shape: Shape) -> list[str]:
        box = shape.box
        x, y = box.middle
        radius = box.width / 2
        class_ = "ring thick" if node.kind == "endEvent" else "ring" if node.interrupting else "ring dashes"
        inside = [svg.element("circle", class_=class_, cx=x, cy=y, r=radius)]
        if node.kind not in ("startEvent", "endEvent"):
            inside.append(svg.element("circle", class_=class_, cx=x, cy=y, r=radius - 4))
        icon = icons.event_icon(x, y, node.event or "", throws=node.throws)
        return [*inside, icon, *self._label(node, shape)]

    def _label(self, node: DrawnNode, shape: Shape) -> list[str]:
        if not node.name or shape.label is None:
            return []
        rows = wrapped(node.title(self._language), max(shape.label.width, NARROWEST_LABEL), svg.SMALL, 2)
        width = max(width_of(row, svg.SMALL) for row in rows)
        return [
            svg.lines([(row, "sub") for row in rows], *_beside(shape.box, shape.label, width, len(rows) * svg.LEAD))
        ]


def _inner_border(box: Box, class_: str | None = None) -> str:
    """The second border of a transaction."""
    return svg.element(
        "rect", class_=class_, x=box.x + 4, y=box.y + 4, width=box.width - 8, height=box.height - 8, rx=5.0
    )


def _beside(shape: Box, label: Box, width: float, height: float) -> tuple[float, float]:
    """The middle of words that grow away from their shape, because English is longer than the place for Chinese."""
    x, y = label.middle
    if x > shape.right:
        x = label.x + width / 2
    elif x < shape.x:
        x = label.right - width / 2
    if y > shape.bottom:
        y = label.y + height / 2
    elif y < shape.y:
        y = label.bottom - height / 2
    return x, y


def _holds(outer: Box, inner: Box) -> bool:
    return outer.x <= inner.x and outer.y <= inner.y and outer.right >= inner.right and outer.bottom >= inner.bottom


def _middle_of(edge: Edge) -> tuple[float, float]:
    """A point above the middle of the longest part of a flow, for words that have no place of their own."""
    (ax, ay), (bx, by) = max(pairwise(edge.points), key=lambda part: dist(*part))
    return (ax + bx) / 2, (ay + by) / 2 - 12


def described_full(diagram: Diagram, progress: Progress, under: str, language: Language) -> str:
    """What is done and where the tokens stand, for those who cannot see the drawing."""
    prefix = f"{under}/" if under else ""
    comma, colon, stop = ("，", "：", "。") if language == "zh" else (", ", ": ", ". ")
    parts = []
    for word, wanted in ((STUCK, "stuck"), (NOW, "now"), (DONE, "done"), (TO_COME, "todo")):
        names = [
            node.title(language)
            for node in diagram.nodes.values()
            if node.is_activity and not node.holds and progress.state(prefix + node.id) == wanted
        ]
        if names:
            parts.append(word.in_(language) + colon + comma.join(names))
    return (stop.join(parts) + stop).strip() if parts else diagram.title(language)
