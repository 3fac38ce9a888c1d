"""The engine against the token game: random processes, random orders, stored and loaded at every step.

`REFERENCE_CASES=500x20` plays 500 processes in 20 orders each; `REFERENCE_SEED=17` only the process of that seed.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

from processes.definition import Definition
from processes.execution import Execution
from tests.processes.running import NOW
from tests.reference.game import Game, Waiting
from tests.reference.generator import RandomProcess, random_answers, random_process

CASES = os.environ.get("REFERENCE_CASES", "40x5")
ONLY = os.environ.get("REFERENCE_SEED")
# Seeds that once differed, with the features that were drawn then: they are played for ever.
ONCE_WRONG: tuple[tuple[int, frozenset[str]], ...] = ()

_LIVELY = 40  # steps in which everything may happen; after them every answer leads to the end
_LONGEST = 400


class Differs(AssertionError):
    """Engine and game do not agree."""


class Pair:
    """The same instance in the engine and in the game; what waits in one is what waits in the other."""

    def __init__(self, drawn: RandomProcess, definition: Definition) -> None:
        self.definition = definition
        self.game = Game(drawn)
        self.engine = Execution.start(definition, drawn.variables)
        self.partner: dict[int, str] = {}  # what waits in the game, and its id in the engine
        self.compare()

    def step(self, waiting: Waiting, values: dict[str, Any], error: str | None) -> None:
        id = self.partner[waiting.id]
        if error is not None:
            self.game.fail(waiting, error, values)
            self.engine.throw_error(id, error, values)
        else:
            self.game.choose(waiting, values)
            match waiting.kind:
                case "user" | "service":
                    self.engine.complete(id, values)
                case "timer":
                    self.engine.fire(id, NOW)
                case "message":
                    self.engine.deliver(id, values)
        self.engine = Execution.load(self.definition, self.engine.dump())
        self.compare()

    def compare(self) -> None:
        """Everything that waits is the same thing as before, or new in both; the rest is told by the variables."""
        found = dict(_waiting(self.engine))
        expected = {one.id: _shown(one) for one in self.game.waiting}
        kept = {id: partner for id, partner in self.partner.items() if id in expected}
        news = {id: shown for id, shown in found.items() if id not in kept.values()}
        for id, shown in expected.items():
            if id not in kept:
                same = next((other for other, one in news.items() if one == shown), None)
                if same is None:
                    raise Differs(f"expected {shown} to wait, found {sorted(found.values())}")
                kept[id] = same
                del news[same]
        if news:
            raise Differs(f"expected only {sorted(expected.values())} to wait, found also {sorted(news.values())}")
        for id, shown in expected.items():
            if found.get(kept[id]) != shown:
                raise Differs(f"expected {shown} to wait still, found {found.get(kept[id])}")
        self.partner = kept
        for one in self.game.waiting:
            if one.kind in ("user", "service"):
                _same(f"variables around {one.path}", one.variables, self.engine.variables(kept[one.id]))
        _same("variables", self.game.variables, self.engine.variables())
        _same("whether it has ended", self.game.ended, self.engine.is_completed)
        _same("the end event", self.game.end, self.engine.end_id)


def _waiting(engine: Execution) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for task in engine.user_tasks():
        yield task.id, ("user", task.path, "", 1)
    for task in engine.service_tasks():
        yield task.id, ("service", task.path, "", 1)
    for timer in engine.timers():
        yield timer.id, ("timer", timer.path, "", timer.occurrence)
    for one in engine.subscriptions():
        yield one.id, ("message", one.path, one.message, 1)


def _shown(waiting: Waiting) -> tuple[Any, ...]:
    return waiting.kind, waiting.path, waiting.name, waiting.occurrence if waiting.kind == "timer" else 1


def _same(what: str, expected: Any, found: Any) -> None:
    if expected != found:
        raise Differs(f"expected {what} to be {expected}, found {found}")


def play(drawn: RandomProcess, definition: Definition, order: int) -> int:
    """Play one process to its end; return the number of steps.

    Raises:
        Differs: engine and game disagree; the message tells the way there.
    """
    chance = random.Random(f"{drawn.seed}/{order}")
    pair = Pair(drawn, definition)
    way: list[str] = []
    try:
        while pair.game.waiting:
            if len(way) > _LONGEST:
                raise Differs(f"no end after {_LONGEST} steps")
            waiting, values, error = _chosen(pair.game, chance, finishing=len(way) >= _LIVELY)
            way.append(f"{waiting.kind} {waiting.path} {error or ''}{values or ''}")
            pair.step(waiting, values, error)
        _same("whether it has ended", True, pair.game.ended)
    except Exception as problem:
        again = f"REFERENCE_SEED={drawn.seed} REFERENCE_CASES=1x{order + 1} .venv/bin/python -m pytest tests/reference"
        steps = "\n".join(f"  {number} {step}" for number, step in enumerate(way, 1))
        raise Differs(f"process {drawn.seed}, order {order}: {problem}\nafter\n{steps}\nagain: {again}") from problem
    return len(way)


def _chosen(game: Game, chance: random.Random, *, finishing: bool) -> tuple[Waiting, dict[str, Any], str | None]:
    choices = game.waiting
    if finishing:  # what only interrupts or repeats would keep an instance open for ever
        choices = [one for one in choices if one.kind in ("user", "service")] or [
            one for one in choices if one.turns == 1
        ]
    waiting = chance.choice(choices)
    if waiting.errors and not finishing and chance.random() < 0.4:
        return waiting, chance.choice([{}, {"cents": 1}]), chance.choice(waiting.errors)
    return waiting, random_answers(waiting.asks, chance, finishing=finishing), None


def cases() -> tuple[list[int], int]:
    """The seeds to play and the number of orders of each."""
    seeds, orders = (int(number) for number in CASES.split("x"))
    return ([int(ONLY)] if ONLY else list(range(seeds))), orders


def test_engine_does_what_the_game_says() -> None:
    seeds, orders = cases()
    wrong: list[str] = []
    steps = 0
    for seed in seeds:
        drawn = random_process(seed)
        definition = Definition.build(drawn.xml, drawn.key)
        for order in range(orders):
            try:
                steps += play(drawn, definition, order)
            except Differs as problem:
                wrong.append(str(problem))
                break
    print(f"reference: {len(seeds)} processes, {len(seeds) * orders} orders, {steps} steps, {len(wrong)} differ")
    assert not wrong, f"{len(wrong)} differ:\n" + "\n\n".join(wrong[:5])
