"""Messages of other systems to process instances, and those that start one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError, fields, validate, validates_schema

from kernel.actors import Role
from processes.messaging import Correlated, Told
from web.api.access import calling_actor, may_call
from web.api.fields import Answer, Shape
from web.api.resource import resource
from web.api.variables import read, typed_all, variables_field
from web.services import services

blueprint = resource("Message", "/message", "Messages to process instances")


class MessageSchema(Shape):
    """A message is for the one that waits for it; with `all` for everybody who waits or begins with it."""

    message_name = fields.String(required=True, validate=validate.Length(min=1, max=100))
    business_key = fields.String(allow_none=True)
    process_instance_id = fields.String(allow_none=True)
    correlation_keys = variables_field(metadata={"description": "variables that the instance holds with these values"})
    process_variables = variables_field(metadata={"description": "become one context named after the message"})
    all = fields.Boolean(load_default=False)
    result_enabled = fields.Boolean(load_default=False)
    variables_in_result_enabled = fields.Boolean(load_default=False)
    local_correlation_keys = variables_field(validate=validate.Length(max=0))
    process_variables_local = variables_field(validate=validate.Length(max=0))
    process_variables_to_triggered_scope = variables_field(validate=validate.Length(max=0))
    tenant_id = fields.String(allow_none=True, validate=validate.Equal(None))
    without_tenant_id = fields.Boolean()

    @validates_schema
    def _result_with_variables(self, data: Mapping[str, Any], **_: Any) -> None:
        if data.get("variables_in_result_enabled") and not data.get("result_enabled"):
            raise ValidationError("Expected resultEnabled with variablesInResultEnabled.", "resultEnabled")


class ReachedSchema(Answer):
    """What a message has reached."""

    result_type = fields.String(validate=validate.OneOf(("Execution", "ProcessDefinition")))
    execution = fields.Dict(allow_none=True)
    process_instance = fields.Dict(allow_none=True)
    variables = fields.Dict()


@blueprint.route("", methods=["POST"])
@may_call(Role.SERVICE, Role.OPS)
@blueprint.arguments(MessageSchema)
@blueprint.response(200, ReachedSchema(many=True))
@blueprint.alt_response(204)
def correlate(body: Mapping[str, Any]) -> ResponseReturnValue:
    """Deliver a message now: to the instance that waits for it, or to a process that begins with it.

    When not exactly one fits it is refused with 400 and nothing has happened; no message is kept for later.
    """
    told = Told(
        name=body["message_name"],
        payload=read(body.get("process_variables")),
        business_key=body.get("business_key"),
        instance_id=body.get("process_instance_id"),
        keys=read(body.get("correlation_keys")),
    )
    reached = services().messaging.correlate(told, by=calling_actor(), to_all=body["all"])
    if not body["result_enabled"]:
        return Response(status=204)
    return [_result(one, with_variables=body["variables_in_result_enabled"]) for one in reached]


def _result(reached: Correlated, *, with_variables: bool) -> dict[str, Any]:
    with services().database.read() as connection:
        execution = services().processes.look(connection, reached.instance_id)
    ended = execution.is_completed
    found: dict[str, Any] = {"result_type": "Execution", "execution": None, "process_instance": None}
    if reached.subscription_id is not None:
        found["execution"] = {
            "id": reached.subscription_id,
            "processInstanceId": reached.instance_id,
            "ended": True,
            "tenantId": None,
        }
    else:
        found["result_type"] = "ProcessDefinition"
        found["process_instance"] = {
            "links": [],
            "id": reached.instance_id,
            "definitionId": reached.definition_id,
            "businessKey": reached.business_key,
            "caseInstanceId": None,
            "ended": ended,
            "suspended": False,
            "tenantId": None,
        }
    if with_variables:
        found["variables"] = typed_all(execution.variables())
    return found
