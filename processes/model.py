"""What the engine shows of a definition and of a running instance: frozen values, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

# The role and the scope of user tasks that name nobody: other systems work on them, over the interface.
FOR_SYSTEMS = "service"

EMPTY: Mapping[str, str] = MappingProxyType({})

TimerKind = Literal["date", "duration", "cycle"]
EmittedKind = Literal["message", "signal"]
EventKind = Literal["entered", "completed", "cancelled", "flow_taken", "ended"]


@dataclass(frozen=True, slots=True)
class Element:
    """A flow node of a diagram with what the dialect says about it (DESIGN.md section 4).

    `kind` is the BPMN tag (`userTask`), `attributes` the `camunda:` attributes without prefix and the `calledElement`
    of a call activity, `properties` the `camunda:property` pairs. `process` is the key of the process it stands in,
    `parent` the embedded sub-process around it, `attached_to` the activity of a boundary event.
    """

    id: str
    kind: str
    name: str
    process: str
    attributes: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    properties: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    documentation: str = ""
    parent: str | None = None
    attached_to: str | None = None


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A user task that waits for a person, or a service task that waits for its handler.

    `path` names the task in the domain's words: the ids of the call activities down to it and its own, joined by
    `/` (`old_employer_confirm/employer_confirm`). Embedded sub-processes are not part of it.
    """

    id: str
    path: str
    process: str
    element: Element


@dataclass(frozen=True, slots=True)
class OpenTimer:
    """A timer that waits. `occurrence` counts from 1, so (`id`, `occurrence`) names one firing for ever.

    `value` is the evaluated ISO 8601 text; `timers.due_at` makes a moment of it. `rearmed_at` is the moment of the
    last firing of a cycle: the next one is reckoned from there (RELIABILITY.md 2.6).
    """

    id: str
    occurrence: int
    path: str
    process: str
    element: Element
    kind: TimerKind
    value: str
    interrupting: bool
    rearmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenSubscription:
    """A catching message or signal event that waits; `name` is that of the message or signal, not its id in the file.

    `key` is the correlation key of a message where the diagram gives one; otherwise the business key of the instance
    counts.
    """

    id: str
    path: str
    process: str
    element: Element
    kind: EmittedKind
    name: str
    interrupting: bool
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Emitted:
    """A message or signal that an element threw: others are to be told of it once the command commits.

    The catchers of a signal in the same instance have been told already. `key` as of a subscription.
    """

    kind: EmittedKind
    name: str
    key: str | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One thing that happened, in order. `element_id` of `flow_taken` is the id of the sequence flow.

    Every element that is reached gives `entered`, then `completed` or `cancelled`; a join gives `entered` once, when
    it fires, and a boundary event when it happens. `ended` comes once, with the end event of the root process.
    """

    kind: EventKind
    path: str
    element_id: str
    task_id: str | None
    process: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where the tokens stand: path of each active element, and how many of them stand there."""

    active: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Place:
    """A token that stands somewhere: its id, the element, and the token of the activity that it is inside of.

    `is_whole` is the token of a repeated activity as a whole, around those of its turns.
    """

    id: str
    path: str
    element: Element
    inside: str | None
    is_whole: bool
