"""Writing what a command changed of an instance: state, tasks, subscriptions, timers, service jobs, history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, update

from kernel.actors import Actor
from kernel.errors import ConcurrentChange
from kernel.failpoints import failpoint
from processes.execution import Execution, HistoryEvent, OpenTask, OpenTimer
from processes.model import FOR_SYSTEMS
from processes.ports import InstanceRef
from processes.timers import due_at, parse_duration, parse_retry_cycle
from store.jobs import Jobs, Lane
from store.tables import history, instance, subscription, task
from store.unit_of_work import UnitOfWork


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
        return cls(
            frozenset(found.id for found in execution.user_tasks()),
            frozenset(found.id for found in execution.subscriptions()),
            frozenset((found.id, found.occurrence) for found in execution.timers()),
            frozenset(found.id for found in execution.service_tasks()),
        )


class Writer:
    """Writes the difference that one command made."""

    def __init__(self, work: UnitOfWork, ref: InstanceRef, now: datetime) -> None:
        self._work = work
        self._ref = ref
        self._now = now
        self._jobs = Jobs(work)

    def write(
        self,
        row: Row[Any],
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
        self._open_tasks([t for t in execution.user_tasks() if t.id not in before.tasks], execution, scope_of, forms)
        self._write_subscriptions(execution, before, after)
        self._write_timers(execution, before, after)
        self._write_services(execution, before, after, lane_of)

    def _write_state(self, row: Row[Any], execution: Execution, events: int) -> None:
        values: dict[str, Any] = {
            "state": execution.dump(),
            "revision": row.revision + 1,
            "history_seq": row.history_seq + events,
        }
        if execution.is_completed:
            values |= {"status": "completed", "ended_at": self._now}
        guarded = (instance.c.id == row.id) & (instance.c.revision == row.revision)
        if self._work.connection.execute(update(instance).where(guarded).values(values)).rowcount != 1:
            raise ConcurrentChange(detail=f"Expected instance {row.id} at revision {row.revision}, but it has moved on")

    def _write_history(self, last: int, events: Sequence[HistoryEvent], by: Actor) -> None:
        rows = [
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
        ]
        if rows:
            self._work.connection.execute(insert(history), rows)

    def _close_tasks(self, closed: frozenset[str], answers: Mapping[str, dict[str, Any]], by: Actor) -> None:
        for task_id in closed & answers.keys():
            values = {"status": "completed", "ended_at": self._now, "ended_by": by.id, "answers": answers[task_id]}
            self._work.connection.execute(update(task).where(task.c.id == task_id).values(values))
        cancelled = closed - answers.keys()
        if cancelled:
            values = {"status": "cancelled", "ended_at": self._now, "ended_by": by.id}
            self._work.connection.execute(update(task).where(task.c.id.in_(cancelled)).values(values))

    def _open_tasks(
        self,
        opened: Sequence[OpenTask],
        execution: Execution,
        scope_of: Callable[[str, Mapping[str, Any]], str],
        forms: Mapping[str, str],
    ) -> None:
        rows = [self._task_row(found, execution.variables(found.id), scope_of, forms) for found in opened]
        if rows:
            self._work.connection.execute(insert(task), rows)

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
        gone = before.subscriptions - after.subscriptions
        if gone:
            closed = update(subscription).where(subscription.c.id.in_(gone)).values(status="closed")
            self._work.connection.execute(closed)
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
        if rows:
            self._work.connection.execute(insert(subscription), rows)

    def _write_timers(self, execution: Execution, before: Opened, after: Opened) -> None:
        self._jobs.cancel((self._timer_key(*timer) for timer in before.timers - after.timers), at=self._now)
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
