"""How the result of a decision becomes the value of a variable: `camunda:mapDecisionResult` of a business rule task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from processes.faults import ExpressionFailed
from rules.dmn import Decision

DEFAULT_MAPPING = "resultList"
MAPPINGS = frozenset({"singleEntry", "singleResult", "collectEntries", "resultList"})


def suitable_mappings(decision: Decision) -> frozenset[str]:
    """The mappings that can hold whatever a decision gives."""
    found = {"resultList"}
    if not decision.gives_list:
        found.add("singleResult")
    if decision.outputs == 1:
        found.add("collectEntries")
        if not decision.gives_list:
            found.add("singleEntry")
    return frozenset(found)


def mapped(entries: Sequence[Mapping[str, Any]], mapping: str) -> Any:
    """The results of a decision, one context of outputs each, as the mapping wants them.

    Without a result `singleEntry` and `singleResult` are null and the others an empty list.

    Raises:
        ExpressionFailed: there are more results or more outputs than fit.
    """
    mapping = mapping or DEFAULT_MAPPING
    if mapping == "resultList":
        return [dict(entry) for entry in entries]
    if mapping == "collectEntries":
        return [_only_value(entry, mapping) for entry in entries]
    if len(entries) > 1:
        raise ExpressionFailed(f"Expected one result for {mapping}, but found {len(entries)}")
    if not entries:
        return None
    return dict(entries[0]) if mapping == "singleResult" else _only_value(entries[0], mapping)


def _only_value(entry: Mapping[str, Any], mapping: str) -> Any:
    if len(entry) != 1:
        raise ExpressionFailed(f"Expected one output for {mapping}, but found {len(entry)}")
    return next(iter(entry.values()))
