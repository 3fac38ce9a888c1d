"""What the engine shows of a definition and of a running instance: frozen values, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

EMPTY: Mapping[str, str] = MappingProxyType({})

TimerKind = Literal["date", "duration", "cycle"]
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
    """A catching message event that waits; `message` is the name of the message, not its id in the file."""

    id: str
    path: str
    process: str
    element: Element
    message: str
    interrupting: bool


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
