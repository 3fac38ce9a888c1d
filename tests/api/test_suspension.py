"""Suspending instances over the interface: nobody works on them, other systems are told so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kernel.actors import Role
from kernel.clock import FixedClock
from tests.api.caller import Caller
from tests.api.engine import Engine, task_for_systems
from tests.invariants import violations
from tests.processes.diagrams import boundary, end, flows, process, start, timer
from wiring import Services

Make = Callable[..., Caller]
APPROVAL = process("approval", start() + task_for_systems("approve") + end() + flows("started > approve > ended"))
PERIOD = process(
    "period",
    start()
    + task_for_systems("wait")
    + boundary("over", "wait", timer("timeDuration", "P1D"))
    + end()
    + flows("started > wait > ended", "over > ended"),
)
AGREED = {"variables": {"decision": {"value": "agree"}}}


@pytest.fixture
def engine(services: Services) -> Engine:
    found = Engine(services)
    found.deploy(APPROVAL)
    return found


def test_a_suspended_instance_is_shown_and_refuses_every_command(
    caller: Make, engine: Engine, services: Services
) -> None:
    ops, service = caller(Role.OPS), caller(Role.SERVICE)
    instance_id = engine.start("approval", "K-1")
    task = engine.task(instance_id)

    assert ops.call("PUT", f"/process-instance/{instance_id}/suspended", json={"suspended": True}).status_code == 204

    assert service.get(f"/process-instance/{instance_id}")["suspended"] is True
    assert service.get(f"/task/{task}")["suspended"] is True
    assert service.get("/task/count", processInstanceId=instance_id, active="true") == {"count": 0}
    assert ops.get("/process-instance/count", suspended="true", processDefinitionKey="approval") == {"count": 1}
    for method, path, body in (
        ("POST", f"/task/{task}/complete", AGREED),
        ("POST", f"/task/{task}/claim", {}),
        ("PUT", f"/process-instance/{instance_id}/variables/a", {"value": 1}),
    ):
        refusal = (service if "task" in path else ops).refused(method, path, 409, json=body)
        assert refusal["type"] == "SuspendedEntityInteractionException"
        assert refusal["reasons"][0]["code"] == "INSTANCE_SUSPENDED"
    assert violations(services) == []
    ops.call("PUT", f"/process-instance/{instance_id}/suspended", json={"suspended": False})
    service.post(f"/task/{task}/complete", AGREED)
    assert engine.status(instance_id) == "completed"


def test_all_instances_of_a_process_are_suspended_and_activated(caller: Make, engine: Engine) -> None:
    ops = caller(Role.OPS)
    instances = [engine.start("approval", f"K-{number}") for number in range(3)]
    definition_id = ops.get(f"/process-instance/{instances[0]}")["definitionId"]

    def suspend(suspended: bool, **which: object) -> int:
        return ops.call("PUT", "/process-instance/suspended", json={"suspended": suspended, **which}).status_code

    assert suspend(True, processDefinitionKey="approval") == 204
    assert {engine.status(one) for one in instances} == {"suspended"}
    assert suspend(False, processDefinitionId=definition_id) == 204
    assert {engine.status(one) for one in instances} == {"active"}
    assert suspend(True, processInstanceIds=instances[:1]) == 204
    assert [engine.status(one) for one in instances] == ["suspended", "active", "active"]
    assert suspend(True) == 400


def test_a_suspended_instance_can_be_ended(caller: Make, engine: Engine, services: Services) -> None:
    ops, instance_id = caller(Role.OPS), engine.start("approval")
    ops.call("PUT", f"/process-instance/{instance_id}/suspended", json={"suspended": True})

    assert ops.call("DELETE", f"/process-instance/{instance_id}").status_code == 204
    assert engine.status(instance_id) == "terminated"
    ops.refused("PUT", f"/process-instance/{instance_id}/suspended", 409, json={"suspended": False})
    assert violations(services) == []


def test_the_jobs_of_a_suspended_instance_are_listed_as_suspended(
    caller: Make, engine: Engine, services: Services, clock: FixedClock
) -> None:
    engine.deploy(PERIOD)
    ops, instance_id = caller(Role.OPS), engine.start("period")
    ops.call("PUT", f"/process-instance/{instance_id}/suspended", json={"suspended": True})
    [held] = ops.get("/job", processInstanceId=instance_id, suspended="true")

    clock.advance(days=2)
    ops.call("POST", f"/job/{held['id']}/execute")
    services.pump.drain()

    assert held["suspended"] is True
    assert ops.get("/job/count", processInstanceId=instance_id, active="true") == {"count": 0}
    assert engine.status(instance_id) == "suspended"
    assert violations(services) == []
    ops.call("PUT", f"/process-instance/{instance_id}/suspended", json={"suspended": False})
    services.pump.drain()
    assert engine.status(instance_id) == "completed"


def test_only_operators_suspend(caller: Make, engine: Engine) -> None:
    instance_id = engine.start("approval")

    caller(Role.SERVICE).refused("PUT", f"/process-instance/{instance_id}/suspended", 403, json={"suspended": True})
    caller(Role.OPS).refused("PUT", "/process-instance/nobody/suspended", 404, json={"suspended": True})
