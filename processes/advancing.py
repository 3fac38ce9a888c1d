"""How every command changes an instance: lock, load, advance in memory, write what changed (RELIABILITY.md 2.3).

Nothing here commits, and no line is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import ColumnElement, insert, true

from kernel.actors import SYSTEM, Actor
from kernel.clock import Clock, SystemClock
from kernel.errors import BusinessOutcome, Fault, InstanceSuspended, NotFound, ServiceError
from kernel.failpoints import failpoint
from processes import correlation
from processes.definitions import Definitions
from processes.execution import Execution, OpenTask
from processes.ports import Handlers, InstanceRef, Listener, Progress, ServiceCall, Step
from processes.scripting import as_json
from processes.synchronise import Opened, Writer
from store.jobs import Lane
from store.statements import Record
from store.tables import instance
from store.unit_of_work import UnitOfWork
from store.writing import lock_instance

Result = TypeVar("Result")

STATE_FORMAT = 1
_MAX_INLINE = 200


class InlineFault(Fault):
    """A handler broke inside a command. The command is to run again with this service task left as a job,
    so that the fault never costs the person the decision."""

    def __init__(self, path: str) -> None:
        super().__init__(f"handler at {path} failed inside a command")
        self.path = path


def run_command(attempt: Callable[[frozenset[str]], Result]) -> Result:
    """Run a command; when an inline handler breaks, run it anew with that service task left to a job."""
    deferred: frozenset[str] = frozenset()
    while True:
        try:
            return attempt(deferred)
        except InlineFault as fault:
            if fault.path in deferred:
                raise
            deferred |= {fault.path}


class Advancing:
    """Starts and advances instances on the database, and tells others what they throw."""

    def __init__(
        self,
        definitions: Definitions,
        handlers: Handlers,
        listener: Listener,
        clock: Clock,
        system: Clock | None = None,
    ) -> None:
        self._definitions = definitions
        self._handlers = handlers
        self._listener = listener
        self._clock = clock
        self._system = system or SystemClock()

    def create(
        self, work: UnitOfWork, line: str, business_key: str, *, by: Actor = SYSTEM, definition_id: str | None = None
    ) -> InstanceRef:
        """Make the row of a new instance, of the line's active version or another one; `begin` sets it going.

        Raises:
            NotFound: the line has no active version.
            StateConflict: (DEFINITION_SUSPENDED) no instance may start on it.
        """
        ref = InstanceRef(str(uuid4()), line, business_key)
        values = {
            "id": ref.id,
            "definition_id": self._definitions.to_start(work, line, definition_id),
            "line": line,
            "business_key": business_key,
            "status": "active",
            "revision": 0,
            "state": b"",
            "state_format": STATE_FORMAT,
            "history_seq": 0,
            "started_at": self._clock.now(),
            "started_by": by.id,
        }
        work.connection.execute(insert(instance).values(values))
        return ref

    def begin(
        self,
        work: UnitOfWork,
        ref: InstanceRef,
        variables: Mapping[str, Any],
        *,
        by: Actor,
        deferred: frozenset[str],
        at: str | None = None,
    ) -> None:
        """Advance a created instance to its first waits, from its start event of no type or the one that happened."""
        row = self._lock(work, ref.id)
        execution = Execution.start(self._definitions.get(row.definition_id), dict(variables), at)
        self._advance(work, row, execution, Opened.none(), by, deferred)

    def publish(
        self,
        work: UnitOfWork,
        name: str,
        key: str,
        payload: Mapping[str, Any],
        *,
        source: str,
        source_id: str,
    ) -> correlation.Sent:
        """Send a message to whoever waits for its name and key, or begins to wait before it expires.

        Once however often the same `source_id` of a source comes; it is delivered by a job after the commit.
        """
        return correlation.send(
            work,
            name=name,
            key=key,
            payload=as_json(payload),
            source=source,
            source_id=source_id,
            at=self._system.now(),
            due_at=self._clock.now(),
        )

    def signal(
        self,
        work: UnitOfWork,
        name: str,
        payload: Mapping[str, Any] = MappingProxyType({}),
        *,
        besides: str | None = None,
        among: ColumnElement[bool] | None = None,
    ) -> None:
        """Tell a signal to every instance that waits for it now, and start those that begin with it, each by a job.

        Only to instances that meet the condition `among`, where it is given.
        """
        now = self._clock.now()
        told = as_json(dict(payload))
        correlation.tell_signal(work, name, besides, now, told, true() if among is None else among)
        for definition_id, element_id in self._definitions.starts(work.connection, "signal", name):
            correlation.tell_start(work, definition_id, element_id, now, {name: told} if told else {})

    def lane_of(self, topic: str) -> Lane:
        """Who runs service tasks of a topic that wait as jobs; one without a handler is left to external workers."""
        if topic not in self._handlers.topics():
            return "external"
        return "inside" if self._handlers.runs_inline(topic) else "outside"

    def _lock(self, work: UnitOfWork, instance_id: str) -> Record:
        row = lock_instance(work, instance_id)
        if row is None:
            raise NotFound(detail=f"no instance {instance_id}")
        return row

    def _load(self, row: Record) -> tuple[Execution, Opened]:
        if row.state_format != STATE_FORMAT:
            raise Fault(f"Expected state format {STATE_FORMAT} of instance {row.id}, but found {row.state_format}")
        execution = Execution.load(self._definitions.get(row.definition_id), row.state)
        return execution, Opened.of(execution)

    def _active(self, work: UnitOfWork, instance_id: str) -> tuple[Record, Execution | None, Opened]:
        """A locked instance with its execution; without one when it has ended.

        Raises:
            InstanceSuspended: it is to stand still.
        """
        row = self._lock(work, instance_id)
        refuse_suspended(row)
        return (row, *self._load(row)) if row.status == "active" else (row, None, Opened.none())

    def _advance(
        self,
        work: UnitOfWork,
        row: Record,
        execution: Execution,
        before: Opened,
        by: Actor,
        deferred: frozenset[str],
        answers: Mapping[str, dict[str, Any]] | None = None,
    ) -> None:
        self._run_inline_handlers(work, row, execution, by, deferred)
        while self._take_buffered(work, row, execution, before):
            self._run_inline_handlers(work, row, execution, by, deferred)
        ref = InstanceRef(row.id, row.line, row.business_key)
        definition = self._definitions.get(row.definition_id)
        events = execution.events()
        steps = [
            Step(event, None if event.kind == "flow_taken" else definition.element(event.process, event.element_id))
            for event in events
        ]
        now = self._clock.now()
        Writer(work, ref, now).write(
            row,
            execution,
            before,
            events,
            by,
            answers or {},
            scope_of=lambda scope, variables: self._listener.scope_of(work, ref, scope, variables),
            forms=self._definitions.pinned_forms(row.definition_id),
            lane_of=self.lane_of,
        )
        self._tell_others(work, row, execution)
        ended_at = execution.end_id if execution.is_completed else None
        failpoint("advance.written")
        self._listener.advanced(Progress(work, ref, steps, by, ended_at))

    def _take_buffered(self, work: UnitOfWork, row: Record, execution: Execution, before: Opened) -> bool:
        """Give one message that came too early to an event that has begun to wait; false when there is none."""
        waiting = {
            (found.name, found.key or row.business_key): found.id
            for found in execution.subscriptions()
            if found.kind == "message" and found.id not in before.subscriptions
        }
        taken = correlation.take_buffered(work, list(waiting), row.id, self._system.now()) if waiting else None
        if taken is None:
            return False
        address, payload = taken
        execution.deliver(waiting[address], payload)
        return True

    def _tell_others(self, work: UnitOfWork, row: Record, execution: Execution) -> None:
        """Send the messages and signals that this command threw; each has a number of its own in the instance."""
        for number, one in enumerate(execution.emitted()):
            if one.kind == "signal":
                self.signal(work, one.name, besides=row.id)
            else:
                key, source_id = one.key or row.business_key, f"{row.revision}:{number}"
                self.publish(work, one.name, key, one.payload, source=row.id, source_id=source_id)

    def _run_inline_handlers(
        self, work: UnitOfWork, row: Record, execution: Execution, by: Actor, deferred: frozenset[str]
    ) -> None:
        for _ in range(_MAX_INLINE):
            waiting = next(
                (found for found in execution.service_tasks() if self._is_inline(found.element, found.path, deferred)),
                None,
            )
            if waiting is None:
                return
            try:
                self._run_handler(work, row, execution, waiting, by)
            except ServiceError:
                raise
            except Exception as error:
                raise InlineFault(waiting.path) from error
        raise Fault(f"Expected at most {_MAX_INLINE} service tasks in one command of {row.id}")

    def _is_inline(self, element: Any, path: str, deferred: frozenset[str]) -> bool:
        topic = element.attributes["topic"]
        asynchronous = element.attributes.get("asyncBefore") == "true"
        return (
            path not in deferred
            and not asynchronous
            and topic in self._handlers.topics()
            and self._handlers.runs_inline(topic)
        )

    def _run_handler(self, work: UnitOfWork, row: Record, execution: Execution, waiting: OpenTask, by: Actor) -> None:
        try:
            outputs = self._handlers.run(self._call(work, row, execution, waiting, by))
        except BusinessOutcome as outcome:
            execution.throw_error(waiting.id, outcome.error_code, outcome.data)
        else:
            execution.complete(waiting.id, dict(outputs))

    def _call(self, work: UnitOfWork, row: Record, execution: Execution, waiting: OpenTask, by: Actor) -> ServiceCall:
        return ServiceCall(
            work=work,
            instance=InstanceRef(row.id, row.line, row.business_key),
            topic=waiting.element.attributes["topic"],
            element=waiting.element,
            path=waiting.path,
            variables=execution.variables(waiting.id),
            effect_key=effect_key(row, waiting),
            by=by,
        )


def refuse_suspended(row: Record) -> None:
    """
    Raises:
        InstanceSuspended: an operator has stopped the instance for a while.
    """
    if row.status == "suspended":
        raise InstanceSuspended(detail=f"Process instance {row.id} is suspended")


def effect_key(row: Record, waiting: OpenTask) -> str:
    """The same however often a visit is tried, and another one on the next lap."""
    return f"{row.id}:{waiting.path}:{waiting.id}"
