"""Executions over the interface: what waits in an instance, and messages to one of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kernel.actors import Role
from tests.api.caller import Caller
from tests.api.engine import Engine, task_for_systems
from tests.invariants import violations
from tests.processes.diagrams import (
    boundary,
    catching,
    end,
    error,
    escalation,
    flows,
    message,
    parallel,
    process,
    service,
    several,
    start,
)
from wiring import Services

Make = Callable[..., Caller]
WAITING = process(
    "waiting",
    start()
    + parallel("split")
    + task_for_systems("approve", several(over="=members", element="member"))
    + catching("payment", message("paid"))
    + service("ship_elsewhere")
    + parallel("join")
    + end()
    + flows("started > split > approve > join > ended", "split > payment > join", "split > ship_elsewhere > join"),
    messages=("paid",),
)
CAUGHT = process(
    "caught",
    start()
    + task_for_systems("approve")
    + boundary("refused", "approve", error("no_money"))
    + boundary("urgent", "approve", escalation("late"), interrupting=False)
    + task_for_systems("ask")
    + task_for_systems("hurry")
    + end()
    + flows("started > approve > ended", "refused > ask > ended", "urgent > hurry > ended"),
    errors=("no_money",),
    escalations=("late",),
)


@pytest.fixture
def engine(services: Services) -> Engine:
    return Engine(services)


@pytest.fixture
def waiting(engine: Engine) -> str:
    engine.deploy(WAITING)
    return engine.start("waiting", "K-1", members=["a", "b"])


def test_each_place_that_waits_is_an_execution(caller: Make, waiting: str) -> None:
    service_account = caller(Role.SERVICE)

    rows = service_account.get("/execution", processInstanceId=waiting)
    tasks = service_account.get("/task", processInstanceId=waiting)

    assert len(rows) == 5  # the root, two turns, the event and the service task
    assert {waiting, *(row["id"] for row in tasks)} < {row["id"] for row in rows}
    assert all(row["processInstanceId"] == waiting and row["ended"] is False for row in rows)
    assert service_account.get("/execution/count", processInstanceId=waiting, activityId="approve") == {"count": 2}
    assert service_account.get("/execution/count", processInstanceId=waiting, activityId="ship_elsewhere") == {
        "count": 1
    }
    assert service_account.get(f"/execution/{tasks[0]['id']}")["processInstanceId"] == waiting
    turn = service_account.get(f"/execution/{tasks[0]['id']}/localVariables")
    assert turn["member"]["value"] in ("a", "b")
    assert "members" in service_account.get(f"/execution/{waiting}/localVariables")


def test_what_is_not_of_the_account_s_scope_is_not_there(caller: Make, waiting: str) -> None:
    stranger = caller(Role.DISTRICT_REVIEWER, district="朝阳区")

    assert stranger.get("/execution", processInstanceId=waiting) == []
    stranger.refused("GET", f"/execution/{waiting}", 404)
    stranger.refused("GET", f"/execution/{waiting}/messageSubscriptions/paid", 404)
    caller(Role.OPS).refused("GET", "/execution", 400, query_string={"other": "x"})


def test_a_message_is_delivered_to_one_execution(
    caller: Make, engine: Engine, waiting: str, services: Services
) -> None:
    ops = caller(Role.OPS)
    [execution] = ops.get("/execution", messageEventSubscriptionName="paid", processInstanceId=waiting)
    path = f"/execution/{execution['id']}/messageSubscriptions/paid"

    shown = ops.get(path)
    ops.post(f"{path}/trigger", {"variables": {"amount": {"value": 3}}}, expected=(204,))

    assert (shown["eventType"], shown["activityId"], shown["executionId"]) == ("message", "payment", execution["id"])
    assert engine.variables(waiting)["paid"] == {"amount": 3}
    ops.refused("POST", f"{path}/trigger", 404, json={})
    assert violations(services) == []


def test_an_error_ends_a_task_where_its_diagram_catches_it(caller: Make, engine: Engine, services: Services) -> None:
    engine.deploy(CAUGHT)
    instance_id = engine.start("caught")
    service_account, task = caller(Role.SERVICE), engine.task(instance_id)
    body = {"errorCode": "no_money", "errorMessage": "empty", "variables": {"cents": {"value": 0}}}

    service_account.refused("POST", f"/task/{task}/bpmnError", 400, json={"errorCode": "other"})
    service_account.post(f"/task/{task}/bpmnError", body, expected=(204,))

    assert engine.task(instance_id) == engine.task(instance_id, "ask")
    assert engine.variables(instance_id)["no_money"] == {"message": "empty", "cents": 0}
    service_account.refused("POST", f"/task/{task}/bpmnError", 409, json=body)
    assert violations(services) == []


def test_an_escalation_leaves_the_task_open_where_it_does_not_interrupt(caller: Make, engine: Engine) -> None:
    engine.deploy(CAUGHT)
    instance_id = engine.start("caught")
    service_account, task = caller(Role.SERVICE), engine.task(instance_id)

    service_account.refused("POST", f"/task/{task}/bpmnEscalation", 400, json={"escalationCode": "other"})
    service_account.post(f"/task/{task}/bpmnEscalation", {"escalationCode": "late"}, expected=(204,))

    assert engine.task(instance_id, "approve") == task
    assert engine.task(instance_id, "hurry")
    caller(Role.OPS).refused("POST", f"/task/{task}/bpmnEscalation", 403, json={"escalationCode": "late"})
