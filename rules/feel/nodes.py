"""The tree of an expression: every node compiles itself to a closure, once.

A closure takes the frame of one evaluation and returns a value. The number of closures is bounded by the text, so
only what walks over values (lists, contexts) has to count its steps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from kernel.texts import Text
from rules.feel import values
from rules.feel.errors import FeelError, too_big
from rules.feel.functions import Function
from rules.feel.temporal import YearsMonths
from rules.feel.values import Range

MAX_DEPTH = 200
MAX_STEPS = 20_000


class Frame:
    """One evaluation: the variables it sees, the value under test, and the steps it has left."""

    __slots__ = ("_left", "scope", "tested")

    def __init__(self, scope: Mapping[str, Any], tested: Any = None) -> None:
        self.scope = scope
        self.tested = tested
        self._left = MAX_STEPS

    def spend(self, steps: int) -> None:
        """Count steps over a value.

        Raises:
            FeelError: the evaluation has used up its budget.
        """
        self._left -= steps
        if self._left < 0:
            raise too_big(Text("计算步数", "the number of steps"), MAX_STEPS)


Closure = Callable[[Frame], Any]


class Node(ABC):
    """A part of an expression; `depth` is how deeply its closures call each other."""

    def __init__(self, *children: Node) -> None:
        self.children = children
        self.depth: int = 1 + max((child.depth for child in children), default=0)
        if self.depth > MAX_DEPTH:
            raise too_big(Text("嵌套层数", "the nesting"), MAX_DEPTH)

    @abstractmethod
    def closure(self) -> Closure: ...

    def free_names(self) -> frozenset[str]:
        """First segments of all paths that must come from the scope."""
        return frozenset[str]().union(*(child.free_names() for child in self.children))

    def to_json(self) -> list[Any]:
        """The tree for the browser's evaluator.

        Raises:
            FeelError: this part of the language is evaluated on the server only.
        """
        raise FeelError(
            Text("表单条件中不支持此写法", f"A form condition cannot use {type(self).__name__.lower()}"),
            expected="an expression the browser can evaluate",
            found=type(self).__name__.lower(),
        )


class Literal(Node):
    """A number, text, truth value, null, day, moment or duration that stands in the source."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def closure(self) -> Closure:
        value = self.value
        return lambda frame: value

    def to_json(self) -> list[Any]:
        if isinstance(self.value, (date, timedelta, YearsMonths)):
            return super().to_json()
        return ["lit", values.to_plain(self.value)]


class Variable(Node):
    """A name of the scope; a name that is not there is null."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def closure(self) -> Closure:
        name, normal = self.name, values.normal
        return lambda frame: normal(frame.scope.get(name))

    def free_names(self) -> frozenset[str]:
        return frozenset({self.name})

    def to_json(self) -> list[Any]:
        return ["var", self.name]


class TestedValue(Node):
    """`?`: the value that a unary test is about."""

    def closure(self) -> Closure:
        return lambda frame: frame.tested


class Path(Node):
    """`base.name`: an entry of a context, a part of a day or duration, or that of every item of a list."""

    def __init__(self, base: Node, name: str) -> None:
        super().__init__(base)
        self.base = base
        self.name = name

    def closure(self) -> Closure:
        base, name = self.base.closure(), self.name
        return lambda frame: _entry(base(frame), name, frame)

    def to_json(self) -> list[Any]:
        found = self.base.to_json()
        return [*found, self.name] if found[0] == "var" else super().to_json()


_PARTS: Mapping[type, Mapping[str, Callable[[Any], int]]] = {
    date: {
        "year": lambda day: day.year,
        "month": lambda day: day.month,
        "day": lambda day: day.day,
        "weekday": lambda day: day.isoweekday(),
    },
    datetime: {
        "year": lambda moment: moment.year,
        "month": lambda moment: moment.month,
        "day": lambda moment: moment.day,
        "weekday": lambda moment: moment.isoweekday(),
        "hour": lambda moment: moment.hour,
        "minute": lambda moment: moment.minute,
        "second": lambda moment: moment.second,
    },
    timedelta: {
        "days": lambda length: _signed(length, abs(length).days),
        "hours": lambda length: _signed(length, abs(length).seconds // 3600),
        "minutes": lambda length: _signed(length, abs(length).seconds // 60 % 60),
        "seconds": lambda length: _signed(length, abs(length).seconds % 60),
    },
    YearsMonths: {
        "years": lambda length: int(length.months / 12),
        "months": lambda length: length.months - 12 * int(length.months / 12),
    },
}


def _signed(length: timedelta, amount: int) -> int:
    return -amount if length < timedelta() else amount


def _entry(base: Any, name: str, frame: Frame) -> Any:
    if isinstance(base, Mapping):
        return values.normal(base.get(name))
    if isinstance(base, list):
        frame.spend(len(base))
        return [values.normal(item.get(name)) if isinstance(item, Mapping) else None for item in base]
    part = _PARTS.get(type(base), {}).get(name)
    return None if part is None else Decimal(part(base))


class ListOf(Node):
    """`[1, 2, 3]`"""

    def closure(self) -> Closure:
        items = [child.closure() for child in self.children]
        return lambda frame: [item(frame) for item in items]

    def to_json(self) -> list[Any]:
        return ["list", *(child.to_json() for child in self.children)]


class ContextOf(Node):
    """`{a: 1, b: a + 1}`: an entry sees those before it."""

    def __init__(self, entries: Sequence[tuple[str, Node]]) -> None:
        super().__init__(*(node for _, node in entries))
        self.entries = entries

    def closure(self) -> Closure:
        entries = [(name, node.closure()) for name, node in self.entries]

        def evaluate(frame: Frame) -> Any:
            outside = frame.scope
            found: dict[str, Any] = {}
            frame.scope = ChainMap(found, outside)  # type: ignore[arg-type]  # only the first map is ever written
            try:
                for name, value in entries:
                    found[name] = value(frame)
            finally:
                frame.scope = outside
            return found

        return evaluate

    def free_names(self) -> frozenset[str]:
        free: frozenset[str] = frozenset()
        bound: set[str] = set()
        for name, node in self.entries:
            free |= node.free_names() - bound
            bound.add(name)
        return free


class RangeOf(Node):
    """`[1..5]`, `(1..5)`, `]1..5[`"""

    def __init__(self, low: Node, high: Node, *, low_included: bool, high_included: bool) -> None:
        super().__init__(low, high)
        self.low = low
        self.high = high
        self.low_included = low_included
        self.high_included = high_included

    def closure(self) -> Closure:
        low, high = self.low.closure(), self.high.closure()
        low_included, high_included = self.low_included, self.high_included
        return lambda frame: Range(low(frame), high(frame), low_included, high_included)


class Logic(Node):
    """`and`, `or` of three-valued logic; what is no truth value counts as null."""

    def __init__(self, operator: str, left: Node, right: Node) -> None:
        super().__init__(left, right)
        self.operator = operator
        self.left = left
        self.right = right

    def closure(self) -> Closure:
        left, right = self.left.closure(), self.right.closure()
        decides = self.operator == "or"
        join = values.either if decides else values.both

        def evaluate(frame: Frame) -> bool | None:
            first = _truth(left(frame))
            return first if first is decides else join(first, _truth(right(frame)))

        return evaluate

    def to_json(self) -> list[Any]:
        return [self.operator, self.left.to_json(), self.right.to_json()]


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


class Arithmetic(Node):
    """`+`, `-`, `*`, `/`"""

    OPERATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
        "+": values.added,
        "-": values.subtracted,
        "*": values.multiplied,
        "/": values.divided,
    }

    def __init__(self, operator: str, left: Node, right: Node) -> None:
        super().__init__(left, right)
        self.operator = operator
        self.left = left
        self.right = right

    def closure(self) -> Closure:
        left, right, compute = self.left.closure(), self.right.closure(), self.OPERATIONS[self.operator]
        return lambda frame: compute(left(frame), right(frame))

    def to_json(self) -> list[Any]:
        return [self.operator, self.left.to_json(), self.right.to_json()]


class Negation(Node):
    """`-x`"""

    def closure(self) -> Closure:
        operand = self.children[0].closure()
        return lambda frame: values.negated(operand(frame))

    def to_json(self) -> list[Any]:
        return ["-", ["lit", 0], self.children[0].to_json()]


class Choice(Node):
    """`if a then b else c`; only true takes the first way."""

    def closure(self) -> Closure:
        condition, first, second = (child.closure() for child in self.children)
        return lambda frame: first(frame) if condition(frame) is True else second(frame)

    def to_json(self) -> list[Any]:
        return ["if", *(child.to_json() for child in self.children)]


class Call(Node):
    """A call of a function of the catalogue."""

    def __init__(self, function: Function, arguments: Sequence[Node]) -> None:
        super().__init__(*arguments)
        self.function = function

    def closure(self) -> Closure:
        arguments = [child.closure() for child in self.children]
        body = self.function.body
        return lambda frame: body(frame.spend, *[argument(frame) for argument in arguments])

    def to_json(self) -> list[Any]:
        if not self.function.in_browser:
            return super().to_json()
        return ["call", self.function.name, *(child.to_json() for child in self.children)]
