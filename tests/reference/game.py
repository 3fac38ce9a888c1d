"""A token game over trees of blocks: what BPMN 2.0.2 says must happen, told in as few words as possible.

It judges the engine, so it shares nothing with it. A tree has no joins to reckon with: a fork is a loop over its
branches, a join a count of those that are over, a sub-process a room that counts its tokens. Numbers in brackets are
clauses of BPMN 2.0.2. What can happen is here, what then happens in `rooms.py`.

    game = Game(random_process(17))
    waiting = game.waiting[0]
    game.choose(waiting, {"way": 2})            # answers, results or payload; nothing for a timer or signal
    game.fail(waiting, "owed", {"cents": 1})    # a service task that ends in a business error
    game.ended, game.end, game.variables
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

from tests.reference import blocks as b
from tests.reference.generator import RandomProcess
from tests.reference.rooms import Outcome, Room, Then, uncaught, unheard

Kind = Literal["user", "service", "timer", "message", "signal"]


@dataclass(eq=False)
class Waiting:
    """Something that only the outside can let happen. `path` is as the engine names it, `name` the message or signal.

    `turns` counts how often it can still happen, None for without end; `watches` tells that it waits beside what runs
    and need not happen.
    """

    id: int
    kind: Kind
    path: str
    room: Room
    then: Callable[[dict[str, Any]], None]
    name: str = ""
    asks: tuple[b.Question, ...] = ()
    errors: tuple[str, ...] = ()
    turns: int | None = 1
    fail: Callable[[str, dict[str, Any]], None] = uncaught
    watches: bool = False
    occurrence: int = 1

    @property
    def variables(self) -> dict[str, Any]:
        """The variables around it."""
        return dict(self.room.variables)


class Game:
    """One instance of a process. `waiting` is in the order in which it began to wait."""

    def __init__(self, drawn: RandomProcess) -> None:
        self.trees: Mapping[str, b.Scope] = drawn.trees
        self.waiting: list[Waiting] = []
        self.ended = False
        self.end: str | None = None
        self.variables = drawn.variables
        self._ids = count(1)
        # (13.2) the process is over when no token remains in it
        Room(self, drawn.tree, None, self.variables, "", Outcome(self._over, uncaught, unheard)).begin()

    def choose(self, waiting: Waiting, values: Mapping[str, Any]) -> None:
        """Complete a task with these values, deliver a message with this payload, or let an event happen."""
        waiting.occurrence += 1
        if waiting.turns is not None:
            waiting.turns -= 1
            if not waiting.turns:
                self.waiting.remove(waiting)
        waiting.then(deepcopy(dict(values)))

    def fail(self, waiting: Waiting, code: str, data: Mapping[str, Any]) -> None:
        """(13.3.3) End a service task in an error."""
        self.waiting.remove(waiting)
        waiting.fail(code, deepcopy(dict(data)))

    def broadcast(self, signal: str) -> None:
        """(13.5.2, 10.5.1) A signal reaches everything that waits for it now, and nothing that only begins to wait."""
        for one in [one for one in self.waiting if (one.kind, one.name) == ("signal", signal)]:
            if one in self.waiting:
                self.choose(one, {})

    def add(self, kind: Kind, room: Room, element: str, then: Then, **about: Any) -> Waiting:
        """Let something begin to wait."""
        added = Waiting(next(self._ids), kind, room.prefix + element, room, then=then, **about)
        self.waiting.append(added)
        return added

    def cancel(self, *cancelled: Waiting | Room) -> None:
        """Nothing waits any more of what is cancelled, nor of what runs inside it."""
        self.waiting = [one for one in self.waiting if one not in cancelled and not one.room.is_within(cancelled)]

    def _over(self) -> None:
        self.ended = True
