"""A process with one service task that asks the outside, and the outside, which counts raw calls and effects apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, insert, select, update

from jobs.pump import Pump
from jobs.runners import OutsideService, runners
from kernel.actors import SYSTEM
from kernel.clock import FixedClock
from processes.incidents import Incidents
from processes.ports import InstanceRef, OutsideCall, Progress, Repeat, ServiceCall
from processes.runtime import Processes
from store.jobs import Jobs
from store.tables import attempt, definition, deployment, history, incident, instance, job
from store.unit_of_work import Database, UnitOfWork
from store.writing import lock_instance
from tests.invariants import violations_of_engine
from tests.processes.diagrams import boundary, build, end, error, flows, process, service, start

LINE = "errand"
DIAGRAM = process(
    LINE,
    start()
    + service("ask_registry", "tell_person")
    + boundary("registry_refused", "ask_registry", error("no_such_person"))
    + end("told")
    + end("refused")
    + flows("started > ask_registry > tell_person > told", "registry_refused > refused"),
    errors=("no_such_person",),
)


class Registry:
    """Somebody else's system: every call, and what it did by key. `then` may answer otherwise, or break."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.effects: dict[str, int] = {}
        self.asked: list[str] = []
        self.then: Callable[[OutsideCall], Mapping[str, Any]] = lambda call: {"number": self.effects[call.effect_key]}

    def go(self, call: OutsideCall) -> Mapping[str, Any]:
        self.calls.append(call.effect_key)
        call.note("asked the registry")
        return self.then(call)

    def do(self, call: OutsideCall) -> Mapping[str, Any]:
        """The effect, once for each key."""
        self.effects.setdefault(call.effect_key, len(self.effects) + 1)
        return {"number": self.effects[call.effect_key]}

    def ask(self, call: OutsideCall) -> Mapping[str, Any] | None:
        self.asked.append(call.effect_key)
        number = self.effects.get(call.effect_key)
        return None if number is None else {"number": number}


class Handlers:
    """The engine's port: `ask_registry` works outside, `tell_person` inside."""

    def __init__(self, registry: Registry, repeat: Repeat) -> None:
        self._registry = registry
        self._repeat = repeat
        self.known = {"ask_registry", "tell_person"}
        self.kept: list[Mapping[str, Any]] = []
        self.tell: Callable[[], None] = lambda: None

    def topics(self) -> frozenset[str]:
        return frozenset(self.known)

    def runs_inline(self, topic: str) -> bool:
        return topic == "tell_person"

    def run(self, call: ServiceCall) -> Mapping[str, Any]:
        self.tell()
        return {}

    def repeat(self, topic: str) -> Repeat:
        return self._repeat

    def prepare(self, connection: Connection, call: OutsideCall) -> Callable[[], Mapping[str, Any]]:
        return lambda: self._registry.go(call)

    def ask(self, connection: Connection, call: OutsideCall) -> Callable[[], Mapping[str, Any] | None]:
        return lambda: self._registry.ask(call)

    def keep(self, call: ServiceCall, outputs: Mapping[str, Any]) -> None:
        self.kept.append(outputs)

    def when_told_done(self, topic: str) -> Mapping[str, Any]:
        return {"number": 0}


class OneDefinition:
    """The only diagram; the engine's part of `Definitions`."""

    def __init__(self) -> None:
        self._definition = build(DIAGRAM)

    def get(self, definition_id: str) -> Any:
        return self._definition

    def to_start(self, work: UnitOfWork, line: str, definition_id: str | None = None) -> str:
        return LINE

    def pinned_forms(self, definition_id: str) -> Mapping[str, str]:
        return {}


class Silent:
    """A listener that has nothing to note."""

    def scope_of(self, work: UnitOfWork, instance: InstanceRef, scope: str, variables: Mapping[str, Any]) -> str:
        return scope

    def advanced(self, progress: Progress) -> None:
        return None


class Errands:
    """One worker on this process, and what stands in its database."""

    def __init__(
        self, database: Database, business: FixedClock, system: FixedClock, repeat: Repeat, beat_s: float = 15.0
    ) -> None:
        self.database = database
        self.business = business
        self.system = system
        self.registry = Registry()
        self.registry.then = self.registry.do
        self.handlers = Handlers(self.registry, repeat)
        definitions: Any = OneDefinition()
        self.processes = Processes(definitions, self.handlers, Silent(), business)
        self.incidents = Incidents(database, system)
        self._beat_s = beat_s
        self.pump = self.another_pump()
        with database.write() as work:
            values = {
                "id": LINE, "key": LINE, "version": 1, "sha256": "0" * 64, "name": LINE, "xml": DIAGRAM, "pins": {},
                "source": "analyst", "deployment_id": LINE, "resource": f"{LINE}.bpmn", "is_active": True,
                "is_suspended": False, "deployed_at": business.now(), "deployed_by": "analyst",
            }  # fmt: skip
            row = {"id": LINE, "deployed_at": business.now(), "deployed_by": "analyst"}
            work.connection.execute(insert(deployment).values(row))
            work.connection.execute(insert(definition).values(values))

    def another_pump(self) -> Pump:
        notices: Any = None  # nobody is told of anything here
        return Pump(
            self.database,
            runners(self.processes, notices),
            {"service": OutsideService(self.processes, self.handlers, self.system)},
            business=self.business,
            system=self.system,
            beat_s=self._beat_s,
        )

    def start(self) -> str:
        """Begin an instance, which waits for its errand then."""
        with self.database.write() as work:
            ref = self.processes.create(work, LINE, uuid4().hex[:12].upper())
            self.processes.begin(work, ref, {}, by=SYSTEM, deferred=frozenset())
        return ref.id

    def cancel(self, instance_id: str) -> None:
        """Stop an instance as an operator does: its jobs lose their fence."""
        with self.database.write() as work:
            lock_instance(work, instance_id)
            keys = work.connection.execute(select(job.c.dedupe_key).where(job.c.instance_id == instance_id)).scalars()
            Jobs(work).cancel(list(keys), at=self.system.now())
            stopped = update(instance).where(instance.c.id == instance_id).values(status="terminated")
            work.connection.execute(stopped)

    def later(self, **parts: float) -> None:
        self.business.advance(**parts)
        self.system.advance(**parts)

    def drain_all(self, hours: int = 12) -> None:
        """Drain until every pause between attempts is over."""
        for _ in range(hours * 6):
            self.pump.drain()
            self.later(minutes=11)

    def job(self) -> Row[Any]:
        return self._one(select(job).where(job.c.kind == "service"))

    def incident(self) -> Row[Any]:
        return self._one(select(incident).where(incident.c.status == "open"))

    def instance(self) -> Row[Any]:
        return self._one(select(instance))

    def attempts(self) -> list[Row[Any]]:
        with self.database.read() as connection:
            return list(connection.execute(select(attempt).order_by(attempt.c.fence)))

    def passed(self) -> list[str]:
        """The elements that were completed, in order."""
        done = select(history.c.element_id).where(history.c.event == "completed").order_by(history.c.seq)
        with self.database.read() as connection:
            return list(connection.execute(done).scalars())

    def wrong(self) -> list[str]:
        with self.database.read() as connection:
            return violations_of_engine(connection)

    def _one(self, query: Any) -> Row[Any]:
        with self.database.read() as connection:
            return connection.execute(query).one()
