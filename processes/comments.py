"""What other systems note at user tasks, for each other and for operators to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, Select, insert, select

from kernel.actors import Actor
from kernel.clock import Clock
from kernel.errors import NotFound
from processes.queries.visibility import tasks_of
from store.tables import task, task_comment
from store.unit_of_work import Database


class Comments:
    """Notes at the tasks that an actor may see, open or not."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, task_id: str, message: str, *, by: Actor) -> Row[Any]:
        """Note something at a task.

        Raises:
            NotFound: there is no such task, or it is not the actor's to see.
        """
        row = {
            "id": str(uuid4()),
            "task_id": task_id,
            "author": by.id,
            "message": message,
            "created_at": self._clock.now(),
        }
        with self._database.write() as work:
            self._check(work.connection, task_id, by)
            work.connection.execute(insert(task_comment).values(row))
        with self._database.read() as connection:
            return self.one(connection, task_id, row["id"], by=by)  # type: ignore[arg-type]

    def of_task(self, connection: Connection, task_id: str, *, by: Actor) -> Sequence[Row[Any]]:
        """The notes at a task, oldest first.

        Raises: as `add`.
        """
        self._check(connection, task_id, by)
        noted = _comments().where(task_comment.c.task_id == task_id)
        return connection.execute(noted.order_by(task_comment.c.created_at, task_comment.c.id)).all()

    def one(self, connection: Connection, task_id: str, comment_id: str, *, by: Actor) -> Row[Any]:
        """
        Raises:
            NotFound: the task has no such note; otherwise as `add`.
        """
        for row in self.of_task(connection, task_id, by=by):
            if row.id == comment_id:
                return row
        raise NotFound(detail=f"Task comment with id {comment_id} does not exist for task id {task_id}")

    def _check(self, connection: Connection, task_id: str, by: Actor) -> None:
        if connection.execute(select(task.c.id).where((task.c.id == task_id) & tasks_of(by))).first() is None:
            raise NotFound(detail=f"No task found for task id {task_id}")


def _comments() -> Select[Any]:
    return select(task_comment, task.c.instance_id).join(task, task.c.id == task_comment.c.task_id)
