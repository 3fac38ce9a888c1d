"""The list of service tasks that other systems do, as `GET /external-task` of Camunda's interface asks for it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, or_, select

from processes.fetching import external_tasks
from processes.queries.query import Query, after, before, equals, flag, flag_now, number, one_of
from processes.queries.visibility import external_tasks_of
from store.tables import attempt, definition, instance, job

EXTERNAL_TASKS = Query(
    "external task",
    external_tasks,
    key=job.c.id,
    visible=external_tasks_of,
    criteria={
        "externalTaskId": equals(job.c.id),
        "externalTaskIdIn": one_of(job.c.id),
        "topicName": equals(job.c.topic),
        "workerId": equals(job.c.lease_owner),
        "locked": flag_now(lambda now: job.c.lease_until > now),
        "notLocked": flag_now(lambda now: or_(job.c.lease_until.is_(None), job.c.lease_until <= now)),
        "withRetriesLeft": flag(lambda: job.c.state == "ready"),
        "noRetriesLeft": flag(lambda: job.c.state == "incident"),
        "lockExpirationBefore": before(job.c.lease_until),
        "lockExpirationAfter": after(job.c.lease_until),
        "activityId": equals(job.c.element_id),
        "activityIdIn": one_of(job.c.element_id),
        "executionId": equals(job.c.instance_id),
        "processInstanceId": equals(job.c.instance_id),
        "processInstanceIdIn": one_of(job.c.instance_id),
        "processDefinitionId": equals(instance.c.definition_id),
        "active": flag(lambda: instance.c.status == "active"),
        "suspended": flag(lambda: instance.c.status == "suspended"),
        "priorityHigherThanOrEquals": number(lambda value: job.c.priority >= value),
        "priorityLowerThanOrEquals": number(lambda value: job.c.priority <= value),
    },
    orders={
        "id": job.c.id,
        "lockExpirationTime": job.c.lease_until,
        "processInstanceId": job.c.instance_id,
        "processDefinitionId": instance.c.definition_id,
        "processDefinitionKey": definition.c.key,
        "taskPriority": job.c.priority,
        "createTime": job.c.created_at,
    },
)


def details_of(connection: Connection, task_id: str) -> str:
    """What the worker told of the latest failure; empty when it told nothing."""
    query = select(attempt.c.trace).where(attempt.c.job_id == task_id).order_by(attempt.c.fence.desc()).limit(1)
    return connection.execute(query).scalar() or ""


def topic_names(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> list[str]:
    """The topics of tasks that are not over and meet the conditions."""
    rows = external_tasks().with_only_columns(job.c.topic).where(*conditions).distinct().order_by(job.c.topic)
    return list(connection.execute(rows).scalars())
