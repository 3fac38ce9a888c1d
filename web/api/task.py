"""User tasks: found, looked at and completed by other systems, in the scope of their account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate
from marshmallow.validate import Equal

from kernel.actors import Role
from processes.queries.tasks import TASKS
from web.api.access import calling_actor, may_call
from web.api.fields import Answer, CommaList, Moment, Shape
from web.api.resource import listing, resource
from web.api.variables import (
    ManyAskedSchema,
    OneAskedSchema,
    VariableSchema,
    VariablesSchema,
    one_of,
    read,
    typed_all,
    variables_field,
)
from web.services import services

blueprint = resource("Task", "/task", "User tasks")


class TaskSchema(Answer):
    """An open task; what only Camunda knows of it is null."""

    id = fields.String(required=True)
    name = fields.String()
    assignee = fields.String(allow_none=True, metadata={"description": "the id of an account"})
    created = Moment(attribute="opened_at")
    due = Moment(attribute="due_at", allow_none=True)
    follow_up = Moment(allow_none=True, dump_default=None)
    last_updated = Moment(allow_none=True, dump_default=None)
    delegation_state = fields.String(allow_none=True, dump_default=None)
    description = fields.String(allow_none=True, dump_default=None)
    owner = fields.String(allow_none=True, dump_default=None)
    parent_task_id = fields.String(allow_none=True, dump_default=None)
    priority = fields.Integer()
    process_definition_id = fields.String(attribute="definition_id")
    process_instance_id = fields.String(attribute="instance_id")
    execution_id = fields.String(attribute="instance_id")
    task_definition_key = fields.String(attribute="element_id")
    case_definition_id = fields.String(allow_none=True, dump_default=None)
    case_execution_id = fields.String(allow_none=True, dump_default=None)
    case_instance_id = fields.String(allow_none=True, dump_default=None)
    form_key = fields.String(attribute="form", allow_none=True)
    camunda_form_ref = fields.Raw(allow_none=True, dump_default=None)
    suspended = fields.Function(lambda row: row.instance_status == "suspended")
    tenant_id = fields.String(allow_none=True, dump_default=None)


class UserSchema(Shape):
    user_id = fields.String(allow_none=True, load_default=None, metadata={"description": "account id or user name"})


class CompleteSchema(Shape):
    variables = variables_field()
    with_variables_in_return = fields.Boolean(load_default=False)


class ChangesSchema(Shape):
    """What operators may change; the rest of a task stands in its diagram."""

    priority = fields.Integer(validate=lambda value: -(2**31) <= value < 2**31)
    due = Moment(allow_none=True, attribute="due_at")
    description = fields.String(allow_none=True, validate=Equal(None))
    owner = fields.String(allow_none=True, validate=Equal(None))
    follow_up = Moment(allow_none=True, validate=Equal(None))
    delegation_state = fields.String(allow_none=True, validate=Equal(None))
    parent_task_id = fields.String(allow_none=True, validate=Equal(None))
    case_instance_id = fields.String(allow_none=True, validate=Equal(None))
    tenant_id = fields.String(allow_none=True, validate=Equal(None))


class BpmnErrorSchema(Shape):
    error_code = fields.String(required=True, validate=validate.Length(min=1))
    error_message = fields.String(allow_none=True)
    variables = variables_field(metadata={"description": "become one context named after the code"})


class EscalationSchema(Shape):
    escalation_code = fields.String(required=True, validate=validate.Length(min=1))
    variables = variables_field(metadata={"description": "become one context named after the code"})


class FormSchema(Answer):
    key = fields.String(allow_none=True)
    camunda_form_ref = fields.Raw(allow_none=True, dump_default=None)
    context_path = fields.String(allow_none=True, dump_default=None)


class FormVariablesSchema(ManyAskedSchema):
    variable_names = CommaList()


class IdentityLinkSchema(Answer):
    user_id = fields.String(allow_none=True)
    group_id = fields.String(allow_none=True)
    type = fields.String(required=True)


class LinkTypeSchema(Shape):
    type = fields.String()


listing(blueprint, TASKS, TaskSchema)


@blueprint.route("/<task_id>", methods=["GET"])
@may_call()
@blueprint.response(200, TaskSchema)
def task(task_id: str) -> Any:
    """One open task."""
    return _seen(task_id)


@blueprint.route("/<task_id>", methods=["PUT"])
@may_call(Role.OPS)
@blueprint.arguments(ChangesSchema)
@blueprint.response(204)
def change(body: dict[str, Any], task_id: str) -> None:
    """Set the priority and due date of a task."""
    _seen(task_id)
    changes = {name: body[name] for name in ("priority", "due_at") if name in body}
    if changes:
        services().applications.change_task(task_id, changes, by=calling_actor())  # type: ignore[arg-type]


@blueprint.route("/<task_id>/claim", methods=["POST"])
@may_call()
@blueprint.arguments(UserSchema)
@blueprint.response(204)
def claim(body: Mapping[str, Any], task_id: str) -> None:
    """Take a task, so that nobody else works on it; without a user the account itself takes it."""
    _seen(task_id)
    actor = calling_actor()
    services().applications.assign(task_id, body["user_id"] or actor.id, by=actor)


@blueprint.route("/<task_id>/unclaim", methods=["POST"])
@may_call()
@blueprint.response(204)
def unclaim(task_id: str) -> None:
    """Put a task back for everybody."""
    _seen(task_id)
    services().applications.assign(task_id, None, by=calling_actor())


@blueprint.route("/<task_id>/assignee", methods=["POST"])
@may_call()
@blueprint.arguments(UserSchema)
@blueprint.response(204)
def assignee(body: Mapping[str, Any], task_id: str) -> None:
    """Give a task to a user, or to nobody: operators anyhow, others only to and from themselves."""
    _seen(task_id)
    services().applications.assign(task_id, body["user_id"], by=calling_actor())


@blueprint.route("/<task_id>/complete", methods=["POST"])
@may_call()
@blueprint.arguments(CompleteSchema)
@blueprint.response(200, VariablesSchema)
@blueprint.alt_response(204)
def complete(body: Mapping[str, Any], task_id: str) -> ResponseReturnValue:
    """Complete a task with variables, the answers of its form where it has one.

    With a header `Idempotency-Key` it is completed once however often the same is sent.
    """
    return _complete(body, task_id)


@blueprint.route("/<task_id>/submit-form", methods=["POST"])
@may_call()
@blueprint.arguments(CompleteSchema)
@blueprint.response(200, VariablesSchema)
@blueprint.alt_response(204)
def submit_form(body: Mapping[str, Any], task_id: str) -> ResponseReturnValue:
    """The same as to complete it."""
    return _complete(body, task_id)


@blueprint.route("/<task_id>/bpmnError", methods=["POST"])
@may_call()
@blueprint.arguments(BpmnErrorSchema)
@blueprint.response(204)
def bpmn_error(body: Mapping[str, Any], task_id: str) -> None:
    """End a task in an error that its diagram catches."""
    told = {"message": body["error_message"]} if body.get("error_message") else {}
    told |= read(body.get("variables"))
    services().applications.throw_at_task(task_id, "error", body["error_code"], told, by=calling_actor())


@blueprint.route("/<task_id>/bpmnEscalation", methods=["POST"])
@may_call()
@blueprint.arguments(EscalationSchema)
@blueprint.response(204)
def bpmn_escalation(body: Mapping[str, Any], task_id: str) -> None:
    """Tell an escalation at a task, which its diagram catches."""
    told = read(body.get("variables"))
    services().applications.throw_at_task(task_id, "escalation", body["escalation_code"], told, by=calling_actor())


@blueprint.route("/<task_id>/variables", methods=["GET"])
@may_call()
@blueprint.arguments(ManyAskedSchema, location="query")
@blueprint.response(200, VariablesSchema)
def task_variables(asked: Mapping[str, Any], task_id: str) -> Any:
    """The variables that the task sees."""
    return typed_all(_variables(task_id), deserialize=asked["deserialize_values"])


@blueprint.route("/<task_id>/variables/<name>", methods=["GET"])
@may_call()
@blueprint.arguments(OneAskedSchema, location="query")
@blueprint.response(200, VariableSchema)
def task_variable(asked: Mapping[str, Any], task_id: str, name: str) -> Any:
    """One of them."""
    return one_of(_variables(task_id), name, deserialize=asked["deserialize_value"])


@blueprint.route("/<task_id>/localVariables", methods=["GET"])
@may_call()
@blueprint.arguments(ManyAskedSchema, location="query")
@blueprint.response(200, VariablesSchema)
def local_variables(asked: Mapping[str, Any], task_id: str) -> Any:
    """The variables that only this task sees: those of its turn of a repeated activity."""
    return typed_all(_variables(task_id, own=True), deserialize=asked["deserialize_values"])


@blueprint.route("/<task_id>/localVariables/<name>", methods=["GET"])
@may_call()
@blueprint.arguments(OneAskedSchema, location="query")
@blueprint.response(200, VariableSchema)
def local_variable(asked: Mapping[str, Any], task_id: str, name: str) -> Any:
    """One of them."""
    return one_of(_variables(task_id, own=True), name, deserialize=asked["deserialize_value"])


@blueprint.route("/<task_id>/form", methods=["GET"])
@may_call()
@blueprint.response(200, FormSchema)
def form(task_id: str) -> Any:
    """The key of its form."""
    return {"key": _seen(task_id).form}


@blueprint.route("/<task_id>/form-variables", methods=["GET"])
@may_call()
@blueprint.arguments(FormVariablesSchema, location="query")
@blueprint.response(200, VariablesSchema)
def form_variables(asked: Mapping[str, Any], task_id: str) -> Any:
    """The variables that the task sees, and a null for each field of its form that none is named like."""
    row = _seen(task_id)
    found = _variables(task_id)
    if row.form:
        with services().database.read() as connection:
            fields_of_form = services().forms.pinned(connection, row.form, row.form_sha256).fields
        found = dict.fromkeys(fields_of_form) | found
    wanted = asked.get("variable_names")
    if wanted is not None:
        found = {name: value for name, value in found.items() if name in wanted}
    return typed_all(found, deserialize=asked["deserialize_values"])


@blueprint.route("/<task_id>/identity-links", methods=["GET"])
@may_call()
@blueprint.arguments(LinkTypeSchema, location="query")
@blueprint.response(200, IdentityLinkSchema(many=True))
def identity_links(asked: Mapping[str, Any], task_id: str) -> Any:
    """Who holds the task, and the groups whose members may take it."""
    row = _seen(task_id)
    links = [
        {"user_id": None, "group_id": group, "type": "candidate"}
        for group in row.candidate_groups.strip(",").split(",")
    ]
    if row.assignee is not None:
        links.append({"user_id": row.assignee, "group_id": None, "type": "assignee"})
    return [link for link in links if asked.get("type") in (None, link["type"])]


def _complete(body: Mapping[str, Any], task_id: str) -> ResponseReturnValue:
    tell = body["with_variables_in_return"]
    told = services().applications.complete_task(
        task_id,
        read(body.get("variables")),
        by=calling_actor(),
        command_id=request.headers.get("Idempotency-Key", ""),
        tell=tell,
    )
    return typed_all(told) if tell else Response(status=204)


def _seen(task_id: str) -> Any:
    """The row of an open task that the actor may see."""
    with services().database.read() as connection:
        return TASKS.one(connection, calling_actor(), task_id)


def _variables(task_id: str, *, own: bool = False) -> dict[str, Any]:
    with services().database.read() as connection:
        row = TASKS.one(connection, calling_actor(), task_id)
        execution = services().processes.look(connection, row.instance_id)
    return execution.own_variables(task_id) if own else execution.variables(task_id)
