"""The topics of service tasks and the functions behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any, Literal

from sqlalchemy import Connection

from applications import records
from applications.notices import Notices
from applications.records import ApplicationRow
from applications.trail import Entry, Trail
from handlers.flag_rules import FlagRules
from handlers.line_rules import LineRules
from kernel.clock import Clock
from kernel.settings import Settings
from kernel.texts import Text
from processes.definitions import Definitions
from processes.ports import OutsideCall, Repeat, ServiceCall
from registry.exchange.synchronising import Synchronising

Effects = Literal["database", "outside"]
Outputs = Mapping[str, Any]
NOTHING: Outputs = {}


@dataclass(frozen=True, slots=True)
class Job:
    """One call of a handler: what the engine tells, the application it is about, and what handlers work with."""

    call: ServiceCall
    row: ApplicationRow
    clock: Clock
    settings: Settings
    notices: Notices
    lines: LineRules
    flags: FlagRules

    @property
    def connection(self) -> Connection:
        return self.call.work.connection

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
class OutsideJob:
    """One attempt of a handler with effects outside our database: what it is about, and no connection.

    Whatever it asks of the outside goes under `key`, which is the same over all attempts.
    """

    call: OutsideCall
    row: ApplicationRow
    clock: Clock
    settings: Settings

    @property
    def key(self) -> str:
        return self.call.effect_key

    def note(self, text: str) -> None:
        """Add a line to what operators read about this attempt; without personal data."""
        self.call.note(text)


@dataclass(frozen=True, slots=True)
class ServiceJob:
    """One call of a handler of a process of the service's own, which carries no application."""

    call: ServiceCall
    clock: Clock
    settings: Settings
    flags: FlagRules
    definitions: Definitions

    @property
    def connection(self) -> Connection:
        return self.call.work.connection


@dataclass(frozen=True, slots=True)
class OutsideServiceJob:
    """As `ServiceJob`, of a handler that asks other systems; it stores what they say in transactions of its own."""

    call: OutsideCall
    synchronising: Synchronising

    def note(self, text: str) -> None:
        """Add a line to what operators read about this attempt; without personal data."""
        self.call.note(text)


@dataclass(frozen=True, slots=True)
class Handler:
    """What service tasks of a topic do; `effects` tells whether it may run inside the command.

    `about` tells what it is given: a `Job` with its application, or a `ServiceJob` without one.

    Of one with outside effects, `repeat` says how it may be tried again, `ask` asks the outside what came of an
    earlier attempt (None: nothing), `keep` writes our own rows in the transaction that takes the answer in, and
    `when_told_done` are the outputs when an operator states that the outside has done it.
    """

    topic: str
    effects: Effects
    run: Callable[[Any], Outputs]
    about: Literal["application", "service"] = "application"
    repeat: Repeat = Repeat.BY_KEY
    ask: Callable[[Any], Outputs | None] | None = None
    keep: Callable[[Any, Outputs], None] | None = None
    when_told_done: Outputs = field(default_factory=dict)


def handler(
    topic: str, *, effects: Effects = "database", **declared: Any
) -> Callable[[Callable[[Any], Outputs]], Handler]:
    """Make a function the handler of a topic: of a `Job`, or with outside effects of an `OutsideJob`.

    Raises:
        ValueError: it is to be asked and says not how, or the other way round.
    """

    def mark(function: Callable[[Any], Outputs]) -> Handler:
        made = Handler(topic, effects, function, **declared)
        if (made.repeat is Repeat.ASK) != (made.ask is not None):
            raise ValueError(f"Expected {topic} to say how it is asked exactly when it repeats by asking")
        return made

    return mark


def handlers_of(*modules: ModuleType) -> list[Handler]:
    """All handlers of some modules."""
    return [found for module in modules for found in vars(module).values() if isinstance(found, Handler)]


class Catalogue:
    """All handlers; the engine's `Handlers` port."""

    def __init__(
        self,
        handlers: Iterable[Handler],
        lines: LineRules,
        clock: Clock,
        settings: Settings,
        notices: Notices,
        flags: FlagRules,
        synchronising: Synchronising,
    ) -> None:
        self._handlers = {found.topic: found for found in handlers}
        self._lines = lines
        self._clock = clock
        self._settings = settings
        self._notices = notices
        self._flags = flags
        self._synchronising = synchronising

    def topics(self) -> frozenset[str]:
        return frozenset(self._handlers)

    def runs_inline(self, topic: str) -> bool:
        return self._handlers[topic].effects == "database"

    def run(self, call: ServiceCall) -> Outputs:
        return self._handlers[call.topic].run(self._job(call))

    def repeat(self, topic: str) -> Repeat:
        return self._handlers[topic].repeat

    def prepare(self, connection: Connection, call: OutsideCall) -> Callable[[], Outputs]:
        return partial(self._handlers[call.topic].run, self._outside_job(connection, call))

    def ask(self, connection: Connection, call: OutsideCall) -> Callable[[], Outputs | None]:
        asked = self._handlers[call.topic].ask
        return partial(asked, self._outside_job(connection, call)) if asked else lambda: None

    def keep(self, call: ServiceCall, outputs: Outputs) -> None:
        kept = self._handlers[call.topic].keep
        if kept is not None:
            kept(self._job(call), outputs)

    def when_told_done(self, topic: str) -> Outputs:
        return self._handlers[topic].when_told_done

    def _job(self, call: ServiceCall) -> Job | ServiceJob:
        if self._handlers[call.topic].about == "service":
            return ServiceJob(call, self._clock, self._settings, self._flags, self._lines.definitions)
        row = records.of_command(call.work, call.instance.id)
        return Job(call, row, self._clock, self._settings, self._notices, self._lines, self._flags)

    def _outside_job(self, connection: Connection, call: OutsideCall) -> OutsideJob | OutsideServiceJob:
        if self._handlers[call.topic].about == "service":
            return OutsideServiceJob(call, self._synchronising)
        return OutsideJob(call, records.by_instance(connection, call.instance.id), self._clock, self._settings)
