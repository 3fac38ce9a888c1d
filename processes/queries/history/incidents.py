"""Incidents that are open or resolved, as `GET /history/incident` of Camunda's interface asks for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, false, select

from processes.queries.incidents import TYPE
from processes.queries.query import Query, after, before, equals, flag, like, one_of
from processes.queries.visibility import instances_of
from store.tables import incident, instance, job


def _rows() -> Select[Any]:
    return (
        select(
            incident,
            TYPE.label("incident_type"),
            instance.c.line,
            instance.c.definition_id,
        )
        .join(instance, instance.c.id == incident.c.instance_id, isouter=True)
        .join(job, job.c.id == incident.c.job_id, isouter=True)
    )


INCIDENTS = Query(
    "historic incident",
    _rows,
    key=incident.c.id,
    visible=instances_of,
    criteria={
        "incidentId": equals(incident.c.id),
        "incidentType": equals(TYPE),
        "incidentMessage": equals(incident.c.message),
        "incidentMessageLike": like(incident.c.message),
        "processDefinitionId": equals(instance.c.definition_id),
        "processDefinitionKey": equals(instance.c.line),
        "processDefinitionKeyIn": one_of(instance.c.line),
        "processInstanceId": equals(incident.c.instance_id),
        "executionId": equals(incident.c.instance_id),
        "activityId": equals(incident.c.element_id),
        "failedActivityId": equals(incident.c.element_id),
        "causeIncidentId": equals(incident.c.id),
        "rootCauseIncidentId": equals(incident.c.id),
        "configuration": equals(incident.c.job_id),
        "historyConfiguration": equals(incident.c.job_id),
        "createTimeBefore": before(incident.c.opened_at),
        "createTimeAfter": after(incident.c.opened_at),
        "endTimeBefore": before(incident.c.resolved_at),
        "endTimeAfter": after(incident.c.resolved_at),
        "open": flag(lambda: incident.c.status == "open"),
        "resolved": flag(lambda: incident.c.status == "resolved"),
        "deleted": flag(false),  # an incident is resolved, whoever ends its instance
    },
    orders={
        "incidentId": incident.c.id,
        "incidentMessage": incident.c.message,
        "createTime": incident.c.opened_at,
        "endTime": incident.c.resolved_at,
        "incidentType": TYPE,
        "executionId": incident.c.instance_id,
        "activityId": incident.c.element_id,
        "processInstanceId": incident.c.instance_id,
        "processDefinitionId": instance.c.definition_id,
        "processDefinitionKey": instance.c.line,
        "causeIncidentId": incident.c.id,
        "rootCauseIncidentId": incident.c.id,
        "configuration": incident.c.job_id,
        "incidentState": incident.c.status,
    },
)
