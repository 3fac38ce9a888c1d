"""Reads decision tables out of a file and compiles every cell."""

from __future__ import annotations

from typing import Any

from lxml.etree import _Element as Node

from kernel.texts import Text
from rules.dmn.boxed import Boxes
from rules.dmn.cells import UNKNOWN, constant
from rules.dmn.document import name_of
from rules.dmn.matching import Column
from rules.dmn.names import Names
from rules.dmn.tables import AGGREGATIONS, POLICIES, InputClause, OutputClause, Rule, Table
from rules.dmn.values import Evaluator, Strictness
from rules.feel import UnaryTests, compile_unary
from rules.feel.comparisons import Test
from rules.feel.types import ANY, ContextType, ListType, Type

EVERYTHING = compile_unary("-")
MAX_ROWS = 3_000


class TableReader:
    """Compiles the tables of one document; `tables` are those it has read, for the checks."""

    def __init__(self, boxes: Boxes) -> None:
        self._boxes = boxes
        self._document = boxes.document
        self._findings = boxes.findings
        self.tables: list[tuple[Table, Node]] = []
        boxes.add("decisionTable", self.compiled)

    def compiled(self, node: Node, names: Names, owner: Strictness) -> Evaluator:
        table = self._table(node, names, owner)
        self.tables.append((table, node))
        return table.evaluate

    def _table(self, node: Node, names: Names, owner: Strictness) -> Table:
        document = self._document
        policy = " ".join((node.get("hitPolicy") or "UNIQUE").upper().split())
        if policy not in POLICIES:
            self._findings.add("hit_policy_unknown", node, found=policy)
            policy = "UNIQUE"
        inputs = tuple(self._input(one, names, owner) for one in document.children(node, "input"))
        outputs = self._outputs(node, names, owner)
        rows = document.children(node, "rule")
        if len(rows) > MAX_ROWS:
            self._findings.add("too_many_rows", node, limit=MAX_ROWS)
            rows = rows[:MAX_ROWS]
        rules = tuple(
            self._rule(number, row, len(inputs), len(outputs), names) for number, row in enumerate(rows, start=1)
        )
        if policy in ("PRIORITY", "OUTPUT ORDER") and not any(clause.values for clause in outputs):
            self._findings.add("priority_without_values", node, policy=policy)
        return Table(
            id=node.get("id"),
            name=owner.name,
            line=node.sourceline,
            policy=policy,
            aggregation=self._aggregation(node, policy, len(outputs)),
            inputs=inputs,
            outputs=outputs,
            rules=rules,
            lenient=owner.lenient,
            columns=tuple(Column([rule.tests[index] for rule in rules]) for index in range(len(inputs))),
        )

    def _aggregation(self, node: Node, policy: str, outputs: int) -> str | None:
        found = (node.get("aggregation") or "").strip().upper()
        if not found or found == "LIST":
            return None
        if found not in AGGREGATIONS:
            self._findings.add("aggregation_unknown", node, found=found)
            return None
        if policy != "COLLECT" or outputs != 1:
            self._findings.add("aggregation_refused", node, found=found)
            return None
        return found

    def _input(self, node: Node, names: Names, owner: Strictness) -> InputClause:
        expression = self._document.child(node, "inputExpression")
        text = self._document.text(expression)
        values = self._document.child(node, "inputValues")
        if expression is None:
            self._findings.add("expression_missing", node, place="inputExpression")
        return InputClause(
            text=text,
            label=_label((node.get("label") or "").strip(), text),
            expression=self._boxes.evaluator(expression, names, text or "inputExpression"),
            type=self._boxes.types.of(expression),
            values=self._boxes.tests(values, names, "inputValues") if self._document.text(values) else None,
            line=node.sourceline,
        )

    def _outputs(self, table: Node, names: Names, owner: Strictness) -> tuple[OutputClause, ...]:
        nodes = self._document.children(table, "output")
        if not nodes:
            self._findings.add("outputs_missing", table)
        found: list[OutputClause] = []
        for node in nodes:
            name = name_of(node)
            if len(nodes) > 1 and not name:
                self._findings.add("output_unnamed", node)
            if name and any(name == other.name for other in found):
                self._findings.add("output_duplicate", node, found=name)
            kind = self._type_of_output(node, name, table, len(nodes))
            default = self._document.child(node, "defaultOutputEntry")
            found.append(
                OutputClause(
                    name=name,
                    type=kind,
                    values=self._values_of(node, names),
                    default=None if default is None else self._boxes.evaluator(default, names, "defaultOutputEntry"),
                )
            )
        return tuple(found)

    def _type_of_output(self, node: Node, name: str, table: Node, count: int) -> Type:
        kind = self._boxes.types.of(node)
        if kind is not ANY or count == 1:
            return kind
        whole = self._boxes.types.of(table)
        whole = whole.of if isinstance(whole, ListType) else whole
        return dict(whole.entries).get(name, ANY) if isinstance(whole, ContextType) else ANY

    def _values_of(self, node: Node, names: Names) -> tuple[Any, ...]:
        """The allowed values of an output in their order; what is no plain value has no place in it."""
        values = self._document.child(node, "outputValues")
        tests = self._boxes.tests(values, names, "outputValues") if self._document.text(values) else None
        return values_of(tests) if tests is not None else ()

    def _rule(self, number: int, row: Node, inputs: int, outputs: int, names: Names) -> Rule:
        document = self._document
        cells = document.children(row, "inputEntry")
        results = document.children(row, "outputEntry")
        if (len(cells), len(results)) != (inputs, outputs):
            self._findings.add(
                "rule_width",
                row,
                row=number,
                inputs=len(cells),
                outputs=len(results),
                expected_inputs=inputs,
                expected_outputs=outputs,
            )
        tests = [
            self._boxes.tests(cell, names, Text(f"第 {number} 行第 {place} 格", f"cell {place} of row {number}"))
            for place, cell in enumerate(cells, start=1)
        ]
        given: list[UnaryTests] = [one if one is not None else EVERYTHING for one in tests]
        found = [self._result(one, number, names) for one in results]
        found = [*found, *((_null, None),) * (outputs - len(found))][:outputs]
        return Rule(
            number=number,
            id=row.get("id"),
            line=row.sourceline,
            tests=(*given, *(EVERYTHING,) * (inputs - len(given)))[:inputs],
            outputs=tuple(evaluate for evaluate, _ in found),
            constants=tuple(value for _, value in found),
        )

    def _result(self, cell: Node, number: int, names: Names) -> tuple[Evaluator, Any]:
        """An output cell and its value, if it reads nothing; an empty cell is null."""
        if self._document.text(cell) in ("", "-"):
            return _null, None
        place = Text(f"第 {number} 行的输出", f"the output of row {number}")
        expression = self._boxes.expression(cell, names, place)
        if expression is None:
            return _null, UNKNOWN
        return expression.closure, constant(expression.tree)


def _label(written: str, text: str) -> Text:
    """How findings call an input: by its heading, if it has one of its own, and always by what it asks."""
    if not written or written == text:
        return Text(text, text)
    return Text(f"{written}（{text}）", f"{text} ({written})")


def values_of(tests: UnaryTests) -> tuple[Any, ...]:
    """The values that a list of tests names one by one; none, when it has anything else in it."""
    found = [constant(test.operand) for test in tests.tests if isinstance(test, Test) and test.operator is None]
    if len(found) != len(tests.tests) or any(one is UNKNOWN for one in found):
        return ()
    return tuple(found)


def _null(frame: Any) -> None:
    return None
