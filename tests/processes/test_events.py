"""Events beyond timers and errors: signals, escalations, conditions, links, messages sent, event-based gateways."""

from __future__ import annotations

import pytest

from kernel.errors import StateConflict
from processes.execution import Execution
from processes.faults import ExpressionFailed
from tests.processes.diagrams import (
    boundary,
    build,
    call,
    catching,
    conditional,
    end,
    escalation,
    exclusive,
    flows,
    message,
    node,
    parallel,
    process,
    script,
    signal,
    start,
    sub,
    throwing,
    timer,
    user,
)
from tests.processes.running import Run

RACE = process(
    "race",
    start()
    + node("eventBasedGateway", "first_of")
    + catching("answered", message("answer"))
    + catching("expired", timer("timeDuration", "P3D"))
    + node("receiveTask", "recalled", messageRef="recall_id")
    + catching("alarmed", signal("alarm"))
    + catching("enough", conditional("limit < 10"))
    + user("use", "remind", "stop", "flee", "lower")
    + end()
    + flows(
        "started > first_of > answered > use > ended",
        "first_of > expired > remind > first_of",
        "first_of > recalled > stop > ended",
        "first_of > alarmed > flee > ended",
        "first_of > enough > lower > ended",
    ),
    messages=("answer", "recall"),
    signals=("alarm",),
)


def test_first_event_behind_the_gateway_wins() -> None:
    run = Run(build(RACE), limit=20)
    assert run.execution.position().active == {"first_of": 1}
    assert sorted(one.name for one in run.execution.subscriptions()) == ["alarm", "answer", "recall"]
    run.send("answer", text="yes")
    assert run.tasks() == ["use"]
    assert run.execution.timers() == []
    assert run.execution.subscriptions() == []
    assert run.execution.variables()["answer"] == {"text": "yes"}
    assert [(one.kind, one.path) for one in run.history if one.kind != "ended"][-7:] == [
        ("entered", "first_of"),
        ("completed", "first_of"),
        ("flow_taken", "first_of_to_answered"),
        ("entered", "answered"),
        ("completed", "answered"),
        ("flow_taken", "answered_to_use"),
        ("entered", "use"),
    ]


def test_gateway_can_be_come_back_to() -> None:
    run = Run(build(RACE), limit=20)
    for _ in range(3):
        run.fire("expired").complete("remind")
    assert run.tokens == 6  # the gateway and its five events
    assert run.send("recall").tasks() == ["stop"]


@pytest.mark.parametrize(("command", "expected"), [("alarm", "flee"), ("recall", "stop")])
def test_signals_and_receive_tasks_stand_behind_the_gateway_too(command: str, expected: str) -> None:
    assert Run(build(RACE), limit=20).send(command).tasks() == [expected]


def test_condition_that_is_true_at_once_wins() -> None:
    assert Run(build(RACE), limit=5).tasks() == ["lower"]


def test_receive_task_waits_for_its_message_and_can_be_watched() -> None:
    data = process(
        "receiving",
        start()
        + node("receiveTask", "paid", messageRef="payment_id")
        + boundary("late", "paid", timer("timeDuration", "P1D"))
        + user("thank", "remind")
        + end()
        + flows("started > paid > thank > ended", "late > remind > ended"),
        messages=("payment",),
    )
    assert Run(build(data)).send("payment", cents=100).tasks() == ["thank"]
    run = Run(build(data)).fire("late")
    assert run.tasks() == ["remind"]
    assert run.execution.subscriptions() == []


def test_sent_messages_leave_with_their_key_and_payload() -> None:
    mapping = '<bpmn:extensionElements><camunda:in sourceExpression="a + 1" target="b"/></bpmn:extensionElements>'
    key = (
        '<bpmn:extensionElements><camunda:properties><camunda:property name="correlation_key" value="&quot;k&quot; + string(a)"/>'
        "</camunda:properties></bpmn:extensionElements>"
    )
    data = process(
        "sending",
        start()
        + throwing(
            "told", key + f'<bpmn:messageEventDefinition messageRef="news_id">{mapping}</bpmn:messageEventDefinition>'
        )
        + node("sendTask", "write", messageRef="letter_id")
        + end("ended", message("bye"))
        + flows("started > told > write > ended"),
        messages=("news", "letter", "bye"),
    )
    execution = Execution.start(build(data), {"a": 1})
    found = [(one.kind, one.name, one.key, dict(one.payload)) for one in execution.emitted()]
    assert found == [
        ("message", "news", "k1", {"b": 2}),
        ("message", "letter", None, {}),
        ("message", "bye", None, {}),
    ]
    assert execution.is_completed
    assert execution.emitted() == []


def test_correlation_key_is_taken_when_the_event_begins_to_wait() -> None:
    key = (
        '<bpmn:extensionElements><camunda:properties><camunda:property name="correlation_key" value="number"/>'
        "</camunda:properties></bpmn:extensionElements>"
    )
    data = process(
        "keyed",
        start() + catching("heard", key + message("news")) + end() + flows("started > heard > ended"),
        messages=("news",),
    )
    run = Run(build(data), number=42)
    assert [one.key for one in run.execution.subscriptions()] == ["42"]
    with pytest.raises(ExpressionFailed, match="correlation key of heard"):
        Run(build(data), number=None)


SIGNALLED = process(
    "signalled",
    start()
    + parallel("split")
    + user("prepare")
    + throwing("called", signal("alarm"))
    + user("work", "watch", "fled", "noticed", "waited")
    + boundary("interrupted", "work", signal("alarm"))
    + boundary("heard", "watch", signal("alarm"), interrupting=False)
    + catching("awaited", signal("alarm"))
    + end()
    + flows(
        "started > split > prepare > called > ended",
        "split > work > ended",
        "split > watch > ended",
        "split > awaited > waited > ended",
        "interrupted > fled > ended",
        "heard > noticed > ended",
    ),
    signals=("alarm",),
)


def test_signal_reaches_everyone_who_waits_at_once() -> None:
    run = Run(build(SIGNALLED)).complete("prepare")
    assert run.tasks() == ["fled", "noticed", "waited", "watch"]
    assert run.emitted == [("signal", "alarm")]
    assert run.send("alarm").tasks() == ["fled", "noticed", "noticed", "waited", "watch"]


def test_signal_at_an_end_is_heard_by_the_others() -> None:
    data = process(
        "signalled_at_last",
        start() + parallel("split") + user("prepare", "fled") + catching("awaited", signal("alarm"))
        + end("alarmed", signal("alarm")) + end()
        + flows("started > split > prepare > alarmed", "split > awaited > fled > ended"),
        signals=("alarm",),
    )  # fmt: skip
    run = Run(build(data)).complete("prepare")
    assert run.tasks() == ["fled"]
    assert run.emitted == [("signal", "alarm")]


def test_signal_may_end_what_throws_it() -> None:
    data = process(
        "suicidal",
        start()
        + sub(
            "inside",
            start("begun") + user("do") + throwing("called", signal("alarm")) + user("never") + end("over")
            + flows("begun > do > called > never > over"),
        )
        + boundary("caught", "inside", signal("alarm"))
        + user("remedy")
        + end()
        + flows("started > inside > ended", "caught > remedy > ended"),
        signals=("alarm",),
    )  # fmt: skip
    run = Run(build(data)).complete("do")
    assert run.tasks() == ["remedy"]
    assert "called" in run.happened("completed")
    assert "called_to_never" not in run.happened("flow_taken")


def escalating(inside_end: str, *, interrupting: bool, code: str | None = "late") -> bytes:
    return process(
        "escalating",
        start()
        + sub(
            "inside",
            start("begun")
            + user("do")
            + throwing("told", escalation("late"))
            + user("go_on")
            + end("over", inside_end)
            + flows("begun > do > told > go_on > over"),
        )
        + boundary("heard", "inside", escalation(code), interrupting=interrupting)
        + user("supervise", "after")
        + end()
        + flows("started > inside > after > ended", "heard > supervise > ended"),
        escalations=("late", "other"),
    )


@pytest.mark.parametrize("code", ["late", None])
def test_escalation_is_told_to_the_outside(code: str | None) -> None:
    run = Run(build(escalating("", interrupting=False, code=code))).complete("do")
    assert run.tasks() == ["go_on", "supervise"]
    assert run.complete("go_on").tasks() == ["after", "supervise"]


def test_escalation_may_end_its_activity() -> None:
    run = Run(build(escalating("", interrupting=True))).complete("do")
    assert run.tasks() == ["supervise"]


def test_escalation_that_nobody_catches_changes_nothing() -> None:
    run = Run(build(escalating(escalation("other"), interrupting=True, code="other"))).complete("do")
    assert run.tasks() == ["go_on"]
    assert run.complete("go_on").tasks() == ["supervise"]


def test_escalation_crosses_a_call() -> None:
    inner = process(
        "inner",
        start()
        + throwing("told", escalation("late"))
        + user("go_on")
        + end()
        + flows("started > told > go_on > ended"),
        escalations=("late",),
    )
    outer = process(
        "outer",
        start()
        + call("asked", "inner")
        + boundary("heard", "asked", escalation("late"), interrupting=False)
        + user("supervise")
        + end()
        + flows("started > asked > ended", "heard > supervise > ended"),
        escalations=("late",),
    )
    assert Run(build(outer, inner)).tasks() == ["asked/go_on", "supervise"]


WATCHED = process(
    "watched",
    start()
    + user("measure")
    + boundary("too_much", "measure", conditional("level > 10"), interrupting=False)
    + parallel("split")
    + script("raise_level", "level", "level + 6")
    + user("next")
    + catching("low", conditional("level < 0"))
    + user("noted")
    + end()
    + flows(
        "started > split > measure > ended",
        "split > next > raise_level > next_too > ended",
        "split > low > ended",
        "too_much > noted > ended",
    )
    + user("next_too"),
)


def test_condition_happens_when_it_becomes_true_and_once_until_it_was_false() -> None:
    run = Run(build(WATCHED), level=0)
    assert run.tasks() == ["measure", "next"]
    run.complete("next")
    assert run.tasks() == ["measure", "next_too"]  # 6 is not too much
    run = Run(build(WATCHED), level=5).complete("next")
    assert run.tasks() == ["measure", "next_too", "noted"]
    run.complete("next_too")  # still true: it does not happen again, also not after the state was stored
    assert run.tasks() == ["measure", "noted"]
    assert run.execution.position().active["low"] == 1


def test_condition_interrupts_at_once_when_it_is_true_at_the_beginning() -> None:
    data = process(
        "impatient",
        start()
        + user("work", "stop")
        + boundary("forbidden", "work", conditional("allowed = false"))
        + end()
        + flows("started > work > ended", "forbidden > stop > ended"),
    )
    assert Run(build(data), allowed=False).tasks() == ["stop"]
    assert Run(build(data), allowed=True).tasks() == ["work"]


def test_links_are_the_flow_they_stand_for() -> None:
    link = '<bpmn:linkEventDefinition name="{}"/>'.format
    data = process(
        "linked",
        start()
        + user("a", "b", "c")
        + exclusive("which", "which_to_b")
        + throwing("to_far", link("far"))
        + throwing("to_far_too", link("far"))
        + catching("from_near", link("far"))
        + end()
        + flows("started > a > which > b > to_far", "which > to_far_too : a.skip = true", "from_near > c > ended"),
    )
    run = Run(build(data)).complete("a", skip=True)
    assert run.tasks() == ["c"]
    assert run.happened("entered")[-3:] == ["to_far_too", "from_near", "c"]
    assert Run(build(data)).complete("a").complete("b").complete("c").execution.is_completed


def test_tasks_of_no_system_are_told_and_passed() -> None:
    data = process(
        "plain",
        start() + node("task", "think") + node("manualTask", "sign") + user("do") + end()
        + flows("started > think > sign > do > ended"),
    )  # fmt: skip
    run = Run(build(data))
    assert run.tasks() == ["do"]
    assert run.happened("completed") == ["started", "think", "sign"]


CONDITIONAL_FLOWS = process(
    "conditional_flows",
    start()
    + node("userTask", "ask", default="ask_to_plain")
    + user("first", "second", "plain")
    + end()
    + flows(
        "started > ask > plain > ended",
        "ask > first : ask.n > 1",
        "ask > second : ask.n > 2",
        "first > ended",
        "second > ended",
    ),
)


@pytest.mark.parametrize(("n", "expected"), [(0, ["plain"]), (2, ["first"]), (3, ["first", "second"])])
def test_conditions_on_flows_out_of_a_task_choose_all_that_are_true(n: int, expected: list[str]) -> None:
    assert Run(build(CONDITIONAL_FLOWS)).complete("ask", n=n).tasks() == expected


def test_events_behind_a_gateway_can_not_be_told_once_it_has_chosen() -> None:
    run = Run(build(RACE), limit=20)
    other = next(one.id for one in run.execution.subscriptions() if one.name == "recall")
    run.send("answer")
    with pytest.raises(StateConflict):
        run.execution.deliver(other, {})
