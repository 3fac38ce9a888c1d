"""Process instances that run or have ended, as `GET /history/process-instance` of Camunda's interface asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, false, select, true

from processes.history import ends_of
from processes.queries.query import Criterion, Query, after, before, equals, flag, like, none_of, one_of
from processes.queries.visibility import instances_of
from store.tables import definition, history, incident, instance

COLUMNS = (
    instance.c.id,
    instance.c.definition_id,
    instance.c.line,
    instance.c.business_key,
    instance.c.status,
    instance.c.started_at,
    instance.c.started_by,
    instance.c.ended_at,
    definition.c.name.label("definition_name"),
    definition.c.version.label("definition_version"),
)


def _rows() -> Select[Any]:
    return select(*COLUMNS).join(definition, definition.c.id == instance.c.definition_id)


def _with_incident(condition: Any) -> Any:
    return select(incident.c.id).where((incident.c.instance_id == instance.c.id) & condition).exists()


INSTANCES = Query(
    "historic process instance",
    _rows,
    key=instance.c.id,
    visible=instances_of,
    criteria={
        "processInstanceId": equals(instance.c.id),
        "processInstanceIds": one_of(instance.c.id),
        "processInstanceIdNotIn": none_of(instance.c.id),
        "processInstanceBusinessKey": equals(instance.c.business_key),
        "processInstanceBusinessKeyIn": one_of(instance.c.business_key),
        "processInstanceBusinessKeyLike": like(instance.c.business_key),
        "processDefinitionId": equals(instance.c.definition_id),
        "processDefinitionKey": equals(instance.c.line),
        "processDefinitionKeyIn": one_of(instance.c.line),
        "processDefinitionKeyNotIn": none_of(instance.c.line),
        "processDefinitionName": equals(definition.c.name),
        "processDefinitionNameLike": like(definition.c.name),
        "rootProcessInstances": flag(true),  # a called process is part of the instance that calls it
        "finished": flag(lambda: instance.c.ended_at.is_not(None)),
        "unfinished": flag(lambda: instance.c.ended_at.is_(None)),
        "startedBy": equals(instance.c.started_by),
        "startedBefore": before(instance.c.started_at),
        "startedAfter": after(instance.c.started_at),
        "finishedBefore": before(instance.c.ended_at),
        "finishedAfter": after(instance.c.ended_at),
        "active": flag(lambda: instance.c.status == "active"),
        "suspended": flag(lambda: instance.c.status == "suspended"),
        "completed": flag(lambda: instance.c.status == "completed"),
        "externallyTerminated": flag(lambda: instance.c.status == "terminated"),
        "internallyTerminated": flag(false),  # whatever an instance ends by itself at, it has completed
        "withIncidents": flag(lambda: _with_incident(true())),
        "incidentStatus": Criterion("text", lambda value: _with_incident(incident.c.status == value), "open, resolved"),
        "incidentMessage": Criterion("text", lambda value: _with_incident(incident.c.message == value)),
        "incidentMessageLike": Criterion("text", lambda value: _with_incident(incident.c.message.like(value))),
    },
    orders={
        "instanceId": instance.c.id,
        "definitionId": instance.c.definition_id,
        "definitionKey": instance.c.line,
        "definitionName": definition.c.name,
        "definitionVersion": definition.c.version,
        "businessKey": instance.c.business_key,
        "startTime": instance.c.started_at,
        "endTime": instance.c.ended_at,
    },
)


@dataclass(frozen=True, slots=True)
class Course:
    """Where an instance began, and why it was ended from outside."""

    start_element_id: str | None
    delete_reason: str | None


def courses_of(connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, Course]:
    """The courses of instances, by id: few statements however many they are."""
    starts = select(history.c.instance_id, history.c.element_id).where(
        history.c.instance_id.in_([row.id for row in rows]) & (history.c.seq == 1)
    )
    terminated = [row.id for row in rows if row.status == "terminated"]
    ends = select(history.c.instance_id, history.c.data).where(
        history.c.instance_id.in_(terminated) & (history.c.event == "terminated")
    )
    begun = {row.instance_id: row.element_id for row in connection.execute(starts)} if rows else {}
    data = {row.instance_id: row.data or {} for row in connection.execute(ends)} if terminated else {}
    found = {row.id: Course(begun.get(row.id), data.get(row.id, {}).get("reason")) for row in rows}
    missing = [row.id for row in rows if row.id not in begun]
    archives = (
        select(instance.c.id, instance.c.archive, definition.c.pattern)
        .join(definition)
        .where(instance.c.id.in_(missing) & instance.c.archive.is_not(None))
    )
    for row in connection.execute(archives) if missing else ():
        first, last = ends_of(row.id, row.archive, row.pattern)
        found[row.id] = Course(first.element_id, (last.data or {}).get("reason"))
    return found
