"""Event sub-processes and compensation (BPMN 2.0, 10.3.5, 10.7, 13.5.4 and 13.5.5)."""

from __future__ import annotations

import pytest

from processes.faults import UnhandledOutcome
from tests.processes.diagrams import (
    boundary,
    build,
    call,
    conditional,
    end,
    error,
    error_end,
    escalation,
    event_sub,
    exclusive,
    flows,
    message,
    node,
    parallel,
    process,
    service,
    signal,
    start,
    sub,
    throwing,
    timer,
    user,
)
from tests.processes.running import Run


def handler(id: str, definition: str, task: str, *, interrupting: bool = True) -> str:
    """An event sub-process of one user task."""
    body = user(task) + end(f"{id}_over") + flows(f"{task} > {id}_over")
    return event_sub(id, definition, body, task, interrupting=interrupting)


def with_handler(inside: str, **declared: tuple[str, ...]) -> bytes:
    return process(
        "guarded",
        start() + user("fill") + service("check") + end() + flows("started > fill > check > ended") + inside,
        **declared,
    )


def test_interrupting_one_ends_all_else_and_the_process_with_it() -> None:
    data = with_handler(handler("withdrawn", message("withdraw"), "confirm"), messages=("withdraw",))
    run = Run(build(data))
    assert run.tasks() == ["fill"]
    run.send("withdraw", reason="moved")
    assert run.tasks() == ["confirm"]
    assert run.execution.variables()["withdraw"] == {"reason": "moved"}
    assert run.execution.subscriptions() == []
    run.complete("confirm")
    assert run.execution.is_completed
    assert run.execution.end_id == "withdrawn_over"


def test_process_ends_where_a_handler_of_a_handler_ends() -> None:
    # given: an event sub-process that has one inside, which takes its place
    inside = user("confirm") + end("confirmed") + flows("confirm > confirmed")
    inside += handler("given_up", message("give_up"), "sign")
    data = with_handler(
        event_sub("withdrawn", message("withdraw"), inside, "confirm"), messages=("withdraw", "give_up")
    )
    run = Run(build(data)).send("withdraw").send("give_up")
    # when
    run.complete("sign")
    # then
    assert run.execution.is_completed
    assert run.execution.end_id == "given_up_over"


def test_other_kind_may_happen_again_and_again_beside_the_rest() -> None:
    data = with_handler(handler("asked", message("question"), "reply", interrupting=False), messages=("question",))
    run = Run(build(data)).send("question").send("question")
    assert run.tasks() == ["fill", "reply", "reply"]
    run.complete("reply").complete("fill").complete("check")
    assert not run.execution.is_completed  # one answer is open
    assert [one.name for one in run.execution.subscriptions()] == ["question"]
    assert run.complete("reply").execution.is_completed
    assert run.tokens == 0


def test_waiting_for_its_event_does_not_keep_the_process_open() -> None:
    data = with_handler(
        handler("asked", message("question"), "reply", interrupting=False)
        + handler("late", timer("timeDuration", "P1D"), "hurry"),
        messages=("question",),
    )
    run = Run(build(data)).complete("fill").complete("check")
    assert run.execution.is_completed
    assert run.execution.end_id == "ended"
    assert run.execution.timers() == []
    assert run.execution.subscriptions() == []


def test_timer_of_a_cycle_comes_again() -> None:
    data = with_handler(handler("reminding", timer("timeCycle", "R2/P1D"), "remind", interrupting=False))
    run = Run(build(data)).fire("reminding").fire("reminding")
    assert run.tasks() == ["fill", "remind", "remind"]
    assert run.execution.timers() == []


@pytest.mark.parametrize(("definition", "declared"), [(signal("alarm"), "signals")])
def test_signal_begins_it(definition: str, declared: str) -> None:
    data = with_handler(handler("alarmed", definition, "flee"), **{declared: ("alarm",)})
    assert Run(build(data)).send("alarm").tasks() == ["flee"]


def test_condition_begins_it() -> None:
    data = with_handler(handler("forbidden", conditional("fill.bad = true"), "stop"))
    run = Run(build(data))
    assert run.tasks() == ["fill"]
    assert run.complete("fill", bad=True).tasks() == ["stop"]


FAILING = (
    start("begun")
    + user("do")
    + exclusive("fine", "fine_to_over")
    + end("over")
    + error_end("failed", "broken")
    + flows("begun > do > fine > over", "fine > failed : do.bad = true")
)


def test_error_of_the_scope_is_caught_inside_before_the_border() -> None:
    inside = FAILING + handler("mending", error("broken"), "mend")
    data = process(
        "mended",
        start() + sub("part", inside) + boundary("leaked", "part", error("broken")) + user("after", "outside") + end()
        + flows("started > part > after > ended", "leaked > outside > ended"),
        errors=("broken",),
    )  # fmt: skip
    run = Run(build(data)).complete("do", bad=True)
    assert run.tasks() == ["mend"]
    assert run.complete("mend").tasks() == ["after"]


def test_error_of_a_handler_is_for_those_around() -> None:
    failing = event_sub(
        "mending", error("broken"), user("mend") + error_end("again", "broken") + flows("mend > again"), "mend"
    )
    data = process(
        "mended",
        start() + sub("part", FAILING + failing) + boundary("leaked", "part", error("broken")) + user("outside") + end()
        + flows("started > part > ended", "leaked > outside > ended"),
        errors=("broken",),
    )  # fmt: skip
    assert Run(build(data)).complete("do", bad=True).complete("mend").tasks() == ["outside"]


def test_outcome_of_a_service_task_is_caught_by_the_scope() -> None:
    data = with_handler(handler("mending", error("owed"), "pay"), errors=("owed",))
    run = Run(build(data)).complete("fill").throw("check", "owed", cents=5)
    assert run.tasks() == ["pay"]
    assert run.execution.variables()["owed"] == {"cents": 5}
    with pytest.raises(UnhandledOutcome):
        Run(build(data)).complete("fill").throw("check", "other")


def test_escalation_is_caught_by_the_scope_and_what_told_it_goes_on() -> None:
    data = process(
        "watching",
        start() + throwing("told", escalation("late")) + user("go_on") + end() + flows("started > told > go_on > ended")
        + handler("heard", escalation("late"), "supervise", interrupting=False),
        escalations=("late",),
    )  # fmt: skip
    assert Run(build(data)).tasks() == ["go_on", "supervise"]


def test_it_stands_in_a_called_process_and_leaves_the_caller_alone() -> None:
    inner = with_handler(handler("withdrawn", message("withdraw"), "confirm"), messages=("withdraw",))
    outer = process(
        "outer",
        start() + parallel("split") + call("asked", "guarded") + user("beside", "after") + end()
        + flows("started > split > asked > after > ended", "split > beside > ended"),
    )  # fmt: skip
    run = Run(build(outer, inner)).send("withdraw")
    assert run.tasks() == ["asked/confirm", "beside"]
    assert run.complete("asked/confirm").tasks() == ["after", "beside"]
    assert run.execution.end_id is None


def undoing(id: str, on: str, undo: str) -> str:
    """A compensation event on an activity and the user task that undoes it."""
    return (
        node("boundaryEvent", id, "<bpmn:compensateEventDefinition/>", attachedToRef=on)
        + node("userTask", undo, isForCompensation="true")
        + f'<bpmn:association id="{id}_to_{undo}" sourceRef="{id}" targetRef="{undo}"/>'
    )


def compensate(activity: str = "") -> str:
    reference = f' activityRef="{activity}"' if activity else ""
    return f"<bpmn:compensateEventDefinition{reference}/>"


BOOKING = (
    user("book_flight", "book_hotel", "decide")
    + undoing("flight_undone", "book_flight", "cancel_flight")
    + undoing("hotel_undone", "book_hotel", "cancel_hotel")
)


def booked(last: str, after: str = "") -> bytes:
    return process(
        "booking",
        start()
        + BOOKING
        + last
        + end()
        + flows("started > book_flight > book_hotel > decide > undone > " + after + "ended"),
    )


def test_what_completed_is_undone_from_the_last_to_the_first() -> None:
    run = Run(build(booked(throwing("undone", compensate()) + user("after"), "after > ")))
    run.complete("book_flight").complete("book_hotel")
    run.complete("decide")
    assert run.tasks() == ["cancel_hotel"]
    assert run.execution.position().active == {"undone": 1, "cancel_hotel": 1}
    run.complete("cancel_hotel")
    assert run.tasks() == ["cancel_flight"]
    assert run.complete("cancel_flight").tasks() == ["after"]
    assert run.complete("after").execution.is_completed


def test_one_activity_can_be_undone_and_each_completion_once() -> None:
    run = Run(build(booked(throwing("undone", compensate("book_flight")) + user("after"), "after > ")))
    run.complete("book_flight").complete("book_hotel").complete("decide")
    assert run.tasks() == ["cancel_flight"]
    assert run.complete("cancel_flight").tasks() == ["after"]


def test_what_has_not_completed_is_not_undone() -> None:
    data = process(
        "early",
        start() + BOOKING + parallel("split") + throwing("undone", compensate()) + user("after") + end()
        + flows("started > book_flight > split > book_hotel > ended", "split > decide > undone > after > ended"),
    )  # fmt: skip
    run = Run(build(data)).complete("book_flight").complete("decide")
    assert run.tasks() == ["book_hotel", "cancel_flight"]
    assert run.complete("cancel_flight").tasks() == ["after", "book_hotel"]


def test_a_lap_more_is_undone_once_more() -> None:
    data = process(
        "laps",
        start() + user("work", "ask") + undoing("work_undone", "work", "undo_work") + exclusive("again", "again_to_undone")
        + end("undone", compensate())
        + flows("started > work > ask > again > undone", "again > work : ask.again = true"),
    )  # fmt: skip
    run = Run(build(data))
    run.complete("work").complete("ask", again=True).complete("work").complete("ask")
    assert run.tasks() == ["undo_work"]
    run.complete("undo_work")
    assert run.tasks() == ["undo_work"]
    assert run.complete("undo_work").execution.is_completed
    assert run.execution.end_id == "undone"


def test_undoing_a_sub_process_means_undoing_what_completed_inside() -> None:
    inside = start("begun") + BOOKING + end("over") + flows("begun > book_flight > book_hotel > decide > over")
    data = process(
        "trip",
        start() + sub("trip_part", inside) + user("look") + end("undone", compensate("trip_part"))
        + flows("started > trip_part > look > undone"),
    )  # fmt: skip
    run = Run(build(data))
    for task in ("book_flight", "book_hotel", "decide", "look"):
        run.complete(task)
    assert run.tasks() == ["cancel_hotel"]
    run.complete("cancel_hotel")
    assert run.complete("cancel_flight").execution.is_completed


def test_nothing_to_undo_is_passed() -> None:
    data = process("nothing", start() + end("undone", compensate()) + flows("started > undone"))
    assert Run(build(data)).execution.is_completed


def transaction(cancelling: str) -> bytes:
    inside = (
        start("begun")
        + BOOKING
        + parallel("split")
        + user("wait")
        + exclusive("kept", "kept_to_over")
        + end("over")
        + end("cancelled", "<bpmn:cancelEventDefinition/>")
        + flows(
            "begun > book_flight > book_hotel > split > decide > kept > over",
            "split > wait > over",
            "kept > cancelled : decide.cancel = true",
        )
    )
    return process(
        "bought",
        start() + node("transaction", "buying", inside)
        + node("boundaryEvent", "failed", "<bpmn:cancelEventDefinition/>", attachedToRef="buying")
        + user("after", "apologise") + end() + flows("started > buying > after > ended", "failed > apologise > ended")
        + cancelling,
    )  # fmt: skip


def test_cancelled_transaction_is_undone_before_it_is_left() -> None:
    run = Run(build(transaction(""))).complete("book_flight").complete("book_hotel").complete("decide", cancel=True)
    assert run.tasks() == ["cancel_hotel"]  # and nobody waits any more
    run.complete("cancel_hotel").complete("cancel_flight")
    assert run.tasks() == ["apologise"]
    assert run.complete("apologise").execution.is_completed


def test_transaction_that_ends_well_is_a_sub_process() -> None:
    run = Run(build(transaction(""))).complete("book_flight").complete("book_hotel").complete("decide").complete("wait")
    assert run.tasks() == ["after"]
