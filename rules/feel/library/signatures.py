"""How a built-in function is called: its parameters by position and by name, their types and conversions.

A function is declared by a line such as `"string: string, start position: number, length?: number?"`: a name with
`?` may be left out, a type with `?` may be null, a name with `*` takes all further arguments, at least one, as a list.
A null for another parameter, an argument of a wrong type and a call that fits no line give null (DMN 1.5, 10.3.4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from rules.feel.callables import FeelFunction
from rules.feel.frame import Frame
from rules.feel.temporal import Date, DaysTime, Moment, Time, YearsMonths
from rules.feel.values import READY, Range, kind_of

Implementation = Callable[..., Any]
F = TypeVar("F", bound=Callable[..., Any])
_MISFIT = object()

_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (Decimal,),
    "boolean": (bool,),
    "date": (Date, Moment),
    "clock": (Time,),
    "duration": (DaysTime, YearsMonths),
    "length": (DaysTime,),
    "context": (dict,),
    "range": (Range,),
    "point": (Decimal, str, Date, Time, Moment, DaysTime, YearsMonths),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of one line: `kind` is the word after the colon, the rest the marks `?` and `*`."""

    name: str
    kind: str
    optional: bool
    nullable: bool
    many: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function."""

    parameters: tuple[Parameter, ...]
    body: Implementation

    @property
    def least(self) -> int:
        return sum(not parameter.optional for parameter in self.parameters)

    @property
    def most(self) -> int | None:
        many = bool(self.parameters) and self.parameters[-1].many
        return None if many else len(self.parameters)

    def takes(self, count: int) -> bool:
        return self.least <= count and (self.most is None or count <= self.most)

    def takes_names(self, names: Sequence[str]) -> bool:
        known = {parameter.name for parameter in self.parameters}
        needed = {parameter.name for parameter in self.parameters if not parameter.optional}
        return needed <= set(names) <= known

    def order_of(self, names: Sequence[str]) -> list[str]:
        """These names in the order of the parameters."""
        return [parameter.name for parameter in self.parameters if parameter.name in names]


@dataclass(eq=False, slots=True)
class BuiltIn:
    """A function of the library under one name.

    `in_browser` says whether the evaluator of form pages knows it too. `literal` is set where a text argument must
    have a form that can be checked when the expression is compiled: it returns None for a wrong text.
    """

    name: str
    signatures: list[Signature] = field(default_factory=list)
    in_browser: bool = False
    literal: Callable[[str], Any] | None = None

    def counts(self) -> str:
        """How many arguments it takes, for messages."""
        found = {
            str(count) if signature.most is not None else f"{signature.least} …"
            for signature in self.signatures
            for count in range(signature.least, (signature.most or signature.least) + 1)
        }
        return " / ".join(sorted(found))

    def fitting(self, count: int) -> tuple[list[tuple[type, ...] | None], Implementation] | None:
        """The types that need no conversion in a call of so many arguments (None for any type), and what it runs."""
        for signature in self.signatures:
            if signature.takes(count):
                if any(one.many or one.kind == "function" for one in signature.parameters):
                    return None
                return [_types(one) for one in signature.parameters[:count]], _filled(signature, count)
        return None

    def call(self, arguments: Sequence[Any], frame: Frame) -> Any:
        """Call by position: the first line that takes so many arguments and fits their types."""
        count = len(arguments)
        for signature in self.signatures:
            if not signature.takes(count):
                continue
            fitting = _by_position(signature, arguments)
            if fitting is not None:
                return signature.body(frame, *fitting)
        self._note(arguments, frame)
        return None

    def call_named(self, arguments: Mapping[str, Any], frame: Frame) -> Any:
        """Call by name. Lines with the same names, such as point and range, are told apart by their order."""
        written = list(arguments)
        taking = [signature for signature in self.signatures if signature.takes_names(written)]
        for signature in sorted(taking, key=lambda one: one.order_of(written) != written):
            fitting = _by_name(signature, arguments)
            if fitting is not None:
                return signature.body(frame, *fitting)
        self._note(list(arguments.values()), frame)
        return None

    def as_value(self) -> FeelFunction:
        """The function as a value that can be passed on and called."""
        return BuiltInFunction(self)

    def _note(self, arguments: Sequence[Any], frame: Frame) -> None:
        if frame.run.notes is not None:
            kinds = ", ".join(kind_of(argument) for argument in arguments)
            frame.note(f"{self.name} 不接受参数（{kinds}）", f"{self.name} does not take ({kinds})")


class BuiltInFunction(FeelFunction):
    """A built-in function where a function is a value."""

    __slots__ = ("_built_in",)

    def __init__(self, built_in: BuiltIn) -> None:
        first = built_in.signatures[0]
        super().__init__(built_in.name, [parameter.name for parameter in first.parameters], lambda frame: None)
        self._built_in = built_in

    def call(self, arguments: Sequence[Any], frame: Frame) -> Any:
        return self._built_in.call(arguments, frame)

    def call_named(self, arguments: Mapping[str, Any], frame: Frame) -> Any:
        return self._built_in.call_named(arguments, frame)


READY.add(BuiltInFunction)


def _filled(signature: Signature, count: int) -> Implementation:
    """The body, given null for the parameters that are left out."""
    body, missing = signature.body, (None,) * (len(signature.parameters) - count)
    return (lambda frame, *given: body(frame, *given, *missing)) if missing else body


def _types(parameter: Parameter) -> tuple[type, ...] | None:
    if parameter.kind == "any":
        return None
    return (list,) if parameter.kind == "list" else _KINDS[parameter.kind]


def _by_position(signature: Signature, arguments: Sequence[Any]) -> list[Any] | None:
    found: list[Any] = []
    for index, parameter in enumerate(signature.parameters):
        if parameter.many:
            rest = [_fitting(argument, parameter) for argument in arguments[index:]]
            if any(one is _MISFIT for one in rest):
                return None
            found.append(rest)
            break
        value = _fitting(arguments[index], parameter) if index < len(arguments) else None
        if value is _MISFIT:
            return None
        found.append(value)
    return found


def _by_name(signature: Signature, arguments: Mapping[str, Any]) -> list[Any] | None:
    found: list[Any] = []
    for parameter in signature.parameters:
        value = _fitting(arguments[parameter.name], parameter) if parameter.name in arguments else None
        if parameter.many and value is not _MISFIT:
            value = value if value.__class__ is list else [value]
        if value is _MISFIT:
            return None
        found.append(value)
    return found


def _fitting(value: Any, parameter: Parameter) -> Any:
    """The argument as the parameter needs it: a list of one stands for its item, an item for a list of one."""
    if value is None:
        return None if parameter.nullable else _MISFIT
    kind = parameter.kind
    if kind == "any":
        return value
    if kind == "list":
        return value if value.__class__ is list else [value]
    if value.__class__ is list and len(value) == 1:
        value = value[0]
        if value is None and parameter.nullable:
            return None
    if kind == "function":
        return value if isinstance(value, FeelFunction) else _MISFIT
    return value if value.__class__ in _KINDS[kind] else _MISFIT


LIBRARY: dict[str, BuiltIn] = {}


def built_in(
    name: str, *lines: str, in_browser: bool = False, literal: Callable[[str], Any] | None = None
) -> Callable[[F], F]:
    """Declare what follows as a function of the library, callable as each of the lines says."""

    def declare(body: F) -> F:
        function = LIBRARY.setdefault(name, BuiltIn(name))
        function.in_browser = function.in_browser or in_browser
        function.literal = function.literal or literal
        function.signatures.extend(Signature(_parameters(line), body) for line in lines)
        return body

    return declare


def _parameters(line: str) -> tuple[Parameter, ...]:
    found: list[Parameter] = []
    for part in filter(None, (part.strip() for part in line.split(","))):
        name, kind = (word.strip() for word in part.split(":"))
        found.append(
            Parameter(
                name.rstrip("?*"),
                kind.rstrip("?"),
                optional=name.endswith("?"),
                nullable=kind.endswith("?") or kind == "any",
                many=name.endswith("*"),
            )
        )
    return tuple(found)
