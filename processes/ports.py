"""What the engine asks of the rooms above it; `wiring.py` fills these ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Connection

from kernel.actors import Actor
from store.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from processes.definition import Element
    from processes.execution import HistoryEvent


@dataclass(frozen=True, slots=True)
class InstanceRef:
    """A process instance as the other rooms know it."""

    id: str
    line: str
    business_key: str


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """One visit of a service task, for the handler of its topic.

    `effect_key` is the same however often this visit is tried, so an effect under it happens once.
    """

    work: UnitOfWork
    instance: InstanceRef
    topic: str
    element: Element
    path: str
    variables: Mapping[str, Any]
    effect_key: str
    by: Actor


class Repeat(StrEnum):
    """How a call of the outside may be made again when its answer was lost (RELIABILITY.md 2.5)."""

    BY_KEY = "by_key"  # the outside does one effect key once, or the call is idempotent by nature: again at any time
    ASK = "ask"  # the outside can be asked whether it has done an effect key: asked before each later attempt
    NEVER = "never"  # neither: called at most once; whether it happened is for a person to say


@dataclass(frozen=True, slots=True)
class OutsideCall:
    """One visit of a service task whose handler works outside of any transaction; a copy, so it may be kept.

    `note` adds a line to what operators read about this attempt.
    """

    instance: InstanceRef
    topic: str
    element: Element
    path: str
    variables: Mapping[str, Any]
    effect_key: str
    attempt: int
    note: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a service task: outputs, or the code of an error event that the diagram draws."""

    outputs: Mapping[str, Any] = field(default_factory=dict)
    error_code: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {"outputs": dict(self.outputs), "error_code": self.error_code}


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to an element while a command advanced the instance."""

    event: HistoryEvent
    element: Element | None  # None for sequence flows


@dataclass(frozen=True, slots=True)
class Progress:
    """What one command did to an instance, told once before the commit."""

    work: UnitOfWork
    instance: InstanceRef
    steps: Sequence[Step]
    by: Actor
    ended_at: str | None  # id of the end event, when the instance has ended


class Handlers(Protocol):
    """The service tasks' topics (`handlers/`)."""

    def topics(self) -> frozenset[str]: ...

    def runs_inline(self, topic: str) -> bool:
        """Whether its effects are database rows only, so that it can run inside the command."""
        ...

    def run(self, call: ServiceCall) -> Mapping[str, Any]:
        """Do the work and return the variables to set.

        Raises:
            ServiceError: a refusal; the command is rolled back and the person told.
            BusinessOutcome: an outcome that the diagram draws as an error event.
        """
        ...

    def repeat(self, topic: str) -> Repeat:
        """How a handler with outside effects may be tried again."""
        ...

    def prepare(self, connection: Connection, call: OutsideCall) -> Callable[[], Mapping[str, Any]]:
        """Read what a handler with outside effects needs, and return what is then called without a connection.

        That raises BusinessOutcome as `run` does, NotDone when certainly nothing happened, and anything else when
        that is not certain.
        """
        ...

    def ask(self, connection: Connection, call: OutsideCall) -> Callable[[], Mapping[str, Any] | None]:
        """Likewise, to ask the outside for the outputs of an earlier call under the effect key; None: never done."""
        ...

    def keep(self, call: ServiceCall, outputs: Mapping[str, Any]) -> None:
        """Write our own rows about an outside effect, in the transaction that completes the service task."""
        ...

    def when_told_done(self, topic: str) -> Mapping[str, Any]:
        """The outputs when an operator states that the outside has done what its handler asked."""
        ...


class Listener(Protocol):
    """The business record (`applications/`)."""

    def scope_of(self, work: UnitOfWork, instance: InstanceRef, scope: str, variables: Mapping[str, Any]) -> str:
        """The scope string of a task that opens: whose inbox it goes to."""
        ...

    def advanced(self, progress: Progress) -> None:
        """Told of what happened, before the commit."""
        ...
