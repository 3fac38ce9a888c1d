"""Random processes: `random_process(seed)` gives the same one for ever.

    drawn = random_process(17, features=ALL - {"service"}, size=12)
    Definition.build(drawn.xml, drawn.key)      # runs, and the validator accepts it
    Game(drawn)                                 # what must happen
    random_answers(user.asks, chance)           # what a person, handler or sender may say

Whatever the answers and their order, a process is sound: no token is left behind, and no two things race inside one
step, so that the outcome depends on what is chosen from outside and on nothing else. Three rules see to that:

- What ends a scope (error, terminate) follows a user task directly, so no other token moves in that step.
- Joins stand only where one token at most can be under way: not in what follows a non-interrupting event, which may
  happen twice, unless in a sub-process of its own.
- Scripts count in variables of their own, and calls take only what was said from outside.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from tests.reference import blocks as b
from tests.reference.drawing import House, draw
from tests.reference.walks import escaping, raised, variables_of

# Everything that can be drawn; a sequence of user tasks needs no feature.
ALL = frozenset(
    {"choice", "parallel", "inclusive", "loop", "sub_process", "call_activity", "service", "script"}
    | {"timer_catch", "message_catch", "boundary_timer", "boundary_message", "boundary_error", "early_end"}
    | {"event_gateway", "event_sub_process", "standard_loop", "multi_instance"}
    | {"signal", "escalation", "compensation"}
)
ERRORS = ("owed", "refused", "withdrawn")
SIGNALS = ("signal_a", "signal_b")
ESCALATIONS = ("late", "urgent")

_WAY = b.Question("way", (1, 2, None, 3))
_AGAIN = b.Question("again", (True, False))
_DEEPEST_CALL = 2


@dataclass(frozen=True, slots=True)
class RandomProcess:
    """`xml` holds the files and `trees` what they were drawn from, each by process id; `key` is the one to start."""

    seed: int
    key: str
    xml: Mapping[str, bytes]
    trees: Mapping[str, b.Scope]

    @classmethod
    def of(cls, trees: Mapping[str, b.Scope], seed: int = 0, house: House = House()) -> RandomProcess:  # noqa: B008
        """The process of the first of these trees; the others are called."""
        return cls(seed, next(iter(trees)), {key: draw(key, tree, house) for key, tree in trees.items()}, trees)

    @property
    def tree(self) -> b.Scope:
        return self.trees[self.key]

    @property
    def variables(self) -> dict[str, Any]:
        """What to start it with."""
        return {"given": self.seed % 7}


def random_process(
    seed: int,
    features: frozenset[str] = ALL,
    size: int = 12,
    house: House = House(),  # noqa: B008 - it is frozen
) -> RandomProcess:
    """The process of a seed, of about `size` elements at which something waits or is computed.

    `house` names the form, role, scope and topic to write into the tasks.
    """
    unknown = features - ALL
    if unknown:
        raise ValueError(f"Expected features of {sorted(ALL)}, found {sorted(unknown)}")
    maker = _Maker(random.Random(seed), features, f"random_{seed}")
    maker.process(f"random_{seed}_main", size, _Around(signals=frozenset(SIGNALS)))
    return RandomProcess.of(maker.trees, seed, house)


def random_answers(asks: Sequence[b.Question], chance: random.Random, *, finishing: bool = False) -> dict[str, Any]:
    """Answers to these questions; finishing ones lead to the end soonest."""
    found = {one.field: one.values[-1] if finishing else chance.choice(one.values) for one in asks}
    return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class _Around:
    """Where a block is drawn.

    Which errors are caught around it, whether its token may end early, whether two tokens may be in it at once
    (`crowded`), whether others of its process move in the same step (`forked`), whether what is counted may be asked
    for at once (`counting`), which signals may be thrown and waited for (none where it may run twice at once, so that
    one step never opens the same task in two places), how deep the calls are.
    """

    catchable: frozenset[str] = frozenset()
    may_end: bool = True
    crowded: bool = False
    forked: bool = False
    counting: bool = True
    repeated: bool = False
    signals: frozenset[str] = frozenset()
    calls: int = 0


class _Maker:
    def __init__(self, chance: random.Random, features: frozenset[str], prefix: str) -> None:
        self.trees: dict[str, b.Scope] = {}
        self._chance = chance
        self._features = features
        self._prefix = prefix
        self._escaping: dict[str, frozenset[str]] = {}
        self._signals: dict[str, frozenset[str]] = {}
        self._names: dict[str, int] = {}
        self._undone: list[str] = []  # activities of this scope that can be compensated
        self._said: list[str] = ["given"]  # variables of this process whose values come from outside

    # -- processes and scopes

    def process(self, key: str, size: int, around: _Around, caught: frozenset[str] = frozenset()) -> None:
        """Draw a process with names of its own: different processes use the same ids."""
        outside = self._names, self._said
        self._names, self._said = {}, ["given"]
        self.trees[key] = b.Scope("started", b.Sequence(), "ended")  # keeps its place: callers first
        self.trees[key] = self._scope("started", "ended", size, around, caught)
        self._escaping[key] = escaping(self.trees[key], self._escaping)
        self._signals[key] = around.signals
        self._names, self._said = outside

    def _scope(self, start: str, end: str, size: int, around: _Around, caught: frozenset[str]) -> b.Scope:
        """A scope; where an error is caught on its border, it is mostly also raised."""
        around = replace(around, may_end=True, crowded=False)
        outside, self._undone = self._undone, []
        events: list[tuple[b.Event, bool]] = []
        if "event_sub_process" in self._features and size > 3 and self._chance.random() < 0.3:
            events = [
                self._event(self._kinds("event_sub_process", around), around)
                for _ in range(self._chance.choice([1, 1, 2]))
            ]
        inside = self._inside(around, events)
        codes = caught | {event.name for event, _ in events if event.kind == "error"}
        body = self._block(size, inside)
        if codes and self._chance.random() < 0.8:
            parts = [body, self._leave("error", replace(inside, catchable=codes))]
            self._chance.shuffle(parts)
            body = b.Sequence(tuple(parts))
        found: dict[tuple[str, str], b.Handler] = {}
        for event, interrupting in events:
            beside = replace(self._after(event, around), forked=True, counting=False)
            if not interrupting:
                beside = replace(beside, signals=frozenset())
            part = max(1, size // 3)
            scope = self._scope(self._name("noticed"), self._name("done"), part, beside, frozenset())
            handler = b.Handler(self._name("handler"), event, interrupting, scope)
            found.setdefault((event.kind, event.name or handler.id), handler)
        self._undone = outside
        return b.Scope(start, body, end, tuple(found.values()))

    # -- blocks

    def _block(self, size: int, around: _Around) -> b.Block:
        if size <= 1:
            return self._leaf(around)
        kinds = ["sequence", "sequence", "watched", "watched"]
        kinds += [kind for kind in ("choice", "loop", "loop") if kind in self._features]
        if not around.crowded:
            kinds += [kind for kind in ("parallel", "inclusive") if kind in self._features for _ in range(2)]
        kinds += [kind for kind in ("event_gateway", "signal", "escalation", "compensation") if kind in self._features]
        kinds += ["leave"] if self._leaving(around) and self._chance.random() < 0.5 else []
        kinds += ["sub_process"] if "sub_process" in self._features else []
        kinds += ["call_activity"] if self._may_call(around) else []
        match self._chance.choice(kinds):
            case "choice":
                return self._choice(size, around)
            case "loop":
                return self._loop(size, around)
            case "parallel":
                inside = replace(around, may_end=False, forked=True)
                bodies = tuple(self._block(part, inside) for part in self._split(size, 2, 3))
                return b.Parallel(self._name("fork"), self._name("join"), bodies)
            case "inclusive":
                return self._inclusive(size, around)
            case "leave":
                parts = [self._leave(self._chance.choice(self._leaving(around)), around), self._block(size - 1, around)]
                self._chance.shuffle(parts)
                return b.Sequence(tuple(parts))
            case "sub_process" | "call_activity" as kind:
                return self._marked(kind, size, around, frozenset())
            case "event_gateway":
                return self._event_gateway(size, around)
            case "signal" if around.signals and "parallel" in kinds and self._chance.random() < 0.6:
                return self._signalling(size, around)
            case "signal" | "escalation" | "compensation" as kind if (throw := self._throw(kind, around)) is not None:
                return b.Sequence((throw, self._block(size - 1, around)))
            case "watched" if (found := self._watched(size, around)) is not None:
                return found
        return b.Sequence(tuple(self._block(part, around) for part in self._split(size, 2, 3)))

    def _leaf(self, around: _Around) -> b.Block:
        kinds = {
            "user": 5,
            "service": 3,
            "script": 1,
            "milestone": 1,
            "timer_catch": 1,
            "message_catch": 1,
            "signal": 2,
        }
        offered = [kind for kind in kinds if kind in self._features | {"user", "milestone"}]
        offered = [kind for kind in offered if kind != "signal" or around.signals]
        match self._chance.choices(offered, [kinds[kind] for kind in offered])[0]:
            case "service":
                return self._undoable(self._service(around.catchable), around)
            case "script":
                return self._counter()[0]
            case "milestone":
                return b.Milestone(self._name("passed"))
            case "signal":
                return b.Catch(self._name("noted"), b.Event("signal", self._chance.choice(sorted(around.signals))))
            case "timer_catch":
                return b.Catch(self._name("period"), self._timer(repeats=False))
            case "message_catch":
                return b.Catch(self._name("heard"), self._message())
        return self._undoable(self._user(), around)

    def _choice(self, size: int, around: _Around) -> b.Block:
        asker, path = self._asker(around)
        bodies: list[b.Block] = [self._block(part, around) for part in self._split(size - 1, 1, 3)]
        if len(bodies) == 1 or self._chance.random() < 0.3:
            bodies.insert(self._chance.randrange(len(bodies) + 1), b.Sequence())
        conditions = [b.Condition(path, self._chance.choice(["=", "<"]), self._chance.randint(1, 3)) for _ in bodies]
        branches = [b.Branch(body, condition) for body, condition in zip(bodies[:-1], conditions, strict=False)]
        return b.Sequence((asker, b.Choice(self._name("which"), (*branches, b.Branch(bodies[-1])))))

    def _inclusive(self, size: int, around: _Around) -> b.Block:
        inside = replace(around, forked=True)
        bodies = [self._block(part, inside) for part in self._split(size, 2, 3)]
        asker = self._user(*(b.Question(f"take_{number}", (True, False)) for number in range(1, len(bodies))))
        branches = [
            b.Branch(body, b.Condition((asker.id, question.field), "=", True))
            for body, question in zip(bodies[:-1], asker.asks, strict=True)
        ]
        split = b.Inclusive(self._name("some"), self._name("gathered"), (*branches, b.Branch(bodies[-1])))
        return b.Sequence((asker, split))

    def _loop(self, size: int, around: _Around) -> b.Loop:
        """Again as long as a person says so, or until a script has counted to three, a fresh lap each time."""
        merge, body = self._name("lap"), self._block(size - 1, around)
        if "script" in self._features and around.counting and self._chance.random() < 0.3:
            counter, variable = self._counter()
            first = self._user()
            return b.Loop(
                merge, b.Sequence((first, body, counter)), self._name("again"), b.Condition((variable,), "<", 3)
            )
        asker = self._user(_AGAIN)
        condition = b.Condition((asker.id, _AGAIN.field), "=", True)
        return b.Loop(merge, b.Sequence((body, asker)), self._name("again"), condition)

    def _event_gateway(self, size: int, around: _Around) -> b.Block:
        kinds = ["timer", "message", *(["signal"] if "signal" in self._features and around.signals else [])]
        found: dict[str, b.EventBranch] = {}
        for part in self._split(size, 2, 3):
            event, _ = self._event(kinds, around)
            catch = b.Catch(
                self._name(f"{event.kind}_first"), replace(event, text="P2D" * (event.kind == "timer"), turns=1)
            )
            body = self._block(part, around) if self._chance.random() < 0.7 else b.Sequence()
            found.setdefault(event.name or catch.id, b.EventBranch(catch, body))
        if len(found) < 2:
            catch = b.Catch(self._name("message_first"), self._message())
            found[catch.id] = b.EventBranch(catch, b.Sequence())
        return b.EventChoice(self._name("first"), tuple(found.values()))

    def _signalling(self, size: int, around: _Around) -> b.Parallel:
        """One throws a signal that others wait for side by side."""
        inside = replace(around, may_end=False, forked=True)
        name = self._chance.choice(sorted(around.signals))
        sizes = self._split(size, 2, 3)
        branches: list[b.Block] = [b.Sequence((self._user(), b.Throw(self._name("told"), "signal", name)))]
        for part in sizes:
            catch = b.Catch(self._name("noted"), b.Event("signal", name))
            branches.append(b.Sequence((catch, self._block(part, inside))))
        return b.Parallel(self._name("fork"), self._name("join"), tuple(branches))

    def _throw(self, kind: str, around: _Around) -> b.Block | None:
        """A signal, escalation or compensation; it follows a user task directly, so no other token moves in that step."""
        names = sorted(around.signals) if kind == "signal" else list(ESCALATIONS)
        if kind == "compensation":
            names = ["", "", *self._undone]
        if not names:
            return None
        throw = b.Throw(self._name("told"), kind, self._chance.choice(names))  # type: ignore[arg-type]
        if not around.may_end or self._chance.random() < 0.7:
            return b.Sequence((self._user(), throw))
        asker = self._user(_WAY)
        out = b.Branch(replace(throw, ends=True), b.Condition((asker.id, _WAY.field), "=", 1))
        return b.Sequence((asker, b.Choice(self._name("whether"), (out, b.Branch(b.Sequence())))))

    def _leaving(self, around: _Around) -> list[str]:
        """In which ways a token may leave here other than by the next flow."""
        found = ["error"] if around.catchable and "boundary_error" in self._features else []
        if "early_end" in self._features:
            found += ["terminate"] + ["stop"] * around.may_end
        return found

    def _leave(self, how: str, around: _Around) -> b.Block:
        asker = self._user(_WAY)
        end: b.Block
        match how:
            case "error":
                code = self._chance.choice(sorted(around.catchable))
                end = b.Raise(self._name("failed"), code)
            case "terminate":
                end = b.Terminate(self._name("all_over"))
            case _:
                end = b.Stop(self._name("dropped"))
        out = b.Branch(end, b.Condition((asker.id, _WAY.field), "=", 1))
        return b.Sequence((asker, b.Choice(self._name("whether"), (out, b.Branch(b.Sequence())))))

    # -- activities and what watches them

    def _watched(self, size: int, around: _Around) -> b.Block | None:
        wanted = self._kinds("boundary", around)
        kinds = ["user", *(["service"] if "service" in self._features else [])]
        if size > 3:
            kinds += ["sub_process", "sub_process"] if "sub_process" in self._features else []
            kinds += ["call_activity", "call_activity"] if self._may_call(around) else []
        kind = self._chance.choice(kinds)
        if kind == "user":
            wanted = [one for one in wanted if one != "error"]
        if kind in ("user", "service"):
            wanted = [one for one in wanted if one != "escalation"]
        if not wanted:
            return None
        events = [self._event(wanted, around) for _ in range(self._chance.choice([1, 1, 2]))]
        sizes = self._split(size, 1 + len(events), 1 + len(events))
        caught = frozenset(event.name for event, _ in events if event.kind == "error")
        watched = self._inside(around, events)
        activity = self._marked(kind, max(sizes[0], 2), replace(watched, catchable=around.catchable), caught)
        codes = raised(activity, self._escaping)
        found: dict[tuple[str, str], b.Boundary] = {}
        for (event, interrupting), part in zip(events, [*sizes[1:], 1, 1], strict=False):
            if event.kind != "error" or event.name in codes:
                boundary = self._boundary(event, interrupting, part, around)
                found.setdefault((event.kind, event.name or boundary.id), boundary)
        return b.Watched(activity, tuple(found.values())) if found else activity

    def _boundary(self, event: b.Event, interrupting: bool, size: int, around: _Around) -> b.Boundary:
        ways: list[Literal["on", "back", "ends"]] = ["ends"]
        if interrupting:
            # An escalation that is thrown each time would lead back for ever.
            back: list[Literal["on", "back", "ends"]] = ["back"] if event.kind != "escalation" else []
            ways = ["on", "on", *back, *ways * around.may_end]
        goes = self._chance.choice(ways)
        inside = self._after(event, around)
        if not interrupting:
            inside = replace(inside, may_end=True, crowded=True, counting=False, signals=frozenset())
        if event.kind in ("signal", "escalation"):
            inside = replace(inside, forked=True)
        if goes == "back":
            body: b.Block = self._user()
        else:
            body = self._block(size, inside) if size > 1 or self._chance.random() < 0.7 else b.Sequence()
        return b.Boundary(self._name(f"{event.kind}_came"), event, interrupting, body, goes, self._name("closed"))

    def _kinds(self, where: str, around: _Around) -> list[str]:
        """The events that may stand on a border, or start an event sub-process."""
        found = [
            kind
            for kind in ("timer", "message", "error")
            if where != "boundary" or f"boundary_{kind}" in self._features
        ]
        found += ["signal", "signal"] if "signal" in self._features and around.signals else []
        return found + ["escalation"] * ("escalation" in self._features)

    def _event(self, kinds: Sequence[str], around: _Around) -> tuple[b.Event, bool]:
        """One of these events, and whether it interrupts."""
        interrupting = self._chance.random() < 0.5
        match self._chance.choice(kinds):
            case "error":
                return b.Event("error", self._chance.choice(ERRORS)), True
            case "escalation":
                return b.Event("escalation", self._chance.choice(ESCALATIONS)), interrupting
            case "signal":
                return b.Event("signal", self._chance.choice(sorted(around.signals))), interrupting
            case "timer":
                return self._timer(repeats=not interrupting), interrupting
        return self._message(), interrupting

    def _inside(self, around: _Around, events: Sequence[tuple[b.Event, bool]]) -> _Around:
        """Inside of what these events watch: errors are caught, and no signal is used that would interrupt it."""
        errors = {event.name for event, _ in events if event.kind == "error"}
        signals = {event.name for event, interrupting in events if event.kind == "signal" and interrupting}
        return replace(around, catchable=around.catchable | errors, signals=around.signals - signals)

    def _after(self, event: b.Event, around: _Around) -> _Around:
        """What follows an event: signals go round in no circle."""
        if event.kind != "signal":
            return around
        return replace(around, signals=frozenset(name for name in around.signals if name > event.name))

    def _marked(
        self, kind: str, size: int, around: _Around, caught: frozenset[str]
    ) -> b.Activity | b.Repeated | b.Many:
        """An activity, here and there with the marker of a loop or of several instances."""
        markers = [marker for marker in ("standard_loop", "multi_instance") if marker in self._features]
        marker = self._chance.choice(markers) if markers and self._chance.random() < 0.3 else ""
        if not marker:
            return self._undoable(self._activity(kind, size, around, caught), around)
        around = replace(around, repeated=True)
        sequential = marker == "multi_instance" and self._chance.random() < 0.5
        inside = replace(around, forked=True, counting=False)
        if marker == "multi_instance" and not sequential:
            inside = replace(inside, signals=frozenset())
        items = marker == "multi_instance" and self._chance.random() < 0.5
        said = [*self._said]
        self._said += ["item", "item"] * items
        one = self._activity(kind, size, inside, caught)
        self._said = [*said, *(name for name in self._said[len(said) :] if name != "item")]
        if marker == "multi_instance":
            done = b.Condition(("nrOfCompletedInstances",), "=", self._chance.choice([1, 2]))
            until = self._chance.choice([None, None, done, b.Condition(("given",), "<", 3)])
            return b.Many(one, sequential, self._chance.choice([0, 1, 2, 2, 3, 3]), until, items)
        before, most = self._chance.random() < 0.5, self._chance.choice([None, 1, 2, 3])
        if isinstance(one, b.User | b.Service):
            one = replace(one, asks=(_WAY,)) if isinstance(one, b.User) else one
            return b.Repeated(one, b.Condition(_answer(one), "<", 3), before, most)
        return b.Repeated(one, b.Condition(("given",), "<", 5), before, most or 2)

    def _undoable(self, activity: b.Activity, around: _Around) -> b.Activity:
        """An activity, here and there with what compensates it; not in a repetition, where it would be refused."""
        if "compensation" not in self._features or around.repeated or self._chance.random() < 0.6:
            return activity
        service = "service" in self._features and self._chance.random() < 0.5
        id = self._name("undo")
        self._undone.append(activity.id)
        return replace(activity, undo=b.Service(id, (b.Question(f"{id}_found", (1, None)),)) if service else b.User(id))

    def _activity(self, kind: str, size: int, around: _Around, caught: frozenset[str]) -> b.Activity:
        inside = replace(around, catchable=around.catchable | caught)
        match kind:
            case "service":
                return self._service(inside.catchable)
            case "sub_process":
                start, end = self._name("begun"), self._name("done")
                return b.SubProcess(self._name("part"), self._scope(start, end, size, inside, caught))
            case "call_activity":
                return self._call(size, inside, caught)
        return self._user()

    def _call(self, size: int, around: _Around, caught: frozenset[str]) -> b.Call:
        """Call a new process, or one that was drawn before if all its errors are caught here too."""
        fitting = [
            key
            for key, codes in self._escaping.items()
            if codes <= around.catchable and self._signals[key] <= around.signals and self._depth(key) > around.calls
        ]
        if fitting and self._chance.random() < 0.3:
            key = self._chance.choice(fitting)
        else:
            key = f"{self._prefix}_called_{around.calls + 1}_{len(self.trees)}"
            self.process(
                key,
                size,
                _Around(around.catchable, forked=True, signals=around.signals, calls=around.calls + 1),
                caught,
            )
        id = self._name("called")
        if not around.forked and "signal" not in self._features and self._chance.random() < 0.2:
            return b.Call(id, key, None, None)
        source = self._chance.choice(self._said)
        inner = self._chance.choice(variables_of(self.trees[key].body) or ["given"])
        ins = {"given": source} if self._chance.random() < 0.8 else {}
        outs = {f"{id}_result": inner} if self._chance.random() < 0.8 else {}
        return b.Call(id, key, ins, outs)

    def _may_call(self, around: _Around) -> bool:
        return "call_activity" in self._features and around.calls < _DEEPEST_CALL

    def _depth(self, key: str) -> int:
        return int(key.split("_")[-2])

    # -- what waits, asks and counts

    def _asker(self, around: _Around) -> tuple[b.Block, tuple[str, ...]]:
        """Something to choose by: a person's answer, a handler's result, a message, or how often one came by."""
        kinds = ["user", *(kind for kind in ("service", "message_catch") if kind in self._features)]
        kinds += ["script"] if "script" in self._features and around.counting else []
        match self._chance.choice(["user", *kinds]):
            case "service":
                service = self._service(around.catchable)
                return service, (service.asks[0].field,)
            case "script":
                counter, variable = self._counter()
                return counter, (variable,)
            case "message_catch":
                event = self._message()
                return b.Catch(self._name("heard"), event), (event.name, _WAY.field)
        user = self._user(_WAY)
        return user, (user.id, _WAY.field)

    def _user(self, *asks: b.Question) -> b.User:
        id = self._name("ask")
        self._said.append(id)
        return b.User(id, asks)

    def _service(self, catchable: frozenset[str]) -> b.Service:
        id = self._name("work")
        errors = tuple(sorted(code for code in catchable if self._chance.random() < 0.6))
        self._said.append(f"{id}_found")
        asks = (b.Question(f"{id}_found", _WAY.values),)
        return b.Service(id, asks, errors, as_job=self._chance.random() < 0.3)

    def _counter(self) -> tuple[b.Count, str]:
        id = self._name("count")
        return b.Count(id, f"{id}_times"), f"{id}_times"

    def _timer(self, *, repeats: bool) -> b.Event:
        period = f"P{self._chance.randint(1, 9)}D"
        turns = self._chance.choice([0, 1, 2, 3]) if repeats else 1
        text = {0: f"R/{period}", 1: period}.get(turns, f"R{turns}/{period}")
        return b.Event("timer", text=text, turns=turns)

    def _message(self) -> b.Event:
        name = self._name("message")
        self._said.append(name)
        return b.Event("message", name, asks=(_WAY,))

    def _name(self, kind: str) -> str:
        self._names[kind] = self._names.get(kind, 0) + 1
        return f"{kind}_{self._names[kind]}"

    def _split(self, size: int, least: int, most: int | None = None) -> list[int]:
        """A size in as many parts, each at least one."""
        parts = [1] * self._chance.randint(least, max(least, min(most or least, size)))
        for _ in range(size - len(parts)):
            parts[self._chance.randrange(len(parts))] += 1
        return parts


def _answer(task: b.User | b.Service) -> tuple[str, ...]:
    """Where the one answer of a task is found."""
    return (task.id, task.asks[0].field) if isinstance(task, b.User) else (task.asks[0].field,)
