"""The small drawings inside shapes: what kind of task, gateway or event it is."""

from __future__ import annotations

from processes.picture.svg import element, number

TASK_ICONS = {
    "userTask": "M8 7.5a3 3 0 1 0 0-6a3 3 0 1 0 0 6M2 14.5c.5-3.5 2.5-5 6-5s5.5 1.5 6 5z",
    "serviceTask": "M8 5.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5M8 1.5v2.5M8 12v2.5M1.5 8h2.5M12 8h2.5"
    "M3.4 3.4l1.8 1.8M10.8 10.8l1.8 1.8M3.4 12.6l1.8-1.8M10.8 5.2l1.8-1.8",
    "scriptTask": "M4 1.5h9c-2 2-2 4 0 6.5s2 4.5 0 6.5H4c2-2 2-4 0-6.5s-2-4.5 0-6.5M5.5 5h5M5.5 11h5",
    "businessRuleTask": "M2 3h12v10H2zM2 6.5h12M6 6.5V13",
}
GATEWAY_ICONS = {
    "exclusiveGateway": "M-6-6L6 6M6-6L-6 6",
    "parallelGateway": "M-9 0H9M0-9V9",
}
EVENT_ICONS = {
    "timer": "M0-8a8 8 0 1 0 0 16a8 8 0 1 0 0-16M0-4.5V0l3 2",
    "message": "M-8-5H8V5H-8zM-8-5L0 1L8-5",
    "error": "M-7 6L-3-5L2 2L7-6L3 5L-2-2z",
    "signal": "M0-7L7 5H-7z",
    "terminate": "M0-7a7 7 0 1 0 0 14a7 7 0 1 0 0-14",
    "escalation": "M0-7L5 7L0 2L-5 7z",
}


def drawn_at(x: float, y: float, data: str) -> str:
    """An icon moved to its place; in a group of its own, so that the dashes of the shape do not reach it."""
    line = element("path", class_="gw", d=data)
    return element("g", [line], class_="icon", transform=f"translate({number(x)} {number(y)})")


def inclusive_ring(x: float, y: float) -> str:
    """The ring of an inclusive gateway."""
    return element("g", [element("circle", class_="gw", cx=x, cy=y, r=10.0)], class_="icon")


def plus_box(x: float, y: float) -> str:
    """The mark of a shape with more inside."""
    return drawn_at(x, y, "M-6-6h12v12h-12zM0-3v6M-3 0h6")
