"""What `camunda:in` and `camunda:out` hand over: to and from a called process, and with a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from processes.extensions import Mapped
from processes.scripting import FeelEngine, as_json


def mapped(entries: Sequence[Mapped], variables: Mapping[str, Any], engine: FeelEngine) -> dict[str, Any]:
    """The variables that mappings make of others, as copies; a variable that does not exist gives null."""
    found: dict[str, Any] = {}
    for entry in entries:
        if entry.target is None:
            found.update(variables)
        elif entry.expression is not None:
            found[entry.target] = engine.value(entry.expression, variables)
        else:
            found[entry.target] = variables.get(entry.source or "")
    return as_json(found)
