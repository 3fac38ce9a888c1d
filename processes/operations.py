"""What operators see and do: instances, their state and history, incidents, retry, terminate (F-OPS)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, insert, or_, select, update

from kernel.actors import Actor
from kernel.clock import Clock
from kernel.errors import InvalidInput, NotFound, Reason, StateConflict
from kernel.texts import Text
from processes.definitions import Definitions
from processes.execution import Execution
from processes.history import Happened, history_of
from processes.incidents import IncidentRow, Incidents
from processes.paths import element_at
from processes.ports import InstanceRef
from processes.titles import title_of
from store.jobs import OPEN
from store.paging import Slice, keyset_page
from store.tables import definition, history, incident, instance, job, subscription, task
from store.tables.engine import RUNNING
from store.unit_of_work import Database, UnitOfWork
from store.writing import lock_instance


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """One instance in a list; `waiting_at` names the elements with open tasks."""

    id: str
    line: str
    line_title: Text
    business_key: str
    status: str
    version: int
    started_at: datetime
    ended_at: datetime | None
    waiting_at: tuple[str, ...]
    incidents: int


@dataclass(frozen=True, slots=True)
class InstancePage:
    items: tuple[InstanceRow, ...]
    total: int
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    seq: int
    at: datetime
    event: str
    path: str
    element_id: str
    name: Text
    actor: str


@dataclass(frozen=True, slots=True)
class JobRow:
    id: str
    kind: str
    state: str
    path: str
    due_at: datetime
    attempt: int
    max_attempts: int
    error: str | None


@dataclass(frozen=True, slots=True)
class TaskRow:
    id: str
    path: str
    status: str
    scope: str
    assignee: str | None
    opened_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    path: str
    message: str
    status: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class InstanceView:
    """Everything about one instance; the paths are what the picture of the diagram needs."""

    row: InstanceRow
    definition_id: str
    done: frozenset[str]
    now: Mapping[str, int]
    stuck: Mapping[str, int]
    taken_flows: frozenset[str]
    history: tuple[HistoryRow, ...]
    variables: Mapping[str, Any]
    tasks: tuple[TaskRow, ...]
    jobs: tuple[JobRow, ...]
    subscriptions: tuple[SubscriptionRow, ...]
    incidents: tuple[IncidentRow, ...]


class Terminated(Protocol):
    """The business record's side of a termination."""

    def terminated(self, work: UnitOfWork, ref: InstanceRef, reason: str, by: Actor) -> None: ...


class Operations:
    """Queries and commands of operators; business data are never edited here."""

    def __init__(
        self, database: Database, definitions: Definitions, incidents: Incidents, terminated: Terminated, clock: Clock
    ) -> None:
        self._database = database
        self._incidents = incidents
        self._definitions = definitions
        self._terminated = terminated
        self._clock = clock

    def instances(
        self,
        connection: Connection,
        *,
        line: str = "",
        status: str = "",
        text: str = "",
        has_incident: bool = False,
        cursor: str | None = None,
    ) -> InstancePage:
        """Instances, newest first; `text` is part of a business number or the start of an id."""
        query = _instances()
        if line:
            query = query.where(instance.c.line == line)
        if status:
            query = query.where(instance.c.status == status)
        if text.strip():
            word = text.strip()
            query = query.where(
                or_(
                    instance.c.business_key.contains(word.upper(), autoescape=True),
                    instance.c.id.startswith(word.lower(), autoescape=True),
                )
            )
        if has_incident:
            query = query.where(_has_incident())
        found = keyset_page(connection, query, instance.c.started_at, instance.c.id, cursor)
        return InstancePage(self._listed(connection, found), found.total, found.before, found.after)

    def instance(self, connection: Connection, instance_id: str) -> InstanceView:
        """One instance with its state, jobs and history.

        Raises:
            NotFound: there is none.
        """
        row = connection.execute(_instances().where(instance.c.id == instance_id)).one_or_none()
        if row is None:
            raise NotFound(detail=f"no instance {instance_id}")
        events = history_of(connection, instance_id)
        now: dict[str, int] = {}
        variables: dict[str, Any] = {}
        if row.status in RUNNING:
            execution = Execution.load(self._definitions.get(row.definition_id), row.state)
            now, variables = dict(execution.position().active), execution.variables()
        jobs = tuple(_job(each) for each in _of(connection, job, instance_id, job.c.created_at))
        incidents = tuple(self._incidents.of_instance(connection, instance_id))
        stuck: dict[str, int] = {}
        for each in jobs:
            if each.state == "incident" and each.path:
                stuck[each.path] = stuck.get(each.path, 0) + 1
        return InstanceView(
            row=self._row(row, self._waiting(connection, [instance_id]).get(instance_id, ())),
            definition_id=row.definition_id,
            done=frozenset(each.path for each in events if each.event == "completed"),
            now=now,
            stuck=stuck,
            taken_flows=frozenset(each.path for each in events if each.event == "flow_taken"),
            history=tuple(self._history(row.definition_id, each) for each in events if each.event != "flow_taken"),
            variables=variables,
            tasks=tuple(
                TaskRow(t.id, t.path, t.status, t.scope, t.assignee, t.opened_at, t.ended_at)
                for t in _of(connection, task, instance_id, task.c.opened_at)
            ),
            jobs=jobs,
            subscriptions=tuple(
                SubscriptionRow(s.path, s.name, s.status, s.opened_at)
                for s in _of(connection, subscription, instance_id, subscription.c.opened_at)
            ),
            incidents=incidents,
        )

    def figures(self, connection: Connection) -> dict[str, dict[str, int]]:
        """How many instances are open per line, tasks per element, jobs per state."""
        return {
            "open_instances": _count(connection, instance.c.line, instance.c.status.in_(RUNNING)),
            "waiting": _count(connection, task.c.element_id, task.c.status == "open"),
            "jobs": _count(connection, job.c.state, job.c.state.in_(OPEN)),
        }

    def terminate(self, instance_id: str, reason: str, *, by: Actor) -> None:
        """Stop an instance for good: its tasks, timers and messages are gone, its application is `terminated`.

        Raises:
            InvalidInput: no reason was given.
            NotFound: there is no such instance.
            StateConflict: it has ended already.
        """
        if not reason.strip():
            raise InvalidInput(Reason("REASON_REQUIRED", field="reason"))
        with self._database.write() as work:
            row = lock_instance(work, instance_id)
            if row is None:
                raise NotFound(detail=f"no instance {instance_id}")
            if row.status not in RUNNING:
                raise StateConflict(Reason("STATE_CONFLICT"), detail=f"instance {instance_id} is {row.status}")
            self._stop(work, row, reason.strip(), by)
            self._terminated.terminated(work, InstanceRef(row.id, row.line, row.business_key), reason.strip(), by)

    # -- inside

    def _stop(self, work: UnitOfWork, row: Row[Any], reason: str, by: Actor) -> None:
        now = self._clock.now()
        connection = work.connection
        of_instance = instance.c.id == row.id
        values = {
            "status": "terminated",
            "ended_at": now,
            "revision": row.revision + 1,
            "history_seq": row.history_seq + 1,
        }
        connection.execute(update(instance).where(of_instance).values(values))
        open_task = (task.c.instance_id == row.id) & (task.c.status == "open")
        connection.execute(update(task).where(open_task).values(status="cancelled", ended_at=now, ended_by=by.id))
        waiting = (subscription.c.instance_id == row.id) & (subscription.c.status == "open")
        connection.execute(update(subscription).where(waiting).values(status="closed"))
        due = (job.c.instance_id == row.id) & job.c.state.in_(OPEN) & (job.c.kind != "notice")
        connection.execute(update(job).where(due).values(state="cancelled", fence=job.c.fence + 1))
        unsolved = (incident.c.instance_id == row.id) & (incident.c.status == "open")
        connection.execute(
            update(incident)
            .where(unsolved)
            .values(status="resolved", resolution="overtaken", resolved_at=now, resolved_by=by.id)
        )
        event = {
            "instance_id": row.id,
            "seq": row.history_seq + 1,
            "event": "terminated",
            "path": row.line,
            "element_id": row.line,
            "actor": by.id,
            "at": now,
            "data": {"reason": reason},
        }
        connection.execute(insert(history).values(event))

    def _listed(self, connection: Connection, found: Slice) -> tuple[InstanceRow, ...]:
        waiting = self._waiting(connection, [row.id for row in found.rows])
        return tuple(self._row(row, waiting.get(row.id, ())) for row in found.rows)

    def _waiting(self, connection: Connection, ids: list[str]) -> dict[str, tuple[str, ...]]:
        query = select(task.c.instance_id, task.c.element_id).where(
            task.c.instance_id.in_(ids) & (task.c.status == "open")
        )
        found: dict[str, tuple[str, ...]] = {}
        for row in connection.execute(query):
            found[row.instance_id] = (*found.get(row.instance_id, ()), row.element_id)
        return found

    def _row(self, row: Row[Any], waiting: tuple[str, ...]) -> InstanceRow:
        return InstanceRow(
            id=row.id,
            line=row.line,
            line_title=title_of(bytes(row.xml)),
            business_key=row.business_key,
            status=row.status,
            version=row.version,
            started_at=row.started_at,
            ended_at=row.ended_at,
            waiting_at=waiting,
            incidents=row.incidents,
        )

    def _history(self, definition_id: str, row: Happened) -> HistoryRow:
        name = Text(row.element_id, row.element_id)
        try:
            element = element_at(self._definitions.get(definition_id), row.path)
        except KeyError:
            pass  # the line itself: started, ended, terminated
        else:
            label = element.name or row.element_id
            name = Text(label, element.properties.get("name_en", label))
        return HistoryRow(row.seq, row.at, row.event, row.path, row.element_id, name, row.actor or "")


def _has_incident() -> ColumnElement[bool]:
    return (
        select(incident.c.id).where((incident.c.instance_id == instance.c.id) & (incident.c.status == "open")).exists()
    )


def _instances() -> Select[Any]:
    count = (
        select(func.coalesce(func.sum(case((incident.c.status == "open", 1), else_=0)), 0))
        .where(incident.c.instance_id == instance.c.id)
        .scalar_subquery()
    )
    return select(instance, definition.c.version, definition.c.xml, count.label("incidents")).join(
        definition, definition.c.id == instance.c.definition_id
    )


def _of(connection: Connection, table: Any, instance_id: str, order: Any) -> list[Row[Any]]:
    return list(connection.execute(select(table).where(table.c.instance_id == instance_id).order_by(order)))


def _job(row: Row[Any]) -> JobRow:
    path = str(row.payload.get("path", ""))
    return JobRow(row.id, row.kind, row.state, path, row.due_at, row.attempt, row.max_attempts, row.error)


def _count(connection: Connection, column: Any, condition: ColumnElement[bool]) -> dict[str, int]:
    query = select(column, func.count()).where(condition).group_by(column)
    return {row[0]: row[1] for row in connection.execute(query)}
