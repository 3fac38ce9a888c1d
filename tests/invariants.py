"""What is true of every database of the service at rest, whatever happened to it (RELIABILITY.md 2.8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from applications.lines import FILL_APPLICATION
from applications.records import places
from applications.trail import REFUSED
from processes.execution import Execution
from processes.history import history_of
from store.jobs import OPEN
from store.tables import announcement, application, audit, command, history, incident, instance, job, subscription, task
from store.tables.engine import RUNNING

if TYPE_CHECKING:
    from wiring import Services


def violations(services: Services) -> list[str]:
    """Everything that is not as it must be once no command and no worker runs; empty when all is well."""
    with services.database.read() as connection:
        return [
            *violations_of_engine(connection),
            *_rows_without_state(services, connection),
            *_decisions_without_record(connection),
            *_numbers_with_gaps(connection),
            *_listed_elsewhere(connection),
            *_unanswered(connection),
            *_jobs_left(connection),
        ]


def violations_of_engine(connection: Connection) -> list[str]:
    """What the rows of the engine alone tell, whatever the line."""
    return [
        *_history_has_gaps(connection),
        *_completed_twice(connection),
        *_hanging(connection),
        *_held_for_nothing(connection),
    ]


def _history_has_gaps(connection: Connection) -> Iterator[str]:
    """I4: the history of an instance counts 1, 2, 3 … up to the number in its row."""
    seqs: dict[str, list[int]] = {}
    for instance_id, seq in connection.execute(select(history.c.instance_id, history.c.seq).order_by(history.c.seq)):
        seqs.setdefault(instance_id, []).append(seq)
    for row in connection.execute(select(instance.c.id, instance.c.history_seq, instance.c.archive)):
        found = [event.seq for event in history_of(connection, row.id)] if row.archive else seqs.get(row.id, [])
        if found != list(range(1, row.history_seq + 1)):
            yield f"instance {row.id} has {row.history_seq} events, but its history is {found}"


def _completed_twice(connection: Connection) -> Iterator[str]:
    """I3: a visit of an element ends once, whether completed or cancelled."""
    ends = history.c.event.in_(("completed", "cancelled")) & history.c.task_id.is_not(None)
    visits = select(history.c.task_id, history.c.path, func.count().label("n")).where(ends)
    for row in connection.execute(visits.group_by(history.c.instance_id, history.c.task_id, history.c.path)):
        if row.n > 1:
            yield f"visit {row.task_id} of {row.path} ended {row.n} times"


def _hanging(connection: Connection) -> Iterator[str]:
    """I5: a running instance waits for somebody or something, suspended or not, and an ended one for nothing."""
    waiting = Counter[str]()
    for table, is_open in (
        (task, task.c.status == "open"),
        (subscription, subscription.c.status == "open"),
        (job, job.c.state.in_(OPEN) & job.c.kind.in_(("timer", "service"))),
        (incident, incident.c.status == "open"),
    ):
        waiting.update(connection.execute(select(table.c.instance_id).where(is_open)).scalars())
    for row in connection.execute(select(instance.c.id, instance.c.status)):
        if (row.status in RUNNING) != bool(waiting[row.id]):
            yield f"instance {row.id} is {row.status} and {waiting[row.id]} things wait in it"


def _held_for_nothing(connection: Connection) -> Iterator[str]:
    """A job is held only while its instance is suspended."""
    held = select(job.c.dedupe_key, instance.c.status).join(instance, instance.c.id == job.c.instance_id)
    for row in connection.execute(held.where((job.c.state == "held") & (instance.c.status != "suspended"))):
        yield f"job {row.dedupe_key} is held, but its instance is {row.status}"


def _rows_without_state(services: Services, connection: Connection) -> Iterator[str]:
    """I8: the rows of tasks, subscriptions and timers tell what the stored state tells."""
    for row in connection.execute(select(instance).where(instance.c.status.in_(RUNNING))):
        execution = Execution.load(services.definitions.get(row.definition_id), row.state)
        timers = {f"{row.id}:{timer.id}:timer:{timer.occurrence}" for timer in execution.timers()}
        yield from _differences(
            row.business_key,
            ("tasks", {found.id for found in execution.user_tasks()}, _open(connection, task, row.id)),
            ("messages", {found.id for found in execution.subscriptions()}, _open(connection, subscription, row.id)),
            ("timers", timers, _keys_of_timers(connection, row.id)),
        )


def _differences(number: str, *pairs: tuple[str, set[str], set[str]]) -> Iterator[str]:
    for what, in_state, in_rows in pairs:
        if in_state != in_rows:
            yield f"{number}: {what} in the state {sorted(in_state)}, in rows {sorted(in_rows)}"


def _open(connection: Connection, table: Any, instance_id: str) -> set[str]:
    query = select(table.c.id).where((table.c.instance_id == instance_id) & (table.c.status == "open"))
    return set(connection.execute(query).scalars())


def _keys_of_timers(connection: Connection, instance_id: str) -> set[str]:
    waiting = job.c.state.in_(OPEN) & (job.c.kind == "timer")
    query = select(job.c.dedupe_key).where((job.c.instance_id == instance_id) & waiting)
    return set(connection.execute(query).scalars())


def _decisions_without_record(connection: Connection) -> Iterator[str]:
    """Each decision stands once in the trail, with the one who made it."""
    decided = Counter(
        tuple(row)
        for row in connection.execute(
            select(application.c.id, task.c.element_id, task.c.ended_by)
            .join(application, application.c.instance_id == task.c.instance_id)
            .where((task.c.status == "completed") & (task.c.element_id != FILL_APPLICATION))
        )
    )
    recorded = Counter(
        tuple(row)
        for row in connection.execute(
            select(audit.c.application_id, audit.c.element_id, audit.c.actor).where(
                audit.c.decision.is_not(None) & (audit.c.actor != "system") & (audit.c.action != REFUSED)
            )
        )
    )
    if decided != recorded:
        yield f"decided but not recorded: {decided - recorded}; recorded but not decided: {recorded - decided}"


def _numbers_with_gaps(connection: Connection) -> Iterator[str]:
    """R-D-08: numbers of a series are given once and without gaps."""
    for column, digits in ((application.c.number, 6), (announcement.c.number, 6)):
        series: dict[str, list[str]] = {}
        for number in connection.execute(select(column).order_by(column)).scalars():
            series.setdefault(number[:-digits], []).append(number[-digits:])
        for prefix, numbers in series.items():
            if len(numbers) != int("".join(filter(str.isdigit, numbers[-1]))):
                yield f"numbers {prefix}: {numbers}"


def _listed_elsewhere(connection: Connection) -> Iterator[str]:
    """F-QRY-C2: an application stands in the lists where its status and its day place it."""
    columns = application.c
    kept = (columns.number, columns.status, columns.declared_on, columns.progress, columns.declared_or_never)
    for row in connection.execute(select(*kept)):
        found = row._asdict()
        if places(found).items() - found.items():
            yield f"application {row.number} is {row.status}, declared on {row.declared_on}, and listed otherwise"


def _unanswered(connection: Connection) -> Iterator[str]:
    """I2: a command that was carried out has its answer."""
    for command_id in connection.execute(select(command.c.id).where(command.c.response.is_(None))).scalars():
        yield f"command {command_id} has no answer"


def _jobs_left(connection: Connection) -> Iterator[str]:
    """I10: nothing is left half done, and no job has become an incident."""
    for row in connection.execute(select(job).where(job.c.state.in_(("running", "incident")))):
        yield f"job {row.dedupe_key} is {row.state}: {row.error}"
