"""The types of FEEL (DMN 1.5, 10.3.2.9): what `instance of` asks, and what parameters and results are held against.

`accepts` is conformance of a value, and lets null pass, because every type has null; `instance of` does not.
`coerced` adds the implicit conversions of 10.3.2.9.4: a list of one stands for its item, an item for a list of one,
a day for its midnight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rules.feel.callables import FeelFunction
from rules.feel.temporal import Date, DaysTime, Moment, Time, YearsMonths, as_moment
from rules.feel.values import MAX_NESTING, Range


class Type:
    """What values may be; two types are compared by `conforms_to`."""

    def accepts(self, value: Any) -> bool:
        """Whether a value is of this type; null is of every type."""
        return value is None or self.holds(value)

    def holds(self, value: Any) -> bool:
        """Whether a value that is not null is of this type."""
        raise NotImplementedError

    def coerced(self, value: Any) -> Any:
        """The value as one of this type, with the implicit conversions; null when it cannot become one."""
        return coerced(value, self)

    def conforms_to(self, other: Type) -> bool:
        """Whether every value of this type is one of the other."""
        return other is ANY or self == other or (isinstance(other, Constrained) and self.conforms_to(other.base))


@dataclass(frozen=True, eq=False)
class SimpleType(Type):
    """A type without parts."""

    name: str
    test: Callable[[Any], bool]

    def holds(self, value: Any) -> bool:
        return self.test(value)

    def conforms_to(self, other: Type) -> bool:
        return self is NULL or super().conforms_to(other)


ANY = SimpleType("Any", lambda value: True)
NULL = SimpleType("Null", lambda value: False)
NUMBER = SimpleType("number", lambda value: value.__class__ is Decimal)
STRING = SimpleType("string", lambda value: value.__class__ is str)
BOOLEAN = SimpleType("boolean", lambda value: value.__class__ is bool)
DATE = SimpleType("date", lambda value: value.__class__ is Date)
TIME = SimpleType("time", lambda value: value.__class__ is Time)
DATE_TIME = SimpleType("date and time", lambda value: value.__class__ is Moment)
DAYS_TIME = SimpleType("days and time duration", lambda value: value.__class__ is DaysTime)
YEARS_MONTHS = SimpleType("years and months duration", lambda value: value.__class__ is YearsMonths)
CONTEXT = SimpleType("context", lambda value: isinstance(value, Mapping))


@dataclass(frozen=True)
class ListType(Type):
    """`list<number>`"""

    of: Type = ANY

    def holds(self, value: Any) -> bool:
        return value.__class__ is list and all(self.of.accepts(item) for item in value)

    def conforms_to(self, other: Type) -> bool:
        return self.of.conforms_to(other.of) if isinstance(other, ListType) else super().conforms_to(other)


@dataclass(frozen=True)
class RangeType(Type):
    """`range<date>`"""

    of: Type = ANY

    def holds(self, value: Any) -> bool:
        return value.__class__ is Range and all(self.of.accepts(end) for end in (value.low, value.high))

    def conforms_to(self, other: Type) -> bool:
        return self.of.conforms_to(other.of) if isinstance(other, RangeType) else super().conforms_to(other)


@dataclass(frozen=True)
class ContextType(Type):
    """`context<a: string>`: contexts that have at least these entries."""

    entries: tuple[tuple[str, Type], ...]

    def holds(self, value: Any) -> bool:
        return isinstance(value, Mapping) and all(
            name in value and entry.accepts(value[name]) for name, entry in self.entries
        )

    def conforms_to(self, other: Type) -> bool:
        if not isinstance(other, ContextType):
            return other is CONTEXT or super().conforms_to(other)
        mine = dict(self.entries)
        return all(name in mine and mine[name].conforms_to(entry) for name, entry in other.entries)


@dataclass(frozen=True)
class FunctionType(Type):
    """`function<number, string> -> boolean`: parameters may ask for less, the result must not be more."""

    parameters: tuple[Type, ...]
    result: Type

    def holds(self, value: Any) -> bool:
        if not isinstance(value, FeelFunction):
            return False
        types: Sequence[Type] = value.types or (ANY,) * len(value.parameters)
        return FunctionType(tuple(types), value.result or ANY).conforms_to(self)

    def conforms_to(self, other: Type) -> bool:
        if not isinstance(other, FunctionType):
            return super().conforms_to(other)
        return (
            len(self.parameters) == len(other.parameters)
            and all(theirs.conforms_to(mine) for mine, theirs in zip(self.parameters, other.parameters, strict=True))
            and self.result.conforms_to(other.result)
        )


@dataclass(frozen=True, eq=False)
class Constrained(Type):
    """A type whose values must also pass a test, such as the allowed values of an item definition."""

    base: Type
    test: Callable[[Any], bool]

    def holds(self, value: Any) -> bool:
        return self.base.holds(value) and self.test(value)

    def conforms_to(self, other: Type) -> bool:
        return self is other or self.base.conforms_to(other)


_BUILT_IN: Mapping[str, Type] = {
    **{
        kind.name: kind
        for kind in (ANY, NULL, NUMBER, STRING, BOOLEAN, DATE, TIME, DATE_TIME, DAYS_TIME, YEARS_MONTHS, CONTEXT)
    },
    "any": ANY,
    "list": ListType(),
    "range": RangeType(),
    # The older spellings of type references in decision files.
    "dateTime": DATE_TIME,
    "dayTimeDuration": DAYS_TIME,
    "day-time duration": DAYS_TIME,
    "yearMonthDuration": YEARS_MONTHS,
    "year-month duration": YEARS_MONTHS,
}
LONGEST_TYPE_NAME = 4


def built_in_type(name: str) -> Type | None:
    """The type of this name that FEEL has itself."""
    return _BUILT_IN.get(name)


def coerced(value: Any, kind: Type, nesting: int = 0) -> Any:
    """The value as one of the type, with the implicit conversions; null when it cannot become one."""
    if value is None or kind is ANY or nesting > MAX_NESTING:
        return value if nesting <= MAX_NESTING else None
    if kind.holds(value):
        return value
    base = kind
    while isinstance(base, Constrained):
        base = base.base
    if value.__class__ is list and not isinstance(base, ListType):
        return coerced(value[0], kind, nesting + 1) if len(value) == 1 else None
    if isinstance(base, ListType) and value.__class__ is not list:
        wrapped = [coerced(value, base.of, nesting + 1)]
        return wrapped if wrapped[0] is not None and kind.holds(wrapped) else None
    if base is DATE_TIME and isinstance(value, Date):
        moment = as_moment(value)
        return moment if kind.holds(moment) else None
    return None
