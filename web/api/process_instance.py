"""Running process instances: found, looked at, repaired and ended by other systems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from kernel.actors import Role
from kernel.errors import NotAllowed, NotFound
from processes.queries.instances import INSTANCES
from web.api.access import calling_actor, may_call
from web.api.activity_tree import ActivityInstanceSchema, tree_of
from web.api.fields import Answer, Shape
from web.api.instructions import ModificationSchema
from web.api.resource import listing, resource
from web.api.variables import (
    ManyAskedSchema,
    OneAskedSchema,
    ValueSchema,
    VariableSchema,
    VariablesSchema,
    one_of,
    read,
    typed_all,
    variables_field,
)
from web.services import services

blueprint = resource("Process Instance", "/process-instance", "Running process instances")

ENDED_HERE = "经接口终止（ended over the interface）"


class ProcessInstanceSchema(Answer):
    id = fields.String(required=True)
    definition_id = fields.String()
    definition_key = fields.String(attribute="line")
    business_key = fields.String()
    case_instance_id = fields.String(allow_none=True, dump_default=None)
    ended = fields.Boolean(dump_default=False)
    suspended = fields.Function(lambda row: row.status == "suspended")
    tenant_id = fields.String(allow_none=True, dump_default=None)
    links = fields.List(fields.Raw(), dump_default=())


class DeletionSchema(Shape):
    """Instances have no listeners and mappings of an interface to skip; their sub-processes end with them."""

    skip_custom_listeners = fields.Boolean()
    skip_io_mappings = fields.Boolean()
    skip_subprocesses = fields.Boolean()
    fail_if_not_exists = fields.Boolean(load_default=True)


class ModificationsSchema(Shape):
    modifications = variables_field()
    deletions = fields.List(fields.String(), load_default=list)


class SuspendedSchema(Shape):
    suspended = fields.Boolean(required=True)


class SuspendAllSchema(SuspendedSchema):
    """Which instances: of one version, of all versions of a process, or those named."""

    process_definition_id = fields.String()
    process_definition_key = fields.String()
    process_instance_ids = fields.List(fields.String())

    @validates_schema
    def _one_way(self, data: Mapping[str, Any], **_: Any) -> None:
        if len(data.keys() - {"suspended"}) != 1:
            raise ValidationError(
                "Expected one of processDefinitionId, processDefinitionKey and processInstanceIds.", "suspended"
            )


listing(blueprint, INSTANCES, ProcessInstanceSchema)


@blueprint.route("/<instance_id>", methods=["GET"])
@may_call()
@blueprint.response(200, ProcessInstanceSchema)
def process_instance(instance_id: str) -> Any:
    """One running instance."""
    return seen(instance_id)


@blueprint.route("/<instance_id>", methods=["DELETE"])
@may_call(Role.OPS, Role.SERVICE)
@blueprint.arguments(DeletionSchema, location="query")
@blueprint.response(204)
def delete(asked: Mapping[str, Any], instance_id: str) -> None:
    """End an instance for good: operators any, another system what it has started."""
    actor = calling_actor()
    try:
        row = seen(instance_id)
    except NotFound:
        if asked["fail_if_not_exists"]:
            raise
        return
    if not actor.has(Role.OPS) and row.started_by != actor.id:
        raise NotAllowed(detail=f"Expected {actor.id} to have started {instance_id}")
    services().operations.terminate(instance_id, ENDED_HERE, by=actor)


@blueprint.route("/<instance_id>/activity-instances", methods=["GET"])
@may_call()
@blueprint.response(200, ActivityInstanceSchema)
def activity_instances(instance_id: str) -> Any:
    """Where the instance stands, as a tree."""
    with services().database.read() as connection:
        row = INSTANCES.one(connection, calling_actor(), instance_id)
        incidents = services().incidents.of_instance(connection, instance_id)
        execution = services().processes.look(connection, instance_id)
    name = services().definitions.get(row.definition_id).name
    return tree_of(row, name, execution.places(), [one for one in incidents if one.status == "open"])


@blueprint.route("/<instance_id>/variables", methods=["GET"])
@may_call()
@blueprint.arguments(ManyAskedSchema, location="query")
@blueprint.response(200, VariablesSchema)
def variables(asked: Mapping[str, Any], instance_id: str) -> Any:
    """The variables of the process."""
    return typed_all(_variables(instance_id), deserialize=asked["deserialize_values"])


@blueprint.route("/<instance_id>/variables", methods=["POST"])
@may_call(Role.OPS)
@blueprint.arguments(ModificationsSchema)
@blueprint.response(204)
def change_variables(body: Mapping[str, Any], instance_id: str) -> None:
    """Set and delete variables; the history keeps who did it."""
    seen(instance_id)
    services().repairs.change_variables(
        instance_id, read(body.get("modifications")), body["deletions"], by=calling_actor()
    )


@blueprint.route("/<instance_id>/variables/<name>", methods=["GET"])
@may_call()
@blueprint.arguments(OneAskedSchema, location="query")
@blueprint.response(200, VariableSchema)
def variable(asked: Mapping[str, Any], instance_id: str, name: str) -> Any:
    """One variable of the process."""
    return one_of(_variables(instance_id), name, deserialize=asked["deserialize_value"])


@blueprint.route("/<instance_id>/variables/<name>", methods=["PUT"])
@may_call(Role.OPS)
@blueprint.arguments(ValueSchema)
@blueprint.response(204)
def set_variable(body: Mapping[str, Any], instance_id: str, name: str) -> None:
    """Set a variable; the history keeps who did it."""
    seen(instance_id)
    services().repairs.change_variables(instance_id, read({name: body}), by=calling_actor())


@blueprint.route("/<instance_id>/variables/<name>", methods=["DELETE"])
@may_call(Role.OPS)
@blueprint.response(204)
def delete_variable(instance_id: str, name: str) -> None:
    """Delete a variable; the history keeps who did it."""
    seen(instance_id)
    services().repairs.change_variables(instance_id, {}, (name,), by=calling_actor())


@blueprint.route("/<instance_id>/suspended", methods=["PUT"])
@may_call(Role.OPS)
@blueprint.arguments(SuspendedSchema)
@blueprint.response(204)
def suspend(body: Mapping[str, Any], instance_id: str) -> None:
    """Let an instance stand still, or go on."""
    _suspend(instance_id, body["suspended"])


@blueprint.route("/suspended", methods=["PUT"])
@may_call(Role.OPS)
@blueprint.arguments(SuspendAllSchema)
@blueprint.response(204)
@blueprint.refuses(404)
def suspend_all(body: Mapping[str, Any]) -> None:
    """Let several instances stand still, or go on, one after the other."""
    for instance_id in body.get("process_instance_ids", ()):
        _suspend(instance_id, body["suspended"])
    if "process_instance_ids" not in body:
        services().repairs.suspend_all(
            body["suspended"],
            by=calling_actor(),
            definition_id=body.get("process_definition_id"),
            line=body.get("process_definition_key"),
        )


@blueprint.route("/<instance_id>/modification", methods=["POST"])
@may_call(Role.OPS)
@blueprint.arguments(ModificationSchema)
@blueprint.response(204)
def modify(body: Mapping[str, Any], instance_id: str) -> None:
    """Cancel what stands somewhere and start elsewhere, all of it or nothing; the history keeps who did it."""
    seen(instance_id)
    services().repairs.modify(instance_id, body["instructions"], body.get("annotation") or "", by=calling_actor())


def _suspend(instance_id: str, suspended: bool) -> None:
    repairs = services().repairs
    (repairs.suspend if suspended else repairs.activate)(instance_id, by=calling_actor())


def seen(instance_id: str) -> Any:
    """The row of a running instance that the actor may see."""
    with services().database.read() as connection:
        return INSTANCES.one(connection, calling_actor(), instance_id)


def _variables(instance_id: str) -> dict[str, Any]:
    with services().database.read() as connection:
        INSTANCES.one(connection, calling_actor(), instance_id)
        return services().processes.look(connection, instance_id).variables()
