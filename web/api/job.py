"""Jobs: timers and steps in the background that the service itself does, for operators to look at and repair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import RAISE, fields, validate

from kernel.actors import Role
from processes.queries.jobs import JOBS, trace_of
from web.api.access import calling_actor, may_call
from web.api.fields import Answer, Moment, Shape
from web.api.resource import listing, resource
from web.services import services

blueprint = resource("Job", "/job", "Timers and steps in the background")

_LOOK = (Role.OPS, Role.SYSTEM_ADMIN, Role.SERVICE)


class JobSchema(Answer):
    id = fields.String(required=True)
    job_definition_id = fields.Constant(None)
    due_date = Moment(attribute="due_at")
    create_time = Moment(attribute="created_at")
    process_instance_id = fields.String(attribute="instance_id", allow_none=True)
    execution_id = fields.String(attribute="instance_id", allow_none=True)
    process_definition_id = fields.String(attribute="definition_id", allow_none=True)
    process_definition_key = fields.String(attribute="definition_key", allow_none=True)
    retries = fields.Integer()
    exception_message = fields.String(attribute="error", allow_none=True)
    failed_activity_id = fields.String(attribute="failed_element_id", allow_none=True)
    suspended = fields.Function(lambda row: bool(row.suspended))
    priority = fields.Integer()
    tenant_id = fields.Constant(None)


class JobRetriesSchema(Shape):
    class Meta:
        unknown = RAISE

    retries = fields.Integer(required=True, validate=validate.Range(min=0, max=1_000_000))


class JobDueDateSchema(Shape):
    class Meta:
        unknown = RAISE

    duedate = Moment(load_default=None, allow_none=True, metadata={"description": "none: at once"})
    cascade = fields.Boolean(validate=validate.Equal(False), metadata={"description": "of cycles; must be false"})


listing(blueprint, JOBS, JobSchema, *_LOOK)


@blueprint.route("/<job_id>", methods=["GET"])
@may_call(*_LOOK)
@blueprint.response(200, JobSchema)
def job(job_id: str) -> Any:
    """One job that is not over."""
    with services().database.read() as connection:
        return JOBS.one(connection, calling_actor(), job_id)


@blueprint.route("/<job_id>/stacktrace", methods=["GET"])
@may_call(*_LOOK)
@blueprint.response(200, {"type": "string"}, content_type="text/plain")
def stacktrace(job_id: str) -> Response:
    """Where its latest failure came from."""
    with services().database.read() as connection:
        JOBS.one(connection, calling_actor(), job_id)
        return Response(trace_of(connection, job_id), content_type="text/plain; charset=utf-8")


@blueprint.route("/<job_id>/execute", methods=["POST"])
@may_call(Role.OPS)
@blueprint.response(204)
def execute(job_id: str) -> None:
    """Run a job now, whenever it is due."""
    services().jobs_by_hand.execute(job_id, by=calling_actor())


@blueprint.route("/<job_id>/retries", methods=["PUT"])
@may_call(Role.OPS)
@blueprint.arguments(JobRetriesSchema)
@blueprint.response(204)
def set_retries(body: Mapping[str, Any], job_id: str) -> None:
    """Say how often a job may be tried from now on; with some an incident is over, with none there is one."""
    services().jobs_by_hand.set_retries(job_id, body["retries"], by=calling_actor())


@blueprint.route("/<job_id>/duedate", methods=["PUT"])
@may_call(Role.OPS)
@blueprint.arguments(JobDueDateSchema)
@blueprint.response(204)
def set_due_date(body: Mapping[str, Any], job_id: str) -> None:
    """Let a job be due at another moment."""
    services().jobs_by_hand.set_due(job_id, body["duedate"])
