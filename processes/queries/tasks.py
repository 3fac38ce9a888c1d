"""The list of open user tasks, as `GET /task` of Camunda's interface asks for it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select

from processes.queries.query import Criterion, Query, after, before, choice, equals, flag, like, number, one_of
from processes.queries.visibility import tasks_of
from store.tables import definition, instance, task


def _rows() -> Select[Any]:
    return (
        select(
            task,
            instance.c.line,
            instance.c.business_key,
            instance.c.definition_id,
            instance.c.status.label("instance_status"),
            definition.c.key.label("definition_key"),
            definition.c.name.label("definition_name"),
        )
        .join(instance, instance.c.id == task.c.instance_id)
        .join(definition, definition.c.id == instance.c.definition_id)
        .where(task.c.status == "open")
    )


def _in_group(group: str) -> Any:
    return task.c.candidate_groups.contains(f",{group},", autoescape=True)


TASKS = Query(
    "task",
    _rows,
    key=task.c.id,
    visible=tasks_of,
    criteria={
        "taskId": equals(task.c.id),
        "taskIdIn": one_of(task.c.id),
        "processInstanceId": equals(task.c.instance_id),
        "processInstanceIdIn": one_of(task.c.instance_id),
        "processInstanceBusinessKey": equals(instance.c.business_key),
        "processInstanceBusinessKeyIn": one_of(instance.c.business_key),
        "processInstanceBusinessKeyLike": like(instance.c.business_key),
        "processDefinitionId": equals(instance.c.definition_id),
        "processDefinitionKey": equals(definition.c.key),
        "processDefinitionKeyIn": one_of(definition.c.key),
        "processDefinitionName": equals(definition.c.name),
        "processDefinitionNameLike": like(definition.c.name),
        "taskDefinitionKey": equals(task.c.element_id),
        "taskDefinitionKeyIn": one_of(task.c.element_id),
        "taskDefinitionKeyLike": like(task.c.element_id),
        "name": equals(task.c.name),
        "nameLike": like(task.c.name),
        "assignee": equals(task.c.assignee),
        "assigneeIn": one_of(task.c.assignee),
        "assigneeLike": like(task.c.assignee),
        "assigned": flag(lambda: task.c.assignee.is_not(None)),
        "unassigned": flag(lambda: task.c.assignee.is_(None)),
        "candidateGroup": Criterion("text", lambda group: _in_group(group) & task.c.assignee.is_(None)),
        "withCandidateGroups": flag(lambda: func.length(task.c.candidate_groups) > 2),
        "priority": number(lambda value: task.c.priority == value),
        "minPriority": number(lambda value: task.c.priority >= value),
        "maxPriority": number(lambda value: task.c.priority <= value),
        "createdBefore": before(task.c.opened_at),
        "createdAfter": after(task.c.opened_at),
        "dueBefore": before(task.c.due_at),
        "dueAfter": after(task.c.due_at),
        "withoutDueDate": flag(lambda: task.c.due_at.is_(None)),
        "active": flag(lambda: instance.c.status == "active"),
        "suspended": choice(lambda: instance.c.status == "suspended"),
    },
    orders={
        "instanceId": task.c.instance_id,
        "dueDate": task.c.due_at,
        "assignee": task.c.assignee,
        "created": task.c.opened_at,
        "name": task.c.name,
        "priority": task.c.priority,
        "id": task.c.id,
    },
)
