"""`base.name` and `base[filter]`: entries of contexts, parts of values, items of lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from kernel.texts import Text
from rules.feel.frame import Frame
from rules.feel.nodes import Closure, Literal, Node, Variable
from rules.feel.temporal import DAY_NS, SECOND_NS, Date, DaysTime, Moment, Time, YearsMonths
from rules.feel.values import READY, Range, kind_of


class Path(Node):
    """`base.name`: an entry of a context, a part of a day or duration, or that of every item of a list."""

    in_words = Text("计算结果的部分", "parts of what is computed")

    def __init__(self, base: Node, name: str, position: int) -> None:
        super().__init__(base)
        self.base = base
        self.name = name
        self.position = position

    def closure(self) -> Closure:
        base, name, position = self.base.closure(), self.name, self.position
        if isinstance(self.base, Variable) and not self.base.inner:
            return self._entry_of_variable(base)
        return lambda frame: entry(base(frame), name, frame, position)

    def _entry_of_variable(self, general: Closure) -> Closure:
        """An entry of a variable's context is read without making the whole context FEEL's."""
        assert isinstance(self.base, Variable)
        variable, name, position = self.base.name, self.name, self.position

        def evaluate(frame: Frame) -> Any:
            context = frame.scope.get(variable)
            if context.__class__ is dict and name in context:
                value = context[name]
                return value if value.__class__ in READY else frame.ready(value)
            return entry(general(frame), name, frame, position)

        return evaluate

    def to_json(self) -> list[Any]:
        found = self.base.to_json()
        return [*found, self.name] if found[0] == "var" else super().to_json()


_Part = Callable[[Any], Any]


def _whole(read: Callable[[Any], int]) -> _Part:
    return lambda value: Decimal(read(value))


_DAY: Mapping[str, _Part] = {
    "year": _whole(lambda day: day.year),
    "month": _whole(lambda day: day.month),
    "day": _whole(lambda day: day.day),
    "weekday": _whole(lambda day: day.weekday),
}


def _seconds(second: int, nanosecond: int) -> Decimal:
    return Decimal(second) if not nanosecond else Decimal(second) + Decimal(nanosecond).scaleb(-9)


def _offset(value: Any) -> DaysTime | None:
    return None if value.offset is None else DaysTime(value.offset * SECOND_NS)


def _zone(value: Any) -> str | None:
    return value.zone if isinstance(value.zone, str) else None


_CLOCK: Mapping[str, _Part] = {
    "hour": _whole(lambda clock: clock.hour),
    "minute": _whole(lambda clock: clock.minute),
    "second": lambda clock: _seconds(clock.second, clock.nanosecond),
    "time offset": _offset,
    "timezone": _zone,
}


def _signed(read: Callable[[int], Decimal]) -> _Part:
    """A part of a duration; all parts carry its sign."""
    return lambda length: -read(-length.nanoseconds) if length.nanoseconds < 0 else read(length.nanoseconds)


def _of(half: str, part: _Part) -> _Part:
    """A part of the date or of the time of a moment."""
    return lambda moment: part(getattr(moment, half))


_PARTS: Mapping[type, Mapping[str, _Part]] = {
    Date: _DAY,
    Time: _CLOCK,
    Moment: {
        **{name: _of("date", part) for name, part in _DAY.items()},
        **{name: _of("time", part) for name, part in _CLOCK.items()},
        "time offset": _offset,
    },
    DaysTime: {
        "days": _signed(lambda length: Decimal(length // DAY_NS)),
        "hours": _signed(lambda length: Decimal(length // (3_600 * SECOND_NS) % 24)),
        "minutes": _signed(lambda length: Decimal(length // (60 * SECOND_NS) % 60)),
        "seconds": _signed(lambda length: _seconds(length // SECOND_NS % 60, length % SECOND_NS)),
    },
    YearsMonths: {
        "years": _whole(lambda length: int(length.months / 12)),
        "months": _whole(lambda length: length.months - 12 * int(length.months / 12)),
    },
    Range: {
        "start": lambda found: found.low,
        "end": lambda found: found.high,
        "start included": lambda found: found.low_included,
        "end included": lambda found: found.high_included,
    },
}


def entry(base: Any, name: str, frame: Frame, position: int | None = None) -> Any:
    """What a path finds in a value; null, with a note, where there is nothing of this name."""
    if base.__class__ is dict and name in base:
        return base[name]
    if base.__class__ is list:
        frame.spend(1 + len(base))
        return [entry(item, name, frame, position) for item in base]
    part = _PARTS.get(base.__class__, {}).get(name)
    if part is not None:
        return part(base)
    if base is not None:
        frame.note(f"{kind_of(base)} 没有“{name}”", f"a {kind_of(base)} has no “{name}”", position)
    return None


class Filter(Node):
    """`list[condition]` and `list[position]`; positions count from 1, from the end with -1.

    In the condition `item` is the item, and the entries of an item that is a context are names. Whether a filter is
    a condition or a position is decided by what it gives (DMN 1.5, table 56): a number is a position.
    """

    in_words = Text("筛选 [ ]", "filters [ ]")

    def __init__(self, base: Node, condition: Node, position: int) -> None:
        super().__init__(base, condition)
        self.base = base
        self.condition = condition
        self.position = position

    def closure(self) -> Closure:
        base, condition, position = self.base.closure(), self.condition.closure(), self.position
        written = self.condition.value if isinstance(self.condition, Literal) else None
        fixed = written if written.__class__ is Decimal else None
        size = self.condition.size

        def evaluate(frame: Frame) -> Any:
            items = base(frame)
            if items is None:
                frame.note("被筛选的值为空", "what is filtered is null", position)
                return None
            if items.__class__ is not list:
                items = [items]
            if fixed is not None:
                return _at(items, fixed, frame, position)
            kept: list[Any] = []
            frame.spend(len(items) * size + 1)
            for index, item in enumerate(items or [None]):
                found = condition(_with_item(item, frame))
                if found is True:
                    kept.append(item)
                elif found.__class__ is Decimal and index == 0:
                    return _at(items, found, frame, position)
                elif found is not False and found is not None:
                    frame.note("筛选条件不是真或假", "the filter is neither true nor false", position)
                    return None
            return kept if items else []

        return evaluate

    def free_names(self) -> frozenset[str]:
        return self.base.free_names() | (self.condition.free_names() - {"item"})


def _with_item(item: Any, frame: Frame) -> Frame:
    if item.__class__ is not dict:
        return Frame({"item": item}, frame.run, frame, frame.tested)
    frame.spend(len(item))
    return Frame({"item": item, **item}, frame.run, frame, frame.tested)


def _at(items: list[Any], where: Decimal, frame: Frame, position: int) -> Any:
    size = len(items)
    if where == where.to_integral_value() and 1 <= abs(where) <= size:
        return items[int(where) - 1 if where > 0 else int(where)]
    frame.note(f"列表没有第 {where} 项", f"the list has no item {where}", position)
    return None
