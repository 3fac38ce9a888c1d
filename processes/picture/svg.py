"""Writes SVG that can be read aloud, printed and served under a strict content policy.

Every text is escaped here and nowhere else. Colours come from the page's style sheet by the classes of `pf-bp`;
nothing carries a style attribute.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from math import dist

from processes.picture.lettering import clipped, width_of, wrapped

NAME, SMALL = 14.0, 13.0  # the sizes that `pf-bp` gives to names and to everything else
LEAD = 18.0


def number(value: float) -> str:
    """A coordinate without needless digits."""
    return f"{value:.1f}".removesuffix(".0")


def element(tag: str, inside: Iterable[str] = (), **attributes: str | float | None) -> str:
    """An element with escaped attributes; `class_` and `marker_end` are written as SVG spells them."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value if isinstance(value, str) else number(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    content = "".join(inside)
    return f"<{tag}{written}>{content}</{tag}>" if content else f"<{tag}{written}/>"


def text(value: str, x: float, y: float, class_: str | None = None) -> str:
    """One line of text whose baseline is `y`."""
    return element("text", [escape(value)], class_=class_, x=x, y=y)


def lines(rows: Sequence[tuple[str, str | None]], x: float, y: float) -> str:
    """Rows of (text, class) centred on the point, one below the other."""
    first = y - (len(rows) - 1) * LEAD / 2 + 5
    return "".join(text(value, x, first + index * LEAD, class_) for index, (value, class_) in enumerate(rows))


def named(name: str, note: str, width: float, room: int) -> list[tuple[str, str | None]]:
    """The rows of a shape: its name on as many lines as the `room` leaves, and a small line below."""
    rows: list[tuple[str, str | None]] = [
        (row, None) for row in wrapped(name, width, NAME, room - 1 if note and room > 1 else room)
    ]
    if note:
        rows.append((clipped(note, width, SMALL), "sub"))
    return rows


def path(points: Sequence[tuple[float, float]]) -> str:
    """The path data of a line with right angles, in the short form."""
    written = [f"M{number(points[0][0])} {number(points[0][1])}"]
    for (before_x, before_y), (x, y) in pairwise(points):
        if y == before_y:
            written.append(f"H{number(x)}")
        elif x == before_x:
            written.append(f"V{number(y)}")
        else:
            written.append(f"L{number(x)} {number(y)}")
    return "".join(written)


def flow(points: Sequence[tuple[float, float]], state: str, prefix: str) -> str:
    """A flow with its arrow head; the state is `todo`, `taken` or empty."""
    return element(
        "path",
        class_=f"flow is-{state}" if state else "flow",
        d=path(points),
        marker_end=f"url(#{prefix}-{state or 'plain'})",
    )


def association(points: Sequence[tuple[float, float]], *, directed: bool) -> str:
    """A dotted line to a note or to data; with an open head from a compensation event to what undoes."""
    line = element("path", class_="association", d=path(points))
    if not directed:
        return line
    x, y = points[-1]
    back_x, back_y = _step(points[-1], points[-2], 7.0)
    side_x, side_y = -back_y * 0.6, back_x * 0.6
    x, y = x + back_x, y + back_y
    head = path([(x + side_x, y + side_y), points[-1], (x - side_x, y - side_y)])
    return line + element("path", class_="slash", d=head)


def default_stroke(points: Sequence[tuple[float, float]], state: str) -> str:
    """The stroke across the beginning of a flow that is taken when no condition is true."""
    x, y = points[0]
    along_x, along_y = _step(points[0], points[1], 10.0)
    lean_x, lean_y = (along_x - along_y) * 0.45, (along_y + along_x) * 0.45
    x, y = x + along_x, y + along_y
    class_ = "slash is-taken" if state == "taken" else "slash"
    return element("path", class_=class_, d=path([(x - lean_x, y - lean_y), (x + lean_x, y + lean_y)]))


def condition_mark(points: Sequence[tuple[float, float]], state: str) -> str:
    """The small diamond at the beginning of a flow that leaves an activity under a condition."""
    x, y = points[0]
    along_x, along_y = _step(points[0], points[1], 8.0)
    corners = [
        (x, y),
        (x + along_x - along_y * 0.6, y + along_y + along_x * 0.6),
        (x + 2 * along_x, y + 2 * along_y),
        (x + along_x + along_y * 0.6, y + along_y - along_x * 0.6),
    ]
    return element("path", class_="condition is-taken" if state == "taken" else "condition", d=path(corners) + "z")


def _step(start: tuple[float, float], end: tuple[float, float], length: float) -> tuple[float, float]:
    """The vector of that length from one point towards another."""
    whole = dist(start, end) or 1.0
    return (end[0] - start[0]) * length / whole, (end[1] - start[1]) * length / whole


def pill(value: str, x: float, y: float, class_: str = "pill") -> str:
    """A word on a filled pill, centred on the point."""
    width = width_of(value, SMALL) + 18
    box = element("rect", x=x - width / 2, y=y - 11, width=width, height=22.0, rx=11.0)
    return element("g", [box, text(value, x, y + 4.5)], class_=class_)


def tick(x: float, y: float) -> str:
    """The mark of something done."""
    circle = element("circle", cx=x, cy=y, r=9.0)
    return element("g", [circle, element("path", d=f"M{number(x - 4)} {number(y)}l3 3 5-6")], class_="mark done")


def picture(
    body: Iterable[str],
    box: tuple[float, float, float, float],
    *,
    prefix: str,
    title: str,
    description: str,
    sized: bool = False,
) -> str:
    """The whole drawing: named and described for those who listen, with its arrow heads.

    A drawing fills the width of its place; a `sized` one keeps its own size, so that its words stay readable and the
    page scrolls. The style sheet widens what is of class `pf-bp`, so there the class stands on the group inside.
    """
    x, y, width, height = box
    heads = [
        _head(prefix, "plain", "tip"),
        _head(prefix, "todo", "tip is-todo"),
        _head(prefix, "taken", "tip is-taken"),
    ]
    inside = [element("defs", heads), *body]
    return element(
        "svg",
        [
            element("title", [escape(title)], id=f"{prefix}-title"),
            element("desc", [escape(description)], id=f"{prefix}-desc"),
            element("g", inside, class_="pf-bp") if sized else "".join(inside),
        ],
        xmlns="http://www.w3.org/2000/svg",
        class_="pf-bp-full" if sized else "pf-bp",
        viewBox=f"{number(x)} {number(y)} {number(width)} {number(height)}",
        width=width if sized else None,
        height=height if sized else None,
        role="img",
        aria_labelledby=f"{prefix}-title {prefix}-desc",
    )


def _head(prefix: str, name: str, class_: str) -> str:
    arrow = element("path", class_=class_, d="M0 0l8 4-8 4z")
    return element(
        "marker",
        [arrow],
        id=f"{prefix}-{name}",
        viewBox="0 0 8 8",
        refX=7.0,
        refY=4.0,
        markerWidth=8.0,
        markerHeight=8.0,
        markerUnits="userSpaceOnUse",
        orient="auto",
    )
