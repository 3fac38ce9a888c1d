"""Processes written by hand, one for each thing that has to survive; the generator makes the others.

A user task answers `again`, `choice` (0 to 2), `yes` and `no`; `client.answers_for` fills them by chance.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.processes.diagrams import (
    boundary,
    call,
    end,
    error,
    exclusive,
    flows,
    inclusive,
    message,
    node,
    parallel,
    process,
    start,
    sub,
    timer,
)

RETRIES = "R5/PT10M"
_SCOPE = '<bpmn:extensionElements><camunda:properties><camunda:property name="scope" value="city"/></camunda:properties></bpmn:extensionElements>'


def user(*ids: str) -> str:
    return "".join(
        node("userTask", id, _SCOPE, camunda__formRef="answer", camunda__candidateGroups="city_reviewer") for id in ids
    )


def service(topic: str, *ids: str, retries: str = RETRIES, later: bool = False) -> str:
    attributes = {
        "camunda__type": "external",
        "camunda__topic": topic,
        "camunda__failedJobRetryTimeCycle": retries,
        "camunda__asyncBefore": str(later).lower(),
    }
    return "".join(node("serviceTask", id, **attributes) for id in ids)


def catch(id: str, definition: str) -> str:
    return node("intermediateCatchEvent", id, definition)


STRAIGHT = process(
    "straight",
    start()
    + user("apply", "sign")
    + service("stamp", "stamp_it")
    + service("stamp", "stamp_later", later=True)
    + service("send", "send_it")
    + service("flaky", "send_again")
    + end()
    + flows("started > apply > stamp_it > stamp_later > send_it > sign > send_again > ended"),
)

CHOICE = process(
    "choice",
    start()
    + user("apply", "low", "high")
    + exclusive("which", "which_to_high")
    + exclusive("merged")
    + service("send", "send_middle", "send_result")
    + end()
    + flows(
        "started > apply > which",
        "which > low : apply.choice = 0",
        "which > send_middle : apply.choice = 1",
        "which > high > merged",
        "low > merged",
        "send_middle > merged > send_result > ended",
    ),
)

REWORK = process(
    "rework",
    start()
    + exclusive("back")
    + user("fill")
    + parallel("both_asked", "both_agreed")
    + user("old_confirms", "new_confirms", "decide")
    + service("send", "tell_both")
    + service("stamp", "stamp_lap")
    + exclusive("again", "again_to_ended")
    + end()
    + flows(
        "started > back > fill > both_asked > old_confirms > both_agreed > decide > stamp_lap > again",
        "both_asked > new_confirms > both_agreed",
        "both_asked > tell_both > both_agreed",
        "again > ended",
        "again > back : decide.again",
    ),
)

SOME_OF_THREE = process(
    "some_of_three",
    start()
    + user("apply", "first")
    + inclusive("asked", "asked_to_send_default")
    + inclusive("answered")
    + service("flaky", "send_second")
    + service("send", "send_default")
    + user("last")
    + end()
    + flows(
        "started > apply > asked",
        "asked > first : apply.yes",
        "asked > send_second : apply.no",
        "asked > send_default > answered",
        "first > answered",
        "send_second > answered",
        "answered > last > ended",
    ),
)

DEADLINE = process(
    "deadline",
    start()
    + user("apply", "answer", "late_answer")
    + boundary("overdue", "answer", timer("timeDuration", "P10D"))
    + boundary("reminder", "answer", timer("timeCycle", "R3/P2D"), interrupting=False)
    + service("send", "remind", "send_result")
    + catch("period", timer("timeDuration", "P3D"))
    + exclusive("merged")
    + end("reminded")
    + end()
    + flows(
        "started > apply > answer > merged > period > send_result > ended",
        "reminder > remind > reminded",
        "overdue > late_answer > merged",
    ),
)

PART = process(
    "part",
    start("part_started")
    + user("part_applies")
    + service("send", "send_part")
    + service("stamp", "stamp_part")
    + end("part_ended")
    + flows("part_started > part_applies > send_part > stamp_part > part_ended"),
)

PARTS = process(
    "parts",
    start()
    + parallel("split", "joined")
    + call("one", "part", {"given": "=1"}, {"one_done": "part_applies"})
    + call("other", "part", {"given": "=2"}, {"other_done": "part_applies"})
    + sub(
        "inner",
        start("inner_started")
        + user("inner_work")
        + service("send", "inner_send")
        + end("inner_ended")
        + flows("inner_started > inner_work > inner_send > inner_ended"),
    )
    + boundary("inner_overdue", "inner", timer("timeDuration", "P20D"))
    + user("after_all")
    + exclusive("inner_merged")
    + end()
    + flows(
        "started > split > one > joined > after_all > ended",
        "split > other > joined",
        "split > inner > inner_merged > joined",
        "inner_overdue > inner_merged",
    ),
)

WITHDRAW = process(
    "withdraw",
    start()
    + exclusive("back")
    + user("fill")
    + sub(
        "review",
        start("review_started")
        + parallel("review_split", "review_joined")
        + user("check_papers", "check_money")
        + service("send", "send_papers")
        + end("review_ended")
        + flows(
            "review_started > review_split > check_papers > send_papers > review_joined > review_ended",
            "review_split > check_money > review_joined",
        ),
    )
    + boundary("withdrawn", "review", message("withdraw_message"))
    + boundary("asked", "review", message("ask_message"), interrupting=False)
    + service("stamp", "stamp_question")
    + exclusive("again", "again_to_send_result")
    + service("send", "send_result")
    + end("answered")
    + end()
    + flows(
        "started > back > fill > review > again > send_result > ended",
        "again > back : fill.again",
        "withdrawn > back",
        "asked > stamp_question > answered",
    ),
    messages=("withdraw_message", "ask_message"),
)

STUBBORN = process(
    "stubborn",
    start()
    + user("apply")
    + parallel("split", "joined")
    + service("stubborn", "send_stubborn", retries="R2/PT10M")
    + service("refusing", "ask_registry")
    + boundary("refused", "ask_registry", error("no"))
    + exclusive("merged")
    + user("repair", "look")
    + end()
    + flows(
        "started > apply > split > send_stubborn > joined > look > ended",
        "split > ask_registry > merged > joined",
        "refused > repair > merged",
    ),
    errors=("no",),
)

WAITING = process(
    "waiting",
    start()
    + user("apply")
    + parallel("split", "joined")
    + catch("paid", message("paid_message"))
    + service("send", "send_receipt", "send_reminder", "send_end")
    + node("eventBasedGateway", "which_first")
    + catch("proof_came", message("proof_message"))
    + catch("too_late", timer("timeDuration", "P5D"))
    + exclusive("merged")
    + end()
    + flows(
        "started > apply > split > paid > send_receipt > joined > send_end > ended",
        "split > which_first > proof_came > merged > joined",
        "which_first > too_late > send_reminder > merged",
    ),
    messages=("paid_message", "proof_message"),
)

UNREPEATABLE = process(
    "unrepeatable",
    start()
    + user("apply")
    + parallel("split", "joined")
    + service("askable", "ask_first")
    + service("callable_once", "call_once")
    + service("slow", "take_long")
    + user("look")
    + end()
    + flows(
        "started > apply > split > ask_first > joined > look > ended",
        "split > call_once > joined",
        "split > take_long > joined",
    ),
)

CALLED: Mapping[str, bytes] = {"part": PART}
LINES: Mapping[str, bytes] = {
    "straight": STRAIGHT,
    "choice": CHOICE,
    "rework": REWORK,
    "some_of_three": SOME_OF_THREE,
    "deadline": DEADLINE,
    "parts": PARTS,
    "withdraw": WITHDRAW,
    "stubborn": STUBBORN,
    "waiting": WAITING,
    "unrepeatable": UNREPEATABLE,
}
