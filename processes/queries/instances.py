"""The list of running process instances, as `GET /process-instance` of Camunda's interface asks for it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, literal, select

from processes.queries.query import Criterion, Query, equals, flag, like, none_of, one_of
from processes.queries.visibility import instances_of
from store.tables import definition, incident, instance
from store.tables.engine import RUNNING


def _rows() -> Select[Any]:
    return (
        select(
            instance.c.id,
            instance.c.definition_id,
            instance.c.line,
            instance.c.business_key,
            instance.c.status,
            instance.c.started_by,
        )
        .join(definition, definition.c.id == instance.c.definition_id)
        .where(instance.c.status.in_(RUNNING))
    )


def _with_incident(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    is_open = (incident.c.instance_id == instance.c.id) & (incident.c.status == "open")
    return select(incident.c.id).where(is_open & condition).exists()


INSTANCES = Query(
    "process instance",
    _rows,
    key=instance.c.id,
    visible=instances_of,
    criteria={
        "processInstanceIds": one_of(instance.c.id),
        "businessKey": equals(instance.c.business_key),
        "businessKeyLike": like(instance.c.business_key),
        "processDefinitionId": equals(instance.c.definition_id),
        "processDefinitionKey": equals(instance.c.line),
        "processDefinitionKeyIn": one_of(instance.c.line),
        "processDefinitionKeyNotIn": none_of(instance.c.line),
        "active": flag(lambda: instance.c.status == "active"),
        "suspended": flag(lambda: instance.c.status == "suspended"),
        "withIncident": flag(lambda: _with_incident(literal(True))),
        "incidentId": Criterion("text", lambda value: _with_incident(incident.c.id == value)),
        "incidentMessage": Criterion("text", lambda value: _with_incident(incident.c.message == value)),
        "incidentMessageLike": Criterion("text", lambda value: _with_incident(incident.c.message.like(value))),
        "rootProcessInstances": flag(lambda: literal(True)),
        "leafProcessInstances": flag(lambda: literal(True)),
        "withoutTenantId": flag(lambda: literal(True)),
    },
    orders={
        "instanceId": instance.c.id,
        "definitionKey": instance.c.line,
        "definitionId": instance.c.definition_id,
        "businessKey": instance.c.business_key,
    },
)
