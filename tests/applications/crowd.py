"""Many copies of one case that waits for an office: their applications, instances and tasks, as an inbox reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from applications.records import places
from store.tables import application, instance, task
from tests.scenarios.case import Case


def crowd_of(case: Case, many: int, **changes: Callable[[int], Any]) -> list[str]:
    """Add copies of a case, a second apart, and tell the ids of their tasks in the order of their arrival.

    `changes` gives columns of the task and of the application other values in each copy.
    """
    with case.services.database.write() as work:
        connection = work.connection
        record = case.row()._mapping
        run = connection.execute(select(instance).where(instance.c.id == record["instance_id"])).one()._mapping
        waiting = (task.c.instance_id == run["id"]) & (task.c.status == "open")
        original = connection.execute(select(task).where(waiting)).one()._mapping
        first = connection.execute(select(task.c.id).where(task.c.id.like("copy-%"))).all()
        numbers = range(len(first) + 1, len(first) + many + 1)

        def changed(table: Any, number: int) -> dict[str, Any]:
            values = {name: change(number) for name, change in changes.items() if name in table.c}
            return values | places(values) if table is application else values

        connection.execute(
            insert(instance),
            [{**run, "id": f"run-{number:06d}", "business_key": f"BJ{number:06d}"} for number in numbers],
        )
        connection.execute(
            insert(application),
            [
                {
                    **record,
                    "id": f"record-{number:06d}",
                    "number": f"BJ{number:06d}",
                    "instance_id": f"run-{number:06d}",
                    "open_person_id": None,
                    **changed(application, number),
                }
                for number in numbers
            ],
        )
        connection.execute(
            insert(task),
            [
                {
                    **original,
                    "id": f"copy-{number:06d}",
                    "instance_id": f"run-{number:06d}",
                    "opened_at": original["opened_at"] + timedelta(seconds=number),
                    **changed(task, number),
                }
                for number in numbers
            ],
        )
    return [f"copy-{number:06d}" for number in numbers]
