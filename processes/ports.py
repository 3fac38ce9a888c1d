"""What the engine asks of the rooms above it; `wiring.py` fills these ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

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


class Listener(Protocol):
    """The business record (`applications/`)."""

    def scope_of(self, work: UnitOfWork, instance: InstanceRef, scope: str, variables: Mapping[str, Any]) -> str:
        """The scope string of a task that opens: whose inbox it goes to."""
        ...

    def advanced(self, progress: Progress) -> None:
        """Told of what happened, before the commit."""
        ...
