"""The rules of the token game: how tokens walk through blocks. Numbers in brackets are clauses of BPMN 2.0.2.

`then` is what happens when the token of a block goes on, `gone` what happens when it ends inside.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from tests.reference import blocks as b

if TYPE_CHECKING:
    from tests.reference.game import Game, Waiting

Then = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows an activity or scope: it is over, it fails with a code, something inside escalates.

    `escalated` tells whether that ends the thrower. `running` gets what began, so that it can be cancelled.
    """

    over: Then
    failed: Callable[[str, dict[str, Any]], None]
    escalated: Callable[[str], bool]
    running: list[Waiting | Room] = field(default_factory=list)


class Room:
    """A process or sub-process that runs: its variables, its tokens, and what follows it."""

    def __init__(
        self,
        game: Game,
        tree: b.Scope,
        outer: Room | None,
        variables: MutableMapping[str, Any],
        prefix: str,
        outcome: Outcome,
        *,
        handles: bool = False,
    ) -> None:
        self.game, self.tree, self.outer = game, tree, outer
        self.variables, self.prefix, self.outcome = variables, prefix, outcome
        self.handles = handles  # whether it is an event sub-process
        self.tokens = 0
        self.armed: list[Waiting] = []
        self.done: list[tuple[str, b.Block]] = []  # activities that can be compensated, and how

    # -- its life

    def begin(self) -> None:
        """(13.5.4) The events of its event sub-processes can happen as long as it runs."""
        for handler in self.tree.handlers:
            if handler.event.kind not in ("error", "escalation"):
                turns = _turns(handler.event, handler.interrupting)
                self.armed.append(self.expect(handler.id, handler.event, partial(self.handle, handler), turns, True))
        self.token(self.tree.body, self.tree.end)

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
            self.outcome.over()

    def is_within(self, others: tuple[Any, ...]) -> bool:
        return self in others or (self.outer is not None and self.outer.is_within(others))

    # -- the flow

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
            case b.Throw():
                self.throw(block, gone if block.ends else then)
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
                # (13.4.2) the first way that is true in the order of the diagram, else the default
                true = [one for one in branches if one.condition is not None and one.condition.holds(self.variables)]
                self.run((true or branches[-1:])[0].body, then, gone)
            case b.EventChoice(_, events):
                self.first_event(events, then, gone)
            case b.Parallel(_, _, bodies):
                # (13.4.1) a token for each way out; the join waits for one of each way in
                self.all(bodies, then, _stuck)
            case b.Inclusive(_, _, branches):
                # (13.4.3) a token for each true way; the join waits for those that can still come, not for the others
                true = [one for one in branches if one.condition is not None and one.condition.holds(self.variables)]
                self.all([one.body for one in true or branches[-1:]], then, gone)
            case b.Loop(_, body, _, again):
                # (13.4.2) an exclusive gateway leads back; nothing remembers earlier laps
                lap = lambda: self.run(block if again.holds(self.variables) else b.Sequence(), then, gone)  # noqa: E731
                self.run(body, lap, gone)
            case b.Watched():
                self.watch(block, then, gone)
            case b.User() | b.Service() | b.SubProcess() | b.Call() | b.Repeated() | b.Many():
                self.enter(block, Outcome(then, self.fail, self.escalate))

    def all(self, bodies: Sequence[b.Block], then: Then, gone: Then) -> None:
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

    # -- activities

    def enter(self, activity: b.Activity | b.Repeated | b.Many, outcome: Outcome) -> None:
        """(13.3.2) Begin an activity: a task waits, a sub-process is a room of its own."""
        match activity:
            case b.User(id, asks):
                then = lambda answers: self.set({id: answers}, self.completed, activity, outcome)  # noqa: E731
                outcome.running.append(self.game.add("user", self, id, then, asks=asks))
            case b.Service(id, asks, errors):
                then = lambda results: self.set(results, self.completed, activity, outcome)  # noqa: E731
                about: dict[str, Any] = {"asks": asks, "errors": errors, "fail": outcome.failed}
                outcome.running.append(self.game.add("service", self, id, then, **about))
            case b.SubProcess(_, scope):
                part: Room
                over = lambda: self.completed(activity, outcome, part.done)  # noqa: E731
                part = Room(self.game, scope, self, self.variables, self.prefix, replace(outcome, over=over))
                outcome.running.append(part)
                part.begin()
            case b.Call(id, process, ins, outs):
                # (13.3.4) a called process has variables of its own; the mappings alone carry values in and out
                inner = _mapped(ins, self.variables)
                over = lambda: self.set(_mapped(outs, inner), self.completed, activity, outcome)  # noqa: E731
                tree, prefix = self.game.trees[process], f"{self.prefix}{id}/"
                room = Room(self.game, tree, self, inner, prefix, replace(outcome, over=over))
                outcome.running.append(room)
                room.begin()
            case b.Repeated():
                self.repeat(activity, outcome)
            case b.Many():
                self.many(activity, outcome)

    def completed(self, activity: b.Activity, outcome: Outcome, inside: Sequence[tuple[str, b.Block]] = ()) -> None:
        """(13.5.5) What has completed can be compensated: by its handler, else by those of what completed inside."""
        if activity.undo is not None:
            self.done.append((activity.id, activity.undo))
        else:
            self.done += [(activity.id, handler) for _, handler in inside]
        outcome.over()

    def repeat(self, loop: b.Repeated, outcome: Outcome, laps: int = 0) -> None:
        """(13.3.6) A standard loop: the condition is asked before or after each lap, up to so many laps."""
        asked = loop.before or laps
        if (asked and not loop.condition.holds(self.variables)) or (loop.most and laps >= loop.most):
            outcome.over()
        else:
            self.enter(loop.activity, replace(outcome, over=lambda: self.repeat(loop, outcome, laps + 1)))

    def many(self, many: b.Many, outcome: Outcome) -> None:
        """(13.3.7) Several instances: over when all are, or as soon as the condition holds after one of them.

        What is set inside an instance is its own; when all is over, it is handed out as a list a variable.
        """
        results: dict[int, dict[str, Any]] = {}
        numbers = range(many.count)

        def begin(number: int) -> None:
            own: dict[str, Any] = {}
            given = {"loopCounter": number} | ({"item": 10 * number} if many.items else {})
            variables = ChainMap(own, given, self.variables)
            one = replace(outcome, over=partial(over, number, own))
            Room(self.game, self.tree, self, variables, self.prefix, one).enter(many.activity, one)

        def over(number: int, own: dict[str, Any]) -> None:
            results[number] = own
            done = {"nrOfCompletedInstances": len(results)}
            if len(results) == many.count or (many.until and many.until.holds(ChainMap(done, self.variables))):
                finish()
            elif many.sequential:
                begin(number + 1)

        def finish() -> None:
            self.game.cancel(*outcome.running)
            names = [many.id] * isinstance(many.activity, b.User) + [name for own in results.values() for name in own]
            self.set({name: [results.get(n, {}).get(name) for n in numbers] for name in names}, outcome.over)

        for number in numbers[:1] if many.sequential else numbers:
            begin(number)
        if not many.count:
            finish()

    def watch(self, block: b.Watched, then: Then, gone: Then) -> None:
        """(13.5.3) While an activity runs, the events on its border can happen."""
        armed: list[Waiting] = []

        def over() -> None:
            self.game.cancel(*armed)
            then()

        def happened(boundary: b.Boundary) -> None:
            if not boundary.interrupting:
                return self.token(boundary.body, boundary.end)
            self.game.cancel(*outcome.running, *armed)
            match boundary.goes:
                case "on":
                    self.run(boundary.body, then, gone)
                case "back":
                    self.run(boundary.body, lambda: self.run(block, then, gone), gone)
                case "ends":
                    # (13.4.3) from here no join can be reached, so none waits for this token any more
                    self.token(boundary.body, boundary.end)
                    gone()
            return None

        def caught(kind: str, code: str) -> b.Boundary | None:
            found = (one for one in block.boundaries if (one.event.kind, one.event.name) == (kind, code))
            return next(found, None)

        def failed(code: str, data: dict[str, Any]) -> None:
            if (boundary := caught("error", code)) is None:
                self.fail(code, data)
            else:
                self.set({code: data} if data else {}, happened, boundary)

        def escalated(code: str) -> bool:
            if (boundary := caught("escalation", code)) is None:
                return self.escalate(code)
            happened(boundary)
            return boundary.interrupting

        for one in block.boundaries:
            if one.event.kind not in ("error", "escalation"):
                turns = _turns(one.event, one.interrupting)
                armed.append(self.expect(one.id, one.event, partial(happened, one), turns, True))
        outcome = Outcome(over, failed, escalated)
        self.enter(block.activity, outcome)

    # -- events

    def expect(self, id: str, event: b.Event, then: Then, turns: int | None = 1, watches: bool = False) -> Waiting:
        """(13.5.2) Wait for an event; the payload of a message becomes one variable named after it."""
        about: dict[str, Any] = {"name": event.name, "asks": event.asks, "turns": turns, "watches": watches}
        match event.kind:
            case "message":
                told = lambda payload: self.set({event.name: payload}, then)  # noqa: E731
                return self.game.add("message", self, id, told, **about)
            case "signal":
                return self.game.add("signal", self, id, lambda _: then(), **about)
        return self.game.add("timer", self, id, lambda _: then(), **about)

    def throw(self, thrown: b.Throw, then: Then) -> None:
        """(13.5.2, 13.5.6) Throw a signal or escalation, or compensate; go on unless that has ended the thrower."""
        if thrown.kind == "compensation":
            # (13.5.5) the latest first; the thrower waits until all is undone
            chosen = [one for one in self.done if thrown.name in ("", one[0])]
            self.done = [one for one in self.done if one not in chosen]
            undone = partial(self.reach, thrown.id, then) if thrown.ends else then
            return self.run(b.Sequence(tuple(handler for _, handler in chosen[::-1])), undone, _stuck)
        if thrown.ends:
            self.mark(thrown.id)
        if thrown.kind == "signal":
            self.game.broadcast(thrown.name)
            then()
        elif not self.escalate(thrown.name):
            then()
        return None

    def handle(self, handler: b.Handler) -> None:
        """(13.5.4) An event sub-process runs in place of everything else in the scope, or beside it.

        What leaves it leaves the scope around it, too: its siblings do not catch it.
        """
        if handler.interrupting:
            self.game.cancel(self)
            self.tokens = 0
        self.tokens += 1

        def over() -> None:
            self.done += [(handler.id, undo) for _, undo in room.done]
            self.gone()

        outcome = replace(self.outcome, over=over)
        room = Room(self.game, handler.scope, self, self.variables, self.prefix, outcome, handles=True)
        room.begin()

    def fail(self, code: str, data: dict[str, Any]) -> None:
        """(13.5.4) An error inside goes to an event sub-process that catches it, else it leaves the scope."""
        if (handler := self.handler_of("error", code)) is None:
            self.outcome.failed(code, data)
        else:
            self.set({code: data} if data else {}, self.handle, handler)

    def escalate(self, code: str) -> bool:
        """(10.5.1) An escalation goes to the innermost event that waits for it; true if that ends its thrower."""
        if (handler := self.handler_of("escalation", code)) is None:
            return self.outcome.escalated(code)
        self.handle(handler)
        return handler.interrupting

    def handler_of(self, kind: str, code: str) -> b.Handler | None:
        return next((one for one in self.tree.handlers if (one.event.kind, one.event.name) == (kind, code)), None)

    def set(self, values: Mapping[str, Any], then: Then, *arguments: Any) -> None:
        self.variables.update(values)
        then(*arguments)


def _one_more(number: Any) -> int | None:
    """What FEEL makes of `if number = null then 1 else number + 1`."""
    if number is None:
        return 1
    return number + 1 if isinstance(number, int) else None


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


def uncaught(code: str, data: dict[str, Any]) -> NoReturn:
    raise AssertionError(f"nothing catches {code}: such a process is not drawn")


def unheard(code: str) -> bool:
    """(10.5.1) An escalation that nobody waits for changes nothing."""
    return False


def _stuck() -> NoReturn:
    raise AssertionError("a parallel join would wait for ever: such a process is not drawn")
