"""`make tck`: how much of the DMN Technology Compatibility Kit passes, and why the rest does not.

The kit is read where it lies, in `TCK_DIR` with folders `level-2` and `level-3`, and is no part of this project. A
result node counts when its decision gives what is expected, numbers to 1e-8; an exception counts as a failure. The
last line is `tck: L2 a/b, L3 c/d`.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from rules.dmn import Model, load
from rules.dmn.model import Input
from rules.feel.types import ANY, Constrained, ContextType, ListType, SimpleType, Type
from rules.feel.values import equal, kind_of, normal
from tools.tck_cases import Result, Suite, TestCase, Untyped, suites, value_of

LEVELS = ("level-2", "level-3")
HERE = Path(__file__).parents[1]
TOLERANCE = Decimal("1e-8")
# How texts without a type are read where the model declares one; everything else stays a text.
_SCHEMA_TYPES: Mapping[str, str] = {
    "number": "decimal",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "date and time": "dateTime",
    "days and time duration": "duration",
    "years and months duration": "duration",
}


@dataclass(frozen=True)
class Outcome:
    """What one result node gave; `reason` is empty when it was what was expected."""

    level: str
    suite: str
    case: str
    node: str
    reason: str
    detail: str = ""

    @property
    def passed(self) -> bool:
        return not self.reason


def folder_of_the_kit() -> Path:
    """`TCK_DIR`, or where the kit lies beside the project."""
    return Path(os.environ.get("TCK_DIR", HERE.parent / "shared" / "corpus" / "dmn_tck"))


def outcomes(kit: Path) -> Iterator[Outcome]:
    """Every result node of the kit."""
    for level in LEVELS:
        if (kit / level).is_dir():
            for suite in suites(kit / level):
                yield from _of_suite(level, suite)


def _of_suite(level: str, suite: Suite) -> Iterator[Outcome]:
    try:
        model: Model | None = load(
            suite.model.read_bytes(), {path.name: path.read_bytes() for path in suite.others}, lenient=True
        )
        problem = ""
    except Exception as error:  # noqa: BLE001  whatever happens is a failure of the kit, not of this tool
        model, problem = None, f"{type(error).__name__}: {error}"
    for case in suite.cases:
        for node in case.results:
            reason, detail = ("the model does not load", problem) if model is None else _judged(model, case, node)
            yield Outcome(level, suite.folder.name, case.id, node.name, reason, detail)


def _judged(model: Model, case: TestCase, node: Result) -> tuple[str, str]:
    try:
        found = _evaluated(model, case, node)
    except Exception as error:  # noqa: BLE001  an exception counts as a failure
        return f"exception {type(error).__name__}", str(error)
    if same(found, node.expected):
        return "", ""
    detail = f"expected {node.expected!r}, found {found!r}"
    if found is None:
        return "null instead of a value", detail
    if node.expected is None:
        return "a value instead of null", detail
    return "another value" if kind_of(found) == kind_of(node.expected) else "a value of another type", detail


def _evaluated(model: Model, case: TestCase, node: Result) -> Any:
    now = datetime.now(UTC)
    declared = {
        use.node.name: use.node.type
        for name in model.decisions
        for decision in model.decision(name).plan
        for use in decision.uses
        if isinstance(use.node, Input)
    }
    inputs = {name: typed(value, declared.get(name, ANY)) for name, value in case.inputs.items()}
    service = case.invocable if case.kind == "decisionService" else None
    if service is None and node.name in model.services and node.name not in model.decisions:
        service = node.name
    if service is None:
        return normal(model.evaluate_decision(node.name, inputs, now=now))
    found = normal(model.evaluate_service(service, inputs, now=now))
    # A service of several decisions gives a context; the node asks for one of them.
    several = isinstance(found, Mapping) and node.name != service and set(found) == set(_outputs(case))
    return found[node.name] if several else found


def typed(value: Any, kind: Type) -> Any:
    """An input with its texts read as its declared type has them."""
    while isinstance(kind, Constrained):
        kind = kind.base
    if isinstance(value, Untyped):
        return value_of(
            value.text, _SCHEMA_TYPES.get(kind.name, "string") if isinstance(kind, SimpleType) else "string"
        )
    if isinstance(value, list):
        return [typed(one, kind.of if isinstance(kind, ListType) else ANY) for one in value]
    if isinstance(value, dict):
        types = dict(kind.entries) if isinstance(kind, ContextType) else {}
        return {name: typed(one, types.get(name, ANY)) for name, one in value.items()}
    return value


def _outputs(case: TestCase) -> list[str]:
    return [node.name for node in case.results] if len(case.results) > 1 else []


def same(found: Any, expected: Any) -> bool:
    """Whether two values are equal, numbers to 1e-8 and contexts in whatever order."""
    if isinstance(expected, Untyped):
        if found is None:
            return not expected.text
        expected = value_of(expected.text, _SCHEMA_TYPES.get(kind_of(found), "string"))
    if isinstance(found, Decimal) and isinstance(expected, Decimal):
        return abs(found - expected) <= TOLERANCE
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        return found.keys() == expected.keys() and all(same(found[name], expected[name]) for name in found)
    return found is expected if found is None or expected is None else equal(found, expected) is True


def summary(found: list[Outcome]) -> str:
    """The closing line."""
    counts = []
    for level in LEVELS:
        of_level = [outcome for outcome in found if outcome.level == level]
        counts.append(f"L{level[-1]} {sum(outcome.passed for outcome in of_level)}/{len(of_level)}")
    return f"tck: {', '.join(counts)}"


def as_json(found: list[Outcome]) -> dict[str, Any]:
    """The figures and the failures, for machines."""
    return {
        "levels": {
            level: {
                "passed": sum(outcome.passed for outcome in found if outcome.level == level),
                "total": sum(outcome.level == level for outcome in found),
            }
            for level in LEVELS
        },
        "failures": [
            {
                "level": one.level,
                "suite": one.suite,
                "case": one.case,
                "node": one.node,
                "reason": one.reason,
                "detail": one.detail,
            }
            for one in found
            if not one.passed
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and failures to a file, too")
    arguments = parser.parse_args()
    kit = folder_of_the_kit()
    if not any((kit / level).is_dir() for level in LEVELS):
        print(f"There is no kit at {kit}; set TCK_DIR to its folder. Nothing was measured.")
    found = list(outcomes(kit))
    by_reason: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in found:
        if not outcome.passed:
            by_reason[outcome.reason].append(outcome)
    for reason, failures in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        print(f"{reason}: {len(failures)}")
        for one in failures:
            print(f"  {one.level}/{one.suite} {one.case} {one.node}: {one.detail[:200]}")
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(found), ensure_ascii=False, indent=1))
    print(summary(found))


if __name__ == "__main__":
    main()
