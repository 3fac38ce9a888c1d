"""One diagram that has every element there is, to be drawn, told and looked at."""

from __future__ import annotations

from tests.processes.diagrams import (
    boundary,
    call,
    catching,
    conditional,
    end,
    error,
    error_end,
    escalation,
    event_sub,
    exclusive,
    flows,
    inclusive,
    looping,
    message,
    node,
    parallel,
    process,
    script,
    several,
    signal,
    start,
    throwing,
    timer,
    user,
)

_LINK = '<bpmn:linkEventDefinition name="far"/>'
_COMPENSATE = "<bpmn:compensateEventDefinition/>"
_CANCEL = "<bpmn:cancelEventDefinition/>"
_REPEATED = several(over="people", element="person")
_ONE_BY_ONE = several(over="people", element="person", one_by_one=True)
_PAY = node("userTask", "pay", default="pay_to_buying_over")
_FAILED = "pay > failed : pay.failed = true"


def _way(prefix: str, middle: str, id: str) -> str:
    """Start, one node, end: what stands in a sub-process."""
    return start(f"{prefix}_begun") + middle + end(f"{prefix}_over") + flows(f"{prefix}_begun > {id} > {prefix}_over")


def _undone(on: str) -> str:
    return (
        boundary(f"{on}_undone", on, _COMPENSATE)
        + node("userTask", f"undo_{on}", isForCompensation="true")
        + f'<bpmn:association id="{on}_to_undo" sourceRef="{on}_undone" targetRef="undo_{on}"/>'
    )


EVERYTHING = process(
    "everything",
    start()
    + user("fill")
    + node("userTask", "vote", _REPEATED)
    + node("userTask", "vote_in_turn", _ONE_BY_ONE)
    + node("userTask", "try_again", looping("again", most=3))
    + boundary("reminded", "vote", timer("timeCycle", "R/P1D"), interrupting=False)
    + boundary("recalled", "vote", message("stop"))
    + boundary("alarmed", "vote_in_turn", signal("alarm"), interrupting=False)
    + boundary("too_many", "try_again", conditional("count > 9"))
    + _undone("fill")
    + user("look")
    + end("stopped", signal("alarm"))
    + node("eventBasedGateway", "first_of")
    + catching("answered", message("answer"))
    + catching("expired", timer("timeDuration", "P3D"))
    + node("receiveTask", "received", messageRef="stop_id")
    + catching("signalled", signal("alarm"))
    + catching("enough", conditional("count > 3"))
    + user("use", "remind")
    + exclusive("merged")
    + node("sendTask", "tell", messageRef="answer_id")
    + node("manualTask", "sign")
    + node("task", "think")
    + node("serviceTask", "check", camunda__type="external", camunda__topic="check")
    + node("businessRuleTask", "decide", camunda__decisionRef="window", camunda__resultVariable="open")
    + script("count_up", "count", "count + 1")
    + throwing("told", message("answer"))
    + throwing("called", signal("alarm"))
    + throwing("raised", escalation("late"))
    + throwing("undone", _COMPENSATE)
    + throwing("to_far", _LINK)
    + catching("from_near", _LINK)
    + node("intermediateThrowEvent", "noted")
    + node("transaction", "buying", _way("buying", _PAY, "pay") + end("failed", _CANCEL) + flows(_FAILED))
    + boundary("cancelled", "buying", _CANCEL)
    + node("subProcess", "visits", _way("visits", user("visit"), "visit") + _REPEATED)
    + boundary("late_visit", "visits", escalation("late"), interrupting=False)
    + boundary("failed_visit", "visits", error("no"))
    + call("asked", "elsewhere")
    + parallel("split", "joined")
    + inclusive("chosen", "chosen_to_message_end")
    + end("message_end", message("answer"))
    + end("escalation_end", escalation("late"))
    + end("compensation_end", _COMPENSATE)
    + error_end("error_end", "no")
    + end("terminated", "<bpmn:terminateEventDefinition/>")
    + event_sub(
        "withdrawn",
        message("withdraw"),
        user("confirm") + end("withdrawn_over") + flows("confirm > withdrawn_over"),
        "confirm",
    )
    + event_sub(
        "questioned",
        timer("timeDuration", "P1D"),
        user("reply") + end("questioned_over") + flows("reply > questioned_over"),
        "reply",
        interrupting=False,
    )
    + flows(
        "started > fill > vote > vote_in_turn > try_again > first_of",
        "recalled > look > stopped",
        "reminded > look",
        "alarmed > look",
        "too_many > look",
        "first_of > answered > use > merged",
        "first_of > expired > remind > merged",
        "first_of > received > merged",
        "first_of > signalled > merged",
        "first_of > enough > merged",
        "merged > tell > sign > think > check > decide > count_up > told > called > raised > undone > noted > to_far",
        "from_near > buying > visits > split > asked > joined > chosen > message_end",
        "split > joined",
        "chosen > escalation_end : count > 1",
        "chosen > compensation_end : count > 2",
        "chosen > error_end : count > 3",
        "chosen > terminated : count > 4",
        "cancelled > look",
        "late_visit > look",
        "failed_visit > look",
    ),
    messages=("stop", "answer", "withdraw"),
    errors=("no",),
    signals=("alarm",),
    escalations=("late",),
)
