"""The list of open incidents, as `GET /incident` of Camunda's interface asks for it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, case, select

from processes.queries.query import Query, after, before, equals, like, one_of
from processes.queries.visibility import jobs_of
from store.tables import definition, incident, instance, job

TYPE: ColumnElement[Any] = case(
    (job.c.lane == "external", "failedExternalTask"),
    (incident.c.kind == "outcome_unknown", "outcomeUnknown"),
    (incident.c.kind == "command", "failedCommand"),
    else_="failedJob",
)


def _rows() -> Select[Any]:
    return (
        select(incident, TYPE.label("type"), instance.c.definition_id, definition.c.key.label("definition_key"))
        .join(job, job.c.id == incident.c.job_id, isouter=True)
        .join(instance, instance.c.id == incident.c.instance_id, isouter=True)
        .join(definition, definition.c.id == instance.c.definition_id, isouter=True)
        .where(incident.c.status == "open")
    )


INCIDENTS = Query(
    "incident",
    _rows,
    key=incident.c.id,
    visible=jobs_of,
    criteria={
        "incidentId": equals(incident.c.id),
        "incidentType": equals(TYPE),
        "incidentMessage": equals(incident.c.message),
        "incidentMessageLike": like(incident.c.message),
        "incidentTimestampBefore": before(incident.c.opened_at),
        "incidentTimestampAfter": after(incident.c.opened_at),
        "processDefinitionId": equals(instance.c.definition_id),
        "processDefinitionKeyIn": one_of(definition.c.key),
        "processInstanceId": equals(incident.c.instance_id),
        "executionId": equals(incident.c.instance_id),
        "activityId": equals(incident.c.element_id),
        "failedActivityId": equals(incident.c.element_id),
        "causeIncidentId": equals(incident.c.id),
        "rootCauseIncidentId": equals(incident.c.id),
        "configuration": equals(incident.c.job_id),
    },
    orders={
        "incidentId": incident.c.id,
        "incidentMessage": incident.c.message,
        "incidentTimestamp": incident.c.opened_at,
        "incidentType": TYPE,
        "executionId": incident.c.instance_id,
        "activityId": incident.c.element_id,
        "processInstanceId": incident.c.instance_id,
        "processDefinitionId": instance.c.definition_id,
        "configuration": incident.c.job_id,
    },
)
