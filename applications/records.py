"""Rows of applications: locking, reading and changing the business record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from applications import statuses
from kernel.errors import NotFound
from store.statements import Question, Record, Statement
from store.tables import application, task
from store.unit_of_work import UnitOfWork
from store.writing import locking

ApplicationRow = Record
_NOTE, _INSTANCE = "applications.row", "applications.row.instance"

_OF_INSTANCE = Statement(select(application).where(application.c.instance_id == bindparam("instance_id")))
_OF_TASK = Statement(
    select(application)
    .join(task, task.c.instance_id == application.c.instance_id)
    .where(task.c.id == bindparam("task_id"))
)
_LOCK = locking(select(application.c.instance_id).where(application.c.number == bindparam("number")).scalar_subquery())


def by_number(connection: Connection, number: str) -> ApplicationRow:
    """The application with a business number.

    Raises:
        NotFound: there is none, or it has been deleted.
    """
    row = connection.execute(select(application).where(application.c.number == number)).one_or_none()
    if row is None or row.status in statuses.HIDDEN:
        raise NotFound(detail=f"no application {number}")
    return row


def by_instance(connection: Connection, instance_id: str) -> ApplicationRow:
    """The application that a process instance carries.

    Raises:
        NotFound: the instance carries none.
    """
    row = connection.execute(select(application).where(application.c.instance_id == instance_id)).one_or_none()
    if row is None:
        raise NotFound(detail=f"no application of instance {instance_id}")
    return row


def of_command(work: UnitOfWork, instance_id: str) -> ApplicationRow:
    """As `by_instance`, but read only once in a command; `change` keeps it as it stands now."""
    row = if_any(work, instance_id)
    if row is None:
        raise NotFound(detail=f"no application of instance {instance_id}")
    return row


def if_any(work: UnitOfWork, instance_id: str) -> ApplicationRow | None:
    """As `of_command`; none for an instance that carries no application, such as one that a message has started."""
    if work.notes.get(_INSTANCE) != instance_id:
        _note(work, instance_id, work.ask(_OF_INSTANCE(instance_id=instance_id)))
    found: ApplicationRow | None = work.notes[_NOTE]
    return found


def question_on(task_id: str) -> Question:
    """The application of a task; asked ahead by a command, it serves `read_ahead`, and `of_answer` takes its rows."""
    return _OF_TASK(task_id=task_id)


def of_answer(rows: Sequence[Record]) -> ApplicationRow:
    """
    Raises:
        NotFound: the instance of the task carries no application.
    """
    if not rows:
        raise NotFound(detail="no application of this task")
    return rows[0]


def read_ahead(work: UnitOfWork, task_id: str, instance_id: str) -> None:
    """Take in what was asked ahead, once the instance of the task is known."""
    _note(work, instance_id, work.ask(question_on(task_id)))


def lock(work: UnitOfWork, number: str) -> ApplicationRow:
    """As `by_number`, held by this command until it ends: by the lock of its instance, as for every command on it."""
    work.ask(_LOCK(number=number))
    return by_number(work.connection, number)


def of_task(connection: Connection, task_id: str) -> ApplicationRow:
    """The application whose instance has this user task.

    Raises:
        NotFound: there is no such task.
    """
    instance_id = connection.execute(select(task.c.instance_id).where(task.c.id == task_id)).scalar()
    if instance_id is None:
        raise NotFound(detail=f"no task {task_id}")
    return by_instance(connection, instance_id)


def change(work: UnitOfWork, application_id: str, **values: Any) -> None:
    values |= places(values)
    known: ApplicationRow | None = work.notes.get(_NOTE)
    if known is not None and known.id == application_id:
        work.notes[_NOTE] = known._replace(**values)
    work.write(_changing(tuple(sorted(values))), {"of": application_id, **values})


def places(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns by which lists are ordered, as far as they follow from these values of an application."""
    found: dict[str, Any] = {}
    if "status" in values:
        found["progress"] = statuses.PROGRESS[values["status"]]
    if "declared_on" in values:
        found["declared_or_never"] = values["declared_on"] or statuses.NEVER
    return found


def enter_status(work: UnitOfWork, row: ApplicationRow, status: str, at: datetime, **more: Any) -> None:
    """Show a new status; an ended application no longer keeps its person from starting another (R-1.9-1)."""
    values: dict[str, Any] = {"status": status, "status_at": at, **more}
    if status in statuses.ENDED:
        values |= {"ended_at": at, "open_person_id": None}
    change(work, row.id, **values)


def _note(work: UnitOfWork, instance_id: str, answers: list[list[Record]]) -> None:
    (found,) = answers
    work.notes |= {_INSTANCE: instance_id, _NOTE: found[0] if found else None}


@lru_cache
def _changing(columns: tuple[str, ...]) -> Statement:
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    return Statement(update(application).where(application.c.id == bindparam("of")).values(values))
