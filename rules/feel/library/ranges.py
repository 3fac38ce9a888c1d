"""How points and ranges lie to each other (DMN 1.5, table 79).

Every relation is written once, over the ends of two ranges; a point is the range from itself to itself. An end that
is open to infinity lies beyond all points.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rules.feel.frame import Frame
from rules.feel.library.signatures import built_in
from rules.feel.values import Range, compared, equal

Relation = Callable[[Range, Range], bool]


class _Unordered(Exception):
    """Two ends have no order."""


def _order(left: Any, right: Any) -> int:
    if equal(left, right) is True:
        return 0
    before = compared("<", left, right)
    if before is None:
        raise _Unordered
    return -1 if before else 1


def _starts(one: Range, other: Range) -> int:
    """How the starts lie: -1 when the first begins earlier. What is included begins before what is not."""
    if one.low_open or other.low_open:
        return int(other.low_open) - int(one.low_open)
    return _order(one.low, other.low) or int(other.low_included) - int(one.low_included)


def _ends(one: Range, other: Range) -> int:
    """How the ends lie: -1 when the first ends earlier. What is not included ends before what is."""
    if one.high_open or other.high_open:
        return int(one.high_open) - int(other.high_open)
    return _order(one.high, other.high) or int(one.high_included) - int(other.high_included)


def _ends_before(one: Range, other: Range) -> bool:
    """The first is over when the second begins."""
    if one.high_open or other.low_open:
        return False
    order = _order(one.high, other.low)
    return order < 0 or (order == 0 and not (one.high_included and other.low_included))


def _touches(one: Range, other: Range) -> bool:
    if one.high_open or other.low_open:
        return False
    return one.high_included and other.low_included and _order(one.high, other.low) == 0


def _reversed(relation: Relation) -> Relation:
    return lambda one, other: relation(other, one)


def _overlaps(one: Range, other: Range) -> bool:
    return not _ends_before(one, other) and not _ends_before(other, one)


def _overlaps_before(one: Range, other: Range) -> bool:
    return _starts(one, other) < 0 and not _ends_before(one, other) and _ends(one, other) <= 0


def _finishes(one: Range, other: Range) -> bool:
    return _ends(one, other) == 0 and _starts(one, other) >= 0


def _begins(one: Range, other: Range) -> bool:
    return _starts(one, other) == 0 and _ends(one, other) <= 0


def _includes(one: Range, other: Range) -> bool:
    return _starts(one, other) <= 0 and _ends(one, other) >= 0


def _coincides(one: Range, other: Range) -> bool:
    return _starts(one, other) == 0 and _ends(one, other) == 0


_BOTH_RANGES = ("range1: range, range2: range",)
_POINT_RANGE = ("point: point, range: range", *_BOTH_RANGES)
_RANGE_POINT = ("range: range, point: point", *_BOTH_RANGES)
_EITHER = ("point1: point, point2: point", "point: point, range: range", "range: range, point: point", *_BOTH_RANGES)


def _declare(name: str, relation: Relation, lines: tuple[str, ...]) -> None:
    def body(frame: Frame, one: Any, other: Any) -> bool | None:
        try:
            return relation(_as_range(one), _as_range(other))
        except _Unordered:
            frame.note(f"{name} 的参数无法比较", f"the arguments of {name} cannot be compared")
            return None

    built_in(name, *lines)(body)


def _as_range(value: Any) -> Range:
    return value if value.__class__ is Range else Range(value, value, True, True)


_declare("before", _ends_before, _EITHER)
_declare("after", _reversed(_ends_before), _EITHER)
_declare("meets", _touches, _BOTH_RANGES)
_declare("met by", _reversed(_touches), _BOTH_RANGES)
_declare("overlaps", _overlaps, _BOTH_RANGES)
_declare("overlaps before", _overlaps_before, _BOTH_RANGES)
_declare("overlaps after", _reversed(_overlaps_before), _BOTH_RANGES)
_declare("finishes", _finishes, _POINT_RANGE)
_declare("finished by", _reversed(_finishes), _RANGE_POINT)
_declare("includes", _includes, _RANGE_POINT)
_declare("during", _reversed(_includes), _POINT_RANGE)
_declare("starts", _begins, _POINT_RANGE)
_declare("started by", _reversed(_begins), _RANGE_POINT)
_declare("coincides", _coincides, ("point1: point, point2: point", *_BOTH_RANGES))
