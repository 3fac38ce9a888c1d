"""The instructions by which Camunda moves the tokens of a running instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from processes.modification import Instruction
from web.api.fields import Shape
from web.api.variables import read, variables_field

_STARTS = {
    "startBeforeActivity": "activity_id",
    "startAfterActivity": "activity_id",
    "startTransition": "transition_id",
}
_BODY = "#multiInstanceBody"


class InstructionSchema(Shape):
    """One step: what `type` needs is required, and all else but scope and variables refused."""

    type = fields.String(required=True, validate=validate.OneOf(("cancel", *_STARTS)))
    activity_id = fields.String()
    transition_id = fields.String(metadata={"description": "of a sequence flow"})
    activity_instance_id = fields.String(metadata={"description": "as the tree of activity instances names it"})
    transition_instance_id = fields.String(validate=validate.Equal(None))
    ancestor_activity_instance_id = fields.String(metadata={"description": "the scope in which to start"})
    variables = variables_field(metadata={"description": "set in the process around what is started"})

    @validates_schema
    def _needs(self, data: Mapping[str, Any], **_: Any) -> None:
        named = {"activity_id", "transition_id", "activity_instance_id"} & data.keys()
        if data["type"] == "cancel":
            fits = named in ({"activity_id"}, {"activity_instance_id"}) and not (
                {"ancestor_activity_instance_id", "variables"} & data.keys()
            )
        else:
            fits = named == {_STARTS[data["type"]]}
        if not fits:
            raise ValidationError("Expected exactly what such an instruction needs.", "type")

    @post_load
    def _as_instruction(self, data: Mapping[str, Any], **_: Any) -> Instruction:
        target = data.get("activity_id", data.get("transition_id"))
        cancelled, ancestor = data.get("activity_instance_id"), data.get("ancestor_activity_instance_id")
        return Instruction(
            kind=data["type"],
            target=target and target.removesuffix(_BODY),
            token_id=cancelled and _token_of(cancelled),
            inside=ancestor and _token_of(ancestor),
            variables=read(data.get("variables")),
        )


class ModificationSchema(Shape):
    """Instances have no listeners and mappings of an interface to skip."""

    instructions = fields.List(fields.Nested(InstructionSchema), required=True, validate=validate.Length(1, 100))
    skip_custom_listeners = fields.Boolean()
    skip_io_mappings = fields.Boolean()
    annotation = fields.String(allow_none=True, validate=validate.Length(max=500))


def _token_of(activity_instance_id: str) -> str:
    return activity_instance_id.rpartition(":")[2]
