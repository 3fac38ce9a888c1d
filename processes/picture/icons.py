"""The small drawings inside shapes: what kind of task, gateway or event it is."""

from __future__ import annotations

from collections.abc import Mapping

from processes.picture.geometry import Repeats
from processes.picture.svg import element, number

_PLUS_BOX = "M-6-6h12v12h-12zM0-3v6M-3 0h6"

TASK_ICONS = {
    "userTask": "M8 7.5a3 3 0 1 0 0-6a3 3 0 1 0 0 6M2 14.5c.5-3.5 2.5-5 6-5s5.5 1.5 6 5z",
    "serviceTask": "M8 5.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5M8 1.5v2.5M8 12v2.5M1.5 8h2.5M12 8h2.5"
    "M3.4 3.4l1.8 1.8M10.8 10.8l1.8 1.8M3.4 12.6l1.8-1.8M10.8 5.2l1.8-1.8",
    "scriptTask": "M4 1.5h9c-2 2-2 4 0 6.5s2 4.5 0 6.5H4c2-2 2-4 0-6.5s-2-4.5 0-6.5M5.5 5h5M5.5 11h5",
    "businessRuleTask": "M2 3h12v10H2zM2 6.5h12M6 6.5V13",
    "receiveTask": "M1 3H15V13H1zM1 3L8 9L15 3",
    "manualTask": "M1.5 6L5.5 2H8.5c1 0 1 2.4 0 2.4H7M7 5.6H13.5c1.3 0 1.3 2.8 0 2.8H9M13.8 8.4c1.3 0 1.3 2.8 0 2.8H9"
    "M12.5 11.2c1.3 0 1.3 2.8 0 2.8H5.5L1.5 11.5",
}
FILLED_TASK_ICONS = {"sendTask": "M1 2.5H15L8 8.5zM1 5V13.5H15V5L8 11z"}
MARKS: Mapping[Repeats, str] = {
    "parallel": "M-4-5V5M0-5V5M4-5V5",
    "sequential": "M-5-4H5M-5 0H5M-5 4H5",
    "loop": "M2.5 5A5.3 5.3 0 1 0-2.5 5M-6.5 5.3H-2.3V1",
}
UNDOING_MARK = "M0-4.5L-6 0L0 4.5zM6-4.5L0 0L6 4.5z"
GATEWAY_ICONS = {
    "exclusiveGateway": "M-6-6L6 6M6-6L-6 6",
    "parallelGateway": "M-9 0H9M0-9V9",
    "complexGateway": "M-9 0H9M0-9V9M-6.4-6.4L6.4 6.4M6.4-6.4L-6.4 6.4",
}
EVENT_ICONS = {
    "timer": "M0-8a8 8 0 1 0 0 16a8 8 0 1 0 0-16M0-4.5V0l3 2",
    "message": "M-8-5H8V5H-8zM-8-5L0 1L8-5",
    "error": "M-7 6L-3-5L2 2L7-6L3 5L-2-2z",
    "signal": "M0-7L7 5H-7z",
    "terminate": "M0-7a7 7 0 1 0 0 14a7 7 0 1 0 0-14",
    "escalation": "M0-7L5 7L0 2L-5 7z",
    "conditional": "M-6-7H6V7H-6zM-3-3.5H3M-3 0H3M-3 3.5H3",
    "link": "M-7-3H1V-7L8 0L1 7V3H-7z",
    "compensate": "M0-5.5L-7 0L0 5.5zM7-5.5L0 0L7 5.5z",
    "cancel": "M-7-4.5L-4.5-7L0-2.5L4.5-7L7-4.5L2.5 0L7 4.5L4.5 7L0 2.5L-4.5 7L-7 4.5L-2.5 0z",
}
# The flap of a filled letter is cut off by a gap, because both are of one colour.
FILLED_EVENT_ICONS = EVENT_ICONS | {"message": "M-8-6H8L0 .5zM-8-3.5V5.5H8V-3.5L0 3z"}


def drawn_at(x: float, y: float, data: str, *, class_: str = "gw", scale: float | None = None) -> str:
    """An icon moved to its place; in a group of its own, so that the dashes of the shape do not reach it.

    The class is `gw`, `gw full` for what is filled, or `gw fine` for thinner lines.
    """
    line = element("path", class_=class_, d=data)
    smaller = f" scale({number(scale)})" if scale else ""
    return element("g", [line], class_="icon", transform=f"translate({number(x)} {number(y)}){smaller}")


def task_icon(x: float, y: float, kind: str) -> str:
    """What kind of task it is; empty for one that says nothing of itself."""
    if kind in FILLED_TASK_ICONS:
        return drawn_at(x, y, FILLED_TASK_ICONS[kind], class_="gw full")
    return drawn_at(x, y, TASK_ICONS[kind], class_="gw fine") if kind in TASK_ICONS else ""


def event_icon(x: float, y: float, kind: str, *, throws: bool, scale: float | None = None) -> str:
    """What happens: filled where it is thrown, in outline where it is waited for."""
    known = FILLED_EVENT_ICONS if throws else EVENT_ICONS
    return drawn_at(x, y, known[kind], class_="gw full" if throws else "gw fine", scale=scale) if kind in known else ""


def event_based_mark(x: float, y: float) -> str:
    """Two rings with a pentagon: what happens first decides."""
    rings = [element("circle", class_="gw fine", cx=x, cy=y, r=radius) for radius in (14.0, 11.0)]
    return element("g", rings, class_="icon") + drawn_at(x, y, "M0-7L6.7-2.2L4.1 5.7H-4.1L-6.7-2.2z", class_="gw fine")


def foot_marks(x: float, y: float, repeats: Repeats | None, *, undoes: bool, more: bool) -> str:
    """The row of marks at the foot of an activity, centred: repeated, undoing, more inside."""
    marks = [MARKS[repeats]] if repeats else []
    marks += [UNDOING_MARK] if undoes else []
    marks += [_PLUS_BOX] if more else []
    left = x - 9 * (len(marks) - 1)
    return "".join(drawn_at(left + 18 * index, y, mark) for index, mark in enumerate(marks))


def inclusive_ring(x: float, y: float) -> str:
    """The ring of an inclusive gateway."""
    return element("g", [element("circle", class_="gw", cx=x, cy=y, r=10.0)], class_="icon")
