"""Jobs and incidents, as operators see and repair them over the interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from kernel.actors import Role
from kernel.clock import FixedClock
from processes.faults import ExpressionFailed
from store.tables import instance, job
from tests.api.assessing import Assessments
from tests.api.caller import Caller
from tests.processes.diagrams import catching, end, flows, process, script, start, timer
from wiring import Services

Make = Callable[..., Caller]

WAITING = process(
    "waiting",
    start()
    + catching("wait_a_day", timer("timeDuration", "P1D"))
    + script("reckon", "sum", "1 + 1")
    + catching("wait_as_told", timer("timeDuration", "=pause"))
    + end()
    + flows("started > wait_a_day > reckon > wait_as_told > ended"),
)


@pytest.fixture
def waiting(services: Services) -> Assessments:
    return Assessments(services, WAITING, "waiting")


@pytest.fixture
def ops(caller: Make) -> Caller:
    return caller(Role.OPS)


def only(ops: Caller, path: str, **asked: Any) -> Any:
    (found,) = ops.get(path, **asked)
    return found


def test_a_timer_is_listed_with_what_it_belongs_to(waiting: Assessments, ops: Caller) -> None:
    instance_id = waiting.start()

    found = only(ops, "/job", processInstanceId=instance_id)

    assert found["dueDate"] == "2026-06-16T01:00:00.000+0000"
    assert found["processDefinitionKey"] == "waiting"
    assert (found["retries"], found["exceptionMessage"], found["failedActivityId"]) == (5, None, None)
    assert found["suspended"] is False
    assert ops.get(f"/job/{found['id']}") == found
    assert only(ops, "/job", activityId="wait_a_day", timers="true")["id"] == found["id"]
    assert ops.get("/job", messages="true", processInstanceId=instance_id) == []
    assert ops.get("/job/count", withException="true") == {"count": 0}
    assert ops.call("GET", f"/job/{found['id']}/stacktrace").text == ""
    ops.refused("GET", "/job?dueDates=gt_2026", 400)


def test_jobs_are_sorted_and_paged(waiting: Assessments, ops: Caller, clock: FixedClock) -> None:
    ids = []
    for _ in range(3):
        ids.append(waiting.start())
        clock.advance(minutes=1)

    def instances(**asked: Any) -> list[str]:
        found = ops.get("/job", timers="true", processDefinitionKey="waiting", sortBy="jobDueDate", **asked)
        return [one["processInstanceId"] for one in found]

    assert instances(sortOrder="asc") == ids
    assert instances(sortOrder="desc", firstResult=1, maxResults=1) == [ids[1]]


def test_a_job_is_run_now_whenever_it_is_due(waiting: Assessments, ops: Caller) -> None:
    instance_id = waiting.start(pause="PT1H")
    first = only(ops, "/job", processInstanceId=instance_id)

    ops.post(f"/job/{first['id']}/execute")

    second = only(ops, "/job", processInstanceId=instance_id)
    assert (first["id"] == second["id"], waiting.variables(instance_id)["sum"]) == (False, 2)
    ops.post(f"/job/{second['id']}/execute")
    assert waiting.ended_at(instance_id) == "ended"
    told = ops.refused("POST", f"/job/{second['id']}/execute", 404)
    assert told["message"] == f"Job with id {second['id']} does not exist"


def test_a_job_that_fails_in_the_hand_says_why_and_is_an_incident(waiting: Assessments, ops: Caller) -> None:
    instance_id = waiting.start(pause="never")
    found = only(ops, "/job", processInstanceId=instance_id)

    told = ops.refused("POST", f"/job/{found['id']}/execute", 409)

    assert "wait_as_told" in told["message"]
    failed = only(ops, "/job", noRetriesLeft="true")
    assert (failed["id"], failed["retries"]) == (found["id"], 0)
    assert "wait_as_told" in failed["exceptionMessage"]
    assert "processes/" in ops.call("GET", f"/job/{found['id']}/stacktrace").text
    incident = only(ops, "/incident", processInstanceId=instance_id)
    assert (incident["incidentType"], incident["configuration"]) == ("failedJob", found["id"])
    assert incident["incidentMessage"] == failed["exceptionMessage"]
    assert ops.get("/incident/count", incidentType="failedExternalTask") == {"count": 0}


def test_new_retries_end_an_incident_and_none_make_one(waiting: Assessments, ops: Caller, services: Services) -> None:
    instance_id = waiting.start(pause="PT1H")
    path = f"/job/{only(ops, '/job', processInstanceId=instance_id)['id']}"

    ops.call("PUT", f"{path}/retries", json={"retries": 0})
    incident = only(ops, "/incident")
    assert incident["incidentMessage"] == "no retries are left"
    ops.refused("DELETE", f"/incident/{incident['id']}", 409)  # the process would wait for ever

    ops.call("PUT", f"{path}/retries", json={"retries": 3})
    assert ops.get(path)["retries"] == 3
    assert ops.get("/incident") == []
    ops.refused("GET", f"/incident/{incident['id']}", 404)


def test_a_timer_is_put_off_and_brought_forward(
    waiting: Assessments, ops: Caller, services: Services, clock: FixedClock
) -> None:
    instance_id = waiting.start(pause="PT1H")
    path = f"/job/{only(ops, '/job', processInstanceId=instance_id)['id']}"

    answer = ops.call("PUT", f"{path}/duedate", json={"duedate": "2026-07-01T09:00:00.000+0800"})
    assert answer.status_code == 204
    assert ops.get(path)["dueDate"] == "2026-07-01T01:00:00.000+0000"
    clock.advance(days=2)
    services.pump.drain()
    assert ops.get(path)["id"]

    ops.call("PUT", f"{path}/duedate", json={"duedate": None})
    services.pump.drain()
    ops.refused("GET", path, 404)
    ops.refused("PUT", f"{path}/duedate", 404, json={})


def test_what_a_worker_is_at_is_left_to_it(waiting: Assessments, ops: Caller, services: Services) -> None:
    instance_id = waiting.start(pause="PT1H")
    job_id = only(ops, "/job", processInstanceId=instance_id)["id"]
    with services.database.write() as work:
        work.connection.execute(update(job).where(job.c.id == job_id).values(state="running"))

    ops.refused("POST", f"/job/{job_id}/execute", 409)
    ops.refused("PUT", f"/job/{job_id}/retries", 409, json={"retries": 1})
    ops.refused("PUT", f"/job/{job_id}/duedate", 409, json={})


def test_an_incident_is_annotated_and_one_that_nobody_waits_for_is_closed(
    waiting: Assessments, ops: Caller, services: Services
) -> None:
    fault = ExpressionFailed("nothing to add")
    fault.instance_id, fault.element_id = waiting.start(), "reckon"
    services.incidents.report(fault)
    found = only(ops, "/incident", incidentType="failedCommand")
    path = f"/incident/{found['id']}"
    assert only(ops, "/history/incident", incidentType="failedCommand")["id"] == found["id"]

    ops.call("PUT", f"{path}/annotation", json={"annotation": "asked the analyst"})
    assert ops.get(path)["annotation"] == "asked the analyst"
    ops.call("DELETE", f"{path}/annotation")
    assert ops.get(path)["annotation"] is None
    ops.call("PUT", f"{path}/annotation", json={"annotation": "solved"})

    assert ops.call("DELETE", path).status_code == 204
    ops.refused("DELETE", path, 404)
    with services.database.read() as connection:
        row = services.incidents.view(connection, found["id"]).row
    assert (row.status, row.resolution, row.note, row.resolved_by) == ("resolved", "given_up", "solved", ops.account_id)


def test_external_tasks_are_no_jobs_but_their_incidents_are_listed(
    services: Services, ops: Caller, caller: Make
) -> None:
    instance_id = Assessments(services).start()
    (task,) = ops.get("/external-task")
    assert ops.get("/job", processInstanceId=instance_id) == []
    ops.refused("POST", f"/job/{task['id']}/execute", 404)
    ops.call("PUT", f"/external-task/{task['id']}/retries", json={"retries": 0})

    found = only(ops, "/incident", incidentType="failedExternalTask")

    assert (found["activityId"], found["configuration"]) == ("assess", task["id"])


def test_another_system_sees_what_it_started_and_others_nothing(
    waiting: Assessments, ops: Caller, caller: Make, services: Services
) -> None:
    own, foreign = waiting.start(), waiting.start()
    one, other = caller(Role.SERVICE), caller(Role.SERVICE)
    reviewer = caller(Role.DISTRICT_REVIEWER, district="朝阳区")
    with services.database.write() as work:
        work.connection.execute(update(instance).where(instance.c.id == own).values(started_by=one.account_id))
    jobs = {found["processInstanceId"]: found["id"] for found in ops.get("/job", timers="true") if found["processInstanceId"] in (own, foreign)}  # fmt: skip
    for job_id in jobs.values():
        ops.call("PUT", f"/job/{job_id}/retries", json={"retries": 0})

    for path in ("/job", "/incident"):
        assert [found["processInstanceId"] for found in one.get(path)] == [own]
        assert one.get(f"{path}/count") == {"count": 1}
        assert other.get(path) == []
        reviewer.refused("GET", path, 403)
    one.get(f"/job/{jobs[own]}")
    one.refused("GET", f"/job/{jobs[foreign]}", 404)
    one.refused("POST", f"/job/{jobs[own]}/execute", 403)
