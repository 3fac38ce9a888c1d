"""Executions: the root of an instance, and what waits in it for somebody or something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from kernel.actors import Role
from kernel.errors import NotFound, StateConflict
from processes.queries.executions import EXECUTIONS
from web.api.access import calling_actor, may_call
from web.api.fields import Answer, Moment, Shape
from web.api.resource import listing, resource
from web.api.variables import ManyAskedSchema, VariablesSchema, read, typed_all, variables_field
from web.services import services

blueprint = resource("Execution", "/execution", "Where instances stand")


class ExecutionSchema(Answer):
    id = fields.String(required=True)
    process_instance_id = fields.String(attribute="instance_id")
    ended = fields.Boolean(dump_default=False)
    tenant_id = fields.String(allow_none=True, dump_default=None)


class EventSubscriptionSchema(Answer):
    """An event that waits for a message."""

    id = fields.String(required=True)
    event_type = fields.String(attribute="kind")
    event_name = fields.String(attribute="name")
    execution_id = fields.String(attribute="id")
    process_instance_id = fields.String(attribute="instance_id")
    activity_id = fields.String(attribute="element_id")
    created_date = Moment(attribute="opened_at")
    tenant_id = fields.String(allow_none=True, dump_default=None)


class TriggerSchema(Shape):
    variables = variables_field(metadata={"description": "become one context named after the message"})


listing(blueprint, EXECUTIONS, ExecutionSchema)


@blueprint.route("/<execution_id>", methods=["GET"])
@may_call()
@blueprint.response(200, ExecutionSchema)
def execution(execution_id: str) -> Any:
    """One execution."""
    with services().database.read() as connection:
        return EXECUTIONS.one(connection, calling_actor(), execution_id)


@blueprint.route("/<execution_id>/localVariables", methods=["GET"])
@may_call()
@blueprint.arguments(ManyAskedSchema, location="query")
@blueprint.response(200, VariablesSchema)
def local_variables(asked: Mapping[str, Any], execution_id: str) -> Any:
    """The variables of the process at its root, elsewhere those of one turn of a repeated activity."""
    with services().database.read() as connection:
        row = EXECUTIONS.one(connection, calling_actor(), execution_id)
        found = services().processes.look(connection, row.instance_id)
    if execution_id == row.instance_id:
        values = found.variables()
    else:
        try:
            values = found.own_variables(execution_id)
        except StateConflict:  # an event that watches something holds no variables
            values = {}
    return typed_all(values, deserialize=asked["deserialize_values"])


@blueprint.route("/<execution_id>/messageSubscriptions/<name>", methods=["GET"])
@may_call()
@blueprint.response(200, EventSubscriptionSchema)
def message_subscription(execution_id: str, name: str) -> Any:
    """The event at this execution, or in the instance whose root it is, that waits for a message."""
    found = services().messaging.waiting(execution_id, name, by=calling_actor())
    if found is None:
        raise NotFound(detail=f"Message event subscription for execution {execution_id} named {name} does not exist")
    return found


@blueprint.route("/<execution_id>/messageSubscriptions/<name>/trigger", methods=["POST"])
@may_call(Role.SERVICE, Role.OPS)
@blueprint.arguments(TriggerSchema)
@blueprint.response(204)
def trigger(body: Mapping[str, Any], execution_id: str, name: str) -> None:
    """Deliver a message to the event at this execution, or in the instance whose root it is."""
    services().messaging.trigger(execution_id, "message", name, read(body.get("variables")), by=calling_actor())
