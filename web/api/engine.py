"""Which engine answers here, and in which version of the interface."""

from __future__ import annotations

from marshmallow import Schema, fields

from web.api.access import may_call
from web.api.prefix import ENGINE
from web.api.resource import resource

VERSION = "7.21.0"

blueprint = resource("Engine", "", "The engine and its version")


class EngineSchema(Schema):
    name = fields.String(required=True)


class VersionSchema(Schema):
    version = fields.String(required=True)


@blueprint.route("/engine", methods=["GET"])
@may_call()
@blueprint.response(200, EngineSchema(many=True))
def engines() -> list[dict[str, str]]:
    """The names of the engines: there is one."""
    return [{"name": ENGINE}]


@blueprint.route("/version", methods=["GET"])
@may_call()
@blueprint.response(200, VersionSchema)
def version() -> dict[str, str]:
    """The version of Camunda's interface whose shapes these are."""
    return {"version": VERSION}
