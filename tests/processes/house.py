"""The engine on a database without any business line: for what instances tell each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from jobs.pump import Pump
from jobs.runners import runners
from jobs.schedules import Schedules
from kernel.actors import SYSTEM
from kernel.clock import FixedClock
from processes.definitions import Definitions
from processes.execution import Execution
from processes.ports import InstanceRef, Progress, ServiceCall
from processes.runtime import Processes
from store.tables import instance, sent_message, subscription
from store.unit_of_work import Database, UnitOfWork


class Everything:
    """References, forms and decisions: all that a diagram may name exists."""

    roles = frozenset({"clerk"})
    scopes = frozenset({"office"})
    effects = frozenset({"change_employer"})
    employers = frozenset({"none"})

    def form_exists(self, key: str) -> bool:
        return True

    template_exists = topic_exists = process_exists = decision_exists = form_exists

    def decision_mappings(self, key: str) -> frozenset[str]:
        return frozenset()

    def schema(self, key: str) -> Mapping[str, Any]:
        return {"id": key}

    def xml(self, key: str) -> bytes:
        return b""


class Silence:
    """Handlers that run nothing by themselves, and a listener that keeps nothing."""

    def topics(self) -> frozenset[str]:
        return frozenset()

    def runs_inline(self, topic: str) -> bool:
        return False

    def run(self, call: ServiceCall) -> Mapping[str, Any]:
        raise NotImplementedError(call.topic)

    def scope_of(self, work: UnitOfWork, instance: InstanceRef, scope: str, variables: Mapping[str, Any]) -> str:
        return scope

    def advanced(self, progress: Progress) -> None:
        return None


class House:
    """Definitions, instances and the pump; `run` lets all jobs that are due be done."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database = database
        self.clock = clock
        silence: Any = Silence()
        everything: Any = Everything()
        self.definitions = Definitions(database, everything, everything, everything, clock)
        self.processes = Processes(self.definitions, silence, silence, clock, clock)
        self.timetable = Schedules(database, (), business=clock, system=clock)
        self.pump = Pump(
            database, runners(self.processes, silence), business=clock, system=clock, timetable=self.timetable
        )

    def deploy(self, *files: bytes) -> House:
        for data in files:
            self.definitions.deploy(data, "test.bpmn", by=SYSTEM, activate=True)
        return self

    def start(self, key: str, business_key: str, **variables: Any) -> str:
        with self.database.write() as work:
            ref = self.processes.create(work, key, business_key)
            self.processes.begin(work, ref, variables, by=SYSTEM, deferred=frozenset())
        return ref.id

    def publish(self, name: str, key: str, source_id: str, **payload: Any) -> bool:
        """Send a message from outside; tells whether it is a new one."""
        with self.database.write() as work:
            sent = self.processes.publish(work, name, key, payload, source="outside", source_id=source_id)
        return sent.is_new

    def signal(self, name: str) -> None:
        with self.database.write() as work:
            self.processes.signal(work, name)

    def run(self) -> House:
        self.pump.drain()
        return self

    def at(self, instance_id: str) -> list[str]:
        """Where an instance stands; `completed` when it has ended."""
        row = self.row(instance_id)
        if row.status != "active":
            return [row.status]
        execution = Execution.load(self.definitions.get(row.definition_id), row.state)
        return sorted(execution.position().active)

    def variables(self, instance_id: str) -> dict[str, Any]:
        row = self.row(instance_id)
        return Execution.load(self.definitions.get(row.definition_id), row.state).variables()

    def row(self, instance_id: str) -> Any:
        with self.database.read() as connection:
            return connection.execute(select(instance).where(instance.c.id == instance_id)).one()

    def instances(self, key: str) -> list[str]:
        with self.database.read() as connection:
            query = select(instance.c.id).where(instance.c.line == key).order_by(instance.c.started_at)
            return list(connection.execute(query).scalars())

    def messages(self) -> list[tuple[str, str, str]]:
        """Name, key and status of all messages that were sent."""
        columns = (sent_message.c.name, sent_message.c.correlation_key, sent_message.c.status)
        with self.database.read() as connection:
            found = connection.execute(select(*columns).order_by(sent_message.c.name, sent_message.c.correlation_key))
            return [tuple(row) for row in found]

    def waiting(self) -> list[tuple[str, str]]:
        """Name and key of all open subscriptions."""
        is_open = subscription.c.status == "open"
        with self.database.read() as connection:
            columns = (subscription.c.name, subscription.c.correlation_key)
            return [tuple(row) for row in connection.execute(select(*columns).where(is_open).order_by(*columns))]
