"""Calls of functions, built-in or values, and functions that an expression defines itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kernel.texts import Text
from rules.feel.callables import FeelFunction
from rules.feel.frame import Frame, Note
from rules.feel.library import BuiltIn
from rules.feel.nodes import Closure, Node
from rules.feel.types import ANY, Type
from rules.feel.values import kind_of

# A call of a function by its value passes through these levels of the interpreter before its body.
_CALL_LEVELS = 4


class Call(Node):
    """A call of a function of the library; `names` when the arguments are given by name."""

    in_words = Text("其他函数或按名称的参数", "other functions, or arguments by name")

    def __init__(self, function: BuiltIn, arguments: Sequence[Node], names: Sequence[str], position: int) -> None:
        super().__init__(*arguments)
        self.function = function
        self.names = tuple(names)
        self.position = position

    def closure(self) -> Closure:
        arguments = [child.closure() for child in self.children]
        general = self._called
        # Arguments that already are of the right types, the usual case, go straight to the function.
        fitting = None if self.names else self.function.fitting(len(arguments))
        if fitting is None or len(arguments) not in (1, 2):
            return lambda frame: general([argument(frame) for argument in arguments], frame)
        kinds, body = fitting
        first = arguments[0]
        if len(arguments) == 1:
            [first_kinds] = kinds

            def evaluate_one(frame: Frame) -> Any:
                value = first(frame)
                if frame.run.notes is None and (first_kinds is None or value.__class__ in first_kinds):
                    return body(frame, value)
                return general([value], frame)

            return evaluate_one
        second = arguments[1]
        first_kinds, second_kinds = kinds

        def evaluate_two(frame: Frame) -> Any:
            value, other = first(frame), second(frame)
            if (
                frame.run.notes is None
                and (first_kinds is None or value.__class__ in first_kinds)
                and (second_kinds is None or other.__class__ in second_kinds)
            ):
                return body(frame, value, other)
            return general([value, other], frame)

        return evaluate_two

    def _called(self, given: list[Any], frame: Frame) -> Any:
        before = len(frame.run.notes) if frame.run.notes is not None else 0
        if self.names:
            found = self.function.call_named(dict(zip(self.names, given, strict=True)), frame)
        else:
            found = self.function.call(given, frame)
        if found is None:
            _place(frame, before, self.position)
        return found

    def to_json(self) -> list[Any]:
        if not self.function.in_browser or self.names:
            return super().to_json()
        return [self.function.name, *(child.to_json() for child in self.children)]


class Invocation(Node):
    """A call of whatever an expression gives: `f(1)`, `model.f(a: 1)`, `make(2)(3)`."""

    in_words = Text("自定义函数", "functions of one's own")

    def __init__(self, callee: Node, arguments: Sequence[Node], names: Sequence[str], position: int) -> None:
        super().__init__(callee, *arguments)
        self.names = tuple(names)
        self.position = position

    def closure(self) -> Closure:
        callee, *arguments = (child.closure() for child in self.children)
        names, position = self.names, self.position

        def evaluate(frame: Frame) -> Any:
            function = callee(frame)
            given = [argument(frame) for argument in arguments]
            if not isinstance(function, FeelFunction):
                kind = kind_of(function)
                frame.note(f"{kind} 不能调用", f"a {kind} cannot be called", position)
                return None
            before = len(frame.run.notes) if frame.run.notes is not None else 0
            if names:
                found = function.call_named(dict(zip(names, given, strict=True)), frame)
            else:
                found = function.call(given, frame)
            if found is None:
                _place(frame, before, position)
            return found

        return evaluate


def _place(frame: Frame, before: int, position: int) -> None:
    """Notes of a function itself get the position of its call."""
    notes = frame.run.notes
    if notes is None:
        return
    for index in range(before, len(notes)):
        if notes[index].position is None:
            notes[index] = Note(notes[index].text, position)


class Definition(Node):
    """`function(a: number, b) a + b`; it sees the names around it."""

    in_words = Invocation.in_words

    def __init__(self, parameters: Sequence[tuple[str, Type]], body: Node) -> None:
        super().__init__(body)
        self.parameters = parameters
        self.body = body

    def closure(self) -> Closure:
        body = self.body.closure()
        names = [name for name, _ in self.parameters]
        types = [kind for _, kind in self.parameters] if any(kind is not ANY for _, kind in self.parameters) else None
        levels = self.body.depth + _CALL_LEVELS

        def evaluate(frame: Frame) -> FeelFunction:
            return FeelFunction("function", names, body, types, closure_of=frame, levels=levels)

        return evaluate

    def free_names(self) -> frozenset[str]:
        return self.body.free_names() - {name for name, _ in self.parameters}


class External(Node):
    """`function(a) external {java: …}`: no foreign code is ever run, so a call of it is null."""

    in_words = Invocation.in_words

    def __init__(self, parameters: Sequence[tuple[str, Type]], mapping: Node, position: int) -> None:
        super().__init__(mapping)
        self.parameters = parameters
        self.position = position

    def closure(self) -> Closure:
        names = [name for name, _ in self.parameters]
        position = self.position

        def body(frame: Frame) -> None:
            frame.note("不运行外部函数", "external functions are not run", position)

        return lambda frame: FeelFunction("external function", names, body)

    def free_names(self) -> frozenset[str]:
        return frozenset()
