"""The tree of an expression: every node compiles itself to a closure, once.

A closure takes the frame of one evaluation and returns a value. The number of closures is bounded by the text, so
only what repeats (loops, filters, calls) and what walks over values has to count its steps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from kernel.texts import Text
from rules.feel import arithmetic, values
from rules.feel.errors import FeelError, too_big
from rules.feel.frame import Frame
from rules.feel.values import READY, WHOLE, Range, kind_of

MAX_DEPTH = 200

Closure = Callable[[Frame], Any]


class Node(ABC):
    """A part of an expression; `depth` is how deeply its closures call each other, `size` how many they are.

    `in_words` is what a refusal for forms calls it.
    """

    in_words: ClassVar[Text] = Text("此写法", "this")

    def __init__(self, *children: Node) -> None:
        self.children = children
        self.depth: int = 1 + max((child.depth for child in children), default=0)
        self.size: int = 1 + sum(child.size for child in children)
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
            Text(f"表单条件中不能用{self.in_words.zh}", f"A form condition cannot use {self.in_words.en}"),
            expected="an expression the browser can evaluate",
            found=self.in_words.en,
        )


class Literal(Node):
    """A number, text, truth value, null, day, time, moment or duration that stands in the source."""

    in_words = Text("日期、时间和时长", "days, times and durations")

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def closure(self) -> Closure:
        value = self.value
        return lambda frame: value

    def to_json(self) -> list[Any]:
        if isinstance(self.value, values.TEMPORAL):
            return super().to_json()
        return ["lit", values.to_plain(self.value)]


class Variable(Node):
    """A name of the scope; a name that is not there is null, or the built-in function of that name.

    `inner` is set where frames stand between the name and the scope of the caller.
    """

    def __init__(self, name: str, position: int, *, inner: bool = False, built_in: Any = None) -> None:
        super().__init__()
        self.name = name
        self.position = position
        self.inner = inner
        self.built_in = built_in

    def closure(self) -> Closure:
        return self._inner() if self.inner else self._outer()

    def _outer(self) -> Closure:
        name, missing = self.name, self._missing

        def evaluate(frame: Frame) -> Any:
            value = frame.scope.get(name)
            if value is None:
                return missing(frame)
            if value.__class__ in READY:
                return value
            return WHOLE[value] if value.__class__ is int else frame.ready(value)

        return evaluate

    def _inner(self) -> Closure:
        name, missing = self.name, self._missing

        def evaluate(frame: Frame) -> Any:
            within: Frame | None = frame
            while within is not None:
                if name in within.scope:
                    value = within.scope[name]
                    return value if value.__class__ in READY else within.ready(value)
                within = within.parent
            return missing(frame)

        return evaluate

    def _missing(self, frame: Frame) -> Any:
        if self.built_in is not None and not frame.find(self.name)[0]:
            return self.built_in
        if frame.run.notes is not None and not frame.find(self.name)[0]:
            frame.note(f"没有变量“{self.name}”", f"there is no variable “{self.name}”", self.position)
        return None

    def free_names(self) -> frozenset[str]:
        return frozenset({self.name})

    def to_json(self) -> list[Any]:
        return ["var", self.name]


class TestedValue(Node):
    """`?`: the value that a unary test is about."""

    __test__ = False  # not a test of pytest
    in_words = Text("“?”", "“?”")

    def closure(self) -> Closure:
        return lambda frame: frame.tested


class ListOf(Node):
    """`[1, 2, 3]`"""

    def closure(self) -> Closure:
        items = [child.closure() for child in self.children]
        return lambda frame: [item(frame) for item in items]

    def to_json(self) -> list[Any]:
        return ["list", *(child.to_json() for child in self.children)]


class ContextOf(Node):
    """`{a: 1, b: a + 1}`: an entry sees those before it, and a function also itself."""

    in_words = Text("上下文 { }", "contexts { }")

    def __init__(self, entries: Sequence[tuple[str, Node]]) -> None:
        super().__init__(*(node for _, node in entries))
        self.entries = entries

    def closure(self) -> Closure:
        entries = [(name, node.closure()) for name, node in self.entries]

        def evaluate(frame: Frame) -> Any:
            found: dict[str, Any] = {}
            inside = Frame(found, frame.run, frame, frame.tested)
            for name, value in entries:
                found[name] = value(inside)
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
    """`[1..5]`, `(1..5)`, `]1..5[`, and with one end `> 5`; ends of two kinds make null."""

    in_words = Text("两端不是固定数字或文字的区间", "ranges, except `in` with fixed numbers or texts as ends")

    def __init__(
        self, low: Node | None, high: Node | None, *, low_included: bool, high_included: bool, position: int
    ) -> None:
        super().__init__(*(end for end in (low, high) if end is not None))
        self.low = low
        self.high = high
        self.low_included = low_included
        self.high_included = high_included
        self.position = position

    def closure(self) -> Closure:
        constant = self.constant()
        if constant is not None:
            return lambda frame: constant
        low = self.low.closure() if self.low else _no_end
        high = self.high.closure() if self.high else _no_end
        between = self.between
        return lambda frame: between(low(frame), high(frame), frame)

    def constant(self) -> Range | None:
        """The range whose ends are written as values; None where they are computed or make no range."""
        if not all(isinstance(end, Literal) for end in self.children):
            return None
        low, high = (end.value if isinstance(end, Literal) else None for end in (self.low, self.high))
        return self.between(low, high, Frame({}))

    def between(self, first: Any, second: Any, frame: Frame) -> Range | None:
        """The range from one value to another, either of which may be missing."""
        # `(null..5]` is `<= 5`, but an end that belongs to the range must have a value.
        missing = (first is None and self.low_included) or (second is None and self.high_included)
        if missing or (first.__class__ is not second.__class__ and first is not None and second is not None):
            frame.note("区间的两端无法比较", "the ends of the range cannot be compared", self.position)
            return None
        return Range(first, second, self.low_included, self.high_included, first is None, second is None)


def _no_end(frame: Frame) -> None:
    """The end of a range that reaches to infinity."""


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

        def evaluate(frame: Frame) -> bool | None:
            first: bool | None = left(frame)
            if first is decides:
                return first
            second: bool | None = right(frame)
            if second is decides:
                return second
            return (not decides) if first.__class__ is bool and second.__class__ is bool else None

        return evaluate

    def to_json(self) -> list[Any]:
        return [self.operator, self.left.to_json(), self.right.to_json()]


class Arithmetic(Node):
    """`+`, `-`, `*`, `/`, `**`"""

    in_words = Text("乘方 **", "powers **")

    OPERATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
        "+": arithmetic.added,
        "-": arithmetic.subtracted,
        "*": arithmetic.multiplied,
        "/": arithmetic.divided,
        "**": arithmetic.raised,
    }
    # What two numbers need no more than; powers have bounds of their own.
    NUMBERS: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
        "+": values.NUMBERS.add,
        "-": values.NUMBERS.subtract,
        "*": values.NUMBERS.multiply,
        "/": values.NUMBERS.divide,
    }

    def __init__(self, operator: str, left: Node, right: Node, position: int) -> None:
        super().__init__(left, right)
        self.operator = operator
        self.left = left
        self.right = right
        self.position = position

    def closure(self) -> Closure:
        left, right = self.left.closure(), self.right.closure()
        of_numbers, general, position = self.NUMBERS.get(self.operator), self._computed, self.position

        def evaluate(frame: Frame) -> Any:
            first, second = left(frame), right(frame)
            if first.__class__ is Decimal and second.__class__ is Decimal and of_numbers is not None:
                try:
                    return of_numbers(first, second)
                except ArithmeticError:
                    frame.note("数的运算没有结果", "the calculation has no result", position)
                    return None
            return general(first, second, frame)

        return evaluate

    def _computed(self, first: Any, second: Any, frame: Frame) -> Any:
        found = self.OPERATIONS[self.operator](first, second)
        if found is None and frame.run.notes is not None:
            kinds = f"{kind_of(first)} {self.operator} {kind_of(second)}"
            frame.note(f"{kinds} 没有结果", f"{kinds} has no result", self.position)
        return found

    def to_json(self) -> list[Any]:
        if self.operator == "**":
            return super().to_json()
        return [self.operator, self.left.to_json(), self.right.to_json()]


class Negation(Node):
    """`-x`"""

    def closure(self) -> Closure:
        operand = self.children[0].closure()
        return lambda frame: arithmetic.negated(operand(frame))

    def to_json(self) -> list[Any]:
        return ["-", ["lit", 0], self.children[0].to_json()]


class Choice(Node):
    """`if a then b else c`; only true takes the first way."""

    def closure(self) -> Closure:
        condition, first, second = (child.closure() for child in self.children)
        return lambda frame: first(frame) if condition(frame) is True else second(frame)

    def to_json(self) -> list[Any]:
        return ["if", *(child.to_json() for child in self.children)]
