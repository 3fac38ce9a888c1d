"""Versions of processes: found, read, drawn, suspended and deleted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kernel.actors import Role
from kernel.clock import FixedClock
from tests.api.caller import Caller
from tests.api.deploying import CHANGED, ORDER, definition_in, deployed
from tests.processes.diagrams import end, flows, message, node, process, signal, user
from wiring import Services

Make = Callable[..., Caller]

BY_MESSAGE = process(
    "by_message",
    node("startEvent", "told", message("order")) + user("approve") + end() + flows("told > approve > ended"),
    messages=("order",),
)
BY_SIGNAL = process(
    "by_signal",
    node("startEvent", "warned", signal("alarm")) + user("react") + end() + flows("warned > react > ended"),
    signals=("alarm",),
)


@pytest.fixture
def analyst(caller: Make) -> Caller:
    return caller(Role.ANALYST, Role.SERVICE)


@pytest.fixture
def versions(analyst: Caller, clock: FixedClock) -> list[str]:
    """The ids of two versions of one process."""
    found = []
    for data in (ORDER, CHANGED):
        clock.advance(minutes=1)
        found.append(definition_in(deployed(analyst, ("order.bpmn", data)), "order")["id"])
    return found


def test_versions_are_found_by_key_and_version(analyst: Caller, versions: list[str]) -> None:
    def found(**asked: object) -> list[str]:
        return [one["id"] for one in analyst.get("/process-definition", key="order", **asked)]

    assert found(sortBy="version", sortOrder="asc") == versions
    assert found(sortBy="version", sortOrder="desc", maxResults=1) == versions[1:]
    assert found(latestVersion="true") == versions[1:]
    assert found(version=1) == versions[:1]
    assert analyst.get("/process-definition/count", keysIn="order,commission_review", latestVersion="true") == {
        "count": 2
    }
    assert analyst.get("/process-definition", key="other") == []
    assert "foo" in analyst.refused("GET", "/process-definition?foo=1", 400)["message"]
    analyst.refused("GET", "/process-definition?tenantIdIn=a", 400)


def test_a_version_is_read_by_id_and_the_active_one_by_key(analyst: Caller, versions: list[str]) -> None:
    first, second = versions

    one = analyst.get(f"/process-definition/{first}")
    assert (one["id"], one["key"], one["version"], one["suspended"]) == (first, "order", 1, False)
    assert (one["tenantId"], one["category"], one["diagram"]) == (None, None, None)
    assert analyst.get("/process-definition/key/order")["id"] == second
    assert analyst.get(f"/process-definition/{first}/xml") == {"id": first, "bpmn20Xml": ORDER.decode()}
    assert analyst.get("/process-definition/key/order/xml")["bpmn20Xml"] == CHANGED.decode()
    analyst.refused("GET", "/process-definition/nothing", 404)
    analyst.refused("GET", "/process-definition/key/nothing/xml", 404)


def test_the_picture_of_a_line_is_drawn(analyst: Caller) -> None:
    answer = analyst.call("GET", "/process-definition/key/class2_employer_transfer/diagram")

    assert answer.content_type.startswith("image/svg+xml")
    assert answer.text.startswith("<svg")


def test_the_xml_of_another_encoding_is_read(analyst: Caller) -> None:
    text = ORDER.decode().replace('id="approve"', 'id="approve" name="审核"', 1)
    data = f'<?xml version="1.0" encoding="gb18030"?>{text}'.encode("gb18030")
    made = definition_in(deployed(analyst, ("order.bpmn", data)), "order")

    assert "审核" in analyst.get(f"/process-definition/{made['id']}/xml")["bpmn20Xml"]


@pytest.mark.parametrize("by_key", [False, True])
def test_nothing_starts_on_a_suspended_version(analyst: Caller, versions: list[str], by_key: bool) -> None:
    first, second = versions
    path = "/process-definition/key/order" if by_key else f"/process-definition/{second}"
    running = analyst.post(f"/process-definition/{second}/start")["id"]

    assert analyst.call("PUT", f"{path}/suspended", json={"suspended": True}).status_code == 204

    refusal = analyst.refused("POST", "/process-definition/key/order/start", 409, json={})
    assert refusal["reasons"][0]["code"] == "DEFINITION_SUSPENDED"
    assert analyst.get(f"/process-definition/{second}")["suspended"] is True
    assert analyst.get("/process-definition/count", key="order", suspended="true")["count"] == (2 if by_key else 1)
    if not by_key:
        analyst.post(f"/process-definition/{first}/start")
    (task,) = analyst.get("/task", processInstanceId=running)
    analyst.post(f"/task/{task['id']}/complete")  # what runs goes on

    body = {"processDefinitionKey": "order", "suspended": False}
    assert analyst.call("PUT", "/process-definition/suspended", json=body).status_code == 204
    analyst.post("/process-definition/key/order/start")


def test_a_suspension_that_is_not_understood_is_refused(analyst: Caller, versions: list[str]) -> None:
    path = f"/process-definition/{versions[0]}/suspended"
    for body in (
        {},
        {"suspended": "perhaps"},
        {"suspended": True, "executionDate": "2030-01-01T00:00:00.000+0000"},
    ):
        analyst.refused("PUT", path, 400, json=body)
    analyst.refused("PUT", "/process-definition/suspended", 400, json={"suspended": True})
    analyst.refused("PUT", "/process-definition/nothing/suspended", 404, json={"suspended": True})


@pytest.mark.parametrize("by_key", [False, True])
def test_operators_suspend_what_runs_too(caller: Make, analyst: Caller, versions: list[str], by_key: bool) -> None:
    path = "/process-definition/key/order" if by_key else f"/process-definition/{versions[1]}"
    running = analyst.post("/process-definition/key/order/start")["id"]
    (task,) = analyst.get("/task", processInstanceId=running)

    def told(caller: Caller, suspended: bool) -> int:
        body = {"suspended": suspended, "includeProcessInstances": True}
        return caller.call("PUT", f"{path}/suspended", json=body).status_code

    assert told(analyst, True) == 403
    analyst.post("/process-definition/key/order/start")  # nothing was suspended
    assert told(caller(Role.OPS), True) == 204
    analyst.refused("POST", f"/task/{task['id']}/complete", 409, json={})
    assert told(caller(Role.OPS), False) == 204
    analyst.post(f"/task/{task['id']}/complete")


def test_neither_messages_nor_signals_start_a_suspended_version(analyst: Caller, services: Services) -> None:
    deployed(analyst, ("message.bpmn", BY_MESSAGE), ("signal.bpmn", BY_SIGNAL))

    def suspend(suspended: bool) -> None:
        for key in ("by_message", "by_signal"):
            body = {"suspended": suspended}
            assert analyst.call("PUT", f"/process-definition/key/{key}/suspended", json=body).status_code == 204

    def tell(number: str) -> None:
        with services.database.write() as work:
            services.processes.publish(work, "order", number, {}, source="tests", source_id=number)
            services.processes.signal(work, "alarm")

    def running() -> dict[str, int]:
        services.pump.drain()
        return {
            one["definition"]["key"]: one["instances"]
            for one in analyst.get("/process-definition/statistics")
            if one["definition"]["key"].startswith("by_")
        }

    suspend(True)
    tell("1")
    assert running() == {}
    suspend(False)
    tell("2")
    assert running() == {"by_message": 1, "by_signal": 1}


def test_a_signal_on_its_way_starts_nothing_that_is_suspended_meanwhile(analyst: Caller, services: Services) -> None:
    deployed(analyst, ("signal.bpmn", BY_SIGNAL))
    with services.database.write() as work:
        services.processes.signal(work, "alarm")

    analyst.call("PUT", "/process-definition/key/by_signal/suspended", json={"suspended": True})
    services.pump.drain()

    keys = [one["definition"]["key"] for one in analyst.get("/process-definition/statistics")]
    assert "by_signal" not in keys
    assert services.pump.drain() == 0  # and the job is done with


def test_a_version_is_deleted_and_the_one_before_takes_its_place(
    caller: Make, analyst: Caller, versions: list[str]
) -> None:
    first, second = versions
    analyst.post(f"/process-definition/{second}/start")

    analyst.refused("DELETE", f"/process-definition/{second}", 409)
    analyst.refused("DELETE", f"/process-definition/{second}?cascade=true", 403)
    assert caller(Role.OPS).call("DELETE", f"/process-definition/{second}?cascade=true").status_code == 204

    assert analyst.get("/process-definition/key/order")["id"] == first
    analyst.refused("DELETE", f"/process-definition/{second}", 404)
    assert analyst.call("DELETE", "/process-definition/key/order").status_code == 204
    analyst.refused("GET", "/process-definition/key/order", 404)
