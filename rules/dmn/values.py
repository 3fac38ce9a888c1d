"""How values come into decisions and out of them: held against the types that the file declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from rules.dmn.findings import DecisionFailed
from rules.feel.frame import Frame
from rules.feel.temporal_text import date_from, duration_from, moment_from, time_from
from rules.feel.types import (
    ANY,
    DATE,
    DATE_TIME,
    DAYS_TIME,
    TIME,
    YEARS_MONTHS,
    Constrained,
    ContextType,
    ListType,
    Type,
)

Evaluator = Callable[[Frame], Any]

# Behind every frame of a decision: names are in its own flat scope, and values there are FEEL's already.
NOTHING = Frame({})

_READERS: Mapping[Type, Callable[[str], Any]] = {
    DATE: date_from,
    TIME: time_from,
    DATE_TIME: moment_from,
    DAYS_TIME: duration_from,
    YEARS_MONTHS: duration_from,
}


class Strictness(Protocol):
    """Who asks for a value: `lenient` gives null for one that does not fit, otherwise nothing is decided."""

    @property
    def name(self) -> str: ...

    @property
    def lenient(self) -> bool: ...


def frame_of(scope: Mapping[str, Any], frame: Frame) -> Frame:
    """A frame of the same evaluation that sees these names alone."""
    return Frame(scope, frame.run, NOTHING)


def fitted(value: Any, kind: Type, what: str, owner: Strictness, frame: Frame) -> Any:
    """The value as one of its declared type.

    Process variables are JSON, which has no days: unless lenient, an ISO text is read where a day, time or duration
    is declared.

    Raises:
        DecisionFailed: (strict) it does not fit.
    """
    if value is None or kind is ANY:
        return value
    if not owner.lenient:
        value = _read(value, kind)
    found = kind.coerced(value)
    if found is None:
        if not owner.lenient:
            raise DecisionFailed(f"{owner.name}: the value of {what} is not of its declared type")
        frame.note(f"“{what}”的值类型不符", f"the value of “{what}” is not of its declared type")
    return found


def _read(value: Any, kind: Type) -> Any:
    while isinstance(kind, Constrained):
        kind = kind.base
    if isinstance(value, str):
        read = _READERS.get(kind)
        found = read(value) if read else None
        return value if found is None else found
    if isinstance(kind, ContextType) and isinstance(value, dict):
        types = dict(kind.entries)
        return {name: _read(one, types[name]) if name in types else one for name, one in value.items()}
    if isinstance(kind, ListType) and isinstance(value, list):
        return [_read(one, kind.of) for one in value]
    return value
