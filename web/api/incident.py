"""Incidents: what the service could not do by itself, for operators to look at and decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, fields, validate

from kernel.actors import Role
from processes.queries.incidents import INCIDENTS
from web.api.access import calling_actor, may_call
from web.api.fields import Answer, Moment, Shape, Text
from web.api.resource import listing, resource
from web.services import services

blueprint = resource("Incident", "/incident", "What the service could not do by itself")

_LOOK = (Role.OPS, Role.SYSTEM_ADMIN, Role.SERVICE)
_NOTE = "resolved over the interface"


class IncidentSchema(Answer):
    id = fields.String(required=True)
    incident_type = fields.String(
        attribute="type", metadata={"description": "failedJob, failedExternalTask, outcomeUnknown or failedCommand"}
    )
    incident_message = fields.String(attribute="message")
    incident_timestamp = Moment(attribute="opened_at")
    process_instance_id = fields.String(attribute="instance_id", allow_none=True)
    execution_id = fields.String(attribute="instance_id", allow_none=True)
    process_definition_id = fields.String(attribute="definition_id", allow_none=True)
    activity_id = fields.String(attribute="element_id", allow_none=True)
    failed_activity_id = fields.String(attribute="element_id", allow_none=True)
    cause_incident_id = fields.String(attribute="id")
    root_cause_incident_id = fields.String(attribute="id")
    configuration = fields.String(attribute="job_id", allow_none=True)
    annotation = fields.String(attribute="note", allow_none=True)
    job_definition_id = fields.Constant(None)
    tenant_id = fields.Constant(None)


class AnnotationSchema(Shape):
    class Meta:
        unknown = RAISE

    annotation = Text(required=True, validate=validate.Length(max=4000))


listing(blueprint, INCIDENTS, IncidentSchema, *_LOOK)


@blueprint.route("/<incident_id>", methods=["GET"])
@may_call(*_LOOK)
@blueprint.response(200, IncidentSchema)
def incident(incident_id: str) -> Any:
    """One open incident."""
    with services().database.read() as connection:
        return INCIDENTS.one(connection, calling_actor(), incident_id)


@blueprint.route("/<incident_id>", methods=["DELETE"])
@may_call(Role.OPS)
@blueprint.response(204)
def resolve(incident_id: str) -> None:
    """Close an incident that needs no other attempt; refused when a process waits for its job."""
    with services().database.read() as connection:
        note = INCIDENTS.one(connection, calling_actor(), incident_id).note
    services().incidents.give_up(incident_id, note or _NOTE, by=calling_actor())


@blueprint.route("/<incident_id>/annotation", methods=["PUT"])
@may_call(Role.OPS)
@blueprint.arguments(AnnotationSchema)
@blueprint.response(204)
def annotate(body: Mapping[str, Any], incident_id: str) -> None:
    """Note something about an open incident, for whoever looks at it next."""
    services().incidents.annotate(incident_id, body["annotation"])


@blueprint.route("/<incident_id>/annotation", methods=["DELETE"])
@may_call(Role.OPS)
@blueprint.response(204)
def forget_annotation(incident_id: str) -> None:
    """Take the note of an open incident away."""
    services().incidents.annotate(incident_id, "")
