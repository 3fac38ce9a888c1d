"""Deployments: several files at once, all or nothing; found again, and deleted when nothing needs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kernel.actors import SYSTEM, Role
from kernel.clock import FixedClock
from tests.api.caller import Caller
from tests.api.deploying import CALLING, CHANGED, DEAR, FORM, ORDER, PRICED, RATE, definition_in, deployed, send
from wiring import Services

Make = Callable[..., Caller]


@pytest.fixture
def analyst(caller: Make) -> Caller:
    """An account that deploys and starts."""
    return caller(Role.ANALYST, Role.SERVICE)


def start(caller: Caller, key: str, **variables: Any) -> str:
    body = {"variables": {name: {"value": value} for name, value in variables.items()}}
    return str(caller.post(f"/process-definition/key/{key}/start", body)["id"])


def test_a_deployed_diagram_can_be_started(analyst: Caller) -> None:
    answer = deployed(analyst, ("order.bpmn", ORDER), deployment_name="orders", deployment_source="tests")

    assert (answer["name"], answer["source"], answer["tenantId"]) == ("orders", "tests", None)
    assert answer["links"][0]["href"].endswith(f"/engine-rest/deployment/{answer['id']}")
    assert answer["deployedCaseDefinitions"] is answer["deployedDecisionDefinitions"] is None
    version = definition_in(answer, "order")
    assert (version["version"], version["resource"], version["suspended"]) == (1, "order.bpmn", False)
    assert version["deploymentId"] == answer["id"]
    assert analyst.post(f"/process-definition/{version['id']}/start")["definitionId"] == version["id"]


def test_files_that_need_each_other_come_in_any_order(analyst: Caller) -> None:
    files = [("a_calling.bpmn", CALLING), ("priced.bpmn", PRICED), ("rate.dmn", RATE), ("order.form", FORM)]

    answer = deployed(analyst, *files)

    assert {one["key"] for one in answer["deployedProcessDefinitions"].values()} == {"calling", "priced"}
    (decision,) = answer["deployedDecisionDefinitions"].values()
    assert (decision["key"], decision["version"], decision["resource"]) == ("rate", 1, "rate.dmn")
    instance = start(analyst, "calling", amount=5)
    assert [task["taskDefinitionKey"] for task in analyst.get("/task", processInstanceId=instance)] == ["confirm"]


def test_an_instance_decides_by_what_was_deployed_with_its_diagram(analyst: Caller) -> None:
    deployed(analyst, ("priced.bpmn", PRICED), ("rate.dmn", RATE), ("order.form", FORM))
    old = analyst.get("/process-definition/key/priced")["id"]
    deployed(analyst, ("rate.dmn", DEAR))

    def percent(definition_id: str) -> Any:
        body = {"variables": {"amount": {"value": 20}}, "withVariablesInReturn": True}
        return analyst.post(f"/process-definition/{definition_id}/start", body)["variables"]["found"]["value"]

    assert percent(old) == [{"percent": 2}]
    deployed(analyst, ("priced.bpmn", PRICED))
    assert percent(analyst.get("/process-definition/key/priced")["id"]) == [{"percent": 3}]


def test_who_calls_a_process_follows_its_new_version(analyst: Caller) -> None:
    deployed(analyst, ("calling.bpmn", CALLING), ("priced.bpmn", PRICED), ("rate.dmn", RATE), ("order.form", FORM))

    answer = deployed(analyst, ("priced.bpmn", PRICED.replace(b"confirm", b"accept")))

    assert definition_in(answer, "calling")["version"] == 2
    instance = start(analyst, "calling", amount=5)
    assert [task["taskDefinitionKey"] for task in analyst.get("/task", processInstanceId=instance)] == ["accept"]


def test_a_refused_file_refuses_all_and_says_where(analyst: Caller) -> None:
    wrong = ORDER.replace(b'targetRef="ended"', b'targetRef="nowhere"')

    answer = send(analyst, ("rate.dmn", RATE), ("order.bpmn", wrong), ("good.bpmn", CALLING), ("a.form", FORM))

    assert answer.status_code == 400
    body = answer.json
    assert body is not None
    assert body["type"] == "ParseException"
    assert body["message"].startswith("ENGINE-09005 Could not parse BPMN process.")
    assert "nowhere" in body["message"]
    found = body["details"]["order.bpmn"]["errors"]
    assert any(one["mainElementId"] == "approve_to_ended" and one["line"] for one in found)
    assert "good.bpmn" in body["details"]  # it calls what is not there
    assert analyst.get("/deployment/count", name="orders") == {"count": 0}
    assert analyst.get("/decision-definition/count", key="rate") == {"count": 0}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("order.txt", ORDER),
        ("order.groovy", b"1"),
        ("order.bpmn", b"<no"),
        ("order.bpmn", b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'),
        ("rate.dmn", b"<definitions/>"),
        ("rate.dmn", RATE.replace(b"&lt; 10", b"&lt; 9")),
        ("order.form", b"{"),
        ("order.form", b"[]"),
        ("order.form", FORM.replace(b"textfield", b"iframe")),
        (f"{'x' * 300}.bpmn", ORDER),
    ],
)
def test_a_file_that_is_not_fit_is_refused_by_its_name(analyst: Caller, name: str, content: bytes) -> None:
    answer = send(analyst, (name, content))

    assert answer.status_code == 400, answer.text
    assert answer.json is not None
    assert [one["errors"][0]["message"] for one in answer.json["details"].values()]
    assert next(iter(answer.json["details"]))[:80] == name[:80]


def test_an_upload_that_is_none_is_refused(analyst: Caller) -> None:
    assert send(analyst).status_code == 400
    assert send(analyst, deployment_name="x").status_code == 400
    assert send(analyst, ("order.bpmn", ORDER), unknown="x").status_code == 400
    assert send(analyst, ("order.bpmn", ORDER), ("order.bpmn", CHANGED)).status_code == 400
    assert send(analyst, ("a.bpmn", ORDER), ("b.bpmn", CHANGED)).status_code == 400
    assert send(analyst, ("order.bpmn", ORDER), tenant_id="other").status_code == 400
    later = {"deployment_activation_time": "2030-01-01T00:00:00.000+0000"}
    assert send(analyst, ("order.bpmn", ORDER), **later).status_code == 400
    analyst.refused("POST", "/deployment/create", 400, json={})


def test_the_same_files_again_are_the_same_deployment_when_asked_so(analyst: Caller, clock: FixedClock) -> None:
    filtering = {"deployment_name": "orders", "enable_duplicate_filtering": "true"}
    first = deployed(analyst, ("order.bpmn", ORDER), **filtering)

    again = deployed(analyst, ("order.bpmn", ORDER), **filtering)
    clock.advance(minutes=1)
    changed = deployed(analyst, ("order.bpmn", CHANGED), **filtering)
    always = deployed(analyst, ("order.bpmn", CHANGED), deployment_name="orders")

    assert (again["id"], again["deployedProcessDefinitions"]) == (first["id"], None)
    assert definition_in(changed, "order")["version"] == 2
    assert definition_in(always, "order")["version"] == 3


def test_only_what_has_changed_gets_a_version_when_asked_so(analyst: Caller) -> None:
    deployed(analyst, ("order.bpmn", ORDER), ("rate.dmn", RATE), deployment_name="orders")

    answer = deployed(
        analyst,
        ("order.bpmn", ORDER),
        ("rate.dmn", DEAR),
        deployment_name="orders",
        deploy_changed_only="true",
    )

    assert answer["deployedProcessDefinitions"] is None
    assert [one["version"] for one in answer["deployedDecisionDefinitions"].values()] == [2]


def test_deployments_are_listed_with_their_files(analyst: Caller, clock: FixedClock) -> None:
    clock.advance(minutes=1)
    mine = deployed(analyst, ("order.bpmn", ORDER), ("rate.dmn", RATE), deployment_name="orders")

    assert [one["id"] for one in analyst.get("/deployment", nameLike="ord%")] == [mine["id"]]
    newest = analyst.get("/deployment", sortBy="deploymentTime", sortOrder="desc", maxResults=1)
    assert newest == [{key: mine[key] for key in ("id", "name", "source", "deploymentTime", "tenantId")}]
    assert analyst.get(f"/deployment/{mine['id']}") == newest[0]
    assert analyst.get("/deployment/count", source="repository")["count"] >= 1
    analyst.refused("GET", "/deployment?foo=1", 400)
    analyst.refused("GET", "/deployment/nothing", 404)

    files = analyst.get(f"/deployment/{mine['id']}/resources")
    assert [one["name"] for one in files] == ["order.bpmn", "rate.dmn"]
    path = f"/deployment/{mine['id']}/resources/{files[0]['id']}"
    assert analyst.get(path) == files[0]
    assert analyst.call("GET", f"{path}/data").data == ORDER
    analyst.refused("GET", f"/deployment/{mine['id']}/resources/nothing/data", 404)
    analyst.refused("GET", f"/deployment/nothing/resources/{files[0]['id']}/data", 404)


def test_a_deployment_is_deleted_when_nothing_runs_on_it(analyst: Caller, clock: FixedClock) -> None:
    deployed(analyst, ("order.bpmn", ORDER))
    clock.advance(minutes=1)
    second = deployed(analyst, ("order.bpmn", CHANGED))
    instance = start(analyst, "order")

    assert "1" in analyst.refused("DELETE", f"/deployment/{second['id']}", 409)["message"]
    (task,) = analyst.get("/task", processInstanceId=instance)
    analyst.post(f"/task/{task['id']}/complete")
    assert analyst.call("DELETE", f"/deployment/{second['id']}").status_code == 204

    assert analyst.get("/process-definition/key/order")["version"] == 1
    analyst.refused("GET", f"/deployment/{second['id']}", 404)
    analyst.refused("DELETE", f"/deployment/{second['id']}", 404)
    analyst.refused("POST", f"/process-definition/{definition_in(second, 'order')['id']}/start", 404, json={})
    assert definition_in(deployed(analyst, ("order.bpmn", CHANGED)), "order")["version"] == 3


def test_operators_end_what_runs_on_a_deployment(caller: Make, analyst: Caller) -> None:
    mine = deployed(analyst, ("order.bpmn", ORDER))
    instance = start(analyst, "order")

    analyst.refused("DELETE", f"/deployment/{mine['id']}?cascade=true", 403)
    assert analyst.get("/task/count", processInstanceId=instance) == {"count": 1}
    assert caller(Role.OPS).call("DELETE", f"/deployment/{mine['id']}?cascade=true").status_code == 204

    assert analyst.get("/task/count", processInstanceId=instance) == {"count": 0}
    analyst.refused("GET", "/process-definition/key/order", 404)


def test_what_others_need_is_not_deleted(caller: Make, analyst: Caller) -> None:
    rates = deployed(analyst, ("rate.dmn", RATE), ("order.form", FORM))
    priced = deployed(analyst, ("priced.bpmn", PRICED))
    deployed(analyst, ("calling.bpmn", CALLING))
    instance = start(analyst, "calling", amount=1)
    ops = caller(Role.OPS)

    for one, user in ((rates, "priced"), (priced, "calling")):
        for cascade in ("false", "true"):
            refusal = ops.refused("DELETE", f"/deployment/{one['id']}?cascade={cascade}", 409)
            assert user in refusal["message"]
    assert analyst.get("/task/count", processInstanceId=instance) == {"count": 1}


def test_the_projects_own_files_are_not_deleted(caller: Make) -> None:
    ops = caller(Role.OPS)
    for one in ops.get("/deployment", source="repository"):
        ops.refused("DELETE", f"/deployment/{one['id']}?cascade=true", 409)
    ops.refused("DELETE", "/process-definition/key/class2_appeal?cascade=true", 409)


def test_a_deleted_deployment_is_no_source_any_more(analyst: Caller) -> None:
    rates = deployed(analyst, ("rate.dmn", RATE), ("order.form", FORM))
    assert analyst.call("DELETE", f"/deployment/{rates['id']}").status_code == 204

    answer = send(analyst, ("priced.bpmn", PRICED))

    assert answer.status_code == 400
    assert "rate" in answer.text
    analyst.refused("GET", "/decision-definition/key/rate", 404)


def test_what_the_workbench_deploys_is_a_deployment_too(analyst: Caller, services: Services) -> None:
    row = services.definitions.deploy(ORDER, "drawn.bpmn", by=SYSTEM, activate=True)

    (found,) = analyst.get("/deployment", source="workbench")
    assert found["name"] == "drawn.bpmn"
    assert analyst.get(f"/process-definition/{row.id}")["deploymentId"] == found["id"]


def test_only_analysts_deploy(caller: Make) -> None:
    for role in (Role.SERVICE, Role.OPS, Role.CITY_REVIEWER, Role.SYSTEM_ADMIN):
        assert send(caller(role), ("order.bpmn", ORDER)).status_code == 403
    for role in (Role.CITY_REVIEWER, Role.INDIVIDUAL):
        caller(role).refused("GET", "/deployment", 403)
        caller(role).refused("GET", "/process-definition", 403)
