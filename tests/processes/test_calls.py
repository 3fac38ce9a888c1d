"""Called processes keep their variables to themselves (ENGINE.md 1.2), outcomes cross the call (DESIGN.md 4)."""

from __future__ import annotations

import pytest

from processes.definition import Definition
from processes.extensions import Mapped
from processes.faults import DefinitionNotRunnable, UnhandledOutcome
from processes.mappings import mapped
from processes.scripting import FeelEngine
from tests.processes.diagrams import (
    boundary,
    build,
    call,
    end,
    error,
    error_end,
    exclusive,
    flows,
    message,
    node,
    parallel,
    process,
    service,
    start,
    sub,
    timer,
    user,
)
from tests.processes.running import Run

CONFIRMATION = process(
    "confirmation",
    start()
    + user("confirm")
    + boundary("remind", "confirm", timer("timeCycle", "=cycle"), interrupting=False)
    + service("nudge")
    + exclusive("agreed", "agreed_to_disagreed")
    + end("confirmed")
    + end("reminded")
    + error_end("disagreed", "disagree")
    + flows(
        "started > confirm > agreed > disagreed",
        'agreed > confirmed : confirm.decision = "agree"',
        "remind > nudge > reminded",
    ),
    errors=("disagree",),
)
EMPLOYERS = process(
    "employers",
    start()
    + user("fill", "review")
    + sub(
        "ask",
        start("ask_started")
        + parallel("both_asked", "both_agreed")
        + call(
            "old",
            "confirmation",
            {"employer": "old_employer", "cycle": "cycle", "side": '="out"'},
            {"old_side": "side"},
        )
        + call(
            "new",
            "confirmation",
            {"employer": "new_employer", "cycle": "cycle", "side": '="in"'},
            {"new_answer": "confirm"},
        )
        + end("ask_ended")
        + flows("ask_started > both_asked > old > both_agreed > ask_ended", "both_asked > new > both_agreed"),
    )
    + boundary("disagreement", "ask", error("disagree"))
    + boundary("withdrawal", "ask", message("withdraw"))
    + end()
    + flows("started > fill > ask > review > ended", "disagreement > fill", "withdrawal > fill"),
    messages=("withdraw",),
    errors=("disagree",),
)
VARIABLES = {"old_employer": "OLD", "new_employer": "NEW", "cycle": "R/P3D"}


@pytest.fixture(scope="module")
def employers() -> Definition:
    return build(EMPLOYERS, CONFIRMATION)


def test_answers_of_two_calls_never_touch(employers: Definition) -> None:
    run = Run(employers, **VARIABLES).complete("fill", form={"nested": [1]})
    seen = {task.path: run.execution.variables(task.id) for task in run.execution.user_tasks()}
    assert seen == {
        "old/confirm": {"employer": "OLD", "cycle": "R/P3D", "side": "out"},
        "new/confirm": {"employer": "NEW", "cycle": "R/P3D", "side": "in"},
    }
    run.complete("new/confirm", decision="agree", employer="forged", side="forged")
    old = run.execution.user_tasks()[0]
    assert run.execution.variables(old.id) == seen["old/confirm"]
    run.complete("old/confirm", decision="agree", opinion="fine")
    assert run.execution.variables() == VARIABLES | {
        "fill": {"form": {"nested": [1]}},
        "new_answer": {"decision": "agree", "employer": "forged", "side": "forged"},
        "old_side": "out",
    }


def test_disagreement_crosses_the_call_and_cancels_the_other(employers: Definition) -> None:
    run = Run(employers, **VARIABLES).complete("fill")
    other = next(task.id for task in run.execution.user_tasks() if task.path == "new/confirm")
    before = len(run.history)
    run.complete("old/confirm", decision="return")
    assert run.tasks() == ["fill"]
    assert run.execution.timers() == []
    assert run.execution.subscriptions() == []
    events = [(event.kind, event.path) for event in run.history[before:]]
    assert events[events.index(("completed", "old/disagreed")) + 1 :] == [
        ("cancelled", "old"),
        ("cancelled", "new/confirm"),
        ("cancelled", "new"),
        ("cancelled", "ask"),
        ("entered", "disagreement"),
        ("completed", "disagreement"),
        ("flow_taken", "disagreement_to_fill"),
        ("entered", "fill"),
    ]
    assert [event.task_id for event in run.history if (event.kind, event.path) == ("cancelled", "new/confirm")] == [
        other
    ]


def test_withdrawal_cancels_both_and_keeps_the_payload(employers: Definition) -> None:
    run = Run(employers, **VARIABLES).complete("fill").complete("old/confirm", decision="agree")
    run.send("withdraw", reason="changed my mind")
    assert run.tasks() == ["fill"]
    assert run.happened("cancelled") == ["new/confirm", "new", "ask"]  # the token at the join was no place of its own
    assert run.execution.variables()["withdraw"] == {"reason": "changed my mind"}
    # the agreement of the first lap does not count on the second
    run.complete("fill").complete("new/confirm", decision="agree")
    assert run.tasks() == ["old/confirm"]


def test_reminder_does_not_decide_and_outlives_the_task(employers: Definition) -> None:
    run = Run(employers, **VARIABLES).complete("fill").fire("old/remind")
    assert run.tasks() == ["new/confirm", "old/confirm", "old/nudge"]
    run.complete("old/confirm", decision="agree")
    assert run.tasks() == ["new/confirm", "old/nudge"]
    assert [timer.path for timer in run.execution.timers()] == ["new/remind"]
    assert "old" not in run.happened("completed")
    run.complete("old/nudge").complete("new/confirm", decision="agree")
    assert run.tasks() == ["review"]


def test_everything_can_be_handed_over_and_back() -> None:
    inner = process("inner", start() + service("work") + end() + flows("started > work > ended"))
    outer = process(
        "outer", start() + call("all_of_it", "inner", "all", "all") + end() + flows("started > all_of_it > ended")
    )
    run = Run(build(outer, inner), a={"b": 1}).complete("all_of_it/work", c=2)
    assert run.execution.variables() == {"a": {"b": 1}, "c": 2}


def test_unmapped_call_sees_and_returns_nothing() -> None:
    inner = process("inner", start() + service("work") + end() + flows("started > work > ended"))
    outer = process(
        "outer", start() + call("alone", "inner", {}, {"missing": "nothing"}) + end() + flows("started > alone > ended")
    )
    run = Run(build(outer, inner), a=1)
    assert run.execution.variables(run.execution.service_tasks()[0].id) == {}
    run.complete("alone/work", c=2)
    assert run.execution.variables() == {"a": 1, "missing": None}


SERVICE = process(
    "outcomes",
    start()
    + service("check")
    + boundary("owed", "check", error("tax_owed"))
    + boundary("anything", "check", error(None))
    + end("paid")
    + end("owing")
    + end("other")
    + flows("started > check > paid", "owed > owing", "anything > other"),
    errors=("tax_owed",),
)


@pytest.mark.parametrize(("code", "expected"), [("tax_owed", "owing"), ("unheard_of", "other")])
def test_outcome_of_a_service_task_takes_its_own_boundary_first(code: str, expected: str) -> None:
    run = Run(build(SERVICE)).throw("check", code, cents=100)
    assert run.execution.end_id == expected
    assert run.execution.variables() == {code: {"cents": 100}}


def test_outcome_that_nobody_catches_is_a_fault(employers: Definition) -> None:
    run = Run(build(process("bare", start() + service("check") + end() + flows("started > check > ended"))))
    with pytest.raises(UnhandledOutcome, match="tax_owed"):
        run.throw("check", "tax_owed")
    inner = Run(employers, **VARIABLES).complete("fill").fire("old/remind")
    with pytest.raises(UnhandledOutcome):
        inner.throw("old/nudge", "unheard_of")


def test_two_processes_may_use_the_same_ids_for_sub_processes_and_messages() -> None:
    def part(key: str, name: str) -> bytes:
        body = (
            start()
            + sub("part", start("begun") + user(f"{key}_task") + end("done") + flows(f"begun > {key}_task > done"))
            + '<bpmn:boundaryEvent id="caught" attachedToRef="part"><bpmn:messageEventDefinition messageRef="m"/></bpmn:boundaryEvent>'
            + (call("next_part", "second") if key == "first" else "")
            + end()
            + (flows("started > part > next_part > ended") if key == "first" else flows("started > part > ended"))
            + flows("caught > ended")
        )
        data = process(key, body).decode()
        return data.replace("<bpmn:process ", f'<bpmn:message id="m" name="{name}"/><bpmn:process ').encode()

    run = Run(build(part("first", "stop_first"), part("second", "stop_second")))
    assert [one.name for one in run.execution.subscriptions()] == ["stop_first"]
    run.complete("first_task")
    assert run.tasks() == ["next_part/second_task"]
    assert [one.name for one in run.execution.subscriptions()] == ["stop_second"]


def test_missing_called_process_is_refused() -> None:
    with pytest.raises(DefinitionNotRunnable, match="nowhere"):
        build(process("outer", start() + call("gone", "nowhere") + end() + flows("started > gone > ended")))


def test_what_was_about_to_move_is_cancelled_with_its_process() -> None:
    # given: a fork whose first branch ends in an error while the second is on its way
    definition = build(
        process(
            "racing",
            start()
            + sub(
                "both",
                start("both_started")
                + parallel("split")
                + error_end("failed", "failure")
                + node("intermediateThrowEvent", "passed")
                + service("work")
                + end("worked")
                + flows("both_started > split > failed", "split > passed > work > worked"),
            )
            + boundary("failure_caught", "both", error("failure"))
            + user("repair")
            + end()
            + flows("started > both > ended", "failure_caught > repair > ended"),
            errors=("failure",),
        )
    )
    run = Run(definition)
    assert run.tasks() == ["repair"]
    assert "passed" in run.happened("cancelled")
    assert "work" not in run.happened("entered")
    assert run.complete("repair").execution.is_completed


def test_what_is_handed_over_is_a_copy() -> None:
    variables = {"nested": {"list": [1]}}
    engine = FeelEngine(["nested"])
    for entry in (Mapped("nested", None, "given"), Mapped(None, "nested", "given"), Mapped(None, None, None)):
        found = mapped([entry], variables, engine)
        next(iter(found.values()))["list"].append(2)
        assert variables == {"nested": {"list": [1]}}
