"""User tasks over the interface: found and looked at in one's scope, claimed and given to others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kernel.actors import Role
from kernel.clock import FixedClock
from tests.api.caller import Caller
from tests.api.engine import Engine, task_for_systems
from tests.processes.diagrams import end, flows, process, several, start
from tests.scenarios.case import EMPLOYERS, Case
from wiring import Services

Make = Callable[..., Caller]
APPROVAL = process("approval", start() + task_for_systems("approve") + end() + flows("started > approve > ended"))
VOTE = process(
    "vote",
    start()
    + task_for_systems("vote_on_it", several(over="=members", element="member"))
    + end()
    + flows("started > vote_on_it > ended"),
)


@pytest.fixture
def engine(services: Services) -> Engine:
    return Engine(services)


@pytest.fixture
def task(engine: Engine) -> str:
    engine.deploy(APPROVAL)
    return engine.task(engine.start("approval", "K-1", amount=3, names=["a"]))


def test_a_task_is_shown_as_clients_expect_it(caller: Make, task: str) -> None:
    [row] = caller(Role.SERVICE).get("/task", taskId=task)

    assert row == caller(Role.OPS).get(f"/task/{task}")
    assert (row["taskDefinitionKey"], row["formKey"], row["suspended"]) == ("approve", "employer_confirm", False)
    assert {"owner", "followUp", "delegationState", "caseInstanceId", "tenantId", "parentTaskId"} <= row.keys()
    assert row["created"] == "2026-06-15T01:00:00.000+0000"


def test_a_list_shows_only_what_the_account_s_scope_holds(
    caller: Make, task: str, services: Services, clock: FixedClock
) -> None:
    case = Case(services, clock, "class2_employer_transfer").applied(by="P04", to="E02")
    of_employer = case.task_id(EMPLOYERS["new"])
    stranger = caller(Role.ENTERPRISE_ADMIN, enterprise=case.uscc("E03"))
    employer = caller(Role.ENTERPRISE_ADMIN, enterprise=case.uscc("E02"))

    assert stranger.get("/task", taskIdIn=f"{task},{of_employer}") == []
    assert stranger.get("/task/count", taskIdIn=f"{task},{of_employer}") == {"count": 0}
    stranger.refused("GET", f"/task/{of_employer}", 404)
    assert [row["id"] for row in employer.get("/task", taskIdIn=f"{task},{of_employer}")] == [of_employer]


def test_an_unknown_parameter_is_refused(caller: Make) -> None:
    refusal = caller(Role.OPS).refused("GET", "/task", 400, query_string={"assinee": "x"})

    assert "assinee" in refusal["message"]


def test_a_list_is_sorted_and_paged(caller: Make, engine: Engine) -> None:
    engine.deploy(APPROVAL)
    made = sorted(engine.task(engine.start("approval", f"K-{number}")) for number in range(5))
    service = caller(Role.SERVICE)

    page = service.get("/task", sortBy="id", sortOrder="desc", firstResult=1, maxResults=2)

    assert [row["id"] for row in page] == made[::-1][1:3]
    assert service.post("/task/count", {"processDefinitionKey": "approval"}) == {"count": 5}
    service.refused("GET", "/task", 400, query_string={"sortBy": "id"})


def test_a_task_is_claimed_by_oneself_and_put_back(caller: Make, task: str) -> None:
    one, other = caller(Role.SERVICE), caller(Role.SERVICE)

    one.post(f"/task/{task}/claim", {"userId": one.username})
    refusal = other.refused("POST", f"/task/{task}/claim", 409, json={"userId": other.account_id})
    held_by = one.get(f"/task/{task}")["assignee"]
    other.refused("POST", f"/task/{task}/unclaim", 409, json={})
    one.post(f"/task/{task}/unclaim")

    assert held_by == one.account_id
    assert refusal["reasons"][0]["code"] == "TASK_CLAIMED"
    assert one.get(f"/task/{task}")["assignee"] is None


def test_only_operators_give_a_task_to_somebody_else(caller: Make, task: str) -> None:
    service, other, ops = caller(Role.SERVICE), caller(Role.SERVICE), caller(Role.OPS)

    service.refused("POST", f"/task/{task}/assignee", 403, json={"userId": other.account_id})
    ops.post(f"/task/{task}/assignee", {"userId": other.username})
    service.refused("POST", f"/task/{task}/complete", 409, json={"variables": {"decision": {"value": "agree"}}})
    assert service.get("/task", assignee=other.account_id)[0]["id"] == task
    ops.refused("POST", f"/task/{task}/assignee", 400, json={"userId": "nobody_here"})
    ops.post(f"/task/{task}/assignee", {"userId": None})
    assert service.get(f"/task/{task}")["assignee"] is None


def test_claiming_what_is_not_one_s_own_is_refused(caller: Make, task: str) -> None:
    caller(Role.DISTRICT_REVIEWER, district="朝阳区").refused("POST", f"/task/{task}/claim", 404, json={})
    caller(Role.SERVICE).refused("POST", "/task/nobody/claim", 404, json={})


def test_operators_change_priority_and_due_date(caller: Make, task: str) -> None:
    ops = caller(Role.OPS)

    answer = ops.call(
        "PUT", f"/task/{task}", json={"priority": 80, "due": "2026-07-01T00:00:00.000+0800", "owner": None}
    )

    assert answer.status_code == 204
    row = ops.get(f"/task/{task}")
    assert (row["priority"], row["due"]) == (80, "2026-06-30T16:00:00.000+0000")
    ops.refused("PUT", f"/task/{task}", 400, json={"name": "another"})
    caller(Role.SERVICE).refused("PUT", f"/task/{task}", 403, json={"priority": 1})


def test_a_task_tells_the_variables_that_it_sees(caller: Make, task: str) -> None:
    service = caller(Role.SERVICE)

    assert service.get(f"/task/{task}/variables")["amount"] == {"type": "Integer", "value": 3, "valueInfo": {}}
    assert service.get(f"/task/{task}/variables", deserializeValues="false")["names"]["value"] == '["a"]'
    assert service.get(f"/task/{task}/variables/names", deserializeValue="false")["value"] == '["a"]'
    service.refused("GET", f"/task/{task}/variables/other", 404)
    assert service.get(f"/task/{task}/localVariables") == {}


def test_each_turn_of_a_repeated_task_has_variables_of_its_own(caller: Make, engine: Engine) -> None:
    engine.deploy(VOTE)
    instance = engine.start("vote", members=["a", "b"])
    service = caller(Role.SERVICE)

    tasks = service.get("/task", processInstanceId=instance)
    members = [service.get(f"/task/{row['id']}/localVariables/member")["value"] for row in tasks]

    assert sorted(members) == ["a", "b"]


def test_the_form_of_a_task_tells_its_key_and_its_fields(caller: Make, task: str) -> None:
    service = caller(Role.SERVICE)

    found = service.get(f"/task/{task}/form-variables", variableNames="amount,decision")

    assert service.get(f"/task/{task}/form")["key"] == "employer_confirm"
    assert {name: one["value"] for name, one in found.items()} == {"amount": 3, "decision": None}


def test_identity_links_name_the_holder_and_the_groups(caller: Make, task: str) -> None:
    service = caller(Role.SERVICE)
    service.post(f"/task/{task}/claim")

    links = service.get(f"/task/{task}/identity-links")
    candidates = service.get(f"/task/{task}/identity-links", type="candidate")

    assert candidates == [{"userId": None, "groupId": "service", "type": "candidate"}]
    assert {"userId": service.account_id, "groupId": None, "type": "assignee"} in links


def test_submit_form_completes_the_task(caller: Make, engine: Engine, task: str) -> None:
    service = caller(Role.SERVICE)

    service.post(f"/task/{task}/submit-form", {"variables": {"decision": {"value": "agree"}}})

    service.refused("GET", f"/task/{task}", 404)
