"""Deployments: files that other systems send, such as the desktop modeler, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from flask_smorest.fields import Upload
from marshmallow import RAISE, Schema, fields, validate
from sqlalchemy import Connection
from werkzeug.exceptions import BadRequest

from kernel.actors import Role
from kernel.errors import NotAllowed, Reason
from processes.deployments import Deployed
from processes.queries.definitions import (
    DECISION_DEFINITIONS,
    DEPLOYMENTS,
    PROCESS_DEFINITIONS,
    resource_of,
    resources_of,
)
from processes.queries.query import Page
from web.api.access import calling_actor, may_call
from web.api.definition_schemas import DeployedSchema, DeploymentResourceSchema, DeploymentSchema, link_to
from web.api.fields import RequiredTrue, Shape, Text
from web.api.resource import listing, resource
from web.services import services

DEPLOYERS = (Role.ANALYST,)
READERS = (Role.ANALYST, Role.OPS, Role.SYSTEM_ADMIN, Role.SERVICE)

blueprint = resource("Deployment", "/deployment", "Files that were deployed together")


class DeploymentFormSchema(Schema):
    """Any number of parts with file names ending in .bpmn, .dmn or .form; the names of those parts do not matter."""

    class Meta:
        unknown = RAISE

    name = Text(data_key="deployment-name", validate=validate.Length(max=255), load_default=None)
    source = Text(data_key="deployment-source", validate=validate.Length(max=255), load_default=None)
    skip_same = fields.Boolean(data_key="enable-duplicate-filtering", load_default=False)
    changed_only = fields.Boolean(data_key="deploy-changed-only", load_default=False)
    activation = Text(
        data_key="deployment-activation-time",
        validate=validate.OneOf(("",), error="Deployments become active at once."),
    )
    tenant = Text(data_key="tenant-id", validate=validate.OneOf(("",), error="There are no tenants."))
    data = Upload(metadata={"description": "a .bpmn, .dmn or .form file; there may be more parts of other names"})


class UndeploymentSchema(Shape):
    """There are no listeners and mappings that could be skipped."""

    cascade = fields.Boolean(load_default=False, metadata={"description": "end the running instances; for operators"})
    skip_custom_listeners = RequiredTrue()
    skip_io_mappings = RequiredTrue()


listing(blueprint, DEPLOYMENTS, DeploymentSchema, *READERS)


@blueprint.route("/create", methods=["POST"])
@may_call(*DEPLOYERS)
@blueprint.arguments(DeploymentFormSchema, location="multipart")
@blueprint.response(200, DeployedSchema)
def create(form: Mapping[str, Any]) -> dict[str, Any]:
    """Deploy files, all of them or none; what is wrong with them stands in `details` by their names."""
    deployed = services().deployments.create(
        _files(),
        name=form["name"],
        source=form["source"],
        by=calling_actor(),
        skip_same=form["skip_same"],
        changed_only=form["changed_only"],
    )
    with services().database.read() as connection:
        return _answer(connection, deployed)


@blueprint.route("/<deployment_id>", methods=["GET"])
@may_call(*READERS)
@blueprint.response(200, DeploymentSchema)
def deployment(deployment_id: str) -> Any:
    """One deployment."""
    with services().database.read() as connection:
        return DEPLOYMENTS.one(connection, calling_actor(), deployment_id)


@blueprint.route("/<deployment_id>", methods=["DELETE"])
@may_call(Role.ANALYST, Role.OPS)
@blueprint.arguments(UndeploymentSchema, location="query")
@blueprint.response(204)
def delete(given: Mapping[str, Any], deployment_id: str) -> None:
    """Delete a deployment on which nothing runs; the history of what has run stays."""
    refuse_cascade_to_others(given["cascade"])
    services().retiring.delete_deployment(deployment_id, by=calling_actor(), cascade=given["cascade"])


@blueprint.route("/<deployment_id>/resources", methods=["GET"])
@may_call(*READERS)
@blueprint.response(200, DeploymentResourceSchema(many=True))
def resources(deployment_id: str) -> Any:
    """The files of a deployment."""
    with services().database.read() as connection:
        DEPLOYMENTS.one(connection, calling_actor(), deployment_id)
        return resources_of(connection, deployment_id)


@blueprint.route("/<deployment_id>/resources/<resource_id>", methods=["GET"])
@may_call(*READERS)
@blueprint.response(200, DeploymentResourceSchema)
def one_resource(deployment_id: str, resource_id: str) -> Any:
    """One file of a deployment."""
    with services().database.read() as connection:
        DEPLOYMENTS.one(connection, calling_actor(), deployment_id)
        return resource_of(connection, deployment_id, resource_id)


@blueprint.route("/<deployment_id>/resources/<resource_id>/data", methods=["GET"])
@may_call(*READERS)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
def data(deployment_id: str, resource_id: str) -> Response:
    """The content of a file, as it was deployed."""
    with services().database.read() as connection:
        DEPLOYMENTS.one(connection, calling_actor(), deployment_id)
        row = resource_of(connection, deployment_id, resource_id)
    response = Response(bytes(row.content), content_type="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=row.name)
    return response


def refuse_cascade_to_others(cascade: bool) -> None:
    """What also touches the instances that run is for operators."""
    if cascade and not calling_actor().has(Role.OPS):
        raise NotAllowed(
            Reason("ROLE_NOT_ALLOWED"), detail="Expected the role ops, since running instances are touched"
        )


def _files() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part, one in request.files.items(multi=True):
        name = one.filename or ""
        if not name or "\x00" in name:
            raise BadRequest(f"No file name found in the deployment resource described by form parameter '{part}'.")
        if name in found:
            raise BadRequest(f"Expected each file once, but found two of the name '{name}'")
        found[name] = one.read()
    return found


def _answer(connection: Connection, deployed: Deployed) -> dict[str, Any]:
    actor = calling_actor()
    row = DEPLOYMENTS.one(connection, actor, deployed.id)
    answer = {**row._mapping, "links": [link_to(f"/deployment/{deployed.id}")]}
    for name, query, criterion, ids in (
        ("deployed_process_definitions", PROCESS_DEFINITIONS, "processDefinitionIdIn", deployed.definitions),
        ("deployed_decision_definitions", DECISION_DEFINITIONS, "decisionDefinitionIdIn", deployed.decisions),
    ):
        rows = query.page(connection, actor, {criterion: ids}, Page()) if ids else ()
        answer[name] = {one.id: one for one in rows} or None
    return answer
