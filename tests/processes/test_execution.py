"""What a command sees of an instance: tasks by id, history in order, variables, position."""

from __future__ import annotations

import pytest

from kernel.errors import StateConflict
from processes.execution import Execution
from processes.faults import NotJson
from processes.model import HistoryEvent
from tests.processes.diagrams import (
    ASK_BOTH,
    boundary,
    build,
    call,
    end,
    flows,
    message,
    node,
    parallel,
    process,
    script,
    service,
    start,
    sub,
    user,
)
from tests.processes.running import NOW, Run

STATUSES = process(
    "statuses",
    start()
    + node(
        "intermediateThrowEvent",
        "returned",
        '<bpmn:extensionElements><camunda:properties><camunda:property name="status" value="returned"/>'
        "</camunda:properties></bpmn:extensionElements>",
    )
    + sub(
        "inside",
        start("inside_started") + user("fill") + end("inside_ended") + flows("inside_started > fill > inside_ended"),
    )
    + end()
    + flows("started > returned > inside > ended"),
)


def test_every_element_is_entered_and_completed_in_order() -> None:
    run = Run(build(STATUSES)).complete("fill", name="text")

    assert [(event.kind, event.path) for event in run.history] == [
        ("entered", "started"),
        ("completed", "started"),
        ("flow_taken", "started_to_returned"),
        ("entered", "returned"),
        ("completed", "returned"),
        ("flow_taken", "returned_to_inside"),
        ("entered", "inside"),
        ("entered", "inside_started"),
        ("completed", "inside_started"),
        ("flow_taken", "inside_started_to_fill"),
        ("entered", "fill"),
        ("completed", "fill"),
        ("flow_taken", "fill_to_inside_ended"),
        ("entered", "inside_ended"),
        ("completed", "inside_ended"),
        ("completed", "inside"),
        ("flow_taken", "inside_to_ended"),
        ("entered", "ended"),
        ("completed", "ended"),
        ("ended", "ended"),
    ]
    assert run.execution.is_completed
    assert run.execution.end_id == "ended"
    assert run.tokens == 0


def test_status_stands_in_the_properties_of_the_element() -> None:
    definition = build(STATUSES)
    assert definition.element("statuses", "returned").properties["status"] == "returned"
    assert definition.elements["fill"].parent == "inside"


def test_history_of_a_task_carries_its_id_and_the_call_path() -> None:
    inner = process("inner", start() + user("confirm") + end() + flows("started > confirm > ended"))
    outer = process("outer", start() + call("asked", "inner") + end() + flows("started > asked > ended"))
    run = Run(build(outer, inner))
    task = run.execution.user_tasks()[0]
    assert HistoryEvent("entered", "asked/confirm", "confirm", task.id, "inner") in run.history
    assert (task.path, task.process, task.element.id) == ("asked/confirm", "inner", "confirm")
    assert run.execution.position().active == {"asked": 1, "asked/confirm": 1}


def test_closed_task_is_refused_by_its_id() -> None:
    run = Run(build(ASK_BOTH))
    first = run.execution.user_tasks()[0].id
    run.complete("fill").complete("old_confirms").complete("new_confirms").complete("decide", again=True)
    # the task is open again on the next lap, but under another id
    assert run.tasks() == ["fill"]
    with pytest.raises(StateConflict) as conflict:
        run.execution.complete(first, {})
    assert conflict.value.code == "TASK_ALREADY_DONE"
    assert first in conflict.value.detail


def test_only_tasks_can_be_completed() -> None:
    definition = build(
        process(
            "watched",
            start()
            + sub("inside", start("begun") + user("fill") + end("done") + flows("begun > fill > done"))
            + boundary("withdrawn", "inside", message("withdraw"))
            + end()
            + flows("started > inside > ended", "withdrawn > ended"),
            messages=("withdraw",),
        )
    )
    execution = Execution.start(definition, {})
    subscription = execution.subscriptions()[0].id
    inside = next(token.id for token in execution._root.tasks.values() if token.task_spec.name == "inside")
    task = execution.user_tasks()[0].id
    for command in (
        lambda: execution.complete(subscription, {}),
        lambda: execution.complete(inside, {}),
        lambda: execution.complete("unknown", {}),
        lambda: execution.throw_error(subscription, "code", {}),
        lambda: execution.deliver(task, {}),
        lambda: execution.deliver("unknown", {}),
        lambda: execution.fire(task, NOW),
        lambda: execution.fire(subscription, NOW),
        lambda: execution.variables(subscription),
    ):
        with pytest.raises(StateConflict):
            command()
    assert [found.id for found in execution.user_tasks()] == [task]


def test_answers_of_a_user_task_are_one_context_and_outputs_of_a_service_task_are_variables() -> None:
    definition = build(
        process(
            "values", start() + user("decide") + service("count") + end() + flows("started > decide > count > ended")
        )
    )
    run = Run(definition, given=1).complete("decide", decision="pass", reasons=["a", "b"])
    assert run.execution.variables(run.execution.service_tasks()[0].id)["decide"]["decision"] == "pass"
    run.complete("count", counted=7)
    assert run.execution.variables() == {
        "given": 1,
        "decide": {"decision": "pass", "reasons": ["a", "b"]},
        "counted": 7,
    }


def test_variables_are_copies_and_only_json_passes_the_door() -> None:
    definition = build(ASK_BOTH)
    given = {"list": [1]}
    execution = Execution.start(definition, given)
    given["list"].append(2)
    execution.variables()["list"].append(3)
    assert execution.variables() == {"list": [1]}
    task = execution.user_tasks()[0].id
    for value in (NOW, {1, 2}, object(), 2**70, {1: "number as a name"}):
        with pytest.raises(NotJson):
            execution.complete(task, {"value": value})


def test_script_sets_one_variable_as_plain_json() -> None:
    definition = build(
        process(
            "scripted",
            start()
            + script("sum_up", "total", "a + 1")
            + script("fraction", "half", "a / 4")
            + script("text", "day", 'date("2026-06-15") + duration("P1D")')
            + end()
            + flows("started > sum_up > fraction > text > ended"),
        )
    )
    assert Run(definition, a=2).execution.variables() == {"a": 2, "total": 3, "half": 0.5, "day": "2026-06-16"}


def test_terminate_ends_its_own_process_only() -> None:
    inner = process(
        "inner",
        start()
        + parallel("split")
        + user("stop", "other")
        + end("all_over", "<bpmn:terminateEventDefinition/>")
        + end()
        + flows("started > split > stop > all_over", "split > other > ended"),
    )
    outer = process(
        "outer",
        start()
        + parallel("split")
        + call("asked", "inner")
        + user("beside", "after")
        + end()
        + flows("started > split > asked > after > ended", "split > beside > ended"),
    )
    run = Run(build(outer, inner)).complete("asked/stop")
    assert run.tasks() == ["after", "beside"]
    assert run.happened("cancelled") == ["asked/other"]


def test_loaded_instance_dumps_the_same_bytes() -> None:
    run = Run(build(ASK_BOTH), number=1).complete("fill").complete("old_confirms")
    assert Execution.load(run.definition, run.state).dump() == run.state
