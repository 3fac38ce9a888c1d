"""How deployments, versions of processes and versions of decisions look outside."""

from __future__ import annotations

from flask import request
from marshmallow import fields

from kernel.xml import parse
from web.api.fields import Answer, Moment
from web.api.prefix import PREFIX


class LinkSchema(Answer):
    method = fields.String(required=True)
    href = fields.String(required=True)
    rel = fields.String(required=True)


class ProcessDefinitionSchema(Answer):
    """Of what Camunda knows and this service does not, the value is null; history is kept for good."""

    id = fields.String(required=True)
    key = fields.String(required=True)
    category = fields.Constant(None)
    description = fields.Constant(None)
    name = fields.String(required=True)
    version = fields.Integer(required=True)
    resource = fields.String(required=True)
    deployment_id = fields.String(required=True)
    diagram = fields.Constant(None)
    suspended = fields.Boolean(required=True, attribute="is_suspended")
    tenant_id = fields.Constant(None)
    version_tag = fields.String(required=True, allow_none=True)
    history_time_to_live = fields.Constant(None)
    startable_in_tasklist = fields.Constant(True)


class DecisionDefinitionSchema(Answer):
    id = fields.String(required=True)
    key = fields.String(required=True)
    category = fields.Constant(None)
    name = fields.String(required=True)
    version = fields.Integer(required=True)
    resource = fields.String(required=True)
    deployment_id = fields.String(required=True)
    decision_requirements_definition_id = fields.Constant(None)
    decision_requirements_definition_key = fields.Constant(None)
    history_time_to_live = fields.Constant(None)
    tenant_id = fields.Constant(None)
    version_tag = fields.Constant(None)


class DeploymentSchema(Answer):
    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    source = fields.String(required=True, allow_none=True)
    deployment_time = Moment(required=True, attribute="deployed_at")
    tenant_id = fields.Constant(None)


class DeployedSchema(DeploymentSchema):
    """A deployment with what it has made; null where it has made none."""

    links = fields.List(fields.Nested(LinkSchema), required=True)
    deployed_process_definitions = fields.Dict(
        keys=fields.String(), values=fields.Nested(ProcessDefinitionSchema), allow_none=True
    )
    deployed_case_definitions = fields.Constant(None)
    deployed_decision_definitions = fields.Dict(
        keys=fields.String(), values=fields.Nested(DecisionDefinitionSchema), allow_none=True
    )
    deployed_decision_requirements_definitions = fields.Constant(None)


class DeploymentResourceSchema(Answer):
    id = fields.String(required=True)
    name = fields.String(required=True)
    deployment_id = fields.String(required=True)


def link_to(path: str) -> dict[str, str]:
    """The link by which an answer tells where the thing itself is."""
    return {"method": "GET", "href": f"{request.url_root.rstrip('/')}{PREFIX}{path}", "rel": "self"}


def xml_text(data: bytes) -> str:
    """The text of an XML file in the encoding that it declares."""
    return data.decode(parse(data).getroottree().docinfo.encoding or "utf-8")
