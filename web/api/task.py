"""User tasks: found, looked at and completed by other systems, in the scope of their account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue
from marshmallow import fields

from processes.queries.tasks import TASKS
from web.api.access import calling_actor, may_call
from web.api.fields import Answer, Moment, Shape
from web.api.resource import listing, resource
from web.api.variables import VariablesSchema, read, typed_all, variables_field
from web.services import services

blueprint = resource("Task", "/task", "User tasks")


class TaskSchema(Answer):
    id = fields.String(required=True)
    name = fields.String()
    assignee = fields.String(allow_none=True)
    created = Moment(attribute="opened_at")
    due = Moment(attribute="due_at", allow_none=True)
    priority = fields.Integer()
    process_definition_id = fields.String(attribute="definition_id")
    process_instance_id = fields.String(attribute="instance_id")
    execution_id = fields.String(attribute="instance_id")
    task_definition_key = fields.String(attribute="element_id")
    form_key = fields.String(attribute="form", allow_none=True)
    suspended = fields.Function(lambda row: row.instance_status == "suspended")


class CompleteSchema(Shape):
    variables = variables_field()
    with_variables_in_return = fields.Boolean(load_default=False)


listing(blueprint, TASKS, TaskSchema)


@blueprint.route("/<task_id>", methods=["GET"])
@may_call()
@blueprint.response(200, TaskSchema)
def task(task_id: str) -> Any:
    """One open task."""
    with services().database.read() as connection:
        return TASKS.one(connection, calling_actor(), task_id)


@blueprint.route("/<task_id>/complete", methods=["POST"])
@may_call()
@blueprint.arguments(CompleteSchema)
@blueprint.response(200, VariablesSchema)
@blueprint.alt_response(204)
def complete(body: Mapping[str, Any], task_id: str) -> ResponseReturnValue:
    """Complete a task with variables, the answers of its form where it has one.

    With a header `Idempotency-Key` it is completed once however often the same is sent.
    """
    tell = body["with_variables_in_return"]
    told = services().applications.complete_task(
        task_id,
        read(body.get("variables")),
        by=calling_actor(),
        command_id=request.headers.get("Idempotency-Key", ""),
        tell=tell,
    )
    return typed_all(told) if tell else Response(status=204)
