"""A process whose service task is left to other systems: it scores, may find no data, and then who scored high
enough passes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from kernel.actors import SYSTEM
from processes.execution import Execution
from store.tables import instance
from tests.processes.diagrams import boundary, end, error, exclusive, flows, node, process, start
from wiring import Services

KEY = "assessment"
PROPERTIES = (
    "<bpmn:extensionElements><camunda:properties>"
    '<camunda:property name="region" value="north"/></camunda:properties></bpmn:extensionElements>'
)
ASSESSMENT = process(
    KEY,
    start()
    + node("serviceTask", "assess", PROPERTIES, camunda__type="external", camunda__topic="assess")
    + boundary("no_data_found", "assess", error("NO_DATA"))
    + exclusive("high_enough", "high_enough_to_not_passed")
    + end("passed")
    + end("not_passed")
    + end("not_assessed")
    + flows(
        "started > assess > high_enough",
        "high_enough > passed : score >= 60",
        "high_enough > not_passed",
        "no_data_found > not_assessed",
    ),
    errors=("NO_DATA",),
)


class Assessments:
    """Instances of it in a service, started by other means than the interface."""

    def __init__(self, services: Services, diagram: bytes = ASSESSMENT, key: str = KEY) -> None:
        self._services = services
        self._key = key
        services.definitions.deploy(diagram, f"{key}.bpmn", by=SYSTEM, activate=True)

    def start(self, business_key: str = "A-1", **variables: Any) -> str:
        processes = self._services.processes
        with self._services.database.write() as work:
            ref = processes.create(work, self._key, business_key)
            processes.begin(work, ref, variables, by=SYSTEM, deferred=frozenset())
        return ref.id

    def row(self, instance_id: str) -> Any:
        with self._services.database.read() as connection:
            return connection.execute(select(instance).where(instance.c.id == instance_id)).one()

    def ended_at(self, instance_id: str) -> str | None:
        """The end event of a completed instance."""
        row = self.row(instance_id)
        return Execution.load(self._services.definitions.get(row.definition_id), row.state).end_id

    def variables(self, instance_id: str) -> dict[str, Any]:
        row = self.row(instance_id)
        return Execution.load(self._services.definitions.get(row.definition_id), row.state).variables()
