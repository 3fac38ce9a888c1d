"""What each token did at each element, as `GET /history/activity-instance` of Camunda's interface asks for it.

An activity instance is a pair of our events: `entered`, and `completed` or `cancelled` of the same token, whose id is
its id. History is found by instance: what asks for one activity instance alone would read all of it, so it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

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
from sqlalchemy import Row, Select, and_, func, select

from processes.compensation import CompensateDefinition
from processes.definition import Definition, nodes_of
from processes.definitions import Definitions
from processes.paths import element_at
from processes.queries.query import Criterion, Query, after, before, choice, equals, flag, one_of
from processes.queries.visibility import instances_of
from processes.timers import TimerDefinition
from store.tables import history, instance, task

ENDED = history.alias("ended")
# What stood open when an operator ended the instance ended with it; no event says so one by one.
_ENDED_AT = func.coalesce(ENDED.c.at, instance.c.ended_at)
_CANCELLED = func.coalesce(ENDED.c.event, "cancelled") == "cancelled"
_ASSIGNEE = func.coalesce(task.c.ended_by, task.c.assignee)


def _rows() -> Select[Any]:
    same_token = and_(
        ENDED.c.instance_id == history.c.instance_id,
        ENDED.c.seq > history.c.seq,
        ENDED.c.task_id == history.c.task_id,
        ENDED.c.event.in_(("completed", "cancelled")),
    )
    return (
        select(
            history.c.task_id.label("id"),
            history.c.instance_id,
            history.c.path,
            history.c.element_id,
            history.c.at.label("started_at"),
            _ENDED_AT.label("ended_at"),
            (_CANCELLED & _ENDED_AT.is_not(None)).label("cancelled"),
            task.c.id.label("task_id"),
            _ASSIGNEE.label("assignee"),
            instance.c.definition_id,
            instance.c.line,
        )
        .join(instance, instance.c.id == history.c.instance_id)
        .join(ENDED, same_token, isouter=True)
        .join(task, task.c.id == history.c.task_id, isouter=True)
        .where(history.c.event == "entered")
    )


ACTIVITIES = Query(
    "historic activity instance",
    _rows,
    key=history.c.task_id,
    lasting=(history.c.instance_id, history.c.seq),  # as they are stored: no other index holds what has happened
    visible=instances_of,
    criteria={
        "processInstanceId": equals(history.c.instance_id),
        "processInstanceIdIn": one_of(history.c.instance_id),
        "executionId": equals(history.c.instance_id),
        "processDefinitionId": equals(instance.c.definition_id),
        "processDefinitionKey": equals(instance.c.line),
        "activityId": equals(history.c.element_id),
        "activityIdIn": one_of(history.c.element_id),
        "taskAssignee": Criterion("text", lambda value: value == _ASSIGNEE),
        "finished": flag(lambda: _ENDED_AT.is_not(None)),
        "unfinished": flag(lambda: ENDED.c.at.is_(None) & instance.c.ended_at.is_(None)),
        "canceled": choice(lambda: _CANCELLED & _ENDED_AT.is_not(None)),
        "startedBefore": before(history.c.at),
        "startedAfter": after(history.c.at),
        "finishedBefore": before(_ENDED_AT),
        "finishedAfter": after(_ENDED_AT),
    },
    orders={
        "activityInstanceId": history.c.task_id,
        "instanceId": history.c.instance_id,
        "executionId": history.c.instance_id,
        "activityId": history.c.element_id,
        "startTime": history.c.at,
        "endTime": _ENDED_AT,
        "definitionId": instance.c.definition_id,
        "occurrence": history.c.seq,
    },
)


@dataclass(frozen=True, slots=True)
class Described:
    """What the diagram says of the element of an activity instance; `kind` in Camunda's words."""

    name: str | None
    kind: str


def described(definitions: Definitions, rows: Sequence[Row[Any]]) -> list[Described]:
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
