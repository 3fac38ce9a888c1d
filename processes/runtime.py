"""Commands on process instances: create, begin, complete, claim, send message, fire timer.

Each takes the unit of work of the command it belongs to: lock the root instance, address the task by its id,
advance in memory, write what changed (RELIABILITY.md 2.3). Nothing here commits, and no line is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import Connection, Row, insert, select, update

from kernel.actors import SYSTEM, Actor
from kernel.clock import Clock, SystemClock
from kernel.errors import BusinessOutcome, ConcurrentChange, Fault, NotFound, Reason, ServiceError, StateConflict
from kernel.failpoints import failpoint
from processes import correlation
from processes.definitions import Definitions
from processes.execution import Execution, OpenTask
from processes.paths import element_at, step_at
from processes.ports import Answer, Handlers, InstanceRef, Listener, OutsideCall, Progress, ServiceCall, Step
from processes.scripting import as_json
from processes.synchronise import Opened, Writer
from store.jobs import Lane
from store.tables import account, instance, subscription, task
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


@dataclass(frozen=True, slots=True)
class LockedTask:
    """An open user task whose instance this command holds."""

    id: str
    instance: InstanceRef
    element_id: str
    path: str
    name: str
    name_en: str
    form: str
    form_sha256: str
    scope: str
    candidate_groups: tuple[str, ...]
    assignee: str | None
    separate_from: str | None
    row: Row[Any]  # of the instance, as this command has locked it


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


class Processes:
    """The engine on the database."""

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

    def create(self, work: UnitOfWork, line: str, business_key: str) -> InstanceRef:
        """Make the row of a new instance of the line's active version; `begin` sets it going.

        Raises:
            NotFound: the line has no active version.
        """
        ref = InstanceRef(str(uuid4()), line, business_key)
        values = {
            "id": ref.id,
            "definition_id": self._definitions.active_id(work.connection, line),
            "line": line,
            "business_key": business_key,
            "status": "active",
            "revision": 0,
            "state": b"",
            "state_format": STATE_FORMAT,
            "history_seq": 0,
            "started_at": self._clock.now(),
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

    def pinned_form(self, connection: Connection, instance_id: str, form: str) -> str:
        """The content hash of the version of a form that an instance goes on with, whatever its file says by now."""
        query = select(instance.c.definition_id).where(instance.c.id == instance_id)
        return self._definitions.pinned_forms(connection.execute(query).scalar_one())[form]

    def lock_task(self, work: UnitOfWork, task_id: str) -> LockedTask:
        """Lock the instance of an open user task.

        Raises:
            NotFound: there is no such task.
            StateConflict: (TASK_ALREADY_DONE) it has been completed or cancelled.
        """
        found = work.connection.execute(select(task.c.instance_id).where(task.c.id == task_id)).scalar()
        if found is None:
            raise NotFound(detail=f"no task {task_id}")
        row = self._lock(work, found)
        open_task = work.connection.execute(select(task).where(task.c.id == task_id)).one()
        if open_task.status != "open":
            raise StateConflict(
                Reason("TASK_ALREADY_DONE"), detail=f"Expected task {task_id} to be open, but it is {open_task.status}"
            )
        definition = self._definitions.get(row.definition_id)
        step = step_at(definition, open_task.path)
        return LockedTask(
            id=task_id,
            instance=InstanceRef(row.id, row.line, row.business_key),
            element_id=open_task.element_id,
            path=open_task.path,
            name=step.name,
            name_en=step.properties.get("name_en", step.name),
            form=open_task.form,
            form_sha256=open_task.form_sha256,
            scope=open_task.scope,
            candidate_groups=tuple(open_task.candidate_groups.strip(",").split(",")),
            assignee=open_task.assignee,
            separate_from=element_at(definition, open_task.path).properties.get("separate_from"),
            row=row,
        )

    def complete(
        self,
        work: UnitOfWork,
        locked: LockedTask,
        answers: dict[str, Any],
        *,
        variables: dict[str, Any],
        by: Actor,
        deferred: frozenset[str],
    ) -> None:
        """Complete a locked user task and advance.

        `answers` are kept with the task; `variables` is the part of them that the diagram may decide by. Long texts
        do not belong there: they would stay in the state of the instance.
        """
        with _naming(locked.instance.id, locked.element_id):
            execution, before = self._load(locked.row)
            failpoint("complete.loaded")
            execution.complete(locked.id, variables)
            self._advance(work, locked.row, execution, before, by, deferred, answers={locked.id: answers})

    def claim(self, work: UnitOfWork, locked: LockedTask, *, by: Actor) -> None:
        """Give an open task to one person, so that nobody else works on it.

        Raises:
            StateConflict: (TASK_CLAIMED) someone else holds it.
        """
        if locked.assignee not in (None, by.id):
            raise StateConflict(Reason("TASK_CLAIMED", {"holder": self.holder_name(work, locked)}))
        values = {"assignee": by.id, "assigned_at": self._clock.now()}
        work.connection.execute(update(task).where(task.c.id == locked.id).values(values))

    def unclaim(self, work: UnitOfWork, locked: LockedTask, *, by: Actor) -> None:
        """Put a claimed task back for everybody.

        Raises:
            StateConflict: (TASK_CLAIMED) someone else holds it.
        """
        if locked.assignee not in (None, by.id):
            raise StateConflict(Reason("TASK_CLAIMED", {"holder": self.holder_name(work, locked)}))
        work.connection.execute(update(task).where(task.c.id == locked.id).values(assignee=None, assigned_at=None))

    def holder_name(self, work: UnitOfWork, locked: LockedTask) -> str:
        name = work.connection.execute(select(account.c.name).where(account.c.id == locked.assignee)).scalar()
        return name or ""

    def open_message(self, work: UnitOfWork, instance_id: str, message: str) -> str | None:
        """The open subscription of an instance to a message, its instance locked; None when nothing waits for it."""
        self._lock(work, instance_id)
        waits = (
            (subscription.c.instance_id == instance_id)
            & (subscription.c.name == message)
            & (subscription.c.status == "open")
        )
        found = work.connection.execute(select(subscription.c.id).where(waits).order_by(subscription.c.opened_at))
        return found.scalars().first()

    def send_message(
        self,
        work: UnitOfWork,
        instance_id: str,
        message: str,
        payload: dict[str, Any],
        *,
        by: Actor,
        deferred: frozenset[str],
        refusal: str = "STATE_CONFLICT",
    ) -> None:
        """Deliver a message to the one element of the instance that waits for it.

        Raises:
            StateConflict: (`refusal`) nothing waits for it: a message is never swallowed (DESIGN.md 4).
        """
        waiting = self.open_message(work, instance_id, message)
        if waiting is None:
            raise StateConflict(Reason(refusal), detail=f"Expected {instance_id} to wait for {message}")
        row = self._lock(work, instance_id)
        with _naming(instance_id, message):
            execution, before = self._load(row)
            execution.deliver(waiting, payload)
            self._advance(work, row, execution, before, by, deferred)

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

    def deliver_sent(self, work: UnitOfWork, message_id: str, deferred: frozenset[str]) -> bool:
        """Give a sent message to the instance that waits for it, or start one; false when it stays buffered.

        The instance is locked before the key, as in every command, so what was found before is looked at anew.
        """
        name, key = correlation.address_of(work.connection, message_id)
        waiting = correlation.waiting_for(work.connection, name, key)
        row = None if waiting is None else lock_instance(work, waiting[0])
        found = correlation.buffered(work, message_id, self._system.now())
        if found is None:
            return False
        if row is None or waiting is None:
            if correlation.waiting_for(work.connection, name, key) is not None:
                raise ConcurrentChange(detail=f"somebody began to wait for {name} {key}")
            return self._start_by(work, found, deferred)
        execution, before = self._load(row)
        if row.status != "active" or not any(one.id == waiting[1] for one in execution.subscriptions()):
            raise ConcurrentChange(detail=f"{row.id} waits for {name} {key} no more")
        correlation.consume(work, message_id, row.id)
        execution.deliver(waiting[1], found.payload)
        self._advance(work, row, execution, before, SYSTEM, deferred)
        return True

    def signal(self, work: UnitOfWork, name: str, *, besides: str | None = None) -> None:
        """Tell a signal to every instance that waits for it now, and start those that begin with it, each by a job."""
        now = self._clock.now()
        correlation.tell_signal(work, name, besides, now)
        for definition_id, element_id in self._definitions.starts(work.connection, "signal", name):
            correlation.tell_start(work, definition_id, element_id, now)

    def deliver_signal(
        self, work: UnitOfWork, instance_id: str, subscription_id: str, deferred: frozenset[str]
    ) -> bool:
        """Let a signal happen to one subscription; false when it waits no more."""
        row = self._lock(work, instance_id)
        if row.status != "active":
            return False
        execution, before = self._load(row)
        if not any(one.id == subscription_id for one in execution.subscriptions()):
            return False
        execution.deliver(subscription_id, {})
        self._advance(work, row, execution, before, SYSTEM, deferred)
        return True

    def start_at(
        self, work: UnitOfWork, definition_id: str, element_id: str, key: str, deferred: frozenset[str]
    ) -> None:
        """Start an instance of a version at one of its start events, unless another version is active by now."""
        line = self._definitions.get(definition_id).key
        if self._definitions.active_id(work.connection, line) == definition_id:
            ref = self.create(work, line, key)
            self.begin(work, ref, {}, by=SYSTEM, deferred=deferred, at=element_id)

    def _start_by(self, work: UnitOfWork, sent: Row[Any], deferred: frozenset[str]) -> bool:
        """Start an instance by a message; false when no active version begins with it."""
        for definition_id, element_id in self._definitions.starts(work.connection, "message", sent.name):
            ref = self.create(work, self._definitions.get(definition_id).key, sent.correlation_key)
            correlation.consume(work, sent.id, ref.id)
            self.begin(work, ref, {sent.name: sent.payload}, by=SYSTEM, deferred=deferred, at=element_id)
            return True
        return False

    def fire_timer(
        self, work: UnitOfWork, instance_id: str, timer_id: str, occurrence: int, deferred: frozenset[str]
    ) -> bool:
        """Fire one occurrence of a timer; false when it waits no more, which is no error: somebody was faster."""
        row = self._lock(work, instance_id)
        if row.status != "active":
            return False
        execution, before = self._load(row)
        if not any(timer.id == timer_id and timer.occurrence == occurrence for timer in execution.timers()):
            return False
        execution.fire(timer_id, self._clock.now())
        self._advance(work, row, execution, before, SYSTEM, deferred)
        return True

    def run_service(self, work: UnitOfWork, instance_id: str, task_id: str, deferred: frozenset[str]) -> bool:
        """Run the handler of a service task that was left as a job, and advance; false when it waits no more."""
        row = self._lock(work, instance_id)
        if row.status != "active":
            return False
        execution, before = self._load(row)
        waiting = _service_task(execution, task_id)
        if waiting is None:
            return False
        self._run_handler(work, row, execution, waiting, SYSTEM)
        self._advance(work, row, execution, before, SYSTEM, deferred)
        return True

    def outside_call(
        self, connection: Connection, instance_id: str, task_id: str, *, attempt: int, note: Callable[[str], None]
    ) -> OutsideCall | None:
        """What the handler of a waiting service task is called with, outside of any transaction; none when it waits
        no more."""
        row = connection.execute(select(instance).where(instance.c.id == instance_id)).one()
        if row.status != "active":
            return None
        execution, _ = self._load(row)
        waiting = _service_task(execution, task_id)
        if waiting is None:
            return None
        return OutsideCall(
            instance=InstanceRef(row.id, row.line, row.business_key),
            topic=waiting.element.attributes["topic"],
            element=waiting.element,
            path=waiting.path,
            variables=execution.variables(task_id),
            effect_key=_effect_key(row, waiting),
            attempt=attempt,
            note=note,
        )

    def settle_service(
        self, work: UnitOfWork, instance_id: str, task_id: str, answer: Answer, deferred: frozenset[str]
    ) -> bool:
        """Take in what the outside answered to a service task, and advance; false when it waits no more."""
        row = self._lock(work, instance_id)
        if row.status != "active":
            return False
        execution, before = self._load(row)
        waiting = _service_task(execution, task_id)
        if waiting is None:
            return False
        if answer.error_code is not None:
            execution.throw_error(task_id, answer.error_code, answer.outputs)
        else:
            self._handlers.keep(self._call(work, row, execution, waiting, SYSTEM), answer.outputs)
            execution.complete(task_id, dict(answer.outputs))
        self._advance(work, row, execution, before, SYSTEM, deferred)
        return True

    def _lock(self, work: UnitOfWork, instance_id: str) -> Row[Any]:
        row = lock_instance(work, instance_id)
        if row is None:
            raise NotFound(detail=f"no instance {instance_id}")
        return row

    def _load(self, row: Row[Any]) -> tuple[Execution, Opened]:
        if row.state_format != STATE_FORMAT:
            raise Fault(f"Expected state format {STATE_FORMAT} of instance {row.id}, but found {row.state_format}")
        execution = Execution.load(self._definitions.get(row.definition_id), row.state)
        return execution, Opened.of(execution)

    def _advance(
        self,
        work: UnitOfWork,
        row: Row[Any],
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

    def _take_buffered(self, work: UnitOfWork, row: Row[Any], execution: Execution, before: Opened) -> bool:
        """Give one message that came too early to an event that has begun to wait; false when there is none."""
        for found in execution.subscriptions():
            if found.kind == "message" and found.id not in before.subscriptions:
                key = found.key or row.business_key
                payload = correlation.take_buffered(work, found.name, key, row.id, self._system.now())
                if payload is not None:
                    execution.deliver(found.id, payload)
                    return True
        return False

    def _tell_others(self, work: UnitOfWork, row: Row[Any], execution: Execution) -> None:
        """Send the messages and signals that this command threw; each has a number of its own in the instance."""
        for number, one in enumerate(execution.emitted()):
            if one.kind == "signal":
                self.signal(work, one.name, besides=row.id)
            else:
                key, source_id = one.key or row.business_key, f"{row.revision}:{number}"
                self.publish(work, one.name, key, one.payload, source=row.id, source_id=source_id)

    def _run_inline_handlers(
        self, work: UnitOfWork, row: Row[Any], execution: Execution, by: Actor, deferred: frozenset[str]
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

    def lane_of(self, topic: str) -> Lane:
        """Who runs service tasks of a topic that wait as jobs; one without a handler is left to external workers."""
        if topic not in self._handlers.topics():
            return "external"
        return "inside" if self._handlers.runs_inline(topic) else "outside"

    def _run_handler(self, work: UnitOfWork, row: Row[Any], execution: Execution, waiting: OpenTask, by: Actor) -> None:
        try:
            outputs = self._handlers.run(self._call(work, row, execution, waiting, by))
        except BusinessOutcome as outcome:
            execution.throw_error(waiting.id, outcome.error_code, outcome.data)
        else:
            execution.complete(waiting.id, dict(outputs))

    def _call(self, work: UnitOfWork, row: Row[Any], execution: Execution, waiting: OpenTask, by: Actor) -> ServiceCall:
        return ServiceCall(
            work=work,
            instance=InstanceRef(row.id, row.line, row.business_key),
            topic=waiting.element.attributes["topic"],
            element=waiting.element,
            path=waiting.path,
            variables=execution.variables(waiting.id),
            effect_key=_effect_key(row, waiting),
            by=by,
        )


@contextmanager
def _naming(instance_id: str, element_id: str) -> Iterator[None]:
    """Have a fault say where it happened, so that it can become an incident there."""
    try:
        yield
    except Fault as fault:
        fault.instance_id, fault.element_id = instance_id, element_id
        raise


def _service_task(execution: Execution, task_id: str) -> OpenTask | None:
    return next((found for found in execution.service_tasks() if found.id == task_id), None)


def _effect_key(row: Row[Any], waiting: OpenTask) -> str:
    """The same however often a visit is tried, and another one on the next lap."""
    return f"{row.id}:{waiting.path}:{waiting.id}"
