"""Workers of other systems: they fetch tasks under a lock, complete them, fail, and end them by errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from kernel.actors import SYSTEM, Role
from kernel.clock import FixedClock
from store.tables import instance
from tests.api.assessing import KEY, Assessments
from tests.api.caller import Caller
from tests.processes.diagrams import catching, end, flows, process, service, start, timer
from wiring import Services

Make = Callable[..., Caller]
MINUTE = 60_000


@pytest.fixture
def assessments(services: Services) -> Assessments:
    return Assessments(services)


@pytest.fixture
def worker(caller: Make) -> Caller:
    return caller(Role.SERVICE)


def fetch(by: Caller, worker_id: str = "w1", most: int = 10, **topic: Any) -> Any:
    asked = {"topicName": "assess", "lockDuration": MINUTE, **topic}
    return by.post("/external-task/fetchAndLock", {"workerId": worker_id, "maxTasks": most, "topics": [asked]})


def typed(value: Any, kind: str) -> dict[str, Any]:
    return {"value": value, "type": kind}


# -- fetching


def test_a_fetched_task_tells_all_that_its_worker_needs(assessments: Assessments, worker: Caller) -> None:
    instance_id = assessments.start("A-7", name="李华", amount=3, papers=["a", "b"])

    (task,) = fetch(worker)

    assert task["topicName"] == "assess"
    assert task["workerId"] == "w1"
    assert task["lockExpirationTime"] == "2026-06-15T01:01:00.000+0000"
    assert task["retries"] is None
    assert task["businessKey"] == "A-7"
    assert task["activityId"] == "assess"
    assert task["processInstanceId"] == instance_id
    assert task["processDefinitionKey"] == KEY
    assert task["suspended"] is False
    assert task["errorMessage"] is None
    assert "extensionProperties" not in task
    assert task["variables"] == {
        "name": typed("李华", "String") | {"valueInfo": {}},
        "amount": typed(3, "Integer") | {"valueInfo": {}},
        "papers": typed('["a","b"]', "Json") | {"valueInfo": {}},
    }


def test_a_worker_may_ask_for_some_variables_and_for_properties(assessments: Assessments, worker: Caller) -> None:
    for _ in range(4):
        assessments.start(name="李华", amount=3, papers=["a"])

    (some,) = fetch(worker, most=1, variables=["amount", "no_such"])
    (none,) = fetch(worker, most=1, variables=[])
    (local,) = fetch(worker, most=1, localVariables=True)
    (more,) = fetch(worker, most=1, deserializeValues=True, includeExtensionProperties=True)

    assert list(some["variables"]) == ["amount"]
    assert none["variables"] == local["variables"] == {}
    assert more["variables"]["papers"]["value"] == ["a"]
    assert more["extensionProperties"] == {"region": "north"}


def test_a_locked_task_is_given_to_nobody_else_until_its_lock_ends(
    assessments: Assessments, worker: Caller, system_clock: FixedClock
) -> None:
    """A worker that was killed after fetching costs no more than its lock."""
    assessments.start()
    (task,) = fetch(worker, "killed")

    assert fetch(worker, "other") == []
    system_clock.advance(seconds=59)
    assert fetch(worker, "other") == []
    system_clock.advance(seconds=1)
    assert [one["id"] for one in fetch(worker, "other")] == [task["id"]]


def test_tasks_are_narrowed_by_business_key_and_definition(assessments: Assessments, worker: Caller) -> None:
    instance_id = assessments.start("A-1")
    definition_id = assessments.row(instance_id).definition_id

    others: tuple[dict[str, Any], ...] = (
        {"topicName": "other"},
        {"businessKey": "A-2"},
        {"processDefinitionKey": "other"},
        {"processDefinitionKeyIn": ["other"]},
        {"processDefinitionKeyIn": []},
        {"processDefinitionId": "other"},
        {"processDefinitionKey": KEY, "processDefinitionKeyIn": ["other"]},
        {"processDefinitionVersionTag": "other"},
    )
    for other in others:
        assert fetch(worker, **other) == [], other
    wanted: dict[str, Any] = {
        "businessKey": "A-1",
        "processDefinitionKey": KEY,
        "processDefinitionIdIn": [definition_id, "other"],
        "withoutTenantId": True,
        "processVariables": {},
    }
    assert len(fetch(worker, **wanted)) == 1


def test_the_longest_waiting_comes_first_unless_priority_or_sorting_say_otherwise(
    assessments: Assessments, worker: Caller, clock: FixedClock
) -> None:
    for number in range(1, 5):
        assessments.start(f"A-{number}")
        clock.advance(minutes=1)
    urgent = next(one for one in worker.get("/external-task") if one["businessKey"] == "A-3")
    worker.call("PUT", f"/external-task/{urgent['id']}/priority", json={"priority": 7})

    def one(**more: Any) -> str:
        topic = {"topicName": "assess", "lockDuration": MINUTE}
        body = {"workerId": "w1", "maxTasks": 1, "topics": [topic], **more}
        (task,) = worker.post("/external-task/fetchAndLock", body)
        return str(task["businessKey"])

    assert one(usePriority=True) == "A-3"
    assert one(sorting=[{"sortBy": "createTime", "sortOrder": "desc"}]) == "A-4"
    assert one(usePriority=False, sorting=None) == "A-1"
    assert one(usePriority=True) == "A-2"


def test_what_cannot_be_answered_is_refused(worker: Caller) -> None:
    topic = {"topicName": "assess", "lockDuration": MINUTE}

    def refused(body: dict[str, Any]) -> str:
        return str(worker.refused("POST", "/external-task/fetchAndLock", 400, json=body)["message"])

    assert "workerId" in refused({"maxTasks": 1, "topics": [topic]})
    assert "lockDuration" in refused({"workerId": "w", "maxTasks": 1, "topics": [topic | {"lockDuration": 0}]})
    assert "processVariables" in refused(
        {"workerId": "w", "maxTasks": 1, "topics": [topic | {"processVariables": {"a": 1}}]}
    )
    assert "tenantIdIn" in refused({"workerId": "w", "maxTasks": 1, "topics": [topic | {"tenantIdIn": ["a"]}]})
    assert "1800000" in refused({"workerId": "w", "maxTasks": 1, "topics": [topic], "asyncResponseTimeout": 1_800_001})


# -- what came of it


def test_a_completed_task_moves_its_process_on_with_its_variables(assessments: Assessments, worker: Caller) -> None:
    instance_id = assessments.start(score=1)
    (task,) = fetch(worker)

    done = {"score": typed(61, "Integer"), "note": typed("gut", "String")}
    body = {"workerId": "w1", "variables": done, "localVariables": {"scratch": typed(1, "Integer")}}
    answer = worker.call("POST", f"/external-task/{task['id']}/complete", json=body)

    assert (answer.status_code, answer.data) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert assessments.ended_at(instance_id) == "passed"
    assert assessments.variables(instance_id) == {"score": 61, "note": "gut"}


def test_completing_twice_changes_nothing_and_says_so(assessments: Assessments, worker: Caller) -> None:
    instance_id = assessments.start()
    (task,) = fetch(worker)
    path, body = f"/external-task/{task['id']}/complete", {"workerId": "w1", "variables": {"score": typed(1, "Long")}}
    worker.post(path, body)
    before = assessments.row(instance_id)

    told = worker.refused("POST", path, 404, json=body)

    assert told["message"] == f"External task with id {task['id']} does not exist"
    assert assessments.row(instance_id) == before
    assert worker.get("/external-task") == []


def test_only_the_worker_that_has_a_task_may_say_what_came_of_it(assessments: Assessments, worker: Caller) -> None:
    assessments.start()
    (task,) = fetch(worker, "A")
    path = f"/external-task/{task['id']}"

    told = worker.refused("POST", f"{path}/complete", 400, json={"workerId": "B"})

    expected = f"External Task {task['id']} cannot be completed by worker 'B'. It is locked by worker 'A'."
    assert told["message"] == expected
    assert told["type"] == "InvalidRequestException"
    worker.refused("POST", f"{path}/failure", 400, json={"workerId": "B"})
    worker.refused("POST", f"{path}/bpmnError", 400, json={"workerId": "B", "errorCode": "NO_DATA"})
    worker.refused("POST", f"{path}/extendLock", 400, json={"workerId": "B", "newDuration": 5})
    worker.refused("POST", f"{path}/lock", 400, json={"workerId": "B", "lockDuration": 5})


def test_a_late_worker_may_complete_while_nobody_else_has_the_task(
    assessments: Assessments, worker: Caller, system_clock: FixedClock
) -> None:
    first, second = assessments.start(), assessments.start()
    tasks = {one["processInstanceId"]: one["id"] for one in fetch(worker, "late")}
    system_clock.advance(minutes=5)

    body = {"workerId": "late", "variables": {"score": typed(99, "Integer")}}
    worker.post(f"/external-task/{tasks[first]}/complete", body)
    assert assessments.ended_at(first) == "passed"

    assert [one["processInstanceId"] for one in fetch(worker, "other")] == [second]
    worker.refused("POST", f"/external-task/{tasks[second]}/complete", 400, json=body)


def test_an_error_that_the_diagram_draws_takes_its_way(assessments: Assessments, worker: Caller) -> None:
    instance_id = assessments.start()
    (task,) = fetch(worker)

    data = {"missing": typed("papers", "String")}
    body = {"workerId": "w1", "errorCode": "NO_DATA", "errorMessage": "nothing there", "variables": data}
    worker.post(f"/external-task/{task['id']}/bpmnError", body)

    assert assessments.ended_at(instance_id) == "not_assessed"
    assert assessments.variables(instance_id) == {"NO_DATA": {"missing": "papers"}}


def test_an_error_that_nobody_draws_is_an_incident_and_told(
    assessments: Assessments, worker: Caller, caller: Make
) -> None:
    instance_id = assessments.start()
    (task,) = fetch(worker)
    path = f"/external-task/{task['id']}"

    told = worker.refused("POST", f"{path}/bpmnError", 409, json={"workerId": "w1", "errorCode": "UNHEARD_OF"})

    assert "UNHEARD_OF" in told["message"]
    assert assessments.row(instance_id).status == "active"
    assert worker.get(path)["retries"] == 0
    assert fetch(worker, "other") == []
    assert "UNHEARD_OF" in worker.get(path)["errorMessage"]


def test_results_by_which_the_diagram_cannot_go_on_are_an_incident(services: Services, worker: Caller) -> None:
    pause = catching("wait_a_while", timer("timeDuration", "=pause"))
    waiting = process(
        "waiting", start() + service("assess") + pause + end() + flows("started > assess > wait_a_while > ended")
    )
    instances = Assessments(services, waiting, "waiting")
    instance_id = instances.start()
    (task,) = fetch(worker)

    body = {"workerId": "w1", "variables": {"pause": typed("no time at all", "String")}}
    told = worker.refused("POST", f"/external-task/{task['id']}/complete", 409, json=body)

    assert "wait_a_while" in told["message"]
    assert instances.row(instance_id).status == "active"
    assert worker.get("/external-task", noRetriesLeft="true")[0]["id"] == task["id"]


def test_a_failed_task_is_fetched_again_after_its_pause(
    assessments: Assessments, worker: Caller, system_clock: FixedClock
) -> None:
    assessments.start()
    (task,) = fetch(worker)
    path = f"/external-task/{task['id']}"

    failed = {"workerId": "w1", "errorMessage": "down", "errorDetails": "line 1", "retries": 2, "retryTimeout": MINUTE}
    worker.post(f"{path}/failure", failed)

    assert fetch(worker, "w2") == []
    assert worker.get(path)["retries"] == 2
    system_clock.advance(minutes=1)
    (again,) = fetch(worker, "w2")
    assert (again["id"], again["retries"], again["errorMessage"]) == (task["id"], 2, "down")
    assert again["errorDetails"] == "line 1"
    assert worker.call("GET", f"{path}/errorDetails").text == "line 1"


def test_without_retries_left_it_is_an_incident_that_operators_retry(
    assessments: Assessments, worker: Caller, caller: Make, services: Services
) -> None:
    instance_id = assessments.start()
    (task,) = fetch(worker)
    path = f"/external-task/{task['id']}"

    worker.post(f"{path}/failure", {"workerId": "w1", "errorMessage": "gone for good", "retries": 0})

    with services.database.read() as connection:
        (group,) = services.incidents.groups(connection)
    assert (group.message, group.element_id, group.line) == ("gone for good", "assess", KEY)
    assert fetch(worker, "w2") == []
    worker.refused("POST", f"{path}/complete", 400, json={"workerId": "w1"})
    worker.refused("PUT", f"{path}/retries", 403, json={"retries": 1})

    answer = caller(Role.OPS).call("PUT", f"{path}/retries", json={"retries": 1})

    assert answer.status_code == 204
    with services.database.read() as connection:
        assert services.incidents.groups(connection) == []
    (again,) = fetch(worker, "w2")
    assert again["retries"] == 1
    worker.post(f"{path}/complete", {"workerId": "w2", "variables": {"score": typed(70, "Integer")}})
    assert assessments.ended_at(instance_id) == "passed"


def test_an_operator_retries_on_the_console_too(assessments: Assessments, worker: Caller, services: Services) -> None:
    assessments.start()
    (task,) = fetch(worker)
    worker.post(f"/external-task/{task['id']}/failure", {"workerId": "w1", "errorMessage": "down"})

    services.incidents.retry(task["id"], by=SYSTEM)

    assert [one["id"] for one in fetch(worker, "w2")] == [task["id"]]


def test_operators_take_the_retries_away(assessments: Assessments, worker: Caller, caller: Make) -> None:
    assessments.start()
    (task,) = worker.get("/external-task")
    ops = caller(Role.OPS)

    ops.call("PUT", "/external-task/retries", json={"externalTaskIds": [task["id"]], "retries": 0})
    assert worker.get("/external-task/count", noRetriesLeft="true") == {"count": 1}
    assert fetch(worker) == []
    ops.call("PUT", "/external-task/retries", json={"externalTaskIds": [task["id"]], "retries": 5})
    assert fetch(worker)[0]["retries"] == 5

    ops.refused("PUT", "/external-task/retries", 404, json={"externalTaskIds": [task["id"], "none"], "retries": 0})
    assert worker.get(f"/external-task/{task['id']}")["retries"] == 5


# -- locks


def test_a_lock_is_extended_taken_and_given_back(
    assessments: Assessments, worker: Caller, system_clock: FixedClock
) -> None:
    assessments.start()
    (task,) = fetch(worker, "A")
    path = f"/external-task/{task['id']}"

    worker.post(f"{path}/extendLock", {"workerId": "A", "newDuration": 10 * MINUTE})
    assert worker.get(path)["lockExpirationTime"] == "2026-06-15T01:10:00.000+0000"
    system_clock.advance(minutes=2)
    assert fetch(worker, "B") == []

    worker.post(f"{path}/unlock")
    assert worker.get(path)["workerId"] is None
    worker.refused("POST", f"{path}/complete", 400, json={"workerId": "A"})
    worker.post(f"{path}/lock", {"workerId": "C", "lockDuration": MINUTE})
    worker.post(f"{path}/lock", {"workerId": "C", "lockDuration": MINUTE})
    assert worker.get(path)["workerId"] == "C"
    assert fetch(worker, "B") == []


def test_a_task_of_a_suspended_instance_waits(assessments: Assessments, worker: Caller, services: Services) -> None:
    first, second = assessments.start(), assessments.start()
    tasks = {one["processInstanceId"]: one["id"] for one in fetch(worker, most=1)}
    with services.database.write() as work:
        work.connection.execute(update(instance).where(instance.c.id.in_([first, second])).values(status="suspended"))

    body = {"workerId": "w1", "variables": {"score": typed(70, "Integer")}}
    (task_id,) = tasks.values()
    worker.refused("POST", f"/external-task/{task_id}/complete", 409, json=body)

    assert fetch(worker, "w2") == []
    assert worker.get("/external-task/count", suspended="true") == {"count": 2}
    assert worker.get(f"/external-task/{task_id}")["suspended"] is True


# -- the list


def test_the_list_is_narrowed_sorted_and_paged(
    assessments: Assessments, worker: Caller, services: Services, clock: FixedClock
) -> None:
    for number in range(3):
        assessments.start(f"A-{number}")
        clock.advance(minutes=1)
    other = Assessments(services, process("letters", start() + service("print_it") + end() + flows("started > print_it > ended")), "letters")  # fmt: skip
    other.start("B-1")
    fetch(worker, "w1", most=1)

    def keys(**asked: Any) -> list[str]:
        return [one["businessKey"] for one in worker.get("/external-task", **asked)]

    assert sorted(keys()) == ["A-0", "A-1", "A-2", "B-1"]
    assert keys(topicName="print_it") == ["B-1"]
    assert keys(activityIdIn="print_it,none") == ["B-1"]
    assert keys(locked="true", workerId="w1") == ["A-0"]
    assert len(keys(notLocked="true")) == 3
    assert keys(topicName="assess", sortBy="createTime", sortOrder="desc") == ["A-2", "A-1", "A-0"]
    assert keys(topicName="assess", sortBy="createTime", sortOrder="asc", firstResult=1, maxResults=1) == ["A-1"]
    assert worker.get("/external-task/count", topicName="assess") == {"count": 3}
    found = worker.post("/external-task", {"topicName": "assess", "sorting": [{"sortBy": "createTime", "sortOrder": "desc"}]})  # fmt: skip
    assert [one["businessKey"] for one in found] == ["A-2", "A-1", "A-0"]
    assert worker.get("/external-task/topic-names") == ["assess", "print_it"]
    assert worker.get("/external-task/topic-names", withLockedTasks="true") == ["assess"]
    worker.refused("GET", "/external-task?variable=1", 400)


def test_who_is_no_service_account_gets_nothing(assessments: Assessments, caller: Make) -> None:
    assessments.start()
    reviewer = caller(Role.DISTRICT_REVIEWER, district="朝阳区")
    (task,) = caller(Role.OPS).get("/external-task")

    for method, path in (
        ("GET", ""),
        ("GET", "/count"),
        ("GET", f"/{task['id']}"),
        ("GET", "/topic-names"),
        ("POST", "/fetchAndLock"),
        ("POST", f"/{task['id']}/complete"),
    ):
        reviewer.refused(method, f"/external-task{path}", 403, json={} if method == "POST" else None)
    caller(Role.OPS).refused("POST", "/external-task/fetchAndLock", 403, json={})


def test_the_pump_leaves_such_tasks_alone(assessments: Assessments, worker: Caller, services: Services) -> None:
    assessments.start()
    fetch(worker)

    services.pump.drain()
    services.pump.reap()

    (task,) = worker.get("/external-task")
    assert (task["workerId"], task["retries"]) == ("w1", None)
