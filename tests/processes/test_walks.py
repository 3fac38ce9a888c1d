"""Random walks: an instance kept in memory and one that is stored and loaded at every step must not differ.

And random block-structured diagrams, whose right outcome is known without any engine.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from processes.definition import Definition
from processes.execution import Execution
from processes.faults import UnhandledOutcome
from tests.processes.diagrams import (
    ASK_BOTH,
    boundary,
    build,
    call,
    end,
    error,
    error_end,
    exclusive,
    flows,
    inclusive,
    message,
    node,
    parallel,
    process,
    script,
    service,
    start,
    sub,
    timer,
    user,
)
from tests.processes.running import NOW
from tests.processes.test_calls import CONFIRMATION, EMPLOYERS, SERVICE
from tests.processes.test_joins import INCLUSIVE
from tests.processes.transfer import OUTPUTS, VARIABLES, transfer

NESTED = process(
    "nested",
    start()
    + exclusive("merge")
    + parallel("outer_split", "inner_split", "inner_join", "outer_join")
    + user("a", "b", "c", "d", "z")
    + exclusive("b_again", "b_again_to_inner_join")
    + exclusive("all_again", "all_again_to_ended")
    + end()
    + flows(
        "started > merge > outer_split > a > outer_join > z > all_again > ended",
        "outer_split > inner_split > b > b_again > inner_join > d > outer_join",
        "inner_split > c > inner_join",
        "b_again > b : b.again",
        "all_again > merge : z.again",
    ),
)
WATCHED = process(
    "watched",
    start()
    + sub(
        "work",
        start("work_started")
        + user("prepare", "left", "right")
        + parallel("split", "join")
        + exclusive("repeat", "repeat_to_work_ended")
        + end("work_ended")
        + flows(
            "work_started > prepare > split > left > join > repeat > work_ended",
            "split > right > join",
            "repeat > prepare : right.again",
        )
        + boundary("hurry", "left", timer("timeCycle", "R4/P1D"), interrupting=False)
        + service("remind")
        + end("reminded")
        + flows("hurry > remind > reminded"),
    )
    + boundary("withdrawn", "work", message("withdraw"))
    + boundary("asked", "work", message("ask"), interrupting=False)
    + boundary("too_late", "work", timer("timeDuration", "P30D"))
    + user("answer", "late_work")
    + exclusive("more", "more_to_ended")
    + end()
    + flows(
        "started > work > more > ended",
        "more > work : right.more",
        "withdrawn > late_work > work",
        "asked > answer > ended",
        "too_late > late_work",
    ),
    messages=("withdraw", "ask"),
)
DEEP = [
    process(
        "level_one",
        start()
        + call("two", "level_two", "all", {"deep": "deep"})
        + user("one")
        + end()
        + flows("started > two > one > ended"),
    ),
    process(
        "level_two",
        start()
        + sub(
            "inside",
            start("in_started")
            + call("three", "level_three", {"n": "=n + 1"}, {"deep": "n"})
            + end("in_ended")
            + flows("in_started > three > in_ended"),
        )
        + boundary("fell", "inside", error("fall"))
        + boundary("stopped", "inside", message("stop"))
        + user("pick_up", "stop_work")
        + end()
        + flows("started > inside > ended", "fell > pick_up > inside", "stopped > stop_work > ended"),
        messages=("stop",),
        errors=("fall",),
    ),
    process(
        "level_three",
        start()
        + script("count", "n", "n + 1")
        + user("stand")
        + exclusive("stands", "stands_to_stood")
        + end("stood")
        + error_end("fallen", "fall")
        + flows("started > count > stand > stands > stood", "stands > fallen : stand.again"),
        errors=("fall",),
    ),
]
LATER = process(
    "later",
    start()
    + node("intermediateCatchEvent", "first_day", timer("timeDate", "=day"))
    + exclusive("merge")
    + parallel("split")
    + node("intermediateCatchEvent", "some_days", timer("timeDuration", "P3D"))
    + node("intermediateCatchEvent", "word_came", message("word"))
    + inclusive("join", "join_to_ended")
    + user("again_on")
    + end()
    + flows(
        "started > first_day > merge > split > some_days > join > ended",
        "split > word_came > join",
        "join > again_on : word.again",
        "again_on > merge",
    ),
    messages=("word",),
)
DIAGRAMS: dict[str, Sequence[bytes]] = {
    "ask both": [ASK_BOTH],
    "inclusive": [INCLUSIVE],
    "employers": [EMPLOYERS, CONFIRMATION],
    "outcomes": [SERVICE],
    "nested": [NESTED],
    "watched": [WATCHED],
    "deep": DEEP,
    "later": [LATER],
}
WALKS = 130
STEPS = 40


class Pair:
    """The same instance twice; every command goes to both, the second is stored and loaded before and after."""

    def __init__(self, definition: Definition, variables: dict[str, Any]) -> None:
        self.definition = definition
        self.kept = Execution.start(definition, variables)
        self.stored = Execution.start(definition, variables)
        self.reload()

    def reload(self) -> None:
        events = self.stored.events()
        self.stored = Execution.load(self.definition, self.stored.dump())
        assert [(e.kind, e.path, e.process) for e in self.kept.events()] == [
            (e.kind, e.path, e.process) for e in events
        ]
        assert _view(self.kept) == _view(self.stored)

    def choices(self, chance: random.Random) -> list[tuple[str, int, dict[str, Any]]]:
        values = {name: chance.random() < 0.6 for name in ("again", "more", "alpha", "beta")}
        values["decision"] = chance.choice(["agree", "agree", "pass", "pass", "return", "not_pass"])  # type: ignore[assignment]
        kept = self.kept
        found = [("user", at, values) for at in range(len(kept.user_tasks()))]
        for at, task in enumerate(kept.service_tasks()):
            outputs = OUTPUTS.get(task.element.id, {"out": chance.randrange(9)})
            found += [("service", at, outputs)] * 5 + [("error", at, {})]
        found += [("timer", at, {}) for at in range(len(kept.timers()))]
        found += [("message", at, values) for at in range(len(kept.subscriptions()))]
        return found

    def do(self, kind: str, at: int, values: dict[str, Any]) -> bool:
        """False when the step ended in a fault, the same in both."""
        faults = [_attempt(execution, kind, at, values) for execution in (self.kept, self.stored)]
        assert faults[0] == faults[1]
        if faults[0] is None:
            self.reload()
        return faults[0] is None


def _attempt(execution: Execution, kind: str, at: int, values: dict[str, Any]) -> str | None:
    try:
        match kind:
            case "user":
                execution.complete(execution.user_tasks()[at].id, values)
            case "service":
                execution.complete(execution.service_tasks()[at].id, values)
            case "error":
                execution.throw_error(execution.service_tasks()[at].id, "tax_owed", {"cents": 1})
            case "timer":
                execution.fire(execution.timers()[at].id, NOW)
            case _:
                execution.deliver(execution.subscriptions()[at].id, values)
    except UnhandledOutcome as fault:
        return str(fault)
    return None


def _view(execution: Execution) -> dict[str, Any]:
    """All that can be seen of an instance, without ids: those of the two differ."""
    return {
        "users": [(task.path, execution.variables(task.id)) for task in execution.user_tasks()],
        "services": [(task.path, execution.variables(task.id)) for task in execution.service_tasks()],
        "timers": [(t.path, t.occurrence, t.kind, t.value, t.interrupting, t.rearmed_at) for t in execution.timers()],
        "messages": [(one.path, one.name, one.interrupting) for one in execution.subscriptions()],
        "position": execution.position().active,
        "variables": execution.variables(),
        "ended": (execution.is_completed, execution.end_id),
    }


def _walk(definition: Definition, variables: dict[str, Any], seed: int) -> int:
    chance = random.Random(seed)
    pair = Pair(definition, variables)
    for step in range(STEPS):
        choices = pair.choices(chance)
        assert bool(choices) is not pair.kept.is_completed, "nothing waits, yet it has not ended"
        if not choices or not pair.do(*chance.choice(choices)):
            return step
    return STEPS


@pytest.mark.parametrize("name", DIAGRAMS)
def test_stored_and_kept_instances_never_differ(name: str) -> None:
    definition = build(*DIAGRAMS[name])
    variables = VARIABLES | {"cycle": "R/P3D", "day": "2026-06-25", "n": 1}
    steps = sum(_walked(definition, variables, seed) for seed in range(WALKS))
    assert steps >= WALKS


def test_stored_and_kept_transfers_never_differ() -> None:
    assert sum(_walked(transfer(), VARIABLES, seed) for seed in range(2 * WALKS)) > 2 * WALKS


def _walked(definition: Definition, variables: dict[str, Any], seed: int) -> int:
    try:
        return _walk(definition, variables, seed)
    except Exception as error:
        raise AssertionError(f"walk of {definition.key} with seed {seed}") from error


class Blocks:
    """A random block-structured diagram and how often each of its user tasks must be completed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.body = start() + end()
        self.expected: Counter[str] = Counter()
        self.turns: dict[str, int] = {}
        self._count = 0
        first, last = self._block(3, 1)
        self.body += flows(f"started > {first}", f"{last} > ended")

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"{kind}_{self._count}"

    def _block(self, depth: int, times: int) -> tuple[str, str]:
        """Draw a block that is walked so many times; return its first and last element."""
        kind = self.chance.choice(["user", "sequence", "parallel", "inclusive", "loop", "sub"]) if depth else "user"
        match kind:
            case "user":
                name = self._name("user")
                self.body += user(name)
                self.expected[name] = times
                return name, name
            case "sequence":
                parts = [self._block(depth - 1, times) for _ in range(2)]
                self.body += flows(f"{parts[0][1]} > {parts[1][0]}")
                return parts[0][0], parts[1][1]
            case "parallel" | "inclusive":
                return self._fork(kind, depth, times)
            case "loop":
                return self._loop(depth, times)
        return self._sub(depth, times)

    def _fork(self, kind: str, depth: int, times: int) -> tuple[str, str]:
        split, join = self._name("split"), self._name("join")
        self.body += node(f"{kind}Gateway", split) + node(f"{kind}Gateway", join)
        for _ in range(self.chance.choice([2, 3])):
            first, last = self._block(depth - 1, times)
            self.body += flows(f"{split} > {first}" + (" : true" if kind == "inclusive" else ""), f"{last} > {join}")
        return split, join

    def _loop(self, depth: int, times: int) -> tuple[str, str]:
        turns = self.chance.choice([2, 3])
        merge, decide, which, out = (self._name(kind) for kind in ("merge", "decide", "which", "out"))
        first, last = self._block(depth - 1, times * turns)
        self.body += exclusive(merge) + user(decide) + exclusive(which, f"{which}_to_{out}") + exclusive(out)
        self.body += flows(
            f"{merge} > {first}", f"{last} > {decide} > {which} > {out}", f"{which} > {merge} : {decide}.again"
        )
        self.expected[decide] = times * turns
        self.turns[decide] = turns
        return merge, out

    def _sub(self, depth: int, times: int) -> tuple[str, str]:
        name, begun, done = self._name("sub"), self._name("begun"), self._name("done")
        around, self.body = self.body, start(begun) + end(done)
        first, last = self._block(depth - 1, times)
        self.body += flows(f"{begun} > {first}", f"{last} > {done}")
        self.body = around + sub(name, self.body)
        return name, name


@pytest.mark.parametrize("seed", range(60))
def test_random_blocks_are_walked_exactly_as_drawn(seed: int) -> None:
    blocks = Blocks(seed)
    definition = build(process("blocks", blocks.body))
    for order in range(3):
        chance = random.Random(1000 * seed + order)
        execution = Execution.start(definition, {})
        done: Counter[str] = Counter()
        while waiting := execution.user_tasks():
            task = chance.choice(waiting)
            done[task.path] += 1
            again = done[task.path] % blocks.turns.get(task.path, 1) != 0
            execution.complete(task.id, {"again": again})
            execution = Execution.load(definition, execution.dump())
        assert execution.is_completed
        assert done == blocks.expected
