"""The table of what is run, drawn and refused is true, row by row, and has all that the standard asks of an engine."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from processes.definition import Definition
from processes.execution import Execution
from processes.validation.vocabulary import FLOW_NODES
from tests.processes.support import EXECUTABLE, SUPPORTING, TABLE, Row, counted, examples
from tests.processes.test_business_rules import WINDOW
from tests.processes.validation.drawing import errors
from tests.processes.validation.test_accepted_runs import ELSEWHERE, VARIABLES
from tests.processes.validation.test_traps import POSITIONS

ROOT = Path(__file__).parents[2]
RUNNING = [row for row in TABLE if row.status == "executes"]
REFUSED = [row for row in TABLE if row.status == "refused"]
# Tables 2.3 and 2.4 of the standard.
COMMON_EXECUTABLE = """
    sequenceFlow subProcess exclusiveGateway parallelGateway startEvent endEvent eventBasedGateway userTask serviceTask
    callActivity dataObject textAnnotation dataAssociation intermediateCatchEvent intermediateThrowEvent boundaryEvent
    standardLoopCharacteristics multiInstanceLoopCharacteristics rendering resource resourceRole
    inputOutputSpecification dataInput dataOutput itemDefinition operation message error assignment
    messageEventDefinition terminateEventDefinition timerEventDefinition
"""


def name(row: Row) -> str:
    return row.construct


@cache
def functions_in(file: str) -> frozenset[str]:
    found = ast.walk(ast.parse((ROOT / file).read_text()))
    return frozenset(one.name for one in found if isinstance(one, ast.FunctionDef))


@pytest.mark.parametrize("row", [row for row in TABLE if row.status != "refused"], ids=name)
def test_what_runs_or_is_drawn_is_accepted_and_starts(row: Row) -> None:
    assert row.examples
    for example in row.examples:
        data = examples.accepted(example)
        assert errors(data) == []
        definition = Definition.build({"p": data, "elsewhere": ELSEWHERE}, "p", {"window": WINDOW})
        Execution.load(definition, Execution.start(definition, {"days": 1, **VARIABLES}).dump())


@pytest.mark.parametrize("row", [row for row in TABLE if row.status != "refused"], ids=name)
def test_a_test_proves_what_it_does(row: Row) -> None:
    assert row.tests
    for test in row.tests:
        file, _, function = test.partition("::")
        assert function in functions_in(file), test


@pytest.mark.parametrize("row", REFUSED, ids=name)
def test_what_is_refused_yields_just_the_finding(row: Row) -> None:
    assert row.examples
    for example in row.examples:
        data, code = examples.refused(example)
        assert errors(data) == [code]


def test_no_construct_of_the_common_executable_class_is_missing() -> None:
    named = {row.construct.partition(",")[0] for row in (*EXECUTABLE, *SUPPORTING)}

    assert named == set(COMMON_EXECUTABLE.split())
    assert len(EXECUTABLE) == 22, "the rows of table 2.3"
    assert len(SUPPORTING) == 16, "the rows of table 2.4"


def test_nine_of_ten_rows_of_the_common_executable_class_run() -> None:
    running, of = counted(EXECUTABLE)
    assert running / of >= 0.9


def test_every_element_that_the_engine_runs_has_a_row_that_says_so() -> None:
    told = " ".join(row.construct for row in RUNNING).replace("task, abstract", "task")

    assert [tag for tag in FLOW_NODES if tag not in told] == []


def test_every_event_that_is_accepted_has_a_row() -> None:
    shown = {example for row in RUNNING for example in row.examples}
    accepted = {f"{kind} at {position}" for position, (kinds, _) in POSITIONS.items() for kind in kinds}
    elsewhere = {"error at boundaryEvent", "timer at intermediateCatchEvent", "timer at boundaryEvent"}

    assert accepted - elsewhere <= shown


def test_no_construct_has_two_rows() -> None:
    assert len({row.construct for row in TABLE}) == len(TABLE)
