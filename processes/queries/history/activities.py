"""What each token did at each element, as `GET /history/activity-instance` of Camunda's interface asks for it.

An activity instance is a pair of our events: `entered`, and `completed` or `cancelled` of the same token. They are rows
or packed in the instance (ADR 11); either way they are those of one instance after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar

from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    SignalEventDefinition,
)
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import (
    CancelEventDefinition,
    NoneEventDefinition,
    TerminateEventDefinition,
)
from sqlalchemy import Connection, Row, func, select

from kernel.actors import Actor
from processes.compensation import CompensateDefinition
from processes.definition import Definition, nodes_of
from processes.definitions import Definitions
from processes.history import Happened, unpacked
from processes.paths import element_at
from processes.queries.history.named import Asked, FoundByInstance, instances_named
from processes.queries.visibility import instances_of
from processes.timers import TimerDefinition
from store.tables import definition, history, instance, task


@dataclass(frozen=True, slots=True)
class Activity:
    """What one token did at one element; `id` is that of the token, `ended_at` None while it is there."""

    id: str
    instance_id: str
    definition_id: str
    line: str
    path: str
    element_id: str
    occurrence: int
    started_at: datetime
    ended_at: datetime | None
    cancelled: bool
    task_id: str | None
    assignee: str | None


class Activities(FoundByInstance[Activity]):
    """The list of them, asked like a `Query`. History is kept by instance, so it is found by instance."""

    name = "historic activity instance"
    criteria: ClassVar[Mapping[str, Asked]] = MappingProxyType(
        {
            "processInstanceId": Asked("text", "this or processInstanceIdIn is needed"),
            "processInstanceIdIn": Asked("texts", "this or processInstanceId is needed"),
            "activityInstanceId": Asked("text"),
            "activityInstanceIdIn": Asked("texts"),
            "processDefinitionId": Asked("text"),
            "processDefinitionKey": Asked("text"),
            "activityId": Asked("text"),
            "activityIdIn": Asked("texts"),
            "taskAssignee": Asked("text"),
            "finished": Asked("flag"),
            "unfinished": Asked("flag"),
            "canceled": Asked("choice"),
            "startedBefore": Asked("moment"),
            "startedAfter": Asked("moment"),
            "finishedBefore": Asked("moment"),
            "finishedAfter": Asked("moment"),
        }
    )
    orders: ClassVar[Mapping[str, Callable[[Activity], Any]]] = MappingProxyType(
        {
            "activityInstanceId": lambda one: one.id,
            "instanceId": lambda one: one.instance_id,
            "executionId": lambda one: one.instance_id,
            "activityId": lambda one: one.element_id,
            "startTime": lambda one: one.started_at,
            "endTime": lambda one: one.ended_at or datetime.max.replace(tzinfo=UTC),
            "definitionId": lambda one: one.definition_id,
            "occurrence": lambda one: one.occurrence,
        }
    )

    def _found(self, connection: Connection, actor: Actor, asked: Mapping[str, Any]) -> list[Activity]:
        columns: tuple[Any, ...] = (
            instance.c.id, instance.c.definition_id, instance.c.line, instance.c.ended_at, instance.c.archive,
            definition.c.pattern,
        )  # fmt: skip
        query = select(*columns).join(definition).where(instances_named(asked) & instances_of(actor))
        rows = connection.execute(query.order_by(instance.c.id)).all()
        ids = [row.id for row in rows]
        in_rows = select(history).where(history.c.instance_id.in_(ids)).order_by(history.c.instance_id, history.c.seq)
        events: dict[str, list[Happened]] = {
            row.id: unpacked(row.id, row.archive, row.pattern) if row.archive else [] for row in rows
        }
        for row in connection.execute(in_rows):
            events[row.instance_id].append(Happened.of(row))
        of_people = select(task.c.id, func.coalesce(task.c.ended_by, task.c.assignee)).where(
            task.c.instance_id.in_(ids)
        )
        people = {row[0]: row[1] for row in connection.execute(of_people)}
        found = [one for row in rows for one in _paired(row, events[row.id], people)]
        wanted = [(name, value) for name, value in asked.items() if name in _TESTS]
        return [one for one in found if all(_TESTS[name](one, value) for name, value in wanted)]


ACTIVITIES = Activities()


def _paired(row: Row[Any], events: Sequence[Happened], people: Mapping[str, str | None]) -> list[Activity]:
    """What was entered, each with what became of it. What stood open when an operator ended the instance ended with
    it; no event says so one by one."""
    ends = {each.task_id: each for each in events if each.event in ("completed", "cancelled")}
    found = []
    for each in events:
        if each.event == "entered" and each.task_id is not None:
            end = ends.get(each.task_id)
            ended_at = end.at if end else row.ended_at
            cancelled = ended_at is not None and (end is None or end.event == "cancelled")
            task_id = each.task_id if each.task_id in people else None
            found.append(
                Activity(
                    each.task_id, row.id, row.definition_id, row.line, each.path, each.element_id, each.seq,
                    each.at, ended_at, cancelled, task_id, people.get(each.task_id),
                )
            )  # fmt: skip
    return found


_TESTS: Mapping[str, Callable[[Activity, Any], bool]] = MappingProxyType(
    {
        "activityInstanceId": lambda one, value: one.id == value,
        "activityInstanceIdIn": lambda one, value: one.id in value,
        "processDefinitionId": lambda one, value: one.definition_id == value,
        "processDefinitionKey": lambda one, value: one.line == value,
        "activityId": lambda one, value: one.element_id == value,
        "activityIdIn": lambda one, value: one.element_id in value,
        "taskAssignee": lambda one, value: one.assignee == value,
        "finished": lambda one, value: not value or one.ended_at is not None,
        "unfinished": lambda one, value: not value or one.ended_at is None,
        "canceled": lambda one, value: one.cancelled == value,
        "startedBefore": lambda one, value: one.started_at < value,
        "startedAfter": lambda one, value: one.started_at > value,
        "finishedBefore": lambda one, value: one.ended_at is not None and one.ended_at < value,
        "finishedAfter": lambda one, value: one.ended_at is not None and one.ended_at > value,
    }
)


@dataclass(frozen=True, slots=True)
class Described:
    """What the diagram says of the element of an activity instance; `kind` in Camunda's words."""

    name: str | None
    kind: str


def described(definitions: Definitions, rows: Sequence[Activity]) -> list[Described]:
    """What the diagrams say of the elements of `rows`, in their order."""
    kinds = {id_: _kinds(definitions.get(id_)) for id_ in {row.definition_id for row in rows}}
    found = []
    for row in rows:
        try:
            element = element_at(definitions.get(row.definition_id), row.path)
        except KeyError:
            found.append(Described(None, "unknown"))
            continue
        kind = kinds[row.definition_id].get((element.process, element.id), element.kind)
        found.append(Described(element.name or None, kind))
    return found


def _kinds(of: Definition) -> dict[tuple[str, str], str]:
    """Camunda's words for the events of a definition, by process and id."""
    found = {}
    for spec in of.specs.values():
        for node in nodes_of(spec):
            tag = of.element(spec.process, node.name).kind
            trigger = _TRIGGERS.get(type(getattr(node, "event_definition", None)))
            if trigger and tag in _EVENTS:
                found[(spec.process, node.name)] = _EVENTS[tag].get(trigger) or _EVENTS[tag]["*"].format(trigger)
    return found


_TRIGGERS: Mapping[type[Any], str] = MappingProxyType(
    {
        NoneEventDefinition: "None",
        TimerDefinition: "Timer",
        MessageEventDefinition: "Message",
        SignalEventDefinition: "Signal",
        ConditionalEventDefinition: "Conditional",
        ErrorEventDefinition: "Error",
        EscalationEventDefinition: "Escalation",
        CompensateDefinition: "Compensation",
        TerminateEventDefinition: "Terminate",
        CancelEventDefinition: "Cancel",
    }
)
_EVENTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "startEvent": {
            "None": "startEvent",
            "Timer": "startTimerEvent",
            "Message": "messageStartEvent",
            "Signal": "signalStartEvent",
            "Conditional": "conditionalStartEvent",
            "Error": "errorStartEvent",
            "Escalation": "escalationStartEvent",
            "*": "compensationStartEvent",
        },
        "endEvent": {
            "None": "noneEndEvent",
            "Message": "messageEndEvent",
            "Signal": "signalEndEvent",
            "Error": "errorEndEvent",
            "Escalation": "escalationEndEvent",
            "Compensation": "compensationEndEvent",
            "Terminate": "terminateEndEvent",
            "*": "cancelEndEvent",
        },
        "intermediateCatchEvent": {
            "Timer": "intermediateTimer",
            "Conditional": "intermediateConditional",
            "*": "intermediate{}Catch",
        },
        "intermediateThrowEvent": {"Signal": "intermediateSignalThrow", "*": "intermediate{}ThrowEvent"},
        "boundaryEvent": {
            "Compensation": "compensationBoundaryCatch",
            "Cancel": "cancelBoundaryCatch",
            "*": "boundary{}",
        },
    }
)
