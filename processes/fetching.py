"""How workers of other systems get service tasks: each fetch locks what it gives, and two never get the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, and_, case, null, or_, select, update

from kernel.clock import Clock
from kernel.failpoints import failpoint
from processes.definitions import Definitions
from processes.execution import Execution
from processes.paths import element_at
from store.tables import attempt, definition, instance, job
from store.unit_of_work import Database

OPEN = ("ready", "incident")  # the states of a task that is not over
# How often it may still be tried: known from the first failure on.
RETRIES: ColumnElement[Any] = case(
    (job.c.state == "incident", 0), (job.c.error.is_(None), null()), else_=job.c.max_attempts - job.c.attempt
)


@dataclass(frozen=True, slots=True)
class Topic:
    """What a worker asks for. `variables` are the names it wants of each task, None for all; `only_local` leaves out
    what the task does not have for itself."""

    name: str
    lock_for: timedelta
    variables: Sequence[str] | None = None
    only_local: bool = False
    with_properties: bool = False
    business_key: str | None = None
    definition_ids: Sequence[str] | None = None
    definition_keys: Sequence[str] | None = None
    version_tag: str | None = None


@dataclass(frozen=True, slots=True)
class FetchedTask:
    """A task that a worker has now; `row` is its job with what its instance and definition are called."""

    row: Row[Any]
    worker: str
    locked_until: datetime
    details: str | None  # of the latest failure
    variables: Mapping[str, Any]
    properties: Mapping[str, str] | None


class Fetching:
    """Gives waiting tasks to workers."""

    def __init__(self, database: Database, definitions: Definitions, system: Clock) -> None:
        self._database = database
        self._definitions = definitions
        self._clock = system

    def fetch(
        self, worker: str, topics: Sequence[Topic], *, most: int, by_priority: bool, newest_first: bool | None = None
    ) -> list[FetchedTask]:
        """Give a worker up to `most` tasks that nobody has; two workers never get the same.

        They come by priority if wanted, then the longest waiting first, or as `newest_first` says. Where neither is
        said they may come in any order, and that by priority is the one that an index has.
        """
        wanted = {topic.name: topic for topic in topics}
        if not wanted or not most:
            return []
        now = self._clock.now()
        with self._database.read() as connection:
            any_of_them = _free_tasks(now).where(or_(*(_fits(topic) for topic in wanted.values()))).limit(1)
            if connection.execute(any_of_them).first() is None:
                return []  # a look without a lock: an idle worker never makes writers wait
        orders = _orders(by_priority or newest_first is None, bool(newest_first))
        with self._database.write() as work:
            ids = _take(work.connection, list(wanted.values()), most, now, orders)
            found = work.connection.execute(
                external_tasks().add_columns(instance.c.state.label("instance_state")).where(job.c.id.in_(ids))
            )
            rows = sorted(found, key=lambda row: ids.index(row.id))
            details = _details(work.connection, [row.id for row in rows if row.error])
            for name in {row.topic for row in rows}:
                lock = lock_by(worker, now + wanted[name].lock_for, now)
                mine = job.c.id.in_([row.id for row in rows if row.topic == name])
                work.connection.execute(update(job).where(mine).values(lock))
            failpoint("fetch.before_commit")
        failpoint("fetch.after_commit")
        executions: dict[str, Execution] = {}
        return [self._fetched(worker, row, wanted[row.topic], now, details.get(row.id), executions) for row in rows]

    def has_any(self, topics: Sequence[str]) -> bool:
        """Whether a fetch for one of the topics may find something now."""
        query = _free_tasks(self._clock.now()).where(job.c.topic.in_(topics)).limit(1)
        with self._database.read() as connection:
            return connection.execute(query).first() is not None

    # -- inside

    def _fetched(
        self,
        worker: str,
        row: Row[Any],
        topic: Topic,
        now: datetime,
        details: str | None,
        executions: dict[str, Execution],
    ) -> FetchedTask:
        """A task with what its worker asked for; `executions` holds the instances that are loaded by now."""
        diagram = self._definitions.get(row.definition_id)
        wants_variables = topic.variables is None or len(topic.variables) > 0
        if wants_variables and row.instance_id not in executions:
            executions[row.instance_id] = Execution.load(diagram, row.instance_state)
        variables = _variables(executions[row.instance_id], row, topic) if wants_variables else {}
        properties = element_at(diagram, row.payload["path"]).properties if topic.with_properties else None
        return FetchedTask(row, worker, now + topic.lock_for, details, variables, properties)


def lock_by(worker: str, until: datetime, now: datetime) -> dict[str, Any]:
    """What stands in the row of a task that a worker has."""
    return {"lease_owner": worker, "lease_until": until, "started_at": now, "fence": job.c.fence + 1}


def external_tasks() -> Select[Any]:
    """The tasks that are not over, each with what its instance and definition are called."""
    return (
        select(
            job,
            RETRIES.label("retries"),
            instance.c.business_key,
            instance.c.definition_id,
            (instance.c.status == "suspended").label("suspended"),
            definition.c.key.label("definition_key"),
            definition.c.version_tag,
        )
        .join(instance, instance.c.id == job.c.instance_id)
        .join(definition, definition.c.id == instance.c.definition_id)
        .where((job.c.lane == "external") & job.c.state.in_(OPEN))
    )


def _free_tasks(now: datetime) -> Select[Any]:
    """The tasks that a worker may have."""
    unlocked = or_(job.c.lease_until.is_(None), job.c.lease_until <= now)
    return (
        select(job.c.id, job.c.priority, job.c.due_at)
        .join(instance, instance.c.id == job.c.instance_id)
        .join(definition, definition.c.id == instance.c.definition_id)
        .where((job.c.lane == "external") & (job.c.state == "ready") & unlocked & (instance.c.status == "active"))
    )


def _orders(by_priority: bool, newest_first: bool) -> list[tuple[Column[Any], bool]]:
    """Columns, each with whether it descends."""
    return [*([(job.c.priority, True)] if by_priority else []), (job.c.due_at, newest_first)]


def _take(
    connection: Connection,
    topics: Sequence[Topic],
    most: int,
    now: datetime,
    orders: Sequence[tuple[Column[Any], bool]],
) -> list[str]:
    """Lock the first free tasks of all topics; asked topic by topic, because an index has the order of one only."""
    order = [column.desc() if descends else column for column, descends in orders]
    found: list[Row[Any]] = []
    for topic in topics:
        query = _free_tasks(now).where(_fits(topic)).order_by(*order).limit(most)
        found += connection.execute(query.with_for_update(of=job, skip_locked=True))
    for column, descends in reversed(orders):
        found.sort(key=lambda row, name=column.name: getattr(row, name), reverse=descends)  # type: ignore[misc]
    return [row.id for row in found[:most]]


def _fits(topic: Topic) -> ColumnElement[bool]:
    asked = [job.c.topic == topic.name]
    if topic.business_key is not None:
        asked.append(instance.c.business_key == topic.business_key)
    if topic.definition_ids is not None:
        asked.append(instance.c.definition_id.in_(topic.definition_ids))
    if topic.definition_keys is not None:
        asked.append(definition.c.key.in_(topic.definition_keys))
    if topic.version_tag is not None:
        asked.append(definition.c.version_tag == topic.version_tag)
    return and_(*asked)


def _variables(execution: Execution, row: Row[Any], topic: Topic) -> Mapping[str, Any]:
    waiting = row.payload["task_id"]
    found = execution.own_variables(waiting) if topic.only_local else execution.variables(waiting)
    return found if topic.variables is None else {name: found[name] for name in topic.variables if name in found}


def _details(connection: Connection, failed: Sequence[str]) -> Mapping[str, str]:
    """What workers told of the latest failure of tasks, by the id of the task."""
    query = select(attempt.c.job_id, attempt.c.trace).where(attempt.c.job_id.in_(failed)).order_by(attempt.c.fence)
    return {row.job_id: row.trace for row in connection.execute(query)} if failed else {}
