"""Messages and signals of other systems: delivered at once to whom they fit, or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from kernel.actors import Role
from kernel.clock import FixedClock
from store.tables import instance, subscription
from tests.api.caller import Caller
from tests.api.engine import Engine, task_for_systems
from tests.invariants import violations
from tests.processes.diagrams import catching, end, flows, message, node, process, signal, start
from tests.scenarios.case import Case
from wiring import Services

Make = Callable[..., Caller]
PAYMENT = process(
    "payment",
    start()
    + catching("wait", message("paid"))
    + task_for_systems("ship")
    + end()
    + flows("started > wait > ship > ended"),
    messages=("paid",),
)
ORDER = process(
    "order",
    node("startEvent", "ordered", message("order_placed"))
    + task_for_systems("pick")
    + end()
    + flows("ordered > pick > ended"),
    messages=("order_placed",),
)
HOLIDAY = process(
    "holiday",
    start()
    + catching("wait", signal("office_closed"))
    + task_for_systems("note")
    + end()
    + flows("started > wait > note > ended"),
    signals=("office_closed",),
)
CLOSING = process(
    "closing",
    node("startEvent", "closed", signal("office_closed"))
    + task_for_systems("lock")
    + end()
    + flows("closed > lock > ended"),
    signals=("office_closed",),
)


@pytest.fixture
def engine(services: Services) -> Engine:
    found = Engine(services)
    found.deploy(PAYMENT, ORDER, HOLIDAY)
    return found


def told(name: str, **more: Any) -> dict[str, Any]:
    return {"messageName": name, **more}


def test_a_message_reaches_the_instance_with_its_business_key(caller: Make, engine: Engine, services: Services) -> None:
    first, second = (engine.start("payment", key) for key in ("K-1", "K-2"))
    body = told("paid", businessKey="K-2", processVariables={"amount": {"value": 3}}, resultEnabled=True)

    [reached] = caller(Role.OPS).post("/message", body)

    assert reached["resultType"] == "Execution"
    assert reached["execution"]["processInstanceId"] == second
    assert engine.variables(second) == {"paid": {"amount": 3}}
    assert engine.task(second, "ship")
    assert engine.variables(first) == {}
    assert violations(services) == []


def test_a_message_is_matched_by_variables(caller: Make, engine: Engine) -> None:
    instances = [engine.start("payment", "K", order=number) for number in (1, 2)]
    ops = caller(Role.OPS)

    answer = ops.call("POST", "/message", json=told("paid", correlationKeys={"order": {"value": 2, "type": "Integer"}}))

    assert (answer.status_code, answer.data) == (204, b"")
    assert engine.task(instances[1], "ship")
    ops.refused("POST", "/message", 400, json=told("paid", correlationKeys={"order": {"value": True}}))


def test_a_message_that_fits_none_or_several_is_refused(caller: Make, engine: Engine) -> None:
    ops = caller(Role.OPS)

    nobody = ops.refused("POST", "/message", 400, json=told("paid", businessKey="K-1"))
    for _ in range(2):
        engine.start("payment", "K-1")
    several = ops.refused("POST", "/message", 400, json=told("paid", businessKey="K-1"))

    assert nobody["type"] == several["type"] == "MismatchingMessageCorrelationException"
    assert nobody["reasons"][0]["code"] == "MESSAGE_FITS_NOT_ONE"
    assert "2 executions match" in several["message"]


def test_a_message_to_all_reaches_everybody(caller: Make, engine: Engine) -> None:
    instances = {engine.start("payment", "K-1") for _ in range(3)}

    reached = caller(Role.OPS).post(
        "/message", told("paid", all=True, resultEnabled=True, variablesInResultEnabled=True)
    )

    assert {one["execution"]["processInstanceId"] for one in reached} == instances
    assert all("paid" in one["variables"] for one in reached)


def test_a_message_starts_an_instance(caller: Make, engine: Engine) -> None:
    service = caller(Role.SERVICE)
    body = told("order_placed", businessKey="O-1", processVariables={"id": {"value": 7}}, resultEnabled=True)

    [reached] = service.post("/message", body)

    begun = reached["processInstance"]
    assert (reached["resultType"], begun["businessKey"], reached["execution"]) == ("ProcessDefinition", "O-1", None)
    assert engine.variables(begun["id"]) == {"order_placed": {"id": 7}}
    assert service.get(f"/process-instance/{begun['id']}")["businessKey"] == "O-1"


def test_a_message_without_a_receiver_is_not_kept(caller: Make, engine: Engine, services: Services) -> None:
    caller(Role.OPS).refused("POST", "/message", 400, json=told("paid", businessKey="K-9"))

    late = engine.start("payment", "K-9")
    services.pump.drain()

    assert engine.status(late) == "active"
    assert "ship" not in [row["taskDefinitionKey"] for row in caller(Role.OPS).get("/task", processInstanceId=late)]


def test_another_system_reaches_its_own_instances_only(caller: Make, engine: Engine) -> None:
    service = caller(Role.SERVICE)
    engine.start("payment", "K-1")

    service.refused("POST", "/message", 400, json=told("paid", businessKey="K-1"))
    own = engine.start("payment", "K-1", by=service.account_id)
    service.post("/message", told("paid", businessKey="K-1"))

    assert engine.task(own, "ship")
    caller(Role.ANALYST).refused("POST", "/message", 403, json=told("paid"))


def test_an_application_is_told_nothing_past_its_pages(
    caller: Make, engine: Engine, services: Services, clock: FixedClock
) -> None:
    case = Case(services, clock, "class2_employer_transfer").applied(by="P04", to="E02")
    with services.database.read() as connection:
        waits = subscription.c.instance_id == case.row().instance_id
        name = connection.execute(select(subscription.c.name).where(waits).limit(1)).scalar_one()

    caller(Role.OPS).refused("POST", "/message", 409, json=told(name, businessKey=case.number))

    assert case.row().status == "pending_confirmation"


def test_what_we_cannot_do_is_refused(caller: Make, engine: Engine) -> None:
    ops = caller(Role.OPS)

    for body in (
        {},
        told("paid", tenantId="t"),
        told("paid", localCorrelationKeys={"a": {"value": 1}}),
        told("paid", variablesInResultEnabled=True),
    ):
        ops.refused("POST", "/message", 400, json=body)


def test_a_signal_reaches_all_who_wait_and_starts_what_begins_with_it(
    caller: Make, engine: Engine, services: Services
) -> None:
    engine.deploy(CLOSING)
    waiting = [engine.start("holiday") for _ in range(2)]

    caller(Role.OPS).post("/signal", {"name": "office_closed", "variables": {"days": {"value": 3}}})
    services.pump.drain()

    assert [engine.variables(one) for one in waiting] == [{"office_closed": {"days": 3}}] * 2
    with services.database.read() as connection:
        begun = connection.execute(select(instance.c.id).where(instance.c.line == "closing")).scalar_one()
    assert engine.variables(begun) == {"office_closed": {"days": 3}}
    assert violations(services) == []


def test_a_signal_to_one_execution_reaches_it_alone(caller: Make, engine: Engine, services: Services) -> None:
    first, second = engine.start("holiday"), engine.start("holiday")
    with services.database.read() as connection:
        query = select(subscription.c.id).where(subscription.c.instance_id == first)
        execution = connection.execute(query).scalar_one()
    ops = caller(Role.OPS)

    ops.post("/signal", {"name": "office_closed", "executionId": execution})

    assert engine.task(first, "note")
    ops.refused("POST", "/signal", 404, json={"name": "office_closed", "executionId": execution})
    assert ops.get("/task/count", processInstanceId=second) == {"count": 0}


def test_a_signal_of_another_system_stays_among_its_own(caller: Make, engine: Engine, services: Services) -> None:
    service = caller(Role.SERVICE)
    own, other = engine.start("holiday", by=service.account_id), engine.start("holiday")

    service.post("/signal", {"name": "office_closed"})
    services.pump.drain()

    assert engine.task(own, "note")
    assert caller(Role.OPS).get("/task/count", processInstanceId=other) == {"count": 0}
