"""Decision tables: which rows apply, and what the hit policy makes of them (DMN 1.5, chapter 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kernel.texts import Text
from rules.dmn.findings import DecisionFailed
from rules.dmn.matching import Column, bits
from rules.dmn.values import Evaluator, fitted
from rules.feel import UnaryTests
from rules.feel.arithmetic import added
from rules.feel.frame import Frame
from rules.feel.types import Type
from rules.feel.values import compared, equal

MULTIPLE = frozenset({"OUTPUT ORDER", "RULE ORDER", "COLLECT"})
POLICIES = frozenset({"UNIQUE", "FIRST", "ANY", "PRIORITY"}) | MULTIPLE
AGGREGATIONS = frozenset({"SUM", "MIN", "MAX", "COUNT"})


@dataclass(frozen=True, slots=True)
class InputClause:
    """An input column: `text` is its expression as written, `label` how findings call it, `values` what is allowed."""

    text: str
    label: Text
    expression: Evaluator
    type: Type
    values: UnaryTests | None
    line: int | None


@dataclass(frozen=True, slots=True)
class OutputClause:
    """An output column; `values` are its allowed values in the order of their priority."""

    name: str
    type: Type
    values: tuple[Any, ...]
    default: Evaluator | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row, counted from 1; `constants` are its outputs as far as they read nothing, `UNKNOWN` for the others."""

    number: int
    id: str | None
    line: int | None
    tests: tuple[UnaryTests, ...]
    outputs: tuple[Evaluator, ...]
    constants: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A decision table. `lenient` gives null where a strict table refuses to decide."""

    id: str | None
    name: str
    line: int | None
    policy: str
    aggregation: str | None
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]
    lenient: bool
    columns: tuple[Column, ...]

    @property
    def gives_list(self) -> bool:
        return self.policy in MULTIPLE and self.aggregation is None

    def evaluate(self, frame: Frame) -> Any:
        """The result over the frame's names.

        Raises:
            DecisionFailed: (strict) an input is not of its type or not allowed, two rows of a UNIQUE table apply, the
                rows of an ANY table contradict each other, or no row of a table with one result applies (R-P-12).
        """
        frame.spend(len(self.rules) + 1)
        hits = self._hits([self._input(clause, frame) for clause in self.inputs], frame)
        if not hits:
            return self._without_hit(frame)
        policy = self.policy
        if policy == "UNIQUE":
            if hits & (hits - 1):
                return self._failed(frame, f"rows {self._numbers(hits)} all apply, but the table is UNIQUE")
            return self._output(hits.bit_length() - 1, frame)
        if policy == "FIRST":
            return self._output((hits & -hits).bit_length() - 1, frame)
        found = [self._output(index, frame) for index in bits(hits)]
        if policy == "ANY":
            if any(equal(found[0], other, frame.spend) is not True for other in found[1:]):
                return self._failed(frame, f"rows {self._numbers(hits)} apply with different outputs")
            return found[0]
        if policy == "PRIORITY":
            return self._ordered(found)[0]
        if policy == "OUTPUT ORDER":
            return self._ordered(found)
        return found if self.aggregation is None else self._aggregated(found)

    def _input(self, clause: InputClause, frame: Frame) -> Any:
        value = fitted(clause.expression(frame), clause.type, clause.text, self, frame)
        if clause.values is not None and value is not None and not clause.values.match(value, frame.scope, frame=frame):
            if not self.lenient:
                self._failed(frame, f"the value of {clause.text} is not one of the allowed ones")
            frame.note(f"“{clause.text}”的值不在允许值中", f"the value of “{clause.text}” is not an allowed one")
        return value

    def _hits(self, values: Sequence[Any], frame: Frame) -> int:
        rows = (1 << len(self.rules)) - 1
        asked: list[tuple[Column, Any, int]] = []
        for column, value in zip(self.columns, values, strict=True):
            rows, known = column.fixed(value, rows)
            if not rows:
                return 0
            asked.append((column, value, known))
        for column, value, known in asked:
            rows = column.others(value, rows, known, frame)
        return rows

    def _output(self, index: int, frame: Frame) -> Any:
        outputs = self.rules[index].outputs
        if len(outputs) == 1:
            return self._fitting(outputs[0](frame), self.outputs[0], frame)
        return {
            clause.name: self._fitting(output(frame), clause, frame)
            for clause, output in zip(self.outputs, outputs, strict=True)
        }

    def _fitting(self, value: Any, clause: OutputClause, frame: Frame) -> Any:
        return fitted(value, clause.type, clause.name or self.name, self, frame)

    def _without_hit(self, frame: Frame) -> Any:
        if any(clause.default is not None for clause in self.outputs):
            found = [clause.default(frame) if clause.default else None for clause in self.outputs]
            value = found[0] if len(found) == 1 else dict(zip((c.name for c in self.outputs), found, strict=True))
            return [value] if self.gives_list and value.__class__ is not list else value
        if self.aggregation == "COUNT":
            return Decimal(0)
        if self.aggregation is not None:
            return None
        if self.gives_list:
            return []
        return self._failed(frame, "no row applies")

    def _failed(self, frame: Frame, what: str) -> None:
        """Refuse to decide, or let the decision be null where the kit's standard reading wants that."""
        if not self.lenient:
            raise DecisionFailed(f"Decision table {self.name}: {what}")
        frame.note(f"决策表“{self.name}”没有结果：{what}", f"decision table “{self.name}”: {what}")

    def _numbers(self, hits: int) -> str:
        return ", ".join(str(self.rules[index].number) for index in bits(hits))

    def _ordered(self, found: list[Any]) -> list[Any]:
        """By the order of the allowed values, first output first; the sort is stable, so equal ones keep their rows."""
        clauses = [clause for clause in self.outputs if clause.values]

        def places(value: Any) -> tuple[int, ...]:
            parts = (value[clause.name] if len(self.outputs) > 1 else value for clause in clauses)
            return tuple(_place(part, clause.values) for part, clause in zip(parts, clauses, strict=True))

        return sorted(found, key=places)

    def _aggregated(self, found: list[Any]) -> Any:
        if self.aggregation == "COUNT":
            return Decimal(len(found))
        if self.aggregation == "SUM":
            return _aggregate_sum(found)
        return _extreme(found, "<" if self.aggregation == "MIN" else ">")


def _place(value: Any, order: Sequence[Any]) -> int:
    for index, one in enumerate(order):
        if one.__class__ is value.__class__ and one == value:
            return index
    return len(order)


def _aggregate_sum(found: Sequence[Any]) -> Any:
    total: Any = Decimal(0)
    for value in found:
        total = added(total, value) if value.__class__ is Decimal else None
        if total is None:
            return None
    return total


def _extreme(found: Sequence[Any], operator: str) -> Any:
    best = found[0]
    for value in found[1:]:
        before = compared(operator, value, best)
        if before is None:
            return None
        best = value if before else best
    return best
