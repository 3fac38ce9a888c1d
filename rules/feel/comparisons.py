"""Comparisons and tests: where a value is held against others, alone, in a list or in a range."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from kernel.texts import Text
from rules.feel import values
from rules.feel.frame import Frame
from rules.feel.nodes import Closure, Literal, Node, RangeOf
from rules.feel.types import NULL, Type
from rules.feel.values import Range, kind_of

Predicate = Callable[[Frame, Any], bool | None]


class Comparison(Node):
    """`=`, `!=`, `<`, `<=`, `>`, `>=`"""

    def __init__(self, sign: str, left: Node, right: Node, position: int) -> None:
        super().__init__(left, right)
        self.operator = sign
        self.left = left
        self.right = right
        self.position = position

    def closure(self) -> Closure:
        left, right = self.left.closure(), self.right.closure()
        if self.operator == "=" and isinstance(self.right, Literal) and isinstance(self.right.value, str):
            return self._equals_text(left, self.right.value)
        direct, general = _DIRECT[self.operator], self._compared

        def evaluate(frame: Frame) -> bool | None:
            first, second = left(frame), right(frame)
            kind = first.__class__
            if kind is second.__class__ and (kind is Decimal or kind is str):
                return direct(first, second)
            return general(first, second, frame)

        return evaluate

    def _compared(self, first: Any, second: Any, frame: Frame) -> bool | None:
        found = _comparing(self.operator)(first, second, frame)
        if found is None and frame.run.notes is not None:
            kinds = f"{kind_of(first)} {self.operator} {kind_of(second)}"
            frame.note(f"{kinds} 无法比较", f"{kinds} cannot be compared", self.position)
        return found

    def _equals_text(self, left: Closure, text: str) -> Closure:
        """The most frequent comparison of all: `decision = "agree"`."""
        position = self.position

        def evaluate(frame: Frame) -> bool | None:
            value = left(frame)
            if value.__class__ is str:
                return value == text
            if value is None:
                return False
            frame.note(f"{kind_of(value)} 不能与文字比较", f"a {kind_of(value)} is not compared with text", position)
            return None

        return evaluate

    def to_json(self) -> list[Any]:
        return [self.operator, self.left.to_json(), self.right.to_json()]


# How two numbers or two texts are compared.
_DIRECT: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _comparing(sign: str) -> Callable[[Any, Any, Frame], bool | None]:
    if sign == "=":
        return lambda left, right, frame: values.equal(left, right, frame.spend)
    if sign == "!=":

        def differs(left: Any, right: Any, frame: Frame) -> bool | None:
            same = values.equal(left, right, frame.spend)
            return None if same is None else not same

        return differs
    return lambda left, right, frame: values.compared(sign, left, right)


class Between(Node):
    """`x between 1 and 10`; both ends count."""

    def __init__(self, value: Node, low: Node, high: Node) -> None:
        super().__init__(value, low, high)

    def closure(self) -> Closure:
        value, low, high = (child.closure() for child in self.children)
        compared, both = values.compared, values.both

        def evaluate(frame: Frame) -> bool | None:
            found, first, last = value(frame), low(frame), high(frame)
            if found.__class__ is Decimal and first.__class__ is Decimal and last.__class__ is Decimal:
                return first <= found <= last
            return both(compared(">=", found, first), compared("<=", found, last))

        return evaluate

    def to_json(self) -> list[Any]:
        value, low, high = (child.to_json() for child in self.children)
        return ["and", [">=", value, low], ["<=", value, high]]


class InstanceOf(Node):
    """`x instance of list<number>`; null is an instance of nothing but `Null`."""

    in_words = Text("instance of", "instance of")

    def __init__(self, value: Node, kind: Type) -> None:
        super().__init__(value)
        self.kind = kind

    def closure(self) -> Closure:
        value, kind = self.children[0].closure(), self.kind
        null = kind is NULL

        def evaluate(frame: Frame) -> bool:
            found = value(frame)
            return null if found is None else kind.holds(found)

        return evaluate


class Test(Node):
    """One test of a value, as after `in` and in a cell of a decision table: `< 5`, `[1..5]`, `"a"`."""

    __test__ = False  # not a test of pytest
    in_words = Text("决策表的单元格", "cells of a table")

    def __init__(self, sign: str | None, operand: Node) -> None:
        super().__init__(operand)
        self.operator = sign
        self.operand = operand

    def closure(self) -> Closure:
        predicate = self.predicate()
        return lambda frame: predicate(frame, frame.tested)

    def predicate(self) -> Predicate:
        operand = self.operand.closure()
        if self.operator is None:
            if isinstance(self.operand, Literal):
                constant = self.operand.value
                return lambda frame, value: belongs(value, constant, frame)
            if isinstance(self.operand, RangeOf):
                return lambda frame, value: _inside(value, operand(frame))
            return lambda frame, value: belongs(value, operand(frame), frame)
        holds = _comparing(self.operator)
        return lambda frame, value: holds(value, operand(frame), frame)

    def json_for(self, value: list[Any]) -> list[Any]:
        """The test of a value for the browser's evaluator; of ranges it knows those whose ends are written as values.

        Raises:
            FeelError: as `to_json`.
        """
        operand = self.operand
        if self.operator is not None:
            return [self.operator, value, operand.to_json()]
        if not isinstance(operand, RangeOf):
            return ["in", value, operand.to_json()]
        fixed = operand.constant()
        if fixed is None or fixed.low_open or fixed.high_open or isinstance(fixed.low, values.TEMPORAL):
            return operand.to_json()
        low, high = Literal(fixed.low).to_json(), Literal(fixed.high).to_json()
        lower, upper = ">=" if fixed.low_included else ">", "<=" if fixed.high_included else "<"
        return ["and", [lower, value, low], [upper, value, high]]


def _inside(value: Any, to: Range | None) -> bool | None:
    """In a range that is written here; one without ends to compare with decides nothing."""
    return to.includes(value) if to is not None else None


def belongs(value: Any, to: Any, frame: Frame) -> bool | None:
    """`value in to`: inside a range, an item of a list or inside one of its ranges, or equal (DMN 1.5, table 55)."""
    if to.__class__ is Range:
        return (value.__class__ is Range and values.equal(value, to, frame.spend) is True) or to.includes(value)
    if to.__class__ is list:
        frame.spend(len(to))
        if value.__class__ is list and values.equal(value, to, frame.spend) is True:
            return True
        return any(
            item.includes(value) is True if item.__class__ is Range else values.equal(value, item, frame.spend) is True
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
        if len(predicates) == 1:
            [predicate] = predicates
            return lambda frame: predicate(frame, value(frame))
        return lambda frame: any_of(predicates, frame, value(frame))

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
        one = predicate(frame, value)
        if one:
            return True
        if one is None:
            found = None
    return found
