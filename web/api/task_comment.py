"""Comments at user tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from web.api.access import calling_actor, may_call
from web.api.fields import Answer, Moment, Shape, Text
from web.api.resource import resource
from web.services import services

blueprint = resource("Task Comment", "/task", "What systems note at user tasks")


class CommentSchema(Answer):
    id = fields.String(required=True)
    user_id = fields.String(attribute="author")
    task_id = fields.String()
    process_instance_id = fields.String(attribute="instance_id")
    root_process_instance_id = fields.String(attribute="instance_id")
    time = Moment(attribute="created_at")
    message = fields.String()
    removal_time = Moment(allow_none=True, dump_default=None)
    links = fields.List(fields.Raw(), dump_default=())


class NewCommentSchema(Shape):
    message = Text(required=True, validate=validate.Length(1, 4000))
    process_instance_id = fields.String(allow_none=True)


@blueprint.route("/<task_id>/comment/create", methods=["POST"])
@may_call()
@blueprint.arguments(NewCommentSchema)
@blueprint.response(200, CommentSchema)
def create(body: Mapping[str, Any], task_id: str) -> Any:
    """Note something at a task."""
    return services().comments.add(task_id, body["message"], by=calling_actor())


@blueprint.route("/<task_id>/comment", methods=["GET"])
@may_call()
@blueprint.response(200, CommentSchema(many=True))
def comments(task_id: str) -> Any:
    """What was noted at a task, open or not, oldest first."""
    with services().database.read() as connection:
        return services().comments.of_task(connection, task_id, by=calling_actor())


@blueprint.route("/<task_id>/comment/<comment_id>", methods=["GET"])
@may_call()
@blueprint.response(200, CommentSchema)
def comment(task_id: str, comment_id: str) -> Any:
    """One of the notes at a task."""
    with services().database.read() as connection:
        return services().comments.one(connection, task_id, comment_id, by=calling_actor())
