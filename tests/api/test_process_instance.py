"""Process instances over the interface: found in one's scope, looked at, repaired by operators, ended."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from kernel.actors import Role
from kernel.clock import FixedClock
from store.tables import history, instance
from tests.api.caller import Caller
from tests.api.engine import Engine, task_for_systems
from tests.invariants import violations
from tests.processes.diagrams import (
    boundary,
    call,
    conditional,
    end,
    flows,
    process,
    several,
    start,
    sub,
)
from tests.scenarios.case import Case
from wiring import Services

Make = Callable[..., Caller]
APPROVAL = process("approval", start() + task_for_systems("approve") + end() + flows("started > approve > ended"))
WATCHED = process(
    "watched",
    start()
    + task_for_systems("wait")
    + boundary("grown", "wait", conditional("amount > 10"))
    + end()
    + end("stopped")
    + flows("started > wait > ended", "grown > stopped"),
)
INNER = process("inner", start() + task_for_systems("inside") + end() + flows("started > inside > ended"))
NESTED = process(
    "nested",
    start()
    + sub(
        "part",
        start("begun") + task_for_systems("vote", several(times="2")) + end("done") + flows("begun > vote > done"),
    )
    + call("called", "inner")
    + end()
    + flows("started > part > called > ended"),
)


@pytest.fixture
def engine(services: Services) -> Engine:
    return Engine(services)


@pytest.fixture
def running(engine: Engine) -> str:
    engine.deploy(APPROVAL)
    return engine.start("approval", "K-1", amount=3)


def test_an_instance_is_shown_as_clients_expect_it(caller: Make, engine: Engine, running: str) -> None:
    [row] = caller(Role.OPS).get("/process-instance", processDefinitionKey="approval")

    assert row == caller(Role.SERVICE).get(f"/process-instance/{running}")
    assert row == {
        "id": running, "definitionId": row["definitionId"], "definitionKey": "approval", "businessKey": "K-1",
        "caseInstanceId": None, "ended": False, "suspended": False, "tenantId": None, "links": [],
    }  # fmt: skip


def test_an_ended_instance_is_listed_no_more(caller: Make, engine: Engine, running: str) -> None:
    service = caller(Role.SERVICE)
    service.post(f"/task/{engine.task(running)}/complete", {"variables": {"decision": {"value": "agree"}}})

    assert service.get("/process-instance/count", processInstanceIds=running) == {"count": 0}
    service.refused("GET", f"/process-instance/{running}", 404)


def test_what_is_not_of_the_account_s_scope_is_not_there(
    caller: Make, running: str, services: Services, clock: FixedClock
) -> None:
    case = Case(services, clock, "class2_employer_transfer").applied(by="P04", to="E02")
    stranger = caller(Role.ENTERPRISE_ADMIN, enterprise=case.uscc("E03"))
    both = f"{running},{case.row().instance_id}"

    assert stranger.get("/process-instance", processInstanceIds=both) == []
    assert stranger.get("/process-instance/count", processInstanceIds=both) == {"count": 0}
    for path in ("", "/variables", "/activity-instances"):
        stranger.refused("GET", f"/process-instance/{case.row().instance_id}{path}", 404)


def test_unknown_parameters_are_refused(caller: Make) -> None:
    caller(Role.OPS).refused("GET", "/process-instance", 400, query_string={"variables": "a_eq_1"})


def test_instances_are_sorted_and_paged(caller: Make, engine: Engine, running: str) -> None:
    for number in (2, 3):
        engine.start("approval", f"K-{number}")
    ops = caller(Role.OPS)
    asked = {"processDefinitionKey": "approval", "sortBy": "businessKey", "sortOrder": "desc"}

    page = ops.get("/process-instance", **asked, firstResult=1, maxResults=5)

    assert [row["businessKey"] for row in page] == ["K-2", "K-1"]
    [definition] = {row["definitionId"] for row in page}
    assert ops.post("/process-instance/count", {"processDefinitionId": definition}) == {"count": 3}


def test_operators_change_variables_and_the_history_keeps_who_did(
    caller: Make, engine: Engine, running: str, services: Services
) -> None:
    ops = caller(Role.OPS)

    ops.call("PUT", f"/process-instance/{running}/variables/amount", json={"value": "7", "type": "Integer"})
    ops.post(
        f"/process-instance/{running}/variables", {"modifications": {"note": {"value": "n"}}, "deletions": ["amount"]}
    )
    ops.call("PUT", f"/process-instance/{running}/variables/more", json={"value": [1]})
    ops.call("DELETE", f"/process-instance/{running}/variables/more")

    assert ops.get(f"/process-instance/{running}/variables") == {
        "note": {"type": "String", "value": "n", "valueInfo": {}}
    }
    with services.database.read() as connection:
        kept = select(history.c.actor, history.c.data).where(
            (history.c.instance_id == running) & (history.c.event == "variables_changed")
        )
        rows = connection.execute(kept.order_by(history.c.seq)).all()
    assert {row.actor for row in rows} == {ops.account_id}
    assert rows[0].data == {"set": {"amount": 7}, "removed": []}
    assert rows[1].data == {"set": {"note": "n"}, "removed": ["amount"]}
    assert violations(services) == []


def test_a_condition_that_becomes_true_by_a_change_happens(caller: Make, engine: Engine) -> None:
    engine.deploy(WATCHED)
    instance_id = engine.start("watched", amount=3)

    caller(Role.OPS).call("PUT", f"/process-instance/{instance_id}/variables/amount", json={"value": 11})

    assert engine.status(instance_id) == "completed"


def test_only_operators_change_variables(caller: Make, running: str) -> None:
    service = caller(Role.SERVICE)

    service.refused("PUT", f"/process-instance/{running}/variables/amount", 403, json={"value": 1})
    service.refused("DELETE", f"/process-instance/{running}/variables/amount", 403)
    service.refused("GET", f"/process-instance/{running}/variables/nothing", 404)
    caller(Role.OPS).refused("PUT", "/process-instance/nobody/variables/amount", 404, json={"value": 1})


def test_the_tree_shows_scopes_turns_and_called_processes(caller: Make, engine: Engine) -> None:
    engine.deploy(INNER, NESTED)
    instance_id = engine.start("nested")
    service = caller(Role.SERVICE)

    tree = service.get(f"/process-instance/{instance_id}/activity-instances")
    [part] = tree["childActivityInstances"]
    [votes] = part["childActivityInstances"]
    for row in service.get("/task", processInstanceId=instance_id):
        service.post(f"/task/{row['id']}/complete", {"variables": {"decision": {"value": "agree"}}})
    [called] = service.get(f"/process-instance/{instance_id}/activity-instances")["childActivityInstances"]

    assert (tree["id"], tree["activityType"]) == (instance_id, "processDefinition")
    assert (part["activityId"], part["activityType"]) == ("part", "subProcess")
    assert (votes["activityId"], votes["parentActivityInstanceId"]) == ("vote#multiInstanceBody", part["id"])
    assert [one["activityId"] for one in votes["childActivityInstances"]] == ["vote", "vote"]
    assert [one["activityId"] for one in called["childActivityInstances"]] == ["inside"]


def test_an_instance_is_ended_by_operators_and_by_who_has_started_it(
    caller: Make, engine: Engine, running: str, services: Services
) -> None:
    service, ops = caller(Role.SERVICE), caller(Role.OPS)
    own = engine.start("approval", by=service.account_id)

    service.refused("DELETE", f"/process-instance/{running}", 403)
    for one, its in ((service, own), (ops, running)):
        assert (
            one.call("DELETE", f"/process-instance/{its}", query_string={"skipCustomListeners": "true"}).status_code
            == 204
        )
        assert engine.status(its) == "terminated"
    ops.refused("DELETE", f"/process-instance/{running}", 404)
    assert ops.call("DELETE", f"/process-instance/{running}?failIfNotExists=false").status_code == 204
    assert violations(services) == []


def test_the_count_of_instances_with_incidents(caller: Make, running: str, services: Services) -> None:
    assert caller(Role.OPS).get("/process-instance/count", withIncident="true") == {"count": 0}
    with services.database.read() as connection:
        assert connection.execute(select(instance.c.status).where(instance.c.id == running)).scalar_one() == "active"
