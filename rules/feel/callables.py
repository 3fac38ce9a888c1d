"""Functions as values: those an expression defines, those of decision files, and the built-in ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rules.feel.frame import Frame
from rules.feel.values import READY

if TYPE_CHECKING:
    from rules.feel.types import Type

Body = Callable[[Frame], Any]


class FeelFunction:
    """A function that can be called by position or by name.

    `body` gets a frame whose scope holds the arguments by parameter name. With `types` the arguments are converted
    as 10.3.2.9.4 says, and a call whose argument does not fit is null; so is a call with a wrong count or name.
    `levels` is how deeply the body's closures nest, for the budget of calls.
    """

    __slots__ = ("body", "closure_of", "levels", "name", "parameters", "result", "types")

    def __init__(
        self,
        name: str,
        parameters: Sequence[str],
        body: Body,
        types: Sequence[Type] | None = None,
        result: Type | None = None,
        *,
        closure_of: Frame | None = None,
        levels: int = 8,
    ) -> None:
        self.name = name
        self.parameters = tuple(parameters)
        self.body = body
        self.types = tuple(types) if types is not None else None
        self.result = result
        self.closure_of = closure_of
        self.levels = levels

    def call(self, arguments: Sequence[Any], frame: Frame) -> Any:
        """Call by position."""
        if len(arguments) != len(self.parameters):
            expected, found = len(self.parameters), len(arguments)
            frame.note(
                f"{self.name} 需要 {expected} 个参数，实际为 {found} 个",
                f"{self.name} takes {expected} argument(s), not {found}",
            )
            return None
        return self._run(dict(zip(self.parameters, arguments, strict=True)), frame)

    def call_named(self, arguments: Mapping[str, Any], frame: Frame) -> Any:
        """Call by name; an argument that is left out is null, one that is not known makes the call null."""
        unknown = arguments.keys() - set(self.parameters)
        if unknown or len(arguments) != len(self.parameters):
            frame.note(
                f"{self.name} 的参数应为 {', '.join(self.parameters)}",
                f"{self.name} takes {', '.join(self.parameters)}",
            )
            return None
        return self._run({name: arguments[name] for name in self.parameters}, frame)

    def _run(self, arguments: dict[str, Any], frame: Frame) -> Any:
        if self.types is not None:
            for name, kind in zip(self.parameters, self.types, strict=True):
                given = arguments[name]
                fitting = kind.coerced(given)
                if fitting is None and given is not None:
                    frame.note(
                        f"{self.name} 的参数 {name} 类型不符", f"argument {name} of {self.name} has a wrong type"
                    )
                    return None
                arguments[name] = fitting
        frame.enter(self.levels)
        try:
            frame.spend(self.levels)
            value = self.body(Frame(arguments, frame.run, self.closure_of))
        finally:
            frame.leave(self.levels)
        return self._fitting(value, frame)

    def _fitting(self, value: Any, frame: Frame) -> Any:
        if self.result is None or value is None:
            return value
        fitting = self.result.coerced(value)
        if fitting is None:
            frame.note(f"{self.name} 的结果类型不符", f"the result of {self.name} has a wrong type")
        return fitting

    def __repr__(self) -> str:
        return f"function {self.name}({', '.join(self.parameters)})"


READY.add(FeelFunction)
