"""Rows of applications: locking, reading and changing the business record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from applications import statuses
from kernel.errors import NotFound
from store.tables import application, task
from store.unit_of_work import UnitOfWork
from store.writing import lock_instance

ApplicationRow = Row[Any]
_NOTE = "applications.row"


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
    """As `by_instance`, but read only once in a command, and anew after each `change`."""
    known: ApplicationRow | None = work.notes.get(_NOTE)
    if known is None or known.instance_id != instance_id:
        known = work.notes[_NOTE] = by_instance(work.connection, instance_id)
    return known


def if_any(work: UnitOfWork, instance_id: str) -> ApplicationRow | None:
    """As `of_command`; none for an instance that carries no application, such as one that a message has started."""
    try:
        return of_command(work, instance_id)
    except NotFound:
        return None


def lock(work: UnitOfWork, number: str) -> ApplicationRow:
    """As `by_number`, held by this command until it ends: by the lock of its instance, as for every command on it."""
    held = select(application.c.instance_id).where(application.c.number == number).scalar_subquery()
    lock_instance(work, held)
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
    work.notes.pop(_NOTE, None)
    work.connection.execute(update(application).where(application.c.id == application_id).values(**values))


def enter_status(work: UnitOfWork, row: ApplicationRow, status: str, at: datetime) -> None:
    """Show a new status; an ended application no longer keeps its person from starting another (R-1.9-1)."""
    values: dict[str, Any] = {"status": status, "status_at": at}
    if status in statuses.ENDED:
        values |= {"ended_at": at, "open_person_id": None}
    change(work, row.id, **values)
