"""Where an instance stands, in the shape of Camunda's tree of activity instances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from marshmallow import fields

from processes.execution import Place
from processes.incidents import IncidentRow
from web.api.fields import Answer

_BODY = "#multiInstanceBody"  # what Camunda calls a repeated activity as a whole


class IncidentInTreeSchema(Answer):
    id = fields.String()
    activity_id = fields.String()


class ActivityInstanceSchema(Answer):
    """An activity that is entered, with those inside; nothing here waits between two activities."""

    id = fields.String(required=True)
    parent_activity_instance_id = fields.String(allow_none=True)
    activity_id = fields.String()
    activity_name = fields.String()
    name = fields.String(attribute="activity_name")
    activity_type = fields.String()
    process_instance_id = fields.String()
    process_definition_id = fields.String()
    child_activity_instances = fields.List(fields.Nested(lambda: ActivityInstanceSchema()))
    child_transition_instances = fields.List(fields.Raw(), dump_default=())
    execution_ids = fields.List(fields.String())
    incident_ids = fields.List(fields.String())
    incidents = fields.List(fields.Nested(IncidentInTreeSchema))


def activity_instance_id(place: Place) -> str:
    """The element and the token: `approve:5f3c…`, as Camunda's ids are read by people too."""
    return f"{place.element.id}:{place.id}"


def tree_of(row: Any, name: str, places: Sequence[Place], incidents: Iterable[IncidentRow]) -> dict[str, Any]:
    """The tree of an instance; the incidents of an element stand at the first place there."""
    by_element: dict[str, list[str]] = {}
    for incident in incidents:
        by_element.setdefault(incident.element_id, []).append(incident.id)

    def node(id: str, parent: str | None, element_id: str, label: str, kind: str, execution: str) -> dict[str, Any]:
        found = [{"id": one, "activity_id": element_id} for one in by_element.pop(element_id, ())]
        return {
            "id": id,
            "parent_activity_instance_id": parent,
            "activity_id": element_id,
            "activity_name": label,
            "activity_type": kind,
            "process_instance_id": row.id,
            "process_definition_id": row.definition_id,
            "child_activity_instances": [],
            "execution_ids": [execution],
            "incident_ids": [one["id"] for one in found],
            "incidents": found,
        }

    root = node(row.id, None, row.definition_id, name, "processDefinition", row.id)
    nodes: dict[str | None, dict[str, Any]] = {None: root}
    for place in places:
        around = nodes[place.inside]
        element = place.element
        of_place = node(
            activity_instance_id(place),
            around["id"],
            element.id + (_BODY if place.is_whole else ""),
            element.name,
            "multiInstanceBody" if place.is_whole else element.kind,
            place.id,
        )
        around["child_activity_instances"].append(of_place)
        nodes[place.id] = of_place
    return root
