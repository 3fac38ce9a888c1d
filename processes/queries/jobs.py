"""The list of jobs that the service itself does, as `GET /job` of Camunda's interface asks for it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, null, select

from processes.queries.query import Query, equals, flag, flag_now, number, one_of
from processes.queries.visibility import jobs_of
from store.jobs import OPEN
from store.tables import attempt, definition, instance, job

RETRIES: ColumnElement[Any] = case((job.c.state == "incident", 0), else_=job.c.max_attempts - job.c.attempt)


def _rows() -> Select[Any]:
    failed_at: ColumnElement[Any] = case((job.c.error.is_(None), null()), else_=job.c.element_id)
    return (
        select(
            job,
            RETRIES.label("retries"),
            failed_at.label("failed_element_id"),
            instance.c.definition_id,
            (instance.c.status == "suspended").label("suspended"),
            definition.c.key.label("definition_key"),
        )
        .join(instance, instance.c.id == job.c.instance_id, isouter=True)
        .join(definition, definition.c.id == instance.c.definition_id, isouter=True)
        .where(job.c.lane.in_(("inside", "outside")) & job.c.state.in_(OPEN))
    )


JOBS = Query(
    "job",
    _rows,
    key=job.c.id,
    visible=jobs_of,
    criteria={
        "jobId": equals(job.c.id),
        "jobIds": one_of(job.c.id),
        "processInstanceId": equals(job.c.instance_id),
        "processInstanceIds": one_of(job.c.instance_id),
        "executionId": equals(job.c.instance_id),
        "processDefinitionId": equals(instance.c.definition_id),
        "processDefinitionKey": equals(definition.c.key),
        "activityId": equals(job.c.element_id),
        "failedActivityId": equals(job.c.element_id),
        "withRetriesLeft": flag(lambda: job.c.state != "incident"),
        "noRetriesLeft": flag(lambda: job.c.state == "incident"),
        "timers": flag(lambda: job.c.kind == "timer"),
        "messages": flag(lambda: job.c.kind != "timer"),
        "withException": flag(lambda: job.c.error.is_not(None)),
        "exceptionMessage": equals(job.c.error),
        "acquired": flag_now(lambda now: (job.c.state == "running") & (job.c.lease_until > now)),
        "active": flag(lambda: instance.c.status.is_distinct_from("suspended")),
        "suspended": flag(lambda: instance.c.status == "suspended"),
        "priorityHigherThanOrEquals": number(lambda value: job.c.priority >= value),
        "priorityLowerThanOrEquals": number(lambda value: job.c.priority <= value),
    },
    orders={
        "jobId": job.c.id,
        "executionId": job.c.instance_id,
        "processInstanceId": job.c.instance_id,
        "processDefinitionId": instance.c.definition_id,
        "processDefinitionKey": definition.c.key,
        "jobPriority": job.c.priority,
        "jobRetries": RETRIES,
        "jobDueDate": job.c.due_at,
    },
)


def trace_of(connection: Connection, job_id: str) -> str:
    """Where the latest failure of a job came from; empty when it never failed."""
    query = select(attempt.c.trace, attempt.c.error).where(attempt.c.job_id == job_id)
    row = connection.execute(query.order_by(attempt.c.fence.desc()).limit(1)).first()
    return "" if row is None else "\n".join(part for part in (row.error, row.trace) if part)
