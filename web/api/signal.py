"""Signals of other systems to everybody who waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from kernel.actors import Role
from web.api.access import calling_actor, may_call
from web.api.fields import Shape
from web.api.resource import resource
from web.api.variables import read, variables_field
from web.services import services

blueprint = resource("Signal", "/signal", "Signals to process instances")


class SignalSchema(Shape):
    name = fields.String(required=True, validate=validate.Length(min=1, max=100))
    execution_id = fields.String(allow_none=True)
    variables = variables_field(metadata={"description": "become one context named after the signal"})
    tenant_id = fields.String(allow_none=True, validate=validate.Equal(None))
    without_tenant_id = fields.Boolean()


@blueprint.route("", methods=["POST"])
@may_call(Role.SERVICE, Role.OPS)
@blueprint.arguments(SignalSchema)
@blueprint.response(204)
@blueprint.refuses(404)
def throw(body: Mapping[str, Any]) -> None:
    """Tell a signal to all instances of the account's scope that wait for it now, and start what begins with it.

    Each is told by a job right after the answer; with an execution that one is told at once, and it alone.
    """
    services().messaging.signal(
        body["name"], read(body.get("variables")), by=calling_actor(), execution_id=body.get("execution_id")
    )
