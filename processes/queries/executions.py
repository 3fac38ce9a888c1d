"""The list of executions, as `GET /execution` of Camunda's interface asks for it.

The root of an instance is one and has its id; each user task, service task and event that waits is another, with the
id by which tasks, external tasks and subscriptions name it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, literal, null, select, union_all

from processes.queries.query import Criterion, Query, equals, flag
from processes.queries.visibility import instances_of
from store.jobs import OPEN
from store.tables import instance, job, subscription, task
from store.tables.engine import RUNNING

_ROOTS = select(instance.c.id.label("id"), instance.c.id.label("instance_id"), null().label("element_id"))
_TASKS = select(task.c.id, task.c.instance_id, task.c.element_id).where(task.c.status == "open")
_EVENTS = select(subscription.c.id, subscription.c.instance_id, subscription.c.element_id).where(
    subscription.c.status == "open"
)
_SERVICES = select(job.c.id, job.c.instance_id, job.c.element_id).where(
    (job.c.kind == "service") & job.c.state.in_(OPEN)
)
_EXECUTION = union_all(_ROOTS.where(instance.c.status.in_(RUNNING)), _TASKS, _EVENTS, _SERVICES).subquery("execution")


def _rows() -> Select[Any]:
    return (
        select(_EXECUTION, instance.c.status, instance.c.definition_id)
        .join(instance, instance.c.id == _EXECUTION.c.instance_id)
        .where(instance.c.status.in_(RUNNING))
    )


def _waits_for(kind: str) -> Criterion:
    def condition(name: str) -> ColumnElement[bool]:
        waits = (subscription.c.kind == kind) & (subscription.c.name == name) & (subscription.c.status == "open")
        return _EXECUTION.c.id.in_(select(subscription.c.id).where(waits))

    return Criterion("text", condition)


EXECUTIONS = Query(
    "execution",
    _rows,
    key=_EXECUTION.c.id,
    visible=instances_of,
    criteria={
        "businessKey": equals(instance.c.business_key),
        "processInstanceId": equals(_EXECUTION.c.instance_id),
        "processDefinitionId": equals(instance.c.definition_id),
        "processDefinitionKey": equals(instance.c.line),
        "activityId": equals(_EXECUTION.c.element_id),
        "messageEventSubscriptionName": _waits_for("message"),
        "signalEventSubscriptionName": _waits_for("signal"),
        "active": flag(lambda: instance.c.status == "active"),
        "suspended": flag(lambda: instance.c.status == "suspended"),
        "withoutTenantId": flag(lambda: literal(True)),
    },
    orders={
        "instanceId": _EXECUTION.c.instance_id,
        "definitionKey": instance.c.line,
        "definitionId": instance.c.definition_id,
    },
)
