"""The topics of service tasks and the functions behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal, Protocol

from sqlalchemy import Connection

from applications import records
from applications.notices import Notices
from applications.records import ApplicationRow
from applications.trail import Entry, Trail
from kernel.clock import Clock
from kernel.errors import Reason
from kernel.settings import Settings
from kernel.texts import Text
from processes.ports import ServiceCall

Effects = Literal["database", "outside"]
Outputs = Mapping[str, Any]
NOTHING: Outputs = {}


class LineRules(Protocol):
    """What a line has of its own: who may start it, and what its approval does to the registry."""

    def refusals(
        self, connection: Connection, person_id: str, *, new_employer: str | None, besides: str | None
    ) -> list[Reason]: ...

    def variables(self, connection: Connection, row: ApplicationRow) -> dict[str, Any]: ...

    def apply_registry(self, connection: Connection, row: ApplicationRow, announced_on: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Job:
    """One call of a handler: what the engine tells, the application it is about, and what handlers work with."""

    call: ServiceCall
    row: ApplicationRow
    clock: Clock
    settings: Settings
    notices: Notices
    lines: Mapping[str, LineRules]

    @property
    def connection(self) -> Connection:
        return self.call.work.connection

    @property
    def line(self) -> LineRules:
        return self.lines[self.row.line]

    def tell(self, action: str, *, about: str = "", **more: Any) -> None:
        """Add what the service did to the trail; `about` names whom or what the step was about."""
        element = self.call.element
        step = Text(element.name, element.properties.get("name_en", element.name))
        if about:
            step = Text(f"{step.zh}：{about}", f"{step.en}: {about}")
        status = element.properties.get("status")
        entry = Entry(self.row.id, self.clock.now(), action, step, element.id, status_after=status, **more)
        Trail.of(self.call.work).add(entry)


@dataclass(frozen=True, slots=True)
class Handler:
    """What service tasks of a topic do; `effects` tells whether it may run inside the command."""

    topic: str
    effects: Effects
    run: Callable[[Job], Outputs]


def handler(topic: str, *, effects: Effects = "database") -> Callable[[Callable[[Job], Outputs]], Handler]:
    """Make a function the handler of a topic."""

    def mark(function: Callable[[Job], Outputs]) -> Handler:
        return Handler(topic, effects, function)

    return mark


class Catalogue:
    """All handlers; the engine's `Handlers` port."""

    def __init__(
        self,
        modules: Iterable[ModuleType],
        lines: Mapping[str, LineRules],
        clock: Clock,
        settings: Settings,
        notices: Notices,
    ) -> None:
        self._handlers = {
            found.topic: found for module in modules for found in vars(module).values() if isinstance(found, Handler)
        }
        self._lines = lines
        self._clock = clock
        self._settings = settings
        self._notices = notices

    def topics(self) -> frozenset[str]:
        return frozenset(self._handlers)

    def runs_inline(self, topic: str) -> bool:
        return self._handlers[topic].effects == "database"

    def run(self, call: ServiceCall) -> Outputs:
        row = records.of_command(call.work, call.instance.id)
        job = Job(call, row, self._clock, self._settings, self._notices, self._lines)
        return self._handlers[call.topic].run(job)


class StartRules:
    """Who may start which line, for pages and for the first save; the `StartRules` port of applications."""

    def __init__(self, lines: Mapping[str, LineRules]) -> None:
        self._lines = lines

    def lines(self) -> frozenset[str]:
        return frozenset(self._lines)

    def refusals(
        self,
        connection: Connection,
        line: str,
        person_id: str,
        *,
        new_employer: str | None = None,
        besides: str | None = None,
    ) -> list[Reason]:
        return self._lines[line].refusals(connection, person_id, new_employer=new_employer, besides=besides)
