"""The real engine, commands and pump on ports of the harness: no business line, no business record."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from applications.notices import Notices
from jobs.pump import Pump
from jobs.runners import OutsideService, runners
from kernel.actors import Actor, Role
from kernel.errors import BusinessOutcome
from kernel.failpoints import failpoint
from processes.advancing import run_command
from processes.definitions import Definitions
from processes.incidents import Incidents
from processes.operations import Operations
from processes.ports import InstanceRef, OutsideCall, Progress, Repeat, ServiceCall
from processes.runtime import Processes
from store.engine import open_engine
from store.tables import effect
from store.unit_of_work import Database, UnitOfWork
from store.writing import CommandOnce, insert_once
from tests.crash.harness.outside import Outside, SharedClock

CLIENT = Actor(id="client", name="客户", roles=frozenset({Role.CITY_REVIEWER}))
OPERATOR = Actor(id="operator", name="运维", roles=frozenset({Role.OPS}))
_OUTSIDE = ("send", "flaky", "stubborn", "refusing", "askable", "callable_once", "slow")
SLOW_STEP = timedelta(seconds=25)
BEAT_S = 0.01
SECONDS_FOR_A_BEAT = 0.04

Command = Mapping[str, Any]


class OutsideBusy(Exception):
    """The other system did what it was asked, and then the line broke."""


class House:
    """What diagrams of the harness may name."""

    roles = frozenset({"city_reviewer"})
    scopes = frozenset({"city"})
    effects = frozenset({"change_employer"})
    employers = frozenset({"transfer"})

    def form_exists(self, key: str) -> bool:
        return True

    def template_exists(self, key: str) -> bool:
        return True

    def topic_exists(self, topic: str) -> bool:
        return True

    def process_exists(self, key: str) -> bool:
        return True

    def decision_exists(self, key: str) -> bool:
        return False

    def decision_mappings(self, key: str) -> frozenset[str]:
        return frozenset()

    def schema(self, key: str) -> Mapping[str, Any]:
        return {"form": key}

    def xml(self, key: str) -> bytes:
        raise KeyError(key)


class Topics:
    """What service tasks do. `stamp` writes into our own database; all others call the other system.

    That one does an effect once for a key, but for `askable` and `callable_once` as often as it is called. `flaky`
    fails once after its call, `stubborn` twice; `refusing` answers with a business outcome; `slow` takes longer than
    a lease.
    """

    def __init__(self, outside: Outside, business: SharedClock, system: SharedClock) -> None:
        self._outside = outside
        self._business = business
        self._system = system

    def topics(self) -> frozenset[str]:
        return frozenset({"stamp", *_OUTSIDE})

    def runs_inline(self, topic: str) -> bool:
        return topic == "stamp"

    def run(self, call: ServiceCall) -> Mapping[str, Any]:
        insert_once(call.work, effect, {"key": call.effect_key, "created_at": self._business.now()})
        return {}

    def repeat(self, topic: str) -> Repeat:
        return {"askable": Repeat.ASK, "callable_once": Repeat.NEVER, "slow": Repeat.NEVER}.get(topic, Repeat.BY_KEY)

    def prepare(self, connection: Connection, call: OutsideCall) -> Callable[[], Mapping[str, Any]]:
        return partial(self._go, call)

    def ask(self, connection: Connection, call: OutsideCall) -> Callable[[], Mapping[str, Any] | None]:
        return lambda: {} if self._outside.knows(call.effect_key) else None

    def keep(self, call: ServiceCall, outputs: Mapping[str, Any]) -> None:
        return None

    def when_told_done(self, topic: str) -> Mapping[str, Any]:
        return {}

    def _go(self, call: OutsideCall) -> Mapping[str, Any]:
        once_a_key = self.repeat(call.topic) is Repeat.BY_KEY
        if call.topic == "slow":
            for _ in range(3):
                self._system.move_to(self._system.now() + SLOW_STEP)
                time.sleep(SECONDS_FOR_A_BEAT)
        times = self._outside.call(call.instance.id, call.path, call.effect_key, once_a_key=once_a_key)
        failpoint("outside.called")
        if times <= {"flaky": 1, "stubborn": 2}.get(call.topic, 0):
            raise OutsideBusy(call.path)
        if call.topic == "refusing":
            raise BusinessOutcome("no")
        return {}


class NoRecord:
    """The business record's side of the ports: there is none."""

    def scope_of(self, work: UnitOfWork, instance: InstanceRef, scope: str, variables: Mapping[str, Any]) -> str:
        return scope

    def advanced(self, progress: Progress) -> None:
        return None

    def terminated(self, work: UnitOfWork, ref: InstanceRef, reason: str, by: Actor) -> None:
        return None


class Service:
    """Commands of clients, each carried out once however often it is sent, and the background work."""

    def __init__(self, database_url: str, outside: Outside, business: SharedClock, system: SharedClock) -> None:
        house, record, topics = House(), NoRecord(), Topics(outside, business, system)
        self.database = Database(open_engine(database_url))
        self.outside = outside
        self.business = business
        self.system = system
        self.definitions = Definitions(self.database, house, house, house, business)
        self.processes = Processes(self.definitions, topics, record, business, system)
        self.incidents = Incidents(self.database, system)
        self.operations = Operations(self.database, self.definitions, self.incidents, record, business)
        self._errands = {"service": OutsideService(self.processes, topics, system)}
        self.pump = self.new_pump("")

    def new_pump(self, owner: str) -> Pump:
        return Pump(
            self.database,
            runners(self.processes, Notices(self.definitions, self.business)),
            self._errands,
            business=self.business,
            system=self.system,
            owner=owner,
            beat_s=BEAT_S,
        )

    def deploy(self, lines: Mapping[str, bytes]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for key, xml in lines.items():
                (Path(folder) / f"{key}.bpmn").write_bytes(xml)
            self.definitions.deploy_repository(Path(folder))

    def perform(self, command: Command, told: Callable[[Any], None]) -> None:
        """Carry out a command and tell the client its answer."""
        told(run_command(lambda deferred: self._once(command, deferred)))

    def _once(self, command: Command, deferred: frozenset[str]) -> Any:
        with self.database.write() as work:
            once = CommandOnce(work, command["key"], actor=CLIENT.id, request=dict(command), at=self.business.now())
            if not once.is_new:
                return once.response
            answer = self.do(work, command, deferred)
            once.answer(answer)
        return answer

    def do(self, work: UnitOfWork, command: Command, deferred: frozenset[str]) -> Any:
        kind = command["do"]
        if kind == "start":
            ref = self.processes.create(work, command["line"], command["name"])
            self.processes.begin(work, ref, {}, by=CLIENT, deferred=deferred)
            return ref.id
        if kind == "complete":
            locked = self.processes.lock_task(work, command["task"]).still_open()
            answers = command["answers"]
            self.processes.complete(work, locked, answers, variables=answers, by=CLIENT, deferred=deferred)
            return locked.id
        if kind == "signal":
            self.processes.signal(work, command["message"])
            return command["message"]
        if kind == "publish":
            sent = self.processes.publish(
                work, command["message"], command["to"], command["payload"], source=CLIENT.id, source_id=command["key"]
            )
            return sent.id
        self.processes.send_message(
            work, command["instance"], command["message"], command["payload"], by=CLIENT, deferred=deferred
        )
        return command["message"]
