"""External tasks: service tasks whose topic no handler of ours takes, done by workers of other systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Response, jsonify
from flask.typing import ResponseReturnValue
from marshmallow import RAISE, ValidationError, fields, validate, validates_schema

from kernel.actors import Role
from processes.fetching import FetchedTask, Topic
from processes.queries.external_tasks import EXTERNAL_TASKS, details_of, topic_names
from web.api import held
from web.api.access import calling_actor, may_call
from web.api.fields import Answer, Moment, Shape, Text
from web.api.resource import listing, resource
from web.api.variables import read, typed_all, variables_field
from web.services import services

blueprint = resource("External Task", "/external-task", "Service tasks that other systems do")

LONGEST_WAIT_MS = 1_800_000
LONGEST_LOCK_MS = 366 * 24 * 3600 * 1000
MOST_TASKS = 1_000
_LOOK = (Role.SERVICE, Role.OPS, Role.SYSTEM_ADMIN)


class ExternalTaskSchema(Answer):
    id = fields.String(required=True)
    topic_name = fields.String(attribute="topic")
    worker_id = fields.String(attribute="lease_owner", allow_none=True)
    lock_expiration_time = Moment(attribute="lease_until", allow_none=True)
    create_time = Moment(attribute="created_at")
    retries = fields.Integer(allow_none=True)
    priority = fields.Integer()
    error_message = fields.String(attribute="error", allow_none=True)
    activity_id = fields.String(attribute="element_id")
    activity_instance_id = fields.String(attribute="payload.task_id")
    execution_id = fields.String(attribute="instance_id")
    process_instance_id = fields.String(attribute="instance_id")
    process_definition_id = fields.String(attribute="definition_id")
    process_definition_key = fields.String(attribute="definition_key")
    process_definition_version_tag = fields.String(attribute="version_tag", allow_none=True)
    business_key = fields.String()
    suspended = fields.Boolean()
    tenant_id = fields.Constant(None)


class LockedTaskSchema(ExternalTaskSchema):
    error_details = fields.String(allow_none=True)
    variables = fields.Dict(metadata={"description": "typed variables by name"})
    extension_properties = fields.Dict(metadata={"description": "when the topic asked for them"})


class _Strict(Shape):
    class Meta:
        unknown = RAISE


def _milliseconds(**options: Any) -> fields.Integer:
    return fields.Integer(validate=validate.Range(min=1, max=LONGEST_LOCK_MS), **options)


class TopicSchema(_Strict):
    topic_name = Text(required=True)
    lock_duration = _milliseconds(required=True)
    variables = fields.List(Text(), allow_none=True)
    local_variables = fields.Boolean(load_default=False)
    include_extension_properties = fields.Boolean(load_default=False)
    deserialize_values = fields.Boolean(load_default=False)
    business_key = Text(allow_none=True)
    process_definition_id = Text(allow_none=True)
    process_definition_id_in = fields.List(Text(), allow_none=True)
    process_definition_key = Text(allow_none=True)
    process_definition_key_in = fields.List(Text(), allow_none=True)
    process_definition_version_tag = Text(allow_none=True)
    without_tenant_id = fields.Boolean(metadata={"description": "there are no tenants: true of all"})
    process_variables = fields.Dict(allow_none=True, metadata={"description": "must be empty"})

    @validates_schema
    def _without_values(self, data: Mapping[str, Any], **_: Any) -> None:
        if data.get("process_variables"):
            raise ValidationError("Tasks cannot be narrowed by the values of variables", "processVariables")


class FetchOrderSchema(_Strict):
    sort_by = fields.String(required=True, validate=validate.OneOf(("createTime",)))
    sort_order = fields.String(required=True, validate=validate.OneOf(("asc", "desc")))


class FetchAndLockSchema(_Strict):
    worker_id = Text(required=True, validate=validate.Length(min=1, max=100))
    max_tasks = fields.Integer(required=True, validate=validate.Range(min=0, max=MOST_TASKS))
    use_priority = fields.Boolean(load_default=False)
    async_response_timeout = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(
            min=1, max=LONGEST_WAIT_MS, error=f"Expected a timeout from 1 to {LONGEST_WAIT_MS} milliseconds."
        ),
    )
    topics = fields.List(fields.Nested(TopicSchema), load_default=list)
    sorting = fields.List(fields.Nested(FetchOrderSchema), allow_none=True, validate=validate.Length(max=1))


class WorkerSchema(_Strict):
    worker_id = Text(required=True)


class CompleteExternalTaskSchema(WorkerSchema):
    variables = variables_field()
    local_variables = variables_field(metadata={"description": "checked; they end with the task"})


class ExternalTaskFailureSchema(WorkerSchema):
    error_message = Text(allow_none=True, load_default=None)
    error_details = Text(allow_none=True, load_default=None)
    retries = fields.Integer(load_default=0, validate=validate.Range(min=0, max=2**31 - 1))
    retry_timeout = fields.Integer(load_default=0, validate=validate.Range(min=0, max=LONGEST_LOCK_MS))


class ExternalTaskErrorSchema(WorkerSchema):
    error_code = Text(required=True, validate=validate.Length(min=1))
    error_message = Text(allow_none=True)
    variables = variables_field()


class ExtendLockSchema(WorkerSchema):
    new_duration = _milliseconds(required=True)


class LockSchema(WorkerSchema):
    worker_id = Text(required=True, validate=validate.Length(min=1, max=100))
    lock_duration = _milliseconds(required=True)


class ExternalTaskRetriesSchema(_Strict):
    retries = fields.Integer(required=True, validate=validate.Range(min=0, max=2**31 - 1))


class ExternalTasksRetriesSchema(ExternalTaskRetriesSchema):
    external_task_ids = fields.List(Text(), required=True, validate=validate.Length(min=1, max=MOST_TASKS))


class ExternalTaskPrioritySchema(_Strict):
    priority = fields.Integer(required=True, validate=validate.Range(min=-(2**31), max=2**31 - 1))


class TopicNamesSchema(_Strict):
    with_locked_tasks = fields.Boolean()
    with_unlocked_tasks = fields.Boolean()
    with_retries_left = fields.Boolean()


listing(blueprint, EXTERNAL_TASKS, ExternalTaskSchema, *_LOOK)


@blueprint.route("/fetchAndLock", methods=["POST"])
@may_call(Role.SERVICE)
@blueprint.arguments(FetchAndLockSchema)
@blueprint.response(200, LockedTaskSchema(many=True))
def fetch_and_lock(body: Mapping[str, Any]) -> Any:
    """Give tasks to a worker, locked for it; with `asyncResponseTimeout` wait for some if there are none."""
    topics = [_topic(one) for one in body["topics"]]
    newest_first = next((order["sort_order"] == "desc" for order in body.get("sorting") or ()), None)

    def fetch() -> list[FetchedTask]:
        return services().fetching.fetch(
            body["worker_id"],
            topics,
            most=body["max_tasks"],
            by_priority=body["use_priority"],
            newest_first=newest_first,
        )

    found: Sequence[FetchedTask] = fetch()
    if not found and body["async_response_timeout"]:
        found = held.wait_for([topic.name for topic in topics], body["async_response_timeout"] / 1000, fetch)
    deserialize = {one["topic_name"]: one["deserialize_values"] for one in body["topics"]}
    return [_locked(one, deserialize[one.row.topic]) for one in found]


@blueprint.route("/topic-names", methods=["GET"])
@may_call(*_LOOK)
@blueprint.arguments(TopicNamesSchema, location="query")
@blueprint.response(200, {"type": "array", "items": {"type": "string"}})
def names(asked: Mapping[str, bool]) -> Response:
    """The topics of all tasks that wait."""
    flags = {"with_locked_tasks": "locked", "with_unlocked_tasks": "notLocked", "with_retries_left": "withRetriesLeft"}
    now = services().system_clock.now()
    conditions = [EXTERNAL_TASKS.criteria[flags[name]].condition(now) for name, wanted in asked.items() if wanted]
    with services().database.read() as connection:
        return jsonify(topic_names(connection, conditions))


@blueprint.route("/retries", methods=["PUT"])
@may_call(Role.OPS)
@blueprint.arguments(ExternalTasksRetriesSchema)
@blueprint.response(204)
@blueprint.refuses(404)
def set_retries_of_many(body: Mapping[str, Any]) -> None:
    """Say of several tasks how often they may be tried from now on."""
    services().external_tasks.set_retries(body["external_task_ids"], body["retries"], by=calling_actor())


@blueprint.route("/<task_id>", methods=["GET"])
@may_call(*_LOOK)
@blueprint.response(200, ExternalTaskSchema)
def external_task(task_id: str) -> Any:
    """One task that is not over."""
    with services().database.read() as connection:
        return EXTERNAL_TASKS.one(connection, calling_actor(), task_id)


@blueprint.route("/<task_id>/errorDetails", methods=["GET"])
@may_call(*_LOOK)
@blueprint.response(200, {"type": "string"}, content_type="text/plain")
@blueprint.alt_response(204, description="no details were told")
def error_details(task_id: str) -> ResponseReturnValue:
    """What its worker told of the latest failure."""
    with services().database.read() as connection:
        EXTERNAL_TASKS.one(connection, calling_actor(), task_id)
        details = details_of(connection, task_id)
    return Response(details, status=200 if details else 204, content_type="text/plain; charset=utf-8")


@blueprint.route("/<task_id>/complete", methods=["POST"])
@may_call(Role.SERVICE)
@blueprint.arguments(CompleteExternalTaskSchema)
@blueprint.response(204)
def complete(body: Mapping[str, Any], task_id: str) -> None:
    """Complete a task; its variables become variables of the process instance."""
    read(body.get("local_variables"))
    outputs = read(body.get("variables"))
    services().external_tasks.complete(task_id, body["worker_id"], outputs, by=calling_actor())


@blueprint.route("/<task_id>/failure", methods=["POST"])
@may_call(Role.SERVICE)
@blueprint.arguments(ExternalTaskFailureSchema)
@blueprint.response(204)
def failure(body: Mapping[str, Any], task_id: str) -> None:
    """Say that a task could not be done; without retries left it becomes an incident."""
    services().external_tasks.fail(
        task_id,
        body["worker_id"],
        message=body["error_message"] or "",
        details=body["error_details"] or "",
        retries=body["retries"],
        retry_after=timedelta(milliseconds=body["retry_timeout"]),
    )


@blueprint.route("/<task_id>/bpmnError", methods=["POST"])
@may_call(Role.SERVICE)
@blueprint.arguments(ExternalTaskErrorSchema)
@blueprint.response(204)
def bpmn_error(body: Mapping[str, Any], task_id: str) -> None:
    """End a task by an error event of the diagram; its variables go with it."""
    data = read(body.get("variables"))
    services().external_tasks.throw_error(task_id, body["worker_id"], body["error_code"], data, by=calling_actor())


@blueprint.route("/<task_id>/extendLock", methods=["POST"])
@may_call(Role.SERVICE)
@blueprint.arguments(ExtendLockSchema)
@blueprint.response(204)
def extend_lock(body: Mapping[str, Any], task_id: str) -> None:
    """Let the lock of a worker end so many milliseconds from now."""
    services().external_tasks.extend(task_id, body["worker_id"], timedelta(milliseconds=body["new_duration"]))


@blueprint.route("/<task_id>/lock", methods=["POST"])
@may_call(Role.SERVICE)
@blueprint.arguments(LockSchema)
@blueprint.response(204)
def lock(body: Mapping[str, Any], task_id: str) -> None:
    """Lock one task for a worker."""
    services().external_tasks.lock(task_id, body["worker_id"], timedelta(milliseconds=body["lock_duration"]))


@blueprint.route("/<task_id>/unlock", methods=["POST"])
@may_call(Role.SERVICE, Role.OPS)
@blueprint.response(204)
def unlock(task_id: str) -> None:
    """Take a task from its worker, for anybody to fetch."""
    services().external_tasks.unlock(task_id)


@blueprint.route("/<task_id>/retries", methods=["PUT"])
@may_call(Role.OPS)
@blueprint.arguments(ExternalTaskRetriesSchema)
@blueprint.response(204)
def set_retries(body: Mapping[str, Any], task_id: str) -> None:
    """Say how often a task may be tried from now on; with some an incident is over, with none there is one."""
    services().external_tasks.set_retries([task_id], body["retries"], by=calling_actor())


@blueprint.route("/<task_id>/priority", methods=["PUT"])
@may_call(Role.SERVICE, Role.OPS)
@blueprint.arguments(ExternalTaskPrioritySchema)
@blueprint.response(204)
def set_priority(body: Mapping[str, Any], task_id: str) -> None:
    """Let a task be fetched before those of a lower priority."""
    services().external_tasks.set_priority(task_id, body["priority"])


def _topic(asked: Mapping[str, Any]) -> Topic:
    return Topic(
        asked["topic_name"],
        timedelta(milliseconds=asked["lock_duration"]),
        variables=asked.get("variables"),
        only_local=asked["local_variables"],
        with_properties=asked["include_extension_properties"],
        business_key=asked.get("business_key"),
        definition_ids=_one_or_several(asked, "process_definition_id"),
        definition_keys=_one_or_several(asked, "process_definition_key"),
        version_tag=asked.get("process_definition_version_tag"),
    )


def _one_or_several(asked: Mapping[str, Any], name: str) -> Sequence[str] | None:
    """What both `processDefinitionKey` and `processDefinitionKeyIn` let pass; None when neither was given."""
    one, several = asked.get(name), asked.get(f"{name}_in")
    if one is None:
        return several
    return [one] if several is None or one in several else []


def _locked(fetched: FetchedTask, deserialize: bool) -> dict[str, Any]:
    """A row of `LockedTaskSchema`: the task as it stands now that the worker has it."""
    row = dict(fetched.row._mapping)
    typed = typed_all(fetched.variables, deserialize=deserialize)
    more: dict[str, Any] = {"lease_owner": fetched.worker, "lease_until": fetched.locked_until, "variables": typed}
    more["error_details"] = fetched.details
    if fetched.properties is not None:
        more["extension_properties"] = dict(fetched.properties)
    return row | more
