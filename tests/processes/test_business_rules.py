"""Business rule tasks in the engine: decisions of `rules/` whose result goes into a variable (DESIGN.md 4; R-P-12)."""

import pytest

from processes.definition import Definition
from processes.execution import Execution
from processes.faults import DefinitionNotRunnable, ExpressionFailed
from tests.processes.diagrams import end, flows, node, process, start, user
from tests.rules.decision_files import decision_file

# One output over one input, and two outputs.
WINDOW = decision_file(
    "window",
    "UNIQUE",
    ["days"],
    ["open", "code"],
    [["> 90", "false", '"TOO_EARLY"'], ["<= 90", "true", ""]],
)
REASONS = decision_file(
    "reasons", "COLLECT", ["days", "ok"], ["code"], [["> 90", "-", '"TOO_EARLY"'], ["-", "false", '"NOT_OK"']]
)
FEE = decision_file("fee", "FIRST", ["days"], ["cents"], [["> 90", "1000"], ["-", "days * 10"]])
FILES = {"window": WINDOW, "reasons": REASONS, "fee": FEE}


def deciding(decision, mapping, variable="found"):
    attributes = {"camunda__decisionRef": decision, "camunda__resultVariable": variable}
    if mapping:
        attributes["camunda__mapDecisionResult"] = mapping
    body = start() + node("businessRuleTask", "decide", **attributes) + user("review") + end()
    file = process("line", body + flows("started > decide > review > ended"))
    return Definition.build({"line": file}, "line", FILES)


@pytest.mark.parametrize(
    ("decision", "mapping", "variables", "expected"),
    [
        ("fee", "singleEntry", {"days": 91}, 1000),
        ("fee", "singleResult", {"days": 5}, {"cents": 50}),
        ("fee", "collectEntries", {"days": 5}, [50]),
        ("fee", "resultList", {"days": 5}, [{"cents": 50}]),
        ("fee", "", {"days": 5}, [{"cents": 50}]),
        ("window", "singleResult", {"days": 91}, {"open": False, "code": "TOO_EARLY"}),
        ("window", "resultList", {"days": 90}, [{"open": True, "code": None}]),
        ("reasons", "collectEntries", {"days": 91, "ok": False}, ["TOO_EARLY", "NOT_OK"]),
        ("reasons", "resultList", {"days": 91, "ok": True}, [{"code": "TOO_EARLY"}]),
        ("reasons", "collectEntries", {"days": 1, "ok": True}, []),
    ],
)
def test_the_result_goes_into_the_variable_as_the_mapping_says(decision, mapping, variables, expected):
    execution = Execution.start(deciding(decision, mapping), variables)

    (waiting,) = execution.user_tasks()
    assert waiting.path == "review"
    assert execution.variables()["found"] == expected


def test_a_reloaded_instance_decides_alike():
    """A save and a load stand between a decision and what is chosen by it."""
    definition = deciding("fee", "singleEntry")
    execution = Execution.load(definition, Execution.start(definition, {"days": 91}).dump())

    assert execution.variables() == {"days": 91, "found": 1000}


@pytest.mark.parametrize(
    ("decision", "mapping", "variables", "said"),
    [
        ("reasons", "singleEntry", {"days": 91, "ok": False}, "Expected one result"),
        ("window", "singleEntry", {"days": 91}, "Expected one output"),
        ("window", "singleResult", {"days": "soon"}, "declared type"),
        ("window", "singleResult", {}, "Expected the input days"),
    ],
)
def test_what_cannot_be_decided_is_a_fault_and_never_a_pass(decision, mapping, variables, said):
    """R-P-12"""
    with pytest.raises(ExpressionFailed, match=said):
        Execution.start(deciding(decision, mapping), variables)


def test_a_definition_without_its_decision_is_not_built():
    with pytest.raises(DefinitionNotRunnable, match="decision elsewhere is missing"):
        deciding("elsewhere", "singleEntry")
