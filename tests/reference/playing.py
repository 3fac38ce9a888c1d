"""Plays a random process in the engine and in the game at once; every step is stored, loaded and compared."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from processes.definition import Definition
from processes.execution import Execution
from tests.processes.running import NOW
from tests.reference.game import Game, Waiting
from tests.reference.generator import RandomProcess, random_answers

_LIVELY = 40  # steps in which everything may happen; after them every answer leads to the end
_LONGEST = 400


class Differs(AssertionError):
    """Engine and game do not agree; the message tells the way there and how to go it again."""


class EngineFailed(Differs):
    """The engine fell over where the game goes on."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is chosen from outside: this happens, with these values, or ends in this error."""

    waiting: Waiting
    values: dict[str, Any]
    error: str | None

    def __str__(self) -> str:
        return f"{self.waiting.kind} {self.waiting.path} {self.error or ''}{self.values or ''}".rstrip()


def random_step(game: Game, chance: random.Random, *, finishing: bool = False) -> Step:
    """Choose one of the things that wait, and what is said; finishing steps lead to the end soonest."""
    # What interrupts or happens beside the flow could keep an instance open for ever.
    waiting = chance.choice([one for one in game.waiting if not (finishing and one.watches)])
    if waiting.errors and not finishing and chance.random() < 0.4:
        return Step(waiting, chance.choice([{}, {"cents": 1}]), chance.choice(waiting.errors))
    return Step(waiting, random_answers(waiting.asks, chance, finishing=finishing), None)


class Pair:
    """The same instance in the engine and in the game; what waits in one is what waits in the other."""

    def __init__(self, drawn: RandomProcess, definition: Definition) -> None:
        self.definition = definition
        self.game = Game(drawn)
        self.engine = Execution.start(definition, drawn.variables)
        self.partner: dict[int, str] = {}  # what waits in the game, and its id in the engine
        self.compare()

    def take(self, step: Step) -> None:
        """Take a step in both, store and load the engine's instance, and compare."""
        id, values = self.partner[step.waiting.id], step.values
        if step.error is not None:
            self.game.fail(step.waiting, step.error, values)
            self.engine.throw_error(id, step.error, values)
        else:
            self.game.choose(step.waiting, values)
            match step.waiting.kind:
                case "user" | "service":
                    self.engine.complete(id, values)
                case "timer":
                    self.engine.fire(id, NOW)
                case "message" | "signal":
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
        yield one.id, (one.kind, one.path, one.name, 1)


def _shown(waiting: Waiting) -> tuple[Any, ...]:
    return waiting.kind, waiting.path, waiting.name, waiting.occurrence if waiting.kind == "timer" else 1


def _same(what: str, expected: Any, found: Any) -> None:
    if expected != found:
        raise Differs(f"expected {what} to be {expected}, found {found}")


def play(drawn: RandomProcess, definition: Definition, order: int) -> int:
    """Play one process to its end in the engine and in the game; return the number of steps.

    Raises:
        Differs: they do not agree.
    """
    chance = random.Random(f"{drawn.seed}/{order}")
    way: list[Step] = []
    try:
        pair = Pair(drawn, definition)
        while pair.game.waiting:
            if len(way) > _LONGEST:
                raise Differs(f"expected an end after {_LONGEST} steps")
            way.append(random_step(pair.game, chance, finishing=len(way) >= _LIVELY))
            pair.take(way[-1])
        _same("whether it has ended", True, pair.game.ended)
    except Differs as problem:
        raise Differs(_told(drawn, order, problem, way)) from problem
    except Exception as problem:
        raise EngineFailed(_told(drawn, order, problem, way)) from problem
    return len(way)


def _told(drawn: RandomProcess, order: int, problem: Exception, way: list[Step]) -> str:
    again = f"REFERENCE_SEED={drawn.seed} REFERENCE_CASES=1x{order + 1} .venv/bin/python -m pytest tests/reference"
    steps = "".join(f"  {number} {step}\n" for number, step in enumerate(way, 1))
    return f"process {drawn.seed}, order {order}: {problem!r}\nafter\n{steps}again: {again}"
