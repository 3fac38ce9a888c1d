"""What random processes are made of: a tree of blocks, each a well-known piece of BPMN.

Blocks nest, so a process is sound whatever is drawn: every fork has its join, and every race is decided from outside.
`drawing.py` writes a tree as a diagram, `game.py` plays it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Question:
    """One answer that an element gives. `values` are what it may be; the last one leads to the end soonest.

    None stands for no answer at all, so the variable is missing and FEEL reads null.
    """

    field: str
    values: tuple[int | bool | None, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of a variable, or of an entry of one (`ask_1.way`), with a number or truth value."""

    path: tuple[str, ...]
    operator: Literal["=", "<"]
    value: int | bool

    @property
    def feel(self) -> str:
        return f"{'.'.join(self.path)} {self.operator} {str(self.value).lower()}"

    def holds(self, variables: Mapping[str, Any]) -> bool:
        """Whether it is true; what is missing or cannot be compared makes it null, and null is not true."""
        found: Any = variables
        for name in self.path:
            found = found.get(name) if isinstance(found, Mapping) else None
        if type(found) is not type(self.value):
            return False
        return bool(found == self.value if self.operator == "=" else found < self.value)


# -- elements where a token waits, or that it passes


@dataclass(frozen=True, slots=True)
class User:
    """A user task; its answers become one variable named after it. `undo` is what compensates it once it is done."""

    id: str
    asks: tuple[Question, ...] = ()
    undo: User | Service | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A service task; its results become variables. It may end in one of these errors, which are all caught."""

    id: str
    asks: tuple[Question, ...] = ()
    errors: tuple[str, ...] = ()
    as_job: bool = False
    undo: User | Service | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """A script task that adds one to a variable of its own."""

    id: str
    variable: str


@dataclass(frozen=True, slots=True)
class Milestone:
    """An intermediate none event."""

    id: str


@dataclass(frozen=True, slots=True)
class Event:
    """What is waited for. `name` is that of the message or signal, the code of an error or escalation; `text` the
    ISO text of a timer.

    `turns` says how often a timer on a border fires, 0 for without end. The payload of a message becomes one variable
    named after it.
    """

    kind: Literal["timer", "message", "error", "signal", "escalation"]
    name: str = ""
    text: str = ""
    turns: int = 1
    asks: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Catch:
    """An intermediate event that waits for a timer or a message."""

    id: str
    event: Event


@dataclass(frozen=True, slots=True)
class Throw:
    """A signal, which reaches everything in the instance that waits for it; an escalation, which reaches the innermost
    event around it that waits for its code, if any; or compensation of one activity of the scope, or of all that was
    done in it. Its token goes on, or ends there."""

    id: str
    kind: Literal["signal", "escalation", "compensation"]
    name: str
    ends: bool = False


# -- ends of a token


@dataclass(frozen=True, slots=True)
class Stop:
    """A none end event before the end of its scope: the token is gone and never reaches what follows."""

    id: str


@dataclass(frozen=True, slots=True)
class Terminate:
    """A terminate end event: the whole scope around it is over."""

    id: str


@dataclass(frozen=True, slots=True)
class Raise:
    """An error end event: the scope around it is left by the boundary event that catches the code."""

    id: str
    code: str


# -- compositions


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other; with no parts it is a plain flow."""

    parts: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """One way out of a split; the default flow has no condition."""

    body: Block
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """An exclusive split: the first branch whose condition is true, else the last, which is the default."""

    id: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class EventBranch:
    catch: Catch
    body: Block


@dataclass(frozen=True, slots=True)
class EventChoice:
    """An event-based gateway: the branch whose event comes first."""

    id: str
    branches: tuple[EventBranch, ...]


@dataclass(frozen=True, slots=True)
class Parallel:
    """A parallel split and its join."""

    id: str
    join: str
    branches: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Inclusive:
    """An inclusive split and its join: all branches whose condition is true, if none then the last, the default."""

    id: str
    join: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """A return lap: the body, then an exclusive gateway that leads back before it while the condition is true."""

    merge: str
    body: Block
    id: str
    again: Condition


@dataclass(frozen=True, slots=True)
class Scope:
    """What has a start event and an end event: a process or the inside of a sub-process."""

    start: str
    body: Block
    end: str
    handlers: tuple[Handler, ...] = ()


@dataclass(frozen=True, slots=True)
class Handler:
    """An event sub-process: it waits as long as the scope it stands in runs, and takes its place or runs beside it."""

    id: str
    event: Event
    interrupting: bool
    scope: Scope


@dataclass(frozen=True, slots=True)
class SubProcess:
    """An embedded sub-process; it shares the variables around it."""

    id: str
    scope: Scope
    undo: User | Service | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call activity. `ins` and `outs` are {target: source variable}, or None for all variables."""

    id: str
    process: str
    ins: Mapping[str, str] | None = field(default_factory=dict)
    outs: Mapping[str, str] | None = field(default_factory=dict)
    undo: User | Service | None = None


@dataclass(frozen=True, slots=True)
class Boundary:
    """An event on the border of an activity, and what follows it.

    An interrupting one goes `on` behind the activity, `back` before it, or to an end event of its own, `end`. What
    follows another always ends there: it is a token of its own.
    """

    id: str
    event: Event
    interrupting: bool
    body: Block
    goes: Literal["on", "back", "ends"]
    end: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """An activity with the marker of a standard loop: again while the condition holds, at most so many times.

    `before` tells whether the condition is asked before the first time, too.
    """

    activity: Activity
    condition: Condition
    before: bool
    most: int | None

    @property
    def id(self) -> str:
        return self.activity.id


@dataclass(frozen=True, slots=True)
class Many:
    """An activity with the marker of several instances, one after the other or side by side.

    It is over when all are, or when one has ended and `until` holds; then the others are cancelled. With `items`, each
    instance is given one of 0, 10, 20, … as its variable `item`.
    """

    activity: Activity
    sequential: bool
    count: int
    until: Condition | None
    items: bool = False

    @property
    def id(self) -> str:
        return self.activity.id


@dataclass(frozen=True, slots=True)
class Watched:
    """An activity with events on its border."""

    activity: Activity | Repeated | Many
    boundaries: tuple[Boundary, ...]


Activity: TypeAlias = User | Service | SubProcess | Call
Block: TypeAlias = (
    User | Service | Count | Milestone | Catch | Throw | Stop | Terminate | Raise | Sequence | Choice | EventChoice
    | Parallel | Inclusive | Loop | SubProcess | Call | Repeated | Many | Watched
)  # fmt: skip
