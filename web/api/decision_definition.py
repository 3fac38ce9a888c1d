"""Deployed decisions: found, looked at and made by other systems; those of the project are among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from kernel.actors import Role
from processes.queries.definitions import DECISION_DEFINITIONS
from web.api import variables
from web.api.access import calling_actor, may_call
from web.api.definition_schemas import DecisionDefinitionSchema, xml_text
from web.api.fields import Answer, Shape
from web.api.resource import listing, resource
from web.services import services

READERS = (Role.ANALYST, Role.OPS, Role.SYSTEM_ADMIN, Role.SERVICE)

blueprint = resource("Decision Definition", "/decision-definition", "Deployed versions of decisions")


class DmnXmlSchema(Answer):
    id = fields.String(required=True)
    dmn_xml = fields.String(required=True)


class EvaluationSchema(Shape):
    variables = variables.variables_field(load_default=None)


listing(blueprint, DECISION_DEFINITIONS, DecisionDefinitionSchema, *READERS)


@blueprint.route("/<decision_id>", methods=["GET"])
@may_call(*READERS)
@blueprint.response(200, DecisionDefinitionSchema)
def decision(decision_id: str) -> Any:
    """One version."""
    return _one(decision_id)


@blueprint.route("/key/<key>", methods=["GET"])
@may_call(*READERS)
@blueprint.response(200, DecisionDefinitionSchema)
def decision_by_key(key: str) -> Any:
    """The newest version of a decision."""
    return _one(_latest_id(key))


@blueprint.route("/<decision_id>/xml", methods=["GET"])
@may_call(*READERS)
@blueprint.response(200, DmnXmlSchema)
def xml(decision_id: str) -> Any:
    """The file of a version, as it was deployed."""
    return _xml(decision_id)


@blueprint.route("/key/<key>/xml", methods=["GET"])
@may_call(*READERS)
@blueprint.response(200, DmnXmlSchema)
def xml_by_key(key: str) -> Any:
    """The file of the newest version of a decision."""
    return _xml(_latest_id(key))


@blueprint.route("/<decision_id>/evaluate", methods=["POST"], changes=False)
@may_call(*READERS)
@blueprint.arguments(EvaluationSchema)
@blueprint.response(
    200, variables.VariablesSchema(many=True), description="the outputs of each rule that gave a result"
)
def evaluate(body: Mapping[str, Any], decision_id: str) -> Any:
    """Make a decision by this version."""
    return _made(decision_id, body)


@blueprint.route("/key/<key>/evaluate", methods=["POST"], changes=False)
@may_call(*READERS)
@blueprint.arguments(EvaluationSchema)
@blueprint.response(
    200, variables.VariablesSchema(many=True), description="the outputs of each rule that gave a result"
)
def evaluate_by_key(body: Mapping[str, Any], key: str) -> Any:
    """Make a decision by its newest version."""
    return _made(_latest_id(key), body)


def _one(decision_id: str) -> Any:
    with services().database.read() as connection:
        return DECISION_DEFINITIONS.one(connection, calling_actor(), decision_id)


def _xml(decision_id: str) -> dict[str, str]:
    with services().database.read() as connection:
        return {"id": decision_id, "dmn_xml": xml_text(services().evaluating.xml(connection, decision_id))}


def _made(decision_id: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    inputs = variables.read(body["variables"])
    with services().database.read() as connection:
        found = services().evaluating.evaluate(connection, decision_id, inputs)
    return [variables.typed_all(one) for one in found]


def _latest_id(key: str) -> str:
    with services().database.read() as connection:
        return services().evaluating.latest_id(connection, key)
