"""Multi-instance activities and loops (BPMN 2.0, 13.3.6 and 13.3.7)."""

from __future__ import annotations

import pytest

from processes.faults import ExpressionFailed
from processes.repetition import MAX_INSTANCES
from tests.processes.diagrams import (
    boundary,
    build,
    call,
    end,
    error,
    error_end,
    exclusive,
    flows,
    looping,
    message,
    node,
    process,
    script,
    service,
    several,
    start,
    sub,
    timer,
    user,
)
from tests.processes.running import Run


def around(activity: str, extra: str = "", ways: tuple[str, ...] = (), **declared: tuple[str, ...]) -> bytes:
    """A process of one activity `vote` and a task behind it."""
    return process(
        "voting",
        start() + activity + user("after") + end() + extra + flows("started > vote > after > ended", *ways),
        **declared,
    )


def voters(**plan: str | bool) -> str:
    return node("userTask", "vote", several(over="voters", element="voter", **plan))  # type: ignore[arg-type]


def open_voters(run: Run) -> list[object]:
    return [run.execution.variables(task.id)["voter"] for task in run.execution.user_tasks() if task.path == "vote"]


def test_votes_of_all_are_kept_in_the_order_of_the_items() -> None:
    run = Run(build(around(voters())), voters=["a", "b", "c"])
    assert open_voters(run) == ["a", "b", "c"]
    run.complete("vote", 2, decision="agree").complete("vote", 0, decision="agree")
    assert open_voters(run) == ["b"]
    run.complete("vote", decision="reject")
    assert run.tasks() == ["after"]
    assert run.execution.variables() == {
        "voters": ["a", "b", "c"],
        "vote": [{"decision": "agree"}, {"decision": "reject"}, {"decision": "agree"}],
    }
    assert run.happened("entered").count("vote") == 4  # the activity as a whole and three instances
    assert run.complete("after").execution.is_completed


def test_enough_votes_end_it_and_cancel_the_others() -> None:
    run = Run(build(around(voters(until='count(vote[item.decision = "agree"]) >= 2'))), voters=["a", "b", "c", "d"])
    run.complete("vote", 1, decision="agree").complete("vote", 1, decision="reject").complete(
        "vote", 1, decision="agree"
    )
    assert run.tasks() == ["after"]
    assert run.execution.variables()["vote"] == [
        None,
        {"decision": "agree"},
        {"decision": "reject"},
        {"decision": "agree"},
    ]
    assert run.happened("cancelled") == ["vote"]


def test_condition_sees_the_counters_of_the_standard() -> None:
    run = Run(build(around(voters(until="nrOfCompletedInstances / nrOfInstances >= 0.5"))), voters=[1, 2, 3])
    run.complete("vote")
    assert len(open_voters(run)) == 2
    assert run.complete("vote").tasks() == ["after"]


def test_one_after_the_other() -> None:
    run = Run(build(around(voters(one_by_one=True, until='vote[-1].decision = "reject"'))), voters=["a", "b", "c"])
    assert open_voters(run) == ["a"]
    run.complete("vote", decision="agree")
    assert open_voters(run) == ["b"]
    assert run.execution.variables(run.execution.user_tasks()[0].id)["loopCounter"] == 1
    run.complete("vote", decision="agree")
    assert open_voters(run) == ["c"]
    run.complete("vote", decision="agree")
    assert run.tasks() == ["after"]
    assert len(run.execution.variables()["vote"]) == 3


@pytest.mark.parametrize("one_by_one", [True, False])
def test_nothing_to_do_is_passed(one_by_one: bool) -> None:
    run = Run(build(around(voters(one_by_one=one_by_one))), voters=[])
    assert run.tasks() == ["after"]
    assert run.execution.variables()["vote"] == []
    assert ("entered", "vote") in [(event.kind, event.path) for event in run.history]


def test_number_of_times() -> None:
    run = Run(build(around(node("userTask", "vote", several(times="panel + 1")))), panel=1)
    assert len(run.tasks()) == 2
    run.complete("vote", 1, mark=2).complete("vote", mark=1)
    assert run.execution.variables()["vote"] == [{"mark": 1}, {"mark": 2}]


@pytest.mark.parametrize("wrong", ["a text", None, 3, {"a": 1}])
def test_what_is_no_list_is_a_fault(wrong: object) -> None:
    with pytest.raises(ExpressionFailed, match="collection of vote"):
        Run(build(around(voters())), voters=wrong)


@pytest.mark.parametrize("wrong", [-1, 1.5, None, True, "2"])
def test_what_is_no_number_of_times_is_a_fault(wrong: object) -> None:
    with pytest.raises(ExpressionFailed, match="number of instances of vote"):
        Run(build(around(node("userTask", "vote", several(times="panel")))), panel=wrong)


def test_too_many_instances_are_a_fault() -> None:
    with pytest.raises(ExpressionFailed, match="at most"):
        Run(build(around(voters())), voters=[0] * (MAX_INSTANCES + 1))


def test_scripts_and_services_give_a_list_of_what_each_has_set() -> None:
    doubling = script("vote", "double", "2 * n").replace(
        "</bpmn:scriptTask>", several(over="numbers", element="n") + "</bpmn:scriptTask>"
    )
    assert Run(build(around(doubling)), numbers=[1, 2]).execution.variables() == {"numbers": [1, 2], "double": [2, 4]}
    asking = service("vote").replace(
        "</bpmn:serviceTask>", several(over="numbers", element="n") + "</bpmn:serviceTask>"
    )
    run = Run(build(around(asking)), numbers=[1, 2]).complete("vote", 1, found="b").complete("vote", found="a", more=1)
    assert run.execution.variables() == {"numbers": [1, 2], "found": ["a", "b"], "more": [1, None]}


def test_each_sub_process_has_variables_of_its_own() -> None:
    inside = (
        start("begun")
        + user("ask")
        + script("mark", "marked", "voter + ask.mark")
        + exclusive("again", "again_to_over")
        + end("over")
        + flows("begun > ask > mark > again > over", "again > ask : ask.again = true")
    )
    run = Run(
        build(around(node("subProcess", "vote", inside + several(over="voters", element="voter")))), voters=[10, 20]
    )
    run.complete("ask", 1, mark=1).complete("ask", mark=5, again=True)
    assert run.tasks() == ["ask"]
    assert run.execution.variables(run.execution.user_tasks()[0].id)["marked"] == 15
    assert "marked" not in run.execution.variables()
    run.complete("ask", mark=6)
    assert run.execution.variables() == {
        "voters": [10, 20],
        "marked": [16, 21],
        "ask": [{"mark": 6}, {"mark": 1}],
    }


def test_each_call_gets_its_item_and_hands_back_its_answer() -> None:
    asked = process("asked", start() + user("confirm") + end() + flows("started > confirm > ended"))
    calling = call("vote", "asked", {"employer": "voter"}, {"decision": "=confirm.decision"}).replace(
        "</bpmn:callActivity>", several(over="voters", element="voter") + "</bpmn:callActivity>"
    )
    run = Run(build(around(calling), asked), voters=["x", "y"])
    tasks = run.execution.user_tasks()
    assert [run.execution.variables(task.id) for task in tasks] == [{"employer": "x"}, {"employer": "y"}]
    run.complete("vote/confirm", 1, decision="no").complete("vote/confirm", decision="yes")
    assert run.execution.variables() == {"voters": ["x", "y"], "decision": ["yes", "no"]}


def test_events_on_the_border_watch_the_activity_as_a_whole() -> None:
    body = around(
        voters()
        + boundary("late", "vote", timer("timeDuration", "P1D"))
        + boundary("stopped", "vote", message("stop")),
        user("remedy"),
        ("late > remedy > ended", "stopped > remedy"),
        messages=("stop",),
    )
    run = Run(build(body), voters=["a", "b"]).complete("vote")
    assert len(run.execution.timers()) == 1
    run.fire("late")
    assert run.tasks() == ["remedy"]
    assert "vote" not in run.execution.variables()
    assert run.happened("cancelled") == ["vote", "vote"]


def test_an_error_of_one_instance_ends_all() -> None:
    inside = (
        start("begun")
        + user("ask")
        + exclusive("fine", "fine_to_over")
        + end("over")
        + error_end("failed", "refused")
        + flows("begun > ask > fine > over", "fine > failed : ask.bad = true")
    )
    body = around(
        node("subProcess", "vote", inside + several(times="3")) + boundary("caught", "vote", error("refused")),
        user("remedy"),
        ("caught > remedy > ended",),
        errors=("refused",),
    )
    run = Run(build(body)).complete("ask", 1, bad=True)
    assert run.tasks() == ["remedy"]
    assert run.execution.position().active == {"remedy": 1}


def test_loop_is_repeated_while_its_condition_is_true() -> None:
    run = Run(build(around(node("userTask", "vote", looping("vote.again = true")))))
    run.complete("vote", again=True).complete("vote", again=True)
    assert run.tasks() == ["vote"]
    run.complete("vote", again=False)
    assert run.tasks() == ["after"]
    assert run.execution.variables() == {"vote": {"again": False}}


def test_loop_may_be_tested_before_and_has_a_maximum() -> None:
    tested = around(node("userTask", "vote", looping("wanted = true", before=True)))
    assert Run(build(tested), wanted=False).tasks() == ["after"]
    assert Run(build(tested), wanted=True).tasks() == ["vote"]
    run = Run(build(around(node("userTask", "vote", looping(most=2)))))
    assert run.complete("vote").tasks() == ["vote"]
    assert run.complete("vote").tasks() == ["after"]


def test_endless_loop_is_a_fault() -> None:
    spinning = node(
        "scriptTask",
        "vote",
        "<bpmn:script>1</bpmn:script>" + looping("true"),
        scriptFormat="feel",
        camunda__resultVariable="x",
    )
    with pytest.raises(ExpressionFailed, match="rounds of vote"):
        Run(build(around(spinning)))


def test_loop_of_a_sub_process_keeps_its_variables_around() -> None:
    inside = start("begun") + user("ask") + end("over") + flows("begun > ask > over")
    body = around(node("subProcess", "vote", inside + looping("loopCounter < 2")))
    run = Run(build(body)).complete("ask", n=1).complete("ask", n=2)
    assert run.tasks() == ["after"]
    assert run.execution.variables() == {"ask": {"n": 2}}


def test_state_of_a_repetition_stays_small() -> None:
    run = Run(build(around(voters(one_by_one=True))), voters=list(range(3)))
    empty = len(run.state)
    run.complete("vote", decision="agree")
    assert len(run.state) < empty + 60
    assert run.tokens == 2


def test_repetition_in_a_repetition() -> None:
    inner = node("userTask", "ask", several(over="row", element="cell"))
    inside = start("begun") + inner + end("over") + flows("begun > ask > over")
    body = around(node("subProcess", "vote", inside + several(over="rows", element="row")))
    run = Run(build(body), rows=[[1, 2], [3]])
    cells = [run.execution.variables(task.id)["cell"] for task in run.execution.user_tasks()]
    assert cells == [1, 2, 3]
    run.complete("ask", 2, n=3).complete("ask", 1, n=2).complete("ask", n=1)
    assert run.execution.variables()["ask"] == [[{"n": 1}, {"n": 2}], [{"n": 3}]]


def test_sub_process_that_is_repeated_may_be_watched_inside() -> None:
    inside = (
        start("begun")
        + user("ask")
        + boundary("hurried", "ask", timer("timeDuration", "PT1H"))
        + end("over")
        + flows("begun > ask > over", "hurried > over")
    )
    run = Run(build(around(sub("vote", inside + several(times="2")))))
    assert len(run.execution.timers()) == 2
    assert run.fire("hurried").complete("ask").tasks() == ["after"]
