"""Starting instances: by key and by id, with typed variables, once for each command."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from kernel.actors import SYSTEM, Role
from processes.archiving import archive_ended
from store.tables import instance, job, task
from tests.api.caller import Caller
from tests.processes.diagrams import (
    catching,
    end,
    flows,
    message,
    node,
    process,
    service,
    start,
    timer,
    user,
)
from wiring import Services

Make = Callable[..., Caller]

TRANSFER = process("hand_over", start() + user("approve") + end() + flows("started > approve > ended"))
AT_ONCE = process("at_once", start() + end() + flows("started > ended"))
PATIENT = process(
    "wait",
    start() + catching("waited", timer("timeDuration", "= patience")) + end() + flows("started > waited > ended"),
)


@pytest.fixture
def system(caller: Make, services: Services) -> Caller:
    deploy(services, TRANSFER, AT_ONCE, PATIENT)
    return caller(Role.SERVICE)


def deploy(services: Services, *files: bytes) -> None:
    for data in files:
        services.definitions.deploy(data, "test.bpmn", by=SYSTEM, activate=True)


def instances(services: Services, key: str) -> int:
    with services.database.read() as connection:
        return connection.execute(select(func.count()).where(instance.c.line == key)).scalar_one()


def test_an_instance_starts_by_key_and_by_id(system: Caller) -> None:
    started = system.post("/process-definition/key/hand_over/start", {"businessKey": "case-1"})
    again = system.post(f"/process-definition/{started['definitionId']}/start")

    assert started["businessKey"] == "case-1"
    assert (started["ended"], started["suspended"]) == (False, False)
    assert (started["caseInstanceId"], started["tenantId"]) == (None, None)
    assert started["links"][0]["href"].endswith(f"/engine-rest/process-instance/{started['id']}")
    assert (again["businessKey"], again["id"] == started["id"]) == (None, False)


def test_typed_variables_go_in_and_come_back(system: Caller) -> None:
    given = {
        "amount": {"value": 3, "type": "Integer"},
        "name": {"value": "甲", "type": "String", "valueInfo": None},
        "items": {"value": "[1, 2]", "type": "Json"},
        "plain": {"value": True},
    }
    body = {"variables": given, "withVariablesInReturn": True}
    back = system.post("/process-definition/key/hand_over/start", body)["variables"]

    assert {name: (one["type"], one["value"]) for name, one in back.items()} == {
        "amount": ("Integer", 3),
        "name": ("String", "甲"),
        "items": ("Json", [1, 2]),
        "plain": ("Boolean", True),
    }
    assert {one["valueInfo"] == {} for one in back.values()} == {True}


def test_an_instance_may_end_at_once(system: Caller) -> None:
    assert system.post("/process-definition/key/at_once/start")["ended"] is True


def test_a_task_that_names_nobody_is_for_other_systems(system: Caller, services: Services) -> None:
    started = system.post("/process-definition/key/hand_over/start")

    with services.database.read() as connection:
        row = connection.execute(select(task).where(task.c.instance_id == started["id"])).one()
    assert (row.scope, row.candidate_groups, row.form) == ("service", ",service,", None)
    assert [one["id"] for one in system.get("/task", processInstanceId=started["id"])] == [row.id]


def test_a_topic_without_a_handler_waits_for_another_system(system: Caller, services: Services) -> None:
    deploy(services, process("ask", start() + service("ask_bank") + end() + flows("started > ask_bank > ended")))

    started = system.post("/process-definition/key/ask/start")

    with services.database.read() as connection:
        row = connection.execute(select(job).where(job.c.instance_id == started["id"])).one()
    assert (row.topic, row.lane, row.state) == ("ask_bank", "external", "ready")


def test_the_same_command_starts_one_instance(system: Caller, services: Services) -> None:
    def send(business_key: str) -> tuple[int, str]:
        answer = system.call(
            "POST",
            "/process-definition/key/hand_over/start",
            json={"businessKey": business_key},
            headers={"Idempotency-Key": "order-7"},
        )
        return answer.status_code, (answer.json or {}).get("id", "")

    first = send("a")
    assert send("a") == first
    assert instances(services, "hand_over") == 1
    assert send("b")[0] == 400


def test_a_command_told_again_after_its_instance_was_packed_is_answered_as_before(
    system: Caller, services: Services
) -> None:
    def send() -> Any:
        return system.call(
            "POST",
            "/process-definition/key/at_once/start",
            json={"variables": {"holder": {"value": "E01"}}, "withVariablesInReturn": True},
            headers={"Idempotency-Key": "order-8"},
        ).json

    first = send()
    with services.database.write() as work:
        assert archive_ended(work, before=services.clock.now() + timedelta(days=1), most=10) >= 1

    assert send() == first
    assert (first["ended"], first["variables"]["holder"]["value"]) == (True, "E01")


def test_the_command_ids_of_two_systems_never_meet(system: Caller, caller: Make) -> None:
    path, headers = "/process-definition/key/hand_over/start", {"Idempotency-Key": "1"}
    answers = [one.call("POST", path, json={}, headers=headers) for one in (system, caller(Role.SERVICE))]

    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json["id"] != answers[1].json["id"]  # type: ignore[index]


def test_what_cannot_start_says_why_and_leaves_nothing(system: Caller, services: Services) -> None:
    waiting = process(
        "told",
        node("startEvent", "started", message("order"))
        + catching("more", message("order"))
        + end()
        + flows("started > more > ended"),
        messages=("order",),
    )
    deploy(services, waiting)

    system.refused("POST", "/process-definition/key/nothing/start", 404, json={})
    system.refused("POST", "/process-definition/nothing/start", 404, json={})
    assert "start event" in system.refused("POST", "/process-definition/key/told/start", 400, json={})["message"]
    assert instances(services, "told") == 0


def test_a_diagram_that_cannot_go_on_with_the_variables_is_the_callers_to_mend(
    system: Caller, services: Services
) -> None:
    refusal = system.refused("POST", "/process-definition/key/wait/start", 400, json={})

    assert refusal["reasons"][0]["code"] == "START_FAILED"
    assert instances(services, "wait") == 0


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        ("class2_employer_transfer", 409, "STARTS_IN_PORTAL"),
        ("commission_review", 409, "NO_APPLICATION"),
        ("employer_confirmation", 400, "START_FAILED"),
    ],
)
def test_what_belongs_to_an_application_is_not_started_over_the_interface(
    system: Caller, services: Services, key: str, status: int, code: str
) -> None:
    before = instances(services, key)

    refusal = system.refused("POST", f"/process-definition/key/{key}/start", status, json={})

    assert refusal["reasons"][0]["code"] == code
    assert instances(services, key) == before


@pytest.mark.parametrize(
    "body",
    [
        {"variables": {"amount": {"value": "x", "type": "Integer"}}},
        {"variables": {"file": {"value": "x", "type": "File"}}},
        {"variables": []},
        {"businessKey": "x" * 256},
        {"businessKey": "a\x00b"},
        {"caseInstanceId": "case"},
        {"startInstructions": [{"type": "startBeforeActivity", "activityId": "approve"}]},
        {"unknown": 1},
        [],
    ],
)
def test_a_body_that_does_not_fit_is_refused(system: Caller, body: object) -> None:
    system.refused("POST", "/process-definition/key/hand_over/start", 400, json=body)


def test_only_systems_and_operators_start(caller: Make, services: Services, app: Flask) -> None:
    deploy(services, TRANSFER)

    caller(Role.OPS).post("/process-definition/key/hand_over/start")
    for role in (Role.ANALYST, Role.CITY_REVIEWER, Role.INDIVIDUAL):
        caller(role).refused("POST", "/process-definition/key/hand_over/start", 403, json={})
