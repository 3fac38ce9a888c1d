"""Moving tokens by hand: what is accepted goes on as any other instance, what cannot be done correctly is refused."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from kernel.errors import InvalidInput
from processes.definition import Definition
from processes.execution import Execution
from processes.faults import EngineFault
from processes.modification import Instruction
from tests.processes.diagrams import (
    ASK_BOTH,
    boundary,
    build,
    call,
    end,
    event_sub,
    flows,
    message,
    node,
    process,
    several,
    start,
    sub,
    user,
)
from tests.processes.test_walks import DEEP, NESTED, WATCHED, Blocks

SCOPES = process(
    "scopes",
    start()
    + user("first")
    + sub(
        "outer",
        start("outer_begun")
        + user("prepare")
        + sub(
            "inner",
            start("inner_begun") + user("check") + end("inner_done") + flows("inner_begun > check > inner_done"),
        )
        + end("outer_done")
        + flows("outer_begun > prepare > inner > outer_done"),
    )
    + boundary("stopped", "outer", message("stop"))
    + user("last")
    + end()
    + flows("started > first > outer > last > ended", "stopped > last"),
    messages=("stop",),
)
TURNS = process(
    "turns",
    start()
    + node("userTask", "vote", several(times="2"))
    + user("count")
    + end()
    + flows("started > vote > count > ended"),
)
CALLING = (
    process("calling", start() + call("ask", "asked") + user("after") + end() + flows("started > ask > after > ended")),
    process("asked", start() + user("answer", "confirm") + end() + flows("started > answer > confirm > ended")),
)
EVENT = process(
    "event",
    start() + user("work") + end() + flows("started > work > ended")
    + event_sub("on_word", message("word"), user("listen") + end("heard") + flows("listen > heard"), "listen"),
    messages=("word",),
)  # fmt: skip


def started(*files: bytes) -> Execution:
    return Execution.start(build(*files), {})


def at(execution: Execution) -> list[str]:
    return (
        sorted(execution.position().active.elements())
        if False
        else sorted(task.path for task in execution.user_tasks())
    )


def before(target: str, **more: Any) -> Instruction:
    return Instruction("startBeforeActivity", target, **more)


def cancel(target: str, **more: Any) -> Instruction:
    return Instruction("cancel", target, **more)


def complete(execution: Execution, path: str) -> None:
    [found] = [task.id for task in execution.user_tasks() if task.path == path]
    execution.complete(found, {})


def test_a_token_is_moved_to_another_task_and_goes_on_from_there() -> None:
    execution = started(ASK_BOTH)

    execution.modify([cancel("fill"), before("decide", variables={"note": 1})])

    assert at(execution) == ["decide"]
    assert execution.variables() == {"note": 1}
    complete(execution, "decide")
    assert execution.is_completed
    kinds = [(one.kind, one.element_id) for one in execution.events()]
    assert ("cancelled", "fill") in kinds
    assert kinds[-1] == ("ended", "ended")


def test_starting_on_a_flow_gives_a_join_the_token_it_waits_for() -> None:
    execution = started(ASK_BOTH)
    complete(execution, "fill")
    complete(execution, "old_confirms")

    execution.modify([cancel("new_confirms"), Instruction("startTransition", "new_confirms_to_both_agreed")])

    assert at(execution) == ["decide"]


def test_starting_after_a_task_takes_its_one_flow() -> None:
    execution = started(ASK_BOTH)
    complete(execution, "fill")

    execution.modify([Instruction("startAfterActivity", "old_confirms"), cancel("old_confirms")])
    complete(execution, "new_confirms")

    assert at(execution) == ["decide"]


def test_scopes_that_do_not_run_begin_with_what_is_started_inside() -> None:
    execution = started(SCOPES)

    execution.modify([cancel("first"), before("check")])

    assert at(execution) == ["check"]
    assert execution.position().active == {"outer": 1, "inner": 1, "check": 1}
    [stop] = execution.subscriptions()
    execution.deliver(stop.id, {})
    assert at(execution) == ["last"]


def test_a_scope_that_runs_is_not_begun_again() -> None:
    execution = started(SCOPES)
    complete(execution, "first")

    execution.modify([before("check"), cancel("prepare")])
    complete(execution, "check")

    assert at(execution) == ["last"]


def test_a_scope_in_which_nothing_is_left_is_cancelled_too() -> None:
    execution = started(SCOPES)
    complete(execution, "first")

    execution.modify([cancel("prepare"), before("last")])

    assert at(execution) == ["last"]
    assert execution.position().active == {"last": 1}
    assert execution.subscriptions() == []


def test_an_element_of_a_called_process_that_runs_is_started_there() -> None:
    execution = started(*CALLING)

    execution.modify([cancel("answer"), before("confirm")])
    complete(execution, "ask/confirm")

    assert at(execution) == ["after"]


def test_one_of_several_tokens_is_cancelled_by_its_id() -> None:
    execution = started(ASK_BOTH)
    execution.modify([before("fill")])
    kept, gone = execution.user_tasks()

    execution.modify([Instruction("cancel", token_id=gone.id)])

    assert [task.id for task in execution.user_tasks()] == [kept.id]


def test_a_repeated_activity_is_started_and_cancelled_as_a_whole() -> None:
    execution = started(TURNS)

    execution.modify([cancel("vote"), before("count")])
    execution.modify([before("vote"), cancel("count")])

    assert at(execution) == ["vote", "vote"]


def test_an_event_sub_process_waits_in_a_scope_that_is_begun_by_hand() -> None:
    inside = sub(
        "part",
        start("begun") + user("work") + end("done") + flows("begun > work > done")
        + event_sub("on_word", message("word"), user("listen") + end("heard") + flows("listen > heard"), "listen"),
    )  # fmt: skip
    execution = started(
        process(
            "scoped",
            start() + user("first") + inside + end() + flows("started > first > part > ended"),
            messages=("word",),
        )
    )

    execution.modify([cancel("first"), before("work")])
    execution.deliver(execution.subscriptions()[0].id, {})

    assert at(execution) == ["listen"]


@pytest.mark.parametrize(
    ("files", "instructions"),
    [
        ([ASK_BOTH], []),
        ([ASK_BOTH], [before("nowhere")]),
        ([ASK_BOTH], [Instruction("startTransition", "nowhere")]),
        ([ASK_BOTH], [before("both_agreed")]),
        ([ASK_BOTH], [Instruction("startAfterActivity", "both_asked")]),
        ([ASK_BOTH], [cancel("decide")]),
        ([ASK_BOTH], [cancel("fill")]),
        ([ASK_BOTH], [cancel("fill"), Instruction("startTransition", "new_confirms_to_both_agreed")]),
        ([ASK_BOTH], [Instruction("cancel", token_id="nobody")]),
        ([EVENT], [before("on_word")]),
        ([EVENT], [before("listen")]),
        ([EVENT], [before("on_word_begun")]),
        ([SCOPES], [before("check", inside="nobody")]),
        (CALLING[::1], [cancel("ask"), before("confirm")]),
    ],
)
def test_what_cannot_be_done_correctly_is_refused(files: Sequence[bytes], instructions: list[Instruction]) -> None:
    execution = started(*files)

    with pytest.raises(InvalidInput, match="Expected"):
        execution.modify(instructions)


def test_one_turn_of_a_repeated_activity_is_not_cancelled_alone() -> None:
    execution = started(TURNS)

    with pytest.raises(InvalidInput, match="all its turns"):
        execution.modify([Instruction("cancel", token_id=execution.user_tasks()[0].id)])


def test_what_runs_twice_is_started_only_where_it_is_named() -> None:
    execution = started(SCOPES)
    complete(execution, "first")
    execution.modify([before("outer")])
    outer = [place.id for place in execution.places() if place.element.id == "outer"]

    with pytest.raises(InvalidInput, match="inside of which"):
        execution.modify([before("prepare")])
    execution = started(SCOPES)
    complete(execution, "first")
    execution.modify([before("outer")])
    outer = [place.id for place in execution.places() if place.element.id == "outer"]
    execution.modify([before("prepare", inside=outer[0])])

    inside = [place.inside for place in execution.places() if place.element.id == "prepare"]
    assert Counter(inside) == {outer[0]: 2, outer[1]: 1}


# -- any modification of any diagram

RANDOM = {"ask both": [ASK_BOTH], "nested": [NESTED], "watched": [WATCHED], "scopes": [SCOPES], "turns": [TURNS],
          "deep": DEEP, "calling": list(CALLING), "event": [EVENT]}  # fmt: skip
WALKS = 60


@pytest.mark.parametrize("name", RANDOM)
def test_after_any_accepted_modification_an_instance_goes_on(name: str) -> None:
    definition = build(*RANDOM[name])
    accepted = sum(_walk(definition, seed) for seed in range(WALKS))
    assert accepted >= WALKS // 4  # a small diagram leaves little that is to be accepted


def test_after_any_accepted_modification_a_random_diagram_goes_on() -> None:
    accepted = 0
    for seed in range(WALKS):
        drawn = Blocks(seed)
        accepted += _walk(build(process("random", drawn.body)), seed)
    assert accepted >= WALKS


def _walk(definition: Definition, seed: int) -> int:
    """Step and modify at random, storing and loading at each; then let it go on to its end. How often was accepted."""
    chance = random.Random(seed)
    execution, accepted = Execution.start(definition, {"n": 1}), 0
    for _ in range(12):
        state = execution.dump()
        instructions = [_instruction(definition, execution, chance) for _ in range(chance.choice([1, 1, 2, 3]))]
        try:
            execution.modify(instructions)
            accepted += 1
        except (InvalidInput, EngineFault):
            execution = Execution.load(definition, state)
        _check(definition, execution)
        if execution.is_completed or not _step(execution, chance) or execution.is_completed:
            break
    _finish(definition, execution, chance)
    return accepted


def _instruction(definition: Definition, execution: Execution, chance: random.Random) -> Instruction:
    nodes = [node for spec in definition.specs.values() for node in spec.task_specs.values() if hasattr(node, "flows")]
    places = execution.places()
    kind = chance.choice(["cancel", "token", "before", "after", "flow"])
    if kind == "flow":
        return Instruction("startTransition", chance.choice([flow.id for node in nodes for flow in node.flows]))
    if kind == "token" and places:
        return Instruction("cancel", token_id=chance.choice(places).id)
    if kind == "cancel" and places:
        return cancel(chance.choice(places).element.id)
    name = chance.choice(nodes).name
    return before(name) if kind == "before" else Instruction("startAfterActivity", name)


def _check(definition: Definition, execution: Execution) -> None:
    """It is stored and loaded alike, every scope runs at a token that stands, and it waits for something or has ended."""
    again = Execution.load(definition, execution.dump())
    assert again.dump() == execution.dump()
    assert again.position() == execution.position()
    known = {place.id for place in execution.places()}
    assert all(place.inside is None or place.inside in known for place in execution.places())
    assert execution.is_completed is not bool(known)


def _waits(execution: Execution) -> list[Any]:
    found: list[Any] = [lambda one=one: execution.complete(one.id, {}) for one in execution.user_tasks()]
    found += [lambda one=one: execution.complete(one.id, {}) for one in execution.service_tasks()]
    return found + [lambda one=one: execution.deliver(one.id, {}) for one in execution.subscriptions()]


def _step(execution: Execution, chance: random.Random) -> bool:
    choices = _waits(execution)
    if choices:
        chance.choice(choices)()
    return bool(choices)


def _finish(definition: Definition, execution: Execution, chance: random.Random) -> None:
    """Only arrivals at a join may be left without anybody to move them: then a token on each of its flows goes on."""
    for _ in range(500):
        if execution.is_completed:
            return
        tasks = [*execution.user_tasks(), *execution.service_tasks()]
        if tasks:
            execution.complete(chance.choice(tasks).id, {})
        elif not _step(execution, chance):
            try:
                _feed_joins(definition, execution)
            except InvalidInput:  # it would only come to wait at the next join: an operator ends such an instance
                return
        _check(definition, execution)
    raise AssertionError(f"Expected the instance to end, but it stands at {execution.position()}")


def _feed_joins(definition: Definition, execution: Execution) -> None:
    """Give each join that waits as many tokens on each of its flows as it has on the one with most."""
    inside = {place.id: place.inside for place in execution.places()}
    instructions = []
    for _, _, rows, *_ in orjson.loads(execution.dump())["w"]:
        count = Counter((row[1], row[3]["f"], inside[row[0]]) for row in rows if row[3:] and "f" in row[3])
        for join, scope in {(join, scope) for join, _, scope in count}:
            [spec] = [one for one in definition.specs.values() if join in one.task_specs]
            flows_in = spec.task_specs[join].incoming
            most = max(count[join, flow, scope] for flow in flows_in)
            missing = [flow for flow in flows_in for _ in range(most - count[join, flow, scope])]
            instructions += [Instruction("startTransition", flow, inside=scope) for flow in missing]
    execution.modify(instructions)
