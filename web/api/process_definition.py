"""Deployed definitions: found, looked at and started by other systems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import fields, validate
from werkzeug.exceptions import BadRequest

from kernel.actors import Role
from processes.queries.definitions import PROCESS_DEFINITIONS, running_by_definition
from processes.retiring import version, versions_of
from processes.starting import Started
from web.api import variables
from web.api.access import calling_actor, may_call
from web.api.definition_schemas import LinkSchema, ProcessDefinitionSchema, link_to, xml_text
from web.api.deployment import UndeploymentSchema, refuse_cascade_to_others
from web.api.fields import Answer, Shape, Text
from web.api.once import command_id
from web.api.resource import listing, resource
from web.drawings import drawing_of
from web.services import services

LONGEST_BUSINESS_KEY = 255

KEEPERS = (Role.ANALYST, Role.OPS)
READERS = (Role.ANALYST, Role.OPS, Role.SYSTEM_ADMIN, Role.SERVICE)

blueprint = resource("Process Definition", "/process-definition", "Deployed versions of processes")


class BpmnXmlSchema(Answer):
    id = fields.String(required=True)
    bpmn20_xml = fields.String(required=True)


class DefinitionStatisticsSchema(Answer):
    id = fields.String(required=True)
    instances = fields.Integer(required=True)
    failed_jobs = fields.Integer(required=True)
    incidents = fields.Constant(None)
    definition = fields.Nested(ProcessDefinitionSchema, required=True)


class DefinitionSuspensionSchema(Shape):
    suspended = fields.Boolean(required=True)
    include_process_instances = fields.Boolean(
        load_default=False, metadata={"description": "those that run, too; for operators"}
    )
    execution_date = fields.String(
        allow_none=True, validate=validate.OneOf((None,), error="Versions are suspended at once.")
    )
    process_definition_id = fields.String(allow_none=True)
    process_definition_key = fields.String(allow_none=True)


class StartSchema(Shape):
    """How an instance starts. There are no listeners and no mappings that could be skipped, no tenants and no cases."""

    business_key = Text(allow_none=True, load_default=None, validate=validate.Length(max=LONGEST_BUSINESS_KEY))
    variables = variables.variables_field(load_default=None)
    with_variables_in_return = fields.Boolean(load_default=False)
    case_instance_id = fields.String(allow_none=True, validate=validate.OneOf((None,), error="There are no cases."))
    start_instructions = fields.List(
        fields.Raw(),
        allow_none=True,
        validate=validate.Length(max=0, error="An instance begins at its start event."),
    )
    skip_custom_listeners = fields.Boolean()
    skip_io_mappings = fields.Boolean()


class StartedSchema(Shape):
    id = fields.String(required=True)
    definition_id = fields.String(required=True)
    definition_key = fields.String(required=True)
    business_key = fields.String(allow_none=True)
    case_instance_id = fields.String(allow_none=True)
    ended = fields.Boolean(required=True)
    suspended = fields.Boolean(required=True)
    tenant_id = fields.String(allow_none=True)
    links = fields.List(fields.Nested(LinkSchema), required=True)
    variables = fields.Nested(variables.VariablesSchema)


listing(blueprint, PROCESS_DEFINITIONS, ProcessDefinitionSchema, *READERS)


@blueprint.route("/statistics", methods=["GET"])
@may_call(*READERS)
@blueprint.response(200, DefinitionStatisticsSchema(many=True))
def statistics() -> Any:
    """How many instances run on each version, and how many of their jobs have failed."""
    with services().database.read() as connection:
        return running_by_definition(connection)


@blueprint.route("/suspended", methods=["PUT"])
@may_call(*KEEPERS)
@blueprint.arguments(DefinitionSuspensionSchema)
@blueprint.response(204)
@blueprint.refuses(404)
def suspend_any(body: Mapping[str, Any]) -> None:
    """Suspend or activate a version, or all versions of a process."""
    id_, key = body.get("process_definition_id"), body.get("process_definition_key")
    if bool(id_) == bool(key):
        raise BadRequest("Either processDefinitionId or processDefinitionKey must be set")
    _suspend(body, definition_id=id_, key=key)


@blueprint.route("/<definition_id>", methods=["GET"])
@may_call(*READERS)
@blueprint.response(200, ProcessDefinitionSchema)
def definition(definition_id: str) -> Any:
    """One version."""
    return _one(definition_id)


@blueprint.route("/key/<key>", methods=["GET"])
@may_call(*READERS)
@blueprint.response(200, ProcessDefinitionSchema)
def definition_by_key(key: str) -> Any:
    """The active version of a process."""
    return _one(_active_id(key))


@blueprint.route("/<definition_id>/xml", methods=["GET"])
@may_call(*READERS)
@blueprint.response(200, BpmnXmlSchema)
def xml(definition_id: str) -> Any:
    """The diagram of a version, as it was deployed."""
    return _xml(definition_id)


@blueprint.route("/key/<key>/xml", methods=["GET"])
@may_call(*READERS)
@blueprint.response(200, BpmnXmlSchema)
def xml_by_key(key: str) -> Any:
    """The diagram of the active version of a process."""
    return _xml(_active_id(key))


@blueprint.route("/<definition_id>/diagram", methods=["GET"])
@may_call(*READERS)
@blueprint.response(200, {"type": "string"}, content_type="image/svg+xml")
def picture(definition_id: str) -> Response:
    """The picture of a version."""
    return _picture(definition_id)


@blueprint.route("/key/<key>/diagram", methods=["GET"])
@may_call(*READERS)
@blueprint.response(200, {"type": "string"}, content_type="image/svg+xml")
def picture_by_key(key: str) -> Response:
    """The picture of the active version of a process."""
    return _picture(_active_id(key))


@blueprint.route("/<definition_id>/suspended", methods=["PUT"])
@may_call(*KEEPERS)
@blueprint.arguments(DefinitionSuspensionSchema)
@blueprint.response(204)
def suspend(body: Mapping[str, Any], definition_id: str) -> None:
    """Let no instances start on this version, or let them again."""
    _suspend(body, definition_id=definition_id)


@blueprint.route("/key/<key>/suspended", methods=["PUT"])
@may_call(*KEEPERS)
@blueprint.arguments(DefinitionSuspensionSchema)
@blueprint.response(204)
def suspend_by_key(body: Mapping[str, Any], key: str) -> None:
    """Let no instances of a process start, or let them again."""
    _suspend(body, key=key)


@blueprint.route("/<definition_id>", methods=["DELETE"])
@may_call(*KEEPERS)
@blueprint.arguments(UndeploymentSchema, location="query")
@blueprint.response(204)
def delete(given: Mapping[str, Any], definition_id: str) -> None:
    """Delete a version on which nothing runs; the version before an active one is active then."""
    refuse_cascade_to_others(given["cascade"])
    services().retiring.delete(version(definition_id), by=calling_actor(), cascade=given["cascade"])


@blueprint.route("/key/<key>", methods=["DELETE"])
@may_call(*KEEPERS)
@blueprint.arguments(UndeploymentSchema, location="query")
@blueprint.response(204)
def delete_by_key(given: Mapping[str, Any], key: str) -> None:
    """Delete all versions of a process."""
    refuse_cascade_to_others(given["cascade"])
    services().retiring.delete(versions_of(key), by=calling_actor(), cascade=given["cascade"])


@blueprint.route("/<definition_id>/start", methods=["POST"])
@may_call(Role.SERVICE, Role.OPS)
@blueprint.arguments(StartSchema)
@blueprint.response(200, StartedSchema)
def start(body: Mapping[str, Any], definition_id: str) -> dict[str, Any]:
    """Start an instance of this version."""
    return _started(definition_id, body)


@blueprint.route("/key/<key>/start", methods=["POST"])
@may_call(Role.SERVICE, Role.OPS)
@blueprint.arguments(StartSchema)
@blueprint.response(200, StartedSchema)
def start_by_key(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Start an instance of the active version of a process."""
    return _started(_active_id(key), body)


def _suspend(body: Mapping[str, Any], *, definition_id: str | None = None, key: str | None = None) -> None:
    """New instances first, so that none is left out of those that run."""
    suspended, running_too = body["suspended"], body["include_process_instances"]
    refuse_cascade_to_others(running_too)
    which = version(definition_id) if definition_id else versions_of(str(key))
    services().retiring.suspend(which, suspended=suspended)
    if running_too:
        services().repairs.suspend_all(suspended, by=calling_actor(), definition_id=definition_id or None, line=key)


def _one(definition_id: str) -> Any:
    with services().database.read() as connection:
        return PROCESS_DEFINITIONS.one(connection, calling_actor(), definition_id)


def _xml(definition_id: str) -> dict[str, str]:
    row = _one(definition_id)
    with services().database.read() as connection:
        return {"id": row.id, "bpmn20_xml": xml_text(services().definitions.xml(connection, row.id))}


def _picture(definition_id: str) -> Response:
    row = _one(definition_id)
    with services().database.read() as connection:
        return Response(drawing_of(connection, row.id, row.key), content_type="image/svg+xml")


def _active_id(key: str) -> str:
    with services().database.read() as connection:
        return services().definitions.active_id(connection, key)


def _started(definition_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
    started = services().starting.start(
        definition_id,
        variables.read(body["variables"]),
        business_key=body["business_key"] or "",
        by=calling_actor(),
        command_id=command_id(),
    )
    answer = _instance(started)
    if body["with_variables_in_return"]:
        answer["variables"] = variables.typed_all(started.variables)
    return answer


def _instance(started: Started) -> dict[str, Any]:
    return {
        "id": started.id,
        "definition_id": started.definition_id,
        "definition_key": started.definition_key,
        "business_key": started.business_key or None,
        "case_instance_id": None,
        "ended": started.ended,
        "suspended": False,
        "tenant_id": None,
        "links": [link_to(f"/process-instance/{started.id}")],
    }
