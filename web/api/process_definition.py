"""Deployed definitions: found, looked at and started by other systems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from marshmallow import fields, validate

from kernel.actors import Role
from processes.starting import Started
from web.api import variables
from web.api.access import calling_actor, may_call
from web.api.fields import Shape, Text
from web.api.once import command_id
from web.api.prefix import PREFIX
from web.api.resource import resource
from web.services import services

LONGEST_BUSINESS_KEY = 255

blueprint = resource("Process Definition", "/process-definition", "Deployed versions of processes")


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


class LinkSchema(Shape):
    method = fields.String(required=True)
    href = fields.String(required=True)
    rel = fields.String(required=True)


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
    variables = variables.variables_field()


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
    href = f"{request.url_root.rstrip('/')}{PREFIX}/process-instance/{started.id}"
    return {
        "id": started.id,
        "definition_id": started.definition_id,
        "definition_key": started.definition_key,
        "business_key": started.business_key or None,
        "case_instance_id": None,
        "ended": started.ended,
        "suspended": False,
        "tenant_id": None,
        "links": [{"method": "GET", "href": href, "rel": "self"}],
    }
