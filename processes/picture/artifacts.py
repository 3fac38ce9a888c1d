"""What a diagram draws to explain itself: lanes, groups, notes, data. None of it takes part in the run."""

from __future__ import annotations

from html import escape

from kernel.texts import Language
from processes.picture import svg
from processes.picture.geometry import Artifact, Box, Shape
from processes.picture.lettering import width_of, wrapped

LANE_HEAD = 30.0
BEHIND = ("lane", "group")  # drawn before everything else


def drawn_artifact(artifact: Artifact, shape: Shape, language: Language) -> str:
    """The drawing of one artifact with its words."""
    box, words = shape.box, artifact.title(language)
    match artifact.kind:
        case "lane":
            return _lane(box, words)
        case "group":
            frame = svg.element("rect", class_="group", x=box.x, y=box.y, width=box.width, height=box.height, rx=10.0)
            return frame + svg.text(words, box.x + 12, box.y + 20, "lane-name") if words else frame
        case "textAnnotation":
            return _note(box, words)
        case kind:
            return _data(box, kind) + _below(box, words)


def _lane(box: Box, words: str) -> str:
    frame = svg.element("rect", class_="lane solid", x=box.x, y=box.y, width=box.width, height=box.height)
    line = svg.element(
        "path", class_="lane solid", d=svg.path([(box.x + LANE_HEAD, box.y), (box.x + LANE_HEAD, box.bottom)])
    )
    x, y = box.x + LANE_HEAD / 2 + 5, box.middle[1]
    (name,) = wrapped(words, box.height - 10, svg.SMALL, 1) if words else ("",)
    turned = f"translate({svg.number(x)} {svg.number(y)}) rotate(-90)"
    return frame + line + svg.element("text", [escape(name)], class_="sub", transform=turned)


def _note(box: Box, words: str) -> str:
    """An open bracket on the left and the words beside it."""
    edge = min(12.0, box.width / 2)
    bracket = svg.path([(box.x + edge, box.y), (box.x, box.y), (box.x, box.bottom), (box.x + edge, box.bottom)])
    rows = wrapped(words, max(box.width - 12, 40), svg.SMALL, max(int(box.height // svg.LEAD), 1)) if words else ()
    lines = (svg.text(row, box.x + 8, box.y + 17 + index * svg.LEAD, "lane-name") for index, row in enumerate(rows))
    return svg.element("path", class_="lane solid", d=bracket) + "".join(lines)


def _data(box: Box, kind: str) -> str:
    """A page with a folded corner, or a drum for what is kept."""
    x, y, right, bottom = (svg.number(value) for value in (box.x, box.y, box.right, box.bottom))
    if kind == "dataStoreReference":
        lid = f"A{svg.number(box.width / 2)} 6 0 0"
        top, foot = svg.number(box.y + 6), svg.number(box.bottom - 6)
        drum = f"M{x} {top}{lid} 1 {right} {top}V{foot}{lid} 1 {x} {foot}zM{x} {top}{lid} 0 {right} {top}"
        return svg.element("path", class_="paper", d=drum)
    fold = 10.0
    inner_x, inner_y = svg.number(box.right - fold), svg.number(box.y + fold)
    page = f"M{x} {y}H{inner_x}L{right} {inner_y}V{bottom}H{x}zM{inner_x} {y}V{inner_y}H{right}"
    return svg.element("path", class_="paper", d=page)


def _below(box: Box, words: str) -> str:
    if not words:
        return ""
    rows = wrapped(words, max(84.0, width_of("字" * 6, svg.SMALL)), svg.SMALL, 2)
    middle = box.bottom + 6 + len(rows) * svg.LEAD / 2
    return svg.lines([(row, "sub") for row in rows], box.middle[0], middle)
