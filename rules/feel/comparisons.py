"""Comparisons and tests: where a value is held against others, alone, in a list or in a range."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rules.feel import values
from rules.feel.nodes import Closure, Frame, Node, RangeOf
from rules.feel.values import Range

Predicate = Callable[[Frame, Any], bool | None]


class Comparison(Node):
    """`=`, `!=`, `<`, `<=`, `>`, `>=`"""

    def __init__(self, operator: str, left: Node, right: Node) -> None:
        super().__init__(left, right)
        self.operator = operator
        self.left = left
        self.right = right

    def closure(self) -> Closure:
        left, right, holds = self.left.closure(), self.right.closure(), _comparing(self.operator)
        return lambda frame: holds(left(frame), right(frame), frame)

    def to_json(self) -> list[Any]:
        return [self.operator, self.left.to_json(), self.right.to_json()]


def _comparing(operator: str) -> Callable[[Any, Any, Frame], bool | None]:
    if operator == "=":
        return lambda left, right, frame: values.equal(left, right, frame.spend)
    if operator == "!=":

        def differs(left: Any, right: Any, frame: Frame) -> bool | None:
            same = values.equal(left, right, frame.spend)
            return None if same is None else not same

        return differs
    return lambda left, right, frame: values.compared(operator, left, right)


class Between(Node):
    """`x between 1 and 10`; both ends count."""

    def __init__(self, value: Node, low: Node, high: Node) -> None:
        super().__init__(value, low, high)

    def closure(self) -> Closure:
        value, low, high = (child.closure() for child in self.children)
        return lambda frame: Range(low(frame), high(frame), True, True).includes(value(frame))

    def to_json(self) -> list[Any]:
        value, low, high = (child.to_json() for child in self.children)
        return ["and", [">=", value, low], ["<=", value, high]]


class Test(Node):
    """One test of a value, as after `in` and in a cell of a decision table: `< 5`, `[1..5]`, `"a"`."""

    __test__ = False  # not a test of pytest

    def __init__(self, operator: str | None, operand: Node) -> None:
        super().__init__(operand)
        self.operator = operator
        self.operand = operand

    def closure(self) -> Closure:
        predicate = self.predicate()
        return lambda frame: predicate(frame, frame.tested)

    def predicate(self) -> Predicate:
        operand = self.operand.closure()
        if self.operator is None:
            return lambda frame, value: _belongs(value, operand(frame), frame)
        holds = _comparing(self.operator)
        return lambda frame, value: holds(value, operand(frame), frame)

    def json_for(self, value: list[Any]) -> list[Any]:
        operand = self.operand
        if self.operator is not None:
            return [self.operator, value, operand.to_json()]
        if not isinstance(operand, RangeOf):
            return ["in", value, operand.to_json()]
        low, high = operand.low.to_json(), operand.high.to_json()
        if operand.low_included and operand.high_included:
            return ["in", value, ["range", low, high]]
        lower = ">=" if operand.low_included else ">"
        upper = "<=" if operand.high_included else "<"
        return ["and", [lower, value, low], [upper, value, high]]


def _belongs(value: Any, to: Any, frame: Frame) -> bool | None:
    if isinstance(to, Range):
        return to.includes(value)
    if isinstance(to, list):
        frame.spend(len(to))
        return any(
            item.includes(value) is True if isinstance(item, Range) else values.equal(value, item, frame.spend) is True
            for item in to
        )
    return values.equal(value, to, frame.spend)


class Membership(Node):
    """`x in [1..5]`, `x in ("a", "b")`, `x in < 5`: true when one of the tests holds."""

    def __init__(self, value: Node, tests: Sequence[Test]) -> None:
        super().__init__(value, *tests)
        self.value = value
        self.tests = tests

    def closure(self) -> Closure:
        value = self.value.closure()
        predicates = [test.predicate() for test in self.tests]

        def evaluate(frame: Frame) -> bool | None:
            return any_of(predicates, frame, value(frame))

        return evaluate

    def to_json(self) -> list[Any]:
        value = self.value.to_json()
        first, *others = (test.json_for(value) for test in self.tests)
        for other in others:
            first = ["or", first, other]
        return first


def any_of(predicates: Sequence[Predicate], frame: Frame, value: Any) -> bool | None:
    """Three-valued `or` over the tests of one value."""
    found: bool | None = False
    for predicate in predicates:
        found = values.either(found, predicate(frame, value))
        if found:
            return True
    return found
