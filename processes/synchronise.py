"""Writing what a command changed of an instance: state, tasks, subscriptions, timers, service jobs, history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, update

from kernel.actors import Actor
from kernel.failpoints import failpoint
from processes.execution import Execution, HistoryEvent, OpenTask, OpenTimer
from processes.model import FOR_SYSTEMS
from processes.ports import InstanceRef
from processes.timers import due_at, parse_duration, parse_retry_cycle
from store.jobs import Jobs, Lane
from store.statements import Record, Statement
from store.tables import history, instance, subscription, task
from store.unit_of_work import UnitOfWork

_STATE = Statement(
    update(instance)
    .where(instance.c.id == bindparam("of"), instance.c.revision == bindparam("read"))
    .values({name: bindparam(name) for name in ("state", "revision", "history_seq", "status", "ended_at")}),
    guard=True,
)
_HISTORY = Statement(insert(history), ("instance_id", "seq", "event", "path", "element_id", "task_id", "actor", "at"))
_CLOSE_TASK = Statement(
    update(task)
    .where(task.c.id == bindparam("of"))
    .values({name: bindparam(name) for name in ("status", "ended_at", "ended_by", "answers")})
)
_OPEN_TASK = Statement(
    insert(task),
    ("id", "instance_id", "path", "element_id", "name", "form", "form_sha256", "candidate_groups", "scope", "status",
     "priority", "due_at", "opened_at"),
)  # fmt: skip
_UNSUBSCRIBE = Statement(update(subscription).where(subscription.c.id == bindparam("of")).values(status="closed"))
_SUBSCRIBE = Statement(
    insert(subscription),
    ("id", "instance_id", "path", "element_id", "kind", "name", "correlation_key", "status", "opened_at"),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """The ids of what waits in an instance, before or after a command."""

    tasks: frozenset[str]
    subscriptions: frozenset[str]
    timers: frozenset[tuple[str, int]]
    services: frozenset[str]

    @classmethod
    def none(cls) -> Opened:
        return cls(frozenset(), frozenset(), frozenset(), frozenset())

    @classmethod
    def of(cls, execution: Execution) -> Opened:
        return cls(*execution.waiting())


class Writer:
    """Writes the difference that one command made."""

    def __init__(self, work: UnitOfWork, ref: InstanceRef, now: datetime) -> None:
        self._work = work
        self._ref = ref
        self._now = now
        self._jobs = Jobs(work)

    def write(
        self,
        row: Record,
        execution: Execution,
        before: Opened,
        events: Sequence[HistoryEvent],
        by: Actor,
        answers: Mapping[str, dict[str, Any]],
        *,
        scope_of: Callable[[str, Mapping[str, Any]], str],
        forms: Mapping[str, str],
        lane_of: Callable[[str], Lane],
    ) -> None:
        after = Opened.of(execution)
        self._write_state(row, execution, len(events))
        failpoint("advance.state_written")
        self._write_history(row.history_seq, events, by)
        self._close_tasks(before.tasks - after.tasks, answers, by)
        if after.tasks - before.tasks:
            self._open_tasks(
                [t for t in execution.user_tasks() if t.id not in before.tasks], execution, scope_of, forms
            )
        self._write_subscriptions(execution, before, after)
        self._write_timers(execution, before, after)
        self._write_services(execution, before, after, lane_of)

    def _write_state(self, row: Record, execution: Execution, events: int) -> None:
        ended = execution.is_completed
        self._work.write(
            _STATE,
            {
                "of": row.id,
                "read": row.revision,
                "state": execution.dump(),
                "revision": row.revision + 1,
                "history_seq": row.history_seq + events,
                "status": "completed" if ended else row.status,
                "ended_at": self._now if ended else None,
            },
        )

    def _write_history(self, last: int, events: Sequence[HistoryEvent], by: Actor) -> None:
        rows = (
            {
                "instance_id": self._ref.id,
                "seq": seq,
                "event": event.kind,
                "path": event.path,
                "element_id": event.element_id,
                "task_id": event.task_id,
                "actor": by.id,
                "at": self._now,
            }
            for seq, event in enumerate(events, start=last + 1)
        )
        self._work.write(_HISTORY, *rows)

    def _close_tasks(self, closed: frozenset[str], answers: Mapping[str, dict[str, Any]], by: Actor) -> None:
        rows = (
            {
                "of": task_id,
                "status": "completed" if task_id in answers else "cancelled",
                "ended_at": self._now,
                "ended_by": by.id,
                "answers": answers.get(task_id),
            }
            for task_id in sorted(closed)
        )
        self._work.write(_CLOSE_TASK, *rows)

    def _open_tasks(
        self,
        opened: Sequence[OpenTask],
        execution: Execution,
        scope_of: Callable[[str, Mapping[str, Any]], str],
        forms: Mapping[str, str],
    ) -> None:
        rows = [self._task_row(found, execution.variables(found.id), scope_of, forms) for found in opened]
        self._work.write(_OPEN_TASK, *rows)

    def _task_row(
        self,
        found: OpenTask,
        variables: Mapping[str, Any],
        scope_of: Callable[[str, Mapping[str, Any]], str],
        forms: Mapping[str, str],
    ) -> dict[str, Any]:
        attributes = found.element.attributes
        form = attributes.get("formRef")
        groups = [group.strip() for group in (attributes.get("candidateGroups") or FOR_SYSTEMS).split(",")]
        due = attributes.get("dueDate")
        return {
            "id": found.id,
            "instance_id": self._ref.id,
            "path": found.path,
            "element_id": found.element.id,
            "name": found.element.name,
            "form": form,
            "form_sha256": forms.get(form) if form else None,
            "candidate_groups": f",{','.join(groups)},",
            "scope": scope_of(found.element.properties.get("scope") or FOR_SYSTEMS, variables),
            "status": "open",
            "priority": int(attributes.get("priority", "50")),
            "due_at": parse_duration(due).after(self._now) if due else None,
            "opened_at": self._now,
        }

    def _write_subscriptions(self, execution: Execution, before: Opened, after: Opened) -> None:
        gone = sorted(before.subscriptions - after.subscriptions)
        self._work.write(_UNSUBSCRIBE, *({"of": subscription_id} for subscription_id in gone))
        if after.subscriptions <= before.subscriptions:
            return
        rows = [
            {
                "id": found.id,
                "instance_id": self._ref.id,
                "path": found.path,
                "element_id": found.element.id,
                "kind": found.kind,
                "name": found.name,
                "correlation_key": found.key or self._ref.business_key,
                "status": "open",
                "opened_at": self._now,
            }
            for found in execution.subscriptions()
            if found.id not in before.subscriptions
        ]
        self._work.write(_SUBSCRIBE, *rows)

    def _write_timers(self, execution: Execution, before: Opened, after: Opened) -> None:
        self._jobs.cancel((self._timer_key(*timer) for timer in before.timers - after.timers), at=self._now)
        if after.timers <= before.timers:
            return
        for timer in execution.timers():
            if (timer.id, timer.occurrence) not in before.timers:
                self._add_timer(timer)

    def _add_timer(self, timer: OpenTimer) -> None:
        self._jobs.add(
            "timer",
            key=self._timer_key(timer.id, timer.occurrence),
            payload={"timer_id": timer.id, "occurrence": timer.occurrence, "path": timer.path},
            due_at=due_at(timer, self._now),
            created_at=self._now,
            instance_id=self._ref.id,
            element_id=timer.element.id,
        )

    def _timer_key(self, timer_id: str, occurrence: int) -> str:
        return f"{self._ref.id}:{timer_id}:timer:{occurrence}"

    def _write_services(
        self, execution: Execution, before: Opened, after: Opened, lane_of: Callable[[str], Lane]
    ) -> None:
        gone = before.services - after.services
        self._jobs.cancel((f"{self._ref.id}:{task_id}:service" for task_id in gone), at=self._now)
        if after.services <= before.services:
            return
        for found in execution.service_tasks():
            if found.id in before.services:
                continue
            topic = found.element.attributes["topic"]
            tries, pause = parse_retry_cycle(found.element.attributes.get("failedJobRetryTimeCycle", "R3/PT10M"))
            self._jobs.add(
                "service",
                key=f"{self._ref.id}:{found.id}:service",
                payload={"task_id": found.id, "path": found.path, "topic": topic},
                due_at=self._now,
                created_at=self._now,
                instance_id=self._ref.id,
                lane=lane_of(topic),
                topic=topic,
                element_id=found.element.id,
                max_attempts=tries,
                retry_seconds=int(pause.total_seconds()),
                growth=1,  # the pause that the diagram names
            )
