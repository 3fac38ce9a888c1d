"""User tasks that are open or over, as `GET /history/task` of Camunda's interface asks for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select

from processes.queries.query import Criterion, Query, after, at, before, choice, equals, flag, like, number, one_of
from processes.queries.visibility import tasks_of
from store.tables import definition, instance, task

DELETE_REASON = case((task.c.status == "completed", "completed"), (task.c.status == "cancelled", "deleted"))
# A task that nobody had claimed belongs to who has completed it.
ASSIGNEE = case((task.c.status == "completed", task.c.ended_by), else_=task.c.assignee)


def _rows() -> Select[Any]:
    return (
        select(
            task.c.id,
            task.c.instance_id,
            task.c.element_id,
            task.c.name,
            task.c.priority,
            task.c.due_at,
            task.c.opened_at,
            task.c.ended_at,
            ASSIGNEE.label("assignee"),
            DELETE_REASON.label("delete_reason"),
            instance.c.line,
            instance.c.definition_id,
        )
        .join(instance, instance.c.id == task.c.instance_id)
        .join(definition, definition.c.id == instance.c.definition_id)
    )


def _assigned_to(account_id: str) -> Any:
    completed = and_(task.c.status == "completed", task.c.ended_by == account_id)
    return or_(completed, and_(task.c.status != "completed", task.c.assignee == account_id))


def _had_group(group: str) -> Any:
    return task.c.candidate_groups.contains(f",{group},", autoescape=True)


TASKS = Query(
    "historic task",
    _rows,
    key=task.c.id,
    visible=tasks_of,
    criteria={
        "taskId": equals(task.c.id),
        "activityInstanceIdIn": one_of(task.c.id),
        "processInstanceId": equals(task.c.instance_id),
        "rootProcessInstanceId": equals(task.c.instance_id),
        "executionId": equals(task.c.instance_id),
        "processInstanceBusinessKey": equals(instance.c.business_key),
        "processInstanceBusinessKeyIn": one_of(instance.c.business_key),
        "processInstanceBusinessKeyLike": like(instance.c.business_key),
        "processDefinitionId": equals(instance.c.definition_id),
        "processDefinitionKey": equals(instance.c.line),
        "processDefinitionName": equals(definition.c.name),
        "taskDefinitionKey": equals(task.c.element_id),
        "taskDefinitionKeyIn": one_of(task.c.element_id),
        "taskName": equals(task.c.name),
        "taskNameLike": like(task.c.name),
        "taskAssignee": Criterion("text", _assigned_to),
        "taskDeleteReason": equals(DELETE_REASON),
        "taskPriority": number(lambda value: task.c.priority == value),
        "taskDueDate": at(task.c.due_at),
        "taskDueDateBefore": before(task.c.due_at),
        "taskDueDateAfter": after(task.c.due_at),
        "withoutTaskDueDate": flag(lambda: task.c.due_at.is_(None)),
        "taskHadCandidateGroup": Criterion("text", _had_group),
        "withCandidateGroups": flag(lambda: func.length(task.c.candidate_groups) > 2),
        "assigned": choice(lambda: ASSIGNEE.is_not(None)),
        "unassigned": choice(lambda: ASSIGNEE.is_(None)),
        "finished": flag(lambda: task.c.status != "open"),
        "unfinished": flag(lambda: task.c.status == "open"),
        "processFinished": flag(lambda: instance.c.ended_at.is_not(None)),
        "processUnfinished": flag(lambda: instance.c.ended_at.is_(None)),
        "startedBefore": before(task.c.opened_at),
        "startedAfter": after(task.c.opened_at),
        "finishedBefore": before(task.c.ended_at),
        "finishedAfter": after(task.c.ended_at),
    },
    orders={
        "taskId": task.c.id,
        "activityInstanceId": task.c.id,
        "processDefinitionId": instance.c.definition_id,
        "processInstanceId": task.c.instance_id,
        "executionId": task.c.instance_id,
        "startTime": task.c.opened_at,
        "endTime": task.c.ended_at,
        "taskName": task.c.name,
        "assignee": ASSIGNEE,
        "dueDate": task.c.due_at,
        "deleteReason": DELETE_REASON,
        "taskDefinitionKey": task.c.element_id,
        "priority": task.c.priority,
    },
)
