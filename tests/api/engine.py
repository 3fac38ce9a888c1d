"""Small diagrams on the real services, started without any application."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from kernel.actors import SYSTEM, Actor
from store.tables import instance, task
from tests.processes.diagrams import node
from wiring import Services


def task_for_systems(id: str, inside: str = "", **attributes: str) -> str:
    """A user task that other systems complete."""
    properties = '<camunda:properties><camunda:property name="scope" value="service"/></camunda:properties>'
    extended = f"<bpmn:extensionElements>{properties}</bpmn:extensionElements>{inside}"
    given = {"camunda__formRef": "employer_confirm", "camunda__candidateGroups": "service", "name": id} | attributes
    return node("userTask", id, extended, **given)


class Engine:
    """What a test does besides calling the interface: deploy, start, look."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def deploy(self, *files: bytes) -> str:
        """Deploy and activate; the id of the last definition."""
        rows = [self.services.definitions.deploy(data, "test.bpmn", by=SYSTEM, activate=True) for data in files]
        return rows[-1].id

    def start(self, key: str, business_key: str = "", *, by: str = "system", **variables: Any) -> str:
        with self.services.database.write() as work:
            ref = self.services.processes.create(work, key, business_key, by=Actor(by, "外部系统"))
            self.services.processes.begin(work, ref, variables, by=SYSTEM, deferred=frozenset())
        return ref.id

    def task(self, instance_id: str, element_id: str | None = None) -> str:
        """The one open task of an instance, or the one at an element."""
        query = select(task.c.id).where((task.c.instance_id == instance_id) & (task.c.status == "open"))
        if element_id is not None:
            query = query.where(task.c.element_id == element_id)
        with self.services.database.read() as connection:
            found: str = connection.execute(query).scalar_one()
        return found

    def status(self, instance_id: str) -> str:
        with self.services.database.read() as connection:
            row = connection.execute(select(instance.c.status).where(instance.c.id == instance_id)).one()
        return str(row.status)

    def variables(self, instance_id: str) -> dict[str, Any]:
        with self.services.database.read() as connection:
            return self.services.processes.look(connection, instance_id).variables()
