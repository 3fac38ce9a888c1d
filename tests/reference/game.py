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

from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, Literal, NoReturn

from tests.reference import blocks as b
from tests.reference.generator import RandomProcess

Then = Callable[[], None]
Failed = Callable[[str, dict[str, Any]], None]
Escalated = Callable[[str], bool]
Kind = Literal["user", "service", "timer", "message", "signal"]


@dataclass(eq=False)
class Waiting:
    """Something that only the outside can let happen. `path` is as the engine names it, `name` the message.

    `turns` counts how often it can still happen, None for without end; `watches` tells that it waits beside what runs
    and need not happen.
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
    fail: Failed
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
        Room(self, drawn.tree, None, self.variables, "", self._over, _uncaught, _unheard).begin()

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

    def broadcast(self, signal: str) -> None:
        """(13.5.2, 10.5.1) A signal reaches everything that waits for it now, and nothing that only begins to wait."""
        for one in [one for one in self.waiting if (one.kind, one.name) == ("signal", signal)]:
            if one in self.waiting:
                self.choose(one, {})

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
    """A process or sub-process that runs: its variables, its tokens, and who is told when it is over or is left."""

    def __init__(
        self,
        game: Game,
        tree: b.Scope,
        outer: Room | None,
        variables: MutableMapping[str, Any],
        prefix: str,
        over: Then,
        failed: Failed,
        escalated: Escalated,
    ) -> None:
        self.game, self.tree, self.outer = game, tree, outer
        self.variables, self.prefix = variables, prefix
        self.over, self.failed, self.escalated = over, failed, escalated
        self.tokens = 0
        self.armed: list[Waiting] = []
        self.handles = False

    def begin(self) -> None:
        """(13.5.4) The events of its event sub-processes can happen as long as it runs."""
        for handler in self.tree.handlers:
            if handler.event.kind not in ("error", "escalation"):
                turns = _turns(handler.event, handler.interrupting)
                self.armed.append(
                    self.expect(handler.id, handler.event, partial(self.handle, handler), turns, watches=True)
                )
        self.token(self.tree.body, self.tree.end)

    def handle(self, handler: b.Handler) -> None:
        """(13.5.4) An event sub-process runs in place of everything else in the scope, or beside it.

        What leaves it leaves the scope around it, too: its siblings do not catch it.
        """
        if handler.interrupting:
            self.game.cancel(self)
            self.tokens = 0
        self.tokens += 1
        variables, prefix = self.variables, self.prefix
        room = Room(self.game, handler.scope, self, variables, prefix, self.gone, self.failed, self.escalated)
        room.handles = True
        room.begin()

    def fail(self, code: str, data: dict[str, Any]) -> None:
        """(13.5.4) An error inside goes to an event sub-process that catches it, else it leaves the scope."""
        for handler in self.tree.handlers:
            if (handler.event.kind, handler.event.name) == ("error", code):
                return self.set({code: data} if data else {}, partial(self.handle, handler))
        return self.failed(code, data)

    def throw(self, kind: str, name: str) -> bool:
        """Throw a signal or escalation; true if that cancels the token that threw it."""
        if kind == "escalation":
            return self.escalate(name)
        self.game.broadcast(name)
        return False

    def escalate(self, code: str) -> bool:
        """(10.5.1) An escalation goes to the innermost event that waits for it; true if that interrupts its thrower."""
        for handler in self.tree.handlers:
            if (handler.event.kind, handler.event.name) == ("escalation", code):
                self.handle(handler)
                return handler.interrupting
        return self.escalated(code)

    def token(self, body: b.Block, end: str) -> None:
        """A token of its own walks through a body to an end event."""
        self.tokens += 1
        self.run(body, lambda: self.reach(end, self.gone), self.gone)

    def reach(self, end: str, gone: Then) -> None:
        """(13.5.6) An end event takes the token away."""
        self.mark(end)
        gone()

    def mark(self, end: str) -> None:
        """The instance ends at the last end event of its process, or of an event sub-process in its place."""
        room: Room | None = self
        while room is not None and room.handles:
            room = room.outer
        if room is not None and room.outer is None:
            self.game.end = end

    def gone(self) -> None:
        """(13.3.4) A sub-process or called process completes when no token remains in it."""
        self.tokens -= 1
        if not self.tokens:
            self.game.cancel(*self.armed)
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
                self.set({variable: _one_more(self.variables.get(variable))}, then)
            case b.Catch(id, event):
                self.expect(id, event, then)
            case b.Throw(id, kind, name, ends):
                if ends:
                    self.mark(id)
                if not self.throw(kind, name):
                    (gone if ends else then)()
            case b.Stop(id):
                self.reach(id, gone)
            case b.Terminate(id):
                # (13.5.6) every other token of the scope goes with this one; what is around it is not affected
                self.game.cancel(self)
                self.tokens = 1
                self.reach(id, self.gone)
            case b.Raise(_, code):
                self.fail(code, {})
            case b.Choice(_, branches):
                self.run(_first(branches, self.variables).body, then, gone)
            case b.EventChoice(_, events):
                self.first_event(events, then, gone)
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
            case b.User() | b.Service() | b.SubProcess() | b.Call() | b.Repeated() | b.Many():
                self.enter(block, then, self.fail, self.escalate, [])

    def all(self, bodies: list[b.Block] | tuple[b.Block, ...], then: Then, gone: Then) -> None:
        """Walk through all bodies side by side; go on when each token has arrived or ended, and one has arrived."""
        over: list[bool] = []

        def tell(arrived: bool) -> None:
            over.append(arrived)
            if len(over) == len(bodies):
                (then if any(over) else gone)()

        for body in bodies:
            self.run(body, lambda: tell(True), gone if gone is _stuck else lambda: tell(False))

    def first_event(self, events: tuple[b.EventBranch, ...], then: Then, gone: Then) -> None:
        """(13.4.4) All events of the gateway can happen; the first one ends the waiting for the others."""
        armed: list[Waiting] = []

        def came(body: b.Block) -> None:
            self.game.cancel(*armed)
            self.run(body, then, gone)

        for one in events:
            armed.append(self.expect(one.catch.id, one.catch.event, partial(came, one.body)))

    def enter(
        self,
        activity: b.Activity | b.Repeated | b.Many,
        then: Then,
        failed: Failed,
        escalated: Escalated,
        running: list[Waiting | Room],
    ) -> None:
        """(13.3.2) Begin an activity: a task waits, a sub-process is a room of its own. `running` gets what began."""
        match activity:
            case b.User(id, asks):
                running.append(
                    self.game.add("user", self, id, lambda answers: self.set({id: answers}, then), asks=asks)
                )
            case b.Service(id, asks, errors):
                about = {"asks": asks, "errors": errors, "fail": failed}
                running.append(self.game.add("service", self, id, lambda results: self.set(results, then), **about))
            case b.SubProcess(_, scope):
                room = Room(self.game, scope, self, self.variables, self.prefix, then, failed, escalated)
                running.append(room)
                room.begin()
            case b.Call(id, process, ins, outs):
                # (13.3.4) a called process has variables of its own; the mappings alone carry values in and out
                inner = _mapped(ins, self.variables)
                tree, prefix = self.game.trees[process], f"{self.prefix}{id}/"
                back = lambda: self.set(_mapped(outs, inner), then)  # noqa: E731
                room = Room(self.game, tree, self, inner, prefix, back, failed, escalated)
                running.append(room)
                room.begin()
            case b.Repeated(once):
                self.repeat(
                    partial(self.enter, once, failed=failed, escalated=escalated, running=running), activity, then
                )
            case b.Many():
                self.many(activity, then, failed, escalated, running)

    def repeat(self, lap: Callable[[Then], None], loop: b.Repeated, then: Then, done: int = 0) -> None:
        """(13.3.6) A standard loop: the condition is asked before or after each lap, up to so many laps."""
        asked = loop.before or done
        if (asked and not loop.condition.holds(self.variables)) or (loop.most and done >= loop.most):
            then()
        else:
            lap(lambda: self.repeat(lap, loop, then, done + 1))

    def many(
        self, many: b.Many, then: Then, failed: Failed, escalated: Escalated, running: list[Waiting | Room]
    ) -> None:
        """(13.3.7) Several instances: over when all are, or as soon as the condition holds after one of them.

        What is set inside an instance is its own; when all is over, it is handed out as a list a variable.
        """
        results: dict[int, dict[str, Any]] = {}
        numbers = range(many.count)

        def begin(number: int) -> None:
            own: dict[str, Any] = {}
            variables = ChainMap(own, {"loopCounter": number}, self.variables)
            instance = Room(self.game, self.tree, self, variables, self.prefix, then, failed, escalated)
            instance.enter(many.activity, partial(over, number, own), failed, escalated, running)

        def over(number: int, own: dict[str, Any]) -> None:
            results[number] = own
            done = {"nrOfCompletedInstances": len(results)}
            if len(results) == many.count or (many.until and many.until.holds(ChainMap(done, self.variables))):
                finish()
            elif many.sequential:
                begin(number + 1)

        def finish() -> None:
            self.game.cancel(*running)
            names = [many.id] * isinstance(many.activity, b.User) + [name for own in results.values() for name in own]
            self.set({name: [results.get(n, {}).get(name) for n in numbers] for name in names}, then)

        for number in numbers[:1] if many.sequential else numbers:
            begin(number)
        if not many.count:
            finish()

    def watch(
        self,
        block: b.Watched,
        activity: b.Activity | b.Repeated | b.Many,
        boundaries: tuple[b.Boundary, ...],
        then: Then,
        gone: Then,
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
                self.fail(code, data)

        def escalated(code: str) -> bool:
            for boundary in boundaries:
                if (boundary.event.kind, boundary.event.name) == ("escalation", code):
                    happened(boundary)
                    return boundary.interrupting
            return self.escalate(code)

        for boundary in boundaries:
            if boundary.event.kind not in ("error", "escalation"):
                turns = _turns(boundary.event, boundary.interrupting)
                armed.append(self.expect(boundary.id, boundary.event, partial(happened, boundary), turns, watches=True))
        self.enter(activity, completed, failed, escalated, running)

    def expect(self, id: str, event: b.Event, then: Then, turns: int | None = 1, *, watches: bool = False) -> Waiting:
        """(13.5.2) Wait for an event; the payload of a message becomes one variable named after it."""
        about: dict[str, Any] = {"name": event.name, "asks": event.asks, "turns": turns, "watches": watches}
        if event.kind == "message":
            return self.game.add("message", self, id, lambda payload: self.set({event.name: payload}, then), **about)
        kind: Kind = "signal" if event.kind == "signal" else "timer"
        return self.game.add(kind, self, id, lambda _: then(), **about)

    def set(self, values: Mapping[str, Any], then: Then) -> None:
        self.variables.update(values)
        then()


def _one_more(number: Any) -> int | None:
    """What FEEL makes of `if number = null then 1 else number + 1`."""
    if number is None:
        return 1
    return number + 1 if isinstance(number, int) else None


def _first(branches: tuple[b.Branch, ...], variables: Mapping[str, Any]) -> b.Branch:
    """(13.4.2) The first branch that is true in the order of the diagram, else the default."""
    for branch in branches:
        if branch.condition is not None and branch.condition.holds(variables):
            return branch
    return branches[-1]


def _turns(event: b.Event, interrupting: bool) -> int | None:
    """How often an event beside an activity or scope can happen: once if it interrupts, else as often as it comes."""
    if interrupting:
        return 1
    return event.turns or None if event.kind == "timer" else None


def _mapped(names: Mapping[str, str] | None, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Copies of variables under other names; a missing one is null. None maps all of them."""
    return deepcopy(
        dict(variables) if names is None else {target: variables.get(source) for target, source in names.items()}
    )


def _uncaught(code: str, data: dict[str, Any]) -> NoReturn:
    raise AssertionError(f"nothing catches {code}: such a process is not drawn")


def _unheard(code: str) -> bool:
    """(10.5.1) An escalation that nobody waits for changes nothing."""
    return False


def _stuck() -> NoReturn:
    raise AssertionError("a parallel join would wait for ever: such a process is not drawn")
