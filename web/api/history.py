"""What has happened: instances, activities, tasks, incidents and variables, also of what is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import Connection, Row

from processes.queries.history.activities import ACTIVITIES, Activity, described
from processes.queries.history.incidents import INCIDENTS
from processes.queries.history.instances import INSTANCES, courses_of
from processes.queries.history.tasks import TASKS
from processes.queries.history.variables import VARIABLES, Variable
from web.api.access import calling_actor, may_call
from web.api.fields import Answer, Moment
from web.api.resource import listing, resource
from web.api.variables import typed
from web.services import services

STATES: Mapping[str, str] = {
    "active": "ACTIVE",
    "suspended": "SUSPENDED",
    "completed": "COMPLETED",
    "terminated": "EXTERNALLY_TERMINATED",
}

blueprint = resource("History", "/history", "What has happened, in instances that run or are over")


class _OfInstance(Answer):
    """What everything in history tells of its instance."""

    id = fields.String(required=True)
    process_definition_key = fields.String(attribute="line", allow_none=True)
    process_definition_id = fields.String(attribute="definition_id", allow_none=True)
    process_instance_id = fields.String(attribute="instance_id", allow_none=True)
    root_process_instance_id = fields.String(attribute="instance_id", allow_none=True)
    execution_id = fields.String(attribute="instance_id", allow_none=True)
    removal_time = fields.Constant(None)
    tenant_id = fields.Constant(None)


class PastInstanceSchema(Answer):
    id = fields.String(required=True)
    business_key = fields.String(allow_none=True)
    process_definition_id = fields.String(attribute="definition_id")
    process_definition_key = fields.String(attribute="line")
    process_definition_name = fields.String(attribute="definition_name")
    process_definition_version = fields.Integer(attribute="definition_version")
    start_time = Moment(attribute="started_at")
    end_time = Moment(attribute="ended_at", allow_none=True)
    duration_in_millis = fields.Integer(allow_none=True)
    start_user_id = fields.String(attribute="started_by", allow_none=True)
    start_activity_id = fields.String(allow_none=True)
    delete_reason = fields.String(allow_none=True, metadata={"description": "why an operator ended it"})
    state = fields.String(validate=validate.OneOf(tuple(STATES.values())))
    root_process_instance_id = fields.String(attribute="id")
    super_process_instance_id = fields.Constant(None)
    super_case_instance_id = fields.Constant(None)
    case_instance_id = fields.Constant(None)
    removal_time = fields.Constant(None)
    tenant_id = fields.Constant(None)
    restarted_process_instance_id = fields.Constant(None)


class PastActivitySchema(_OfInstance):
    parent_activity_instance_id = fields.String(attribute="instance_id")
    activity_id = fields.String(attribute="element_id")
    activity_name = fields.String(allow_none=True)
    activity_type = fields.String()
    task_id = fields.String(allow_none=True)
    assignee = fields.String(allow_none=True)
    called_process_instance_id = fields.Constant(None)
    called_case_instance_id = fields.Constant(None)
    start_time = Moment(attribute="started_at")
    end_time = Moment(attribute="ended_at", allow_none=True)
    duration_in_millis = fields.Integer(allow_none=True)
    canceled = fields.Boolean(allow_none=True)
    complete_scope = fields.Constant(False)


class PastTaskSchema(_OfInstance):
    activity_instance_id = fields.String(attribute="id")
    name = fields.String()
    description = fields.Constant(None)
    delete_reason = fields.String(allow_none=True, metadata={"description": "completed or deleted"})
    owner = fields.Constant(None)
    assignee = fields.String(allow_none=True)
    start_time = Moment(attribute="opened_at")
    end_time = Moment(attribute="ended_at", allow_none=True)
    duration = fields.Integer(allow_none=True)
    task_definition_key = fields.String(attribute="element_id")
    priority = fields.Integer()
    due = Moment(attribute="due_at", allow_none=True)
    follow_up = fields.Constant(None)
    parent_task_id = fields.Constant(None)


class PastIncidentSchema(_OfInstance):
    create_time = Moment(attribute="opened_at")
    end_time = Moment(attribute="resolved_at", allow_none=True)
    incident_type = fields.String(metadata={"description": "as `GET /incident` tells it"})
    activity_id = fields.String(attribute="element_id", allow_none=True)
    failed_activity_id = fields.String(attribute="element_id", allow_none=True)
    cause_incident_id = fields.String(attribute="id")
    root_cause_incident_id = fields.String(attribute="id")
    configuration = fields.String(attribute="job_id", allow_none=True)
    history_configuration = fields.String(attribute="job_id", allow_none=True)
    incident_message = fields.String(attribute="message")
    annotation = fields.String(attribute="note", allow_none=True)
    job_definition_id = fields.Constant(None)
    open = fields.Function(lambda row: row.status == "open", metadata={"type": "boolean"})
    resolved = fields.Function(lambda row: row.status == "resolved", metadata={"type": "boolean"})
    deleted = fields.Constant(False)


class PastVariableSchema(_OfInstance):
    activity_instance_id = fields.String(attribute="instance_id")
    name = fields.String()
    value = fields.Raw(allow_none=True)
    type = fields.String()
    value_info = fields.Dict(attribute="valueInfo")
    state = fields.Constant("CREATED")
    create_time = Moment(attribute="created_at")
    error_message = fields.Constant(None)
    task_id = fields.Constant(None)
    case_definition_key = fields.Constant(None)
    case_definition_id = fields.Constant(None)
    case_instance_id = fields.Constant(None)
    case_execution_id = fields.Constant(None)


def _instances(connection: Connection, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    courses = courses_of(connection, rows)
    return [
        {
            **row._mapping,
            "state": STATES[row.status],
            "duration_in_millis": _milliseconds(row.started_at, row.ended_at),
            "start_activity_id": courses[row.id].start_element_id,
            "delete_reason": courses[row.id].delete_reason,
        }
        for row in rows
    ]


def _activities(connection: Connection, found: Sequence[Activity]) -> list[dict[str, Any]]:
    return [
        {
            **asdict(one),
            "activity_name": about.name,
            "activity_type": about.kind,
            "duration_in_millis": _milliseconds(one.started_at, one.ended_at),
            "canceled": one.cancelled,
        }
        for one, about in zip(found, described(services().definitions, found), strict=True)
    ]


def _tasks(connection: Connection, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    return [{**row._mapping, "duration": _milliseconds(row.opened_at, row.ended_at)} for row in rows]


def _variables(connection: Connection, found: Sequence[Variable]) -> list[dict[str, Any]]:
    return [{**asdict(one), **typed(one.value, deserialize=one.deserialize)} for one in found]


def _milliseconds(start: datetime, end: datetime | None) -> int | None:
    return None if end is None else (end - start) // timedelta(milliseconds=1)


listing(blueprint, INSTANCES, PastInstanceSchema, path="/process-instance", dump=_instances)
listing(blueprint, ACTIVITIES, PastActivitySchema, path="/activity-instance", dump=_activities)
listing(blueprint, TASKS, PastTaskSchema, path="/task", dump=_tasks)
listing(blueprint, INCIDENTS, PastIncidentSchema, path="/incident")
listing(blueprint, VARIABLES, PastVariableSchema, path="/variable-instance", dump=_variables)


@blueprint.route("/process-instance/<instance_id>", methods=["GET"])
@may_call()
@blueprint.response(200, PastInstanceSchema)
def process_instance(instance_id: str) -> Any:
    """One instance, running or over."""
    with services().database.read() as connection:
        return _instances(connection, [INSTANCES.one(connection, calling_actor(), instance_id)])[0]


@blueprint.route("/variable-instance/<variable_id>", methods=["GET"])
@may_call()
@blueprint.response(200, PastVariableSchema)
def variable_instance(variable_id: str) -> Any:
    """One variable, as it is or was at the end."""
    with services().database.read() as connection:
        return _variables(connection, [VARIABLES.one(connection, calling_actor(), variable_id)])[0]
