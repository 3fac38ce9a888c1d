"""`for`, `some` and `every`: what is done once for each item of lists and ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kernel.texts import Text
from rules.feel.frame import Frame
from rules.feel.nodes import Closure, Node
from rules.feel.temporal import Date, date_from_ordinal
from rules.feel.values import Range, both, either

PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Iterated:
    """`name in source`, or `name in source..until`."""

    name: str
    source: Node
    until: Node | None = None


class _Loop(Node):
    """Iterators and the body that sees their names; a later iterator sees the names of those before it."""

    in_words = Text("for、some 和 every", "for, some and every")

    def __init__(self, iterators: Sequence[Iterated], body: Node, position: int) -> None:
        nodes = [node for one in iterators for node in (one.source, one.until) if node is not None]
        super().__init__(*nodes, body)
        self.iterators = iterators
        self.body = body
        self.position = position

    def free_names(self) -> frozenset[str]:
        free: frozenset[str] = frozenset()
        bound: set[str] = {PARTIAL} if isinstance(self, For) else set()
        for one in self.iterators:
            free |= one.source.free_names() - bound
            free |= one.until.free_names() - bound if one.until else frozenset()
            bound.add(one.name)
        return free | (self.body.free_names() - bound)

    def _rounds(self) -> Callable[[Frame], Iterator[Frame]]:
        """Frames of all rounds, outermost iterator first; raises `_NothingToIterate` for null and for `"a".."z"`."""
        sources = [
            (one.name, one.source.closure(), one.until.closure() if one.until else None) for one in self.iterators
        ]
        size, position = self.size, self.position

        def rounds(frame: Frame, index: int = 0) -> Iterator[Frame]:
            name, source, until = sources[index]
            items = _items(source(frame), until(frame) if until else None, frame, spread=until is not None)
            if items is None:
                frame.note("没有可遍历的列表或区间", "there is no list or range to iterate over", position)
                raise _NothingToIterate
            for item in items:
                frame.spend(size)
                inside = Frame({name: item}, frame.run, frame, frame.tested)
                if index + 1 < len(sources):
                    yield from rounds(inside, index + 1)
                else:
                    yield inside

        return rounds


class _NothingToIterate(Exception):
    """A source is null, or a range of something that has no next."""


class For(_Loop):
    """`for x in xs, y in ys return …`; in the body `partial` is the list of results so far."""

    def closure(self) -> Closure:
        rounds, body = self._rounds(), self.body.closure()
        partial = PARTIAL in self.body.free_names()

        def evaluate(frame: Frame) -> list[Any] | None:
            found: list[Any] = []
            try:
                for inside in rounds(frame):
                    if partial:
                        frame.spend(len(found))
                        inside = inside.child({PARTIAL: list(found)})
                    found.append(body(inside))
            except _NothingToIterate:
                return None
            return found

        return evaluate


class Quantified(_Loop):
    """`some x in xs satisfies …`, `every x in xs satisfies …`, in three-valued logic."""

    def __init__(self, iterators: Sequence[Iterated], body: Node, position: int, *, some: bool) -> None:
        super().__init__(iterators, body, position)
        self.some = some

    def closure(self) -> Closure:
        rounds, body = self._rounds(), self.body.closure()
        some = self.some
        join = either if some else both

        def evaluate(frame: Frame) -> bool | None:
            found: bool | None = not some
            try:
                for inside in rounds(frame):
                    value = body(inside)
                    found = join(found, value if value.__class__ is bool else None)
                    if found is some:
                        return found
            except _NothingToIterate:
                return None
            return found

        return evaluate


def _items(source: Any, until: Any, frame: Frame, *, spread: bool) -> Iterator[Any] | list[Any] | None:
    """What an iterator goes through: the items of a list, the numbers or days of a range, or a single value."""
    if spread:
        return _steps(source, until)
    if source.__class__ is list:
        return source
    if source.__class__ is Range:
        return _within(source)
    return None if source is None else [source]


def _within(one: Range) -> Iterator[Any] | None:
    """A range iterates upwards only, and only what is finite (DMN 1.5, 10.3.2.14)."""
    if one.low_open or one.high_open or one.low.__class__ is not one.high.__class__:
        return None
    if one.low.__class__ is Decimal:
        if one.low > one.high:
            return None
        first, last = _whole(one.low), _whole(one.high)
    elif one.low.__class__ is Date:
        first, last = one.low.ordinal, one.high.ordinal
        if first > last:
            return None
    else:
        return None
    if first is None or last is None:
        return None
    first, last = first + (not one.low_included), last - (not one.high_included)
    make: Callable[[int], Any] = Decimal if one.low.__class__ is Decimal else date_from_ordinal
    return (make(number) for number in range(first, last + 1))


def _steps(first: Any, last: Any) -> Iterator[Any] | None:
    """`1..5` and `5..1`: both ends count, in either direction."""
    if first.__class__ is not last.__class__:
        return None
    if first.__class__ is Date:
        start, end = first.ordinal, last.ordinal
        make: Callable[[int], Any] = date_from_ordinal
    elif first.__class__ is Decimal and _whole(first) is not None and _whole(last) is not None:
        start, end = int(first), int(last)
        make = Decimal
    else:
        return None
    return (make(number) for number in (range(start, end + 1) if start <= end else range(start, end - 1, -1)))


def _whole(number: Decimal) -> int | None:
    return int(number) if number == number.to_integral_value() and abs(number) < 10**30 else None
