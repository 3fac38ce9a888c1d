"""A token game over trees of blocks: what BPMN 2.0.2 says must happen, told in as few words as possible.

It judges the engine, so it shares nothing with it. A tree has no joins to reckon with: `then` is what happens when the
token of a block goes on, `gone` what happens when it ends inside. A fork is a loop over its branches, a join a count of
those that are over, a sub-process a room that counts its tokens. Numbers in brackets are clauses of BPMN 2.0.2.

    game = Game(random_process(17))
    waiting = game.waiting[0]
    game.choose(waiting, {"way": 2})            # answers, results or payload; nothing for a timer
    game.fail(waiting, "owed", {"cents": 1})    # a service task that ends in a business error
    game.ended, game.end, game.variables
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal, NoReturn

from tests.reference import blocks as b
from tests.reference.generator import RandomProcess

Then = Callable[[], None]
Kind = Literal["user", "service", "timer", "message"]


@dataclass(eq=False)
class Waiting:
    """Something that only the outside can let happen. `path` is as the engine names it, `name` the message.

    `turns` counts how often it can still happen: None for without end.
    """

    id: int
    kind: Kind
    path: str
    name: str
    asks: tuple[b.Question, ...]
    errors: tuple[str, ...]
    room: Room
    turns: int | None
    then: Callable[[dict[str, Any]], None]
    fail: Callable[[str, dict[str, Any]], None]
    occurrence: int = 1

    @property
    def variables(self) -> dict[str, Any]:
        """The variables around it."""
        return self.room.variables


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
        Room(self, drawn.tree, None, self.variables, "", self._over, _uncaught).begin()

    def choose(self, waiting: Waiting, values: Mapping[str, Any]) -> None:
        """Complete a task with these values, deliver a message with this payload, or let a timer be due."""
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

    def add(self, kind: Kind, room: Room, element: str, then: Callable[[dict[str, Any]], None], **more: Any) -> Waiting:
        about: dict[str, Any] = {"name": "", "asks": (), "errors": (), "turns": 1, "fail": _uncaught} | more
        added = Waiting(next(self._ids), kind, room.prefix + element, room=room, then=then, **about)
        self.waiting.append(added)
        return added

    def cancel(self, *cancelled: Waiting | Room) -> None:
        """Nothing waits any more of what is cancelled, nor of what runs inside it."""
        self.waiting = [one for one in self.waiting if one not in cancelled and not one.room.is_within(cancelled)]

    def _over(self) -> None:
        self.ended = True


class Room:
    """A process or sub-process that runs: its variables, its tokens, and who is told when it is over or has failed."""

    def __init__(
        self,
        game: Game,
        tree: b.Scope,
        outer: Room | None,
        variables: dict[str, Any],
        prefix: str,
        over: Then,
        failed: Callable[[str, dict[str, Any]], None],
    ) -> None:
        self.game, self.tree, self.outer = game, tree, outer
        self.variables, self.prefix = variables, prefix
        self.over, self.failed = over, failed
        self.tokens = 0

    def begin(self) -> None:
        self.token(self.tree.body, self.tree.end)

    def token(self, body: b.Block, end: str) -> None:
        """A token of its own walks through a body to an end event."""
        self.tokens += 1
        self.run(body, lambda: self.reach(end, self.gone), self.gone)

    def reach(self, end: str, gone: Then) -> None:
        """(13.5.6) An end event takes the token away."""
        if self.outer is None:
            self.game.end = end
        gone()

    def gone(self) -> None:
        """(13.3.4) A sub-process or called process completes when no token remains in it."""
        self.tokens -= 1
        if not self.tokens:
            self.over()

    def is_within(self, others: tuple[Any, ...]) -> bool:
        return self in others or (self.outer is not None and self.outer.is_within(others))

    def run(self, block: b.Block, then: Then, gone: Then) -> None:
        """Let a token enter a block; it goes on by `then`, or ends inside by `gone`."""
        match block:
            case b.Sequence(()):
                then()
            case b.Sequence((first, *rest)):
                self.run(first, lambda: self.run(b.Sequence(tuple(rest)), then, gone), gone)
            case b.Milestone():
                then()  # (13.5.2) a none event is passed at once
            case b.Count(_, variable):
                self.variables[variable] = self.variables.get(variable, 0) + 1
                then()
            case b.Catch(id, event):
                self.expect(id, event, then, turns=1)
            case b.Stop(id):
                self.reach(id, gone)
            case b.Terminate(id):
                # (13.5.6) every other token of the scope goes with this one; what is around it is not affected
                self.game.cancel(self)
                self.tokens = 1
                self.reach(id, self.gone)
            case b.Raise(_, code):
                self.failed(code, {})
            case b.Choice(_, branches):
                self.run(_first(branches, self.variables).body, then, gone)
            case b.Parallel(_, _, bodies):
                # (13.4.1) a token for each way out; the join waits for one of each way in
                self.all(bodies, then, _stuck)
            case b.Inclusive(_, _, branches):
                # (13.4.3) a token for each true way; the join waits for those that can still come, not for the others
                true = [
                    one.body for one in branches if one.condition is not None and one.condition.holds(self.variables)
                ]
                self.all(true or [branches[-1].body], then, gone)
            case b.Loop(_, body, _, again):
                # (13.4.2) an exclusive gateway leads back; nothing remembers earlier laps
                self.run(
                    body, lambda: self.run(block if again.holds(self.variables) else b.Sequence(), then, gone), gone
                )
            case b.Watched(activity, boundaries):
                self.watch(block, activity, boundaries, then, gone)
            case b.User() | b.Service() | b.SubProcess() | b.Call():
                self.enter(block, then, self.failed)

    def all(self, bodies: list[b.Block] | tuple[b.Block, ...], then: Then, gone: Then) -> None:
        """Walk through all bodies side by side; go on when each token has arrived or ended, and one has arrived."""
        over: list[bool] = []

        def tell(arrived: bool) -> None:
            over.append(arrived)
            if len(over) == len(bodies):
                (then if any(over) else gone)()

        for body in bodies:
            self.run(body, lambda: tell(True), gone if gone is _stuck else lambda: tell(False))

    def enter(self, activity: b.Activity, then: Then, failed: Callable[[str, dict[str, Any]], None]) -> Waiting | Room:
        """(13.3.2) Begin an activity: a task waits, a sub-process is a room of its own."""
        match activity:
            case b.User(id, asks):
                return self.game.add("user", self, id, lambda answers: self.set({id: answers}, then), asks=asks)
            case b.Service(id, asks, errors):
                about = {"asks": asks, "errors": errors, "fail": failed}
                return self.game.add("service", self, id, lambda results: self.set(results, then), **about)
            case b.SubProcess(_, scope):
                room = Room(self.game, scope, self, self.variables, self.prefix, then, failed)
            case b.Call(id, process, ins, outs):
                # (13.3.4) a called process has variables of its own; the mappings alone carry values in and out
                inner = _mapped(ins, self.variables)
                prefix = f"{self.prefix}{id}/"
                back = lambda: self.set(_mapped(outs, inner), then)  # noqa: E731
                room = Room(self.game, self.game.trees[process], self, inner, prefix, back, failed)
        room.begin()
        return room

    def watch(
        self, block: b.Watched, activity: b.Activity, boundaries: tuple[b.Boundary, ...], then: Then, gone: Then
    ) -> None:
        """(13.5.3) While an activity runs, the events on its border can happen."""
        armed: list[Waiting] = []
        running: list[Waiting | Room] = []

        def completed() -> None:
            self.game.cancel(*armed)
            then()

        def interrupted(boundary: b.Boundary) -> None:
            self.game.cancel(*running, *armed)
            match boundary.goes:
                case "on":
                    self.run(boundary.body, then, gone)
                case "back":
                    self.run(boundary.body, lambda: self.run(block, then, gone), gone)
                case "ends":
                    # (13.4.3) from here no join can be reached, so none waits for this token any more
                    self.token(boundary.body, boundary.end)
                    gone()

        def happened(boundary: b.Boundary) -> None:
            if boundary.interrupting:
                interrupted(boundary)
            else:
                self.token(boundary.body, boundary.end)

        def failed(code: str, data: dict[str, Any]) -> None:
            catching = [one for one in boundaries if (one.event.kind, one.event.name) == ("error", code)]
            if catching:
                self.set({code: data} if data else {}, lambda: interrupted(catching[0]))
            else:
                self.failed(code, data)  # not caught here: it leaves the scope around, too

        for boundary in boundaries:
            if boundary.event.kind != "error":
                event, interrupting = boundary.event, boundary.interrupting
                turns = 1 if interrupting else None if event.kind == "message" else event.turns or None
                armed.append(self.expect(boundary.id, event, lambda one=boundary: happened(one), turns))  # type: ignore[misc]
        running.append(self.enter(activity, completed, failed))

    def expect(self, id: str, event: b.Event, then: Then, turns: int | None) -> Waiting:
        """(13.5.2) Wait for a timer or message; a payload becomes one variable named after the message."""
        if event.kind == "timer":
            return self.game.add("timer", self, id, lambda _: then(), turns=turns)
        about = {"name": event.name, "asks": event.asks, "turns": turns}
        return self.game.add("message", self, id, lambda payload: self.set({event.name: payload}, then), **about)

    def set(self, values: Mapping[str, Any], then: Then) -> None:
        self.variables.update(values)
        then()


def _first(branches: tuple[b.Branch, ...], variables: Mapping[str, Any]) -> b.Branch:
    """(13.4.2) The first branch that is true in the order of the diagram, else the default."""
    for branch in branches:
        if branch.condition is not None and branch.condition.holds(variables):
            return branch
    return branches[-1]


def _mapped(names: Mapping[str, str] | None, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Copies of variables under other names; a missing one is null. None maps all of them."""
    return deepcopy(
        dict(variables) if names is None else {target: variables.get(source) for target, source in names.items()}
    )


def _uncaught(code: str, data: dict[str, Any]) -> NoReturn:
    raise AssertionError(f"nothing catches {code}: such a process is not drawn")


def _stuck() -> NoReturn:
    raise AssertionError("a parallel join would wait for ever: such a process is not drawn")
