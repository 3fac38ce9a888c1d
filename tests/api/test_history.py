"""What has happened, as other systems ask for it: each list in its scope, with the parameters of Camunda."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from kernel.actors import Role
from processes.archiving import archive_ended
from store.tables import application, history, instance, task
from tests.api.caller import Caller
from tests.web.served import app_on
from tests.web.world import LINE, World
from wiring import Services

Make = Callable[..., Caller]
BY_INSTANCE = ("activity-instance", "variable-instance")
LISTS = ("process-instance", "activity-instance", "task", "incident", "variable-instance")


@pytest.fixture
def services(world: World) -> Services:
    return world.services


@pytest.fixture
def app(services: Services) -> Flask:
    return app_on(services)


@pytest.fixture
def ops(caller: Make) -> Caller:
    return caller(Role.OPS)


def instance_of(services: Services, status: str) -> str:
    with services.database.read() as connection:
        query = select(application.c.instance_id).where((application.c.status == status) & (application.c.line == LINE))
        return str(connection.execute(query).scalars().first())


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")


def test_a_finished_instance_tells_its_course(ops: Caller, services: Services) -> None:
    found = ops.get(f"/history/process-instance/{instance_of(services, 'closed')}")

    assert (found["state"], found["processDefinitionKey"], found["processDefinitionVersion"]) == ("COMPLETED", LINE, 1)
    assert found["startActivityId"] == "application_started"
    assert found["rootProcessInstanceId"] == found["id"]
    assert found["deleteReason"] is None
    took = moment(found["endTime"]) - moment(found["startTime"])
    assert found["durationInMillis"] == took.total_seconds() * 1000 > 0


def test_a_terminated_instance_tells_why(ops: Caller, services: Services) -> None:
    found = ops.get(f"/history/process-instance/{instance_of(services, 'terminated')}")

    assert (found["state"], found["deleteReason"]) == ("EXTERNALLY_TERMINATED", "申请人来电要求终止。")


def test_a_running_instance_has_no_end(ops: Caller, services: Services) -> None:
    found = ops.get(f"/history/process-instance/{instance_of(services, 'draft')}")

    assert (found["state"], found["endTime"], found["durationInMillis"]) == ("ACTIVE", None, None)


@pytest.mark.parametrize(
    ("asked", "states"),
    [
        ({"finished": "true"}, {"COMPLETED", "EXTERNALLY_TERMINATED"}),
        ({"finished": "false"}, {"ACTIVE", "COMPLETED", "EXTERNALLY_TERMINATED"}),
        ({"unfinished": "true"}, {"ACTIVE"}),
        ({"active": "true"}, {"ACTIVE"}),
        ({"completed": "true"}, {"COMPLETED"}),
        ({"externallyTerminated": "true"}, {"EXTERNALLY_TERMINATED"}),
        ({"internallyTerminated": "true"}, set()),
        ({"startedBefore": "2000-01-01T00:00:00.000+0800"}, set()),
        ({"finishedAfter": "2000-01-01T00:00:00.000+0800"}, {"COMPLETED", "EXTERNALLY_TERMINATED"}),
        ({"processDefinitionKeyNotIn": LINE}, set()),
        ({"withIncidents": "true"}, {"ACTIVE"}),
        ({"incidentMessageLike": "%nowhere%"}, set()),
    ],
)
def test_instances_are_narrowed(ops: Caller, asked: dict[str, str], states: set[str]) -> None:
    found = ops.get("/history/process-instance", processDefinitionKeyIn=LINE, **asked)

    assert {one["state"] for one in found} == states
    assert ops.get("/history/process-instance/count", processDefinitionKeyIn=LINE, **asked) == {"count": len(found)}


def test_activities_are_told_as_they_stand_in_history(ops: Caller, services: Services) -> None:
    closed = instance_of(services, "closed")
    with services.database.read() as connection:
        query = select(history.c.element_id, history.c.event).where(history.c.instance_id == closed)
        events = [tuple(row) for row in connection.execute(query.order_by(history.c.seq))]

    found = ops.get("/history/activity-instance", processInstanceId=closed, sortBy="occurrence", sortOrder="asc")

    assert [one["activityId"] for one in found] == [element for element, event in events if event == "entered"]
    ended = sorted(element for element, event in events if event in ("completed", "cancelled"))
    assert sorted(one["activityId"] for one in found if one["endTime"]) == ended
    canceled = sorted(element for element, event in events if event == "cancelled")
    assert sorted(one["activityId"] for one in found if one["canceled"]) == canceled
    assert len({one["id"] for one in found}) == len(found)
    kinds = {one["activityId"]: one["activityType"] for one in found}
    assert kinds["application_started"] == "startEvent"
    assert kinds["fill_application"] == "userTask"
    assert {"noneEndEvent", "callActivity", "exclusiveGateway", "serviceTask"} <= set(kinds.values())


def test_the_activity_of_a_task_names_it_and_who_did_it(ops: Caller, services: Services) -> None:
    closed = instance_of(services, "closed")
    [activity] = ops.get("/history/activity-instance", processInstanceId=closed, activityId="review_by_district")

    [found] = ops.get("/history/task", taskId=activity["taskId"])

    assert found["activityInstanceId"] == activity["id"]
    assert found["taskDefinitionKey"] == "review_by_district"
    assert found["deleteReason"] == "completed"
    assert found["assignee"] == activity["assignee"] is not None
    assert found["duration"] == activity["durationInMillis"]
    assert found in ops.get("/history/task", taskAssignee=found["assignee"])


def test_cancelled_tasks_are_deleted_ones(ops: Caller, services: Services) -> None:
    terminated = instance_of(services, "terminated")

    found = ops.get("/history/task", processInstanceId=terminated, taskDeleteReason="deleted")

    assert found
    assert all(one["endTime"] for one in found)
    assert ops.get("/history/task/count", processInstanceId=terminated, unfinished="true") == {"count": 0}


def test_what_stood_open_is_cancelled_with_its_instance(ops: Caller, services: Services) -> None:
    terminated = instance_of(services, "terminated")

    found = ops.get("/history/activity-instance", processInstanceId=terminated, canceled="true")

    ended = ops.get(f"/history/process-instance/{terminated}")["endTime"]
    assert "employer_confirm" in {one["activityId"] for one in found}
    assert {one["endTime"] for one in found} == {ended}
    assert ops.get("/history/activity-instance/count", processInstanceId=terminated, unfinished="true") == {"count": 0}


def test_the_variables_of_what_is_over_are_kept(ops: Caller, services: Services) -> None:
    closed = instance_of(services, "closed")

    found = ops.get("/history/variable-instance", processInstanceId=closed)

    assert found
    assert ops.get("/history/variable-instance/count", processInstanceId=closed) == {"count": len(found)}
    first = found[0]
    assert ops.get(f"/history/variable-instance/{first['id']}") == first
    named = ops.post("/history/variable-instance", {"processInstanceIdIn": [closed], "variableName": first["name"]})
    assert named == [first]
    backwards = ops.get("/history/variable-instance", processInstanceId=closed, sortBy="variableName", sortOrder="desc")
    assert backwards == found[::-1]


def test_variables_are_found_by_instance_only(ops: Caller) -> None:
    assert "processInstanceId" in ops.refused("GET", "/history/variable-instance", 400)["message"]
    ops.refused("GET", "/history/variable-instance/nobody:nothing", 404)


def test_incidents_are_told_with_their_job_and_their_end(ops: Caller) -> None:
    [still_open] = ops.get("/history/incident", incidentId="incident-of-the-world")
    [resolved] = ops.get("/history/incident", resolved="true")

    assert (still_open["incidentType"], still_open["endTime"]) == ("failedJob", None)
    assert (still_open["open"], still_open["resolved"], still_open["deleted"]) == (True, False, False)
    assert (resolved["open"], resolved["resolved"], resolved["annotation"]) == (False, True, "网关已恢复")
    assert resolved["configuration"] == still_open["configuration"]
    assert ops.get("/history/incident/count", open="true") == {"count": 3}


def test_packing_an_instance_changes_nothing_of_what_is_told(caller: Make, ops: Caller, services: Services) -> None:
    closed, here = instance_of(services, "closed"), caller(Role.DISTRICT_REVIEWER, district="朝阳区")

    def told(one: Caller) -> list[Any]:
        activities = one.get("/history/activity-instance", processInstanceId=closed)
        return [
            one.get("/history/process-instance", finished="true"),
            [{**each, "id": ""} for each in activities],
            one.get("/history/task", finished="true", sortBy="taskId", sortOrder="asc"),
            one.get("/history/variable-instance", processInstanceId=closed),
        ]

    before = told(ops), told(here)
    with services.database.write() as work:
        ended = select(func.count()).where(instance.c.line == LINE, instance.c.ended_at.is_not(None))
        many = work.connection.execute(ended).scalar_one()
        assert archive_ended(work, before=services.clock.now() + timedelta(days=1), most=1000) >= many == 3
        assert work.connection.execute(ended.where(instance.c.archive.is_(None))).scalar_one() == 0

    assert (told(ops), told(here)) == before


def test_activities_are_found_by_instance_only(ops: Caller) -> None:
    assert "processInstanceId" in ops.refused("GET", "/history/activity-instance?unfinished=true", 400)["message"]


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_sorted_and_given_in_parts(ops: Caller, services: Services, name: str) -> None:
    closed = instance_of(services, "closed")
    asked = {} if name in ("process-instance", "incident") else {"processInstanceId": closed}
    order = {"variable-instance": "variableName", "incident": "createTime"}.get(name, "instanceId")
    order = "taskId" if name == "task" else order
    whole = ops.get(f"/history/{name}", sortBy=order, sortOrder="asc", **asked)

    parts = [
        *ops.get(f"/history/{name}", sortBy=order, sortOrder="asc", maxResults=1, **asked),
        *ops.get(f"/history/{name}", sortBy=order, sortOrder="asc", firstResult=1, **asked),
    ]

    assert parts == whole
    ops.refused("GET", f"/history/{name}?sortBy={order}", 400)
    ops.refused("GET", f"/history/{name}?sortBy=nothing&sortOrder=asc", 400)
    ops.refused("GET", f"/history/{name}?nothing=1", 400)


@pytest.mark.parametrize("name", LISTS)
def test_another_district_sees_nothing(caller: Make, services: Services, name: str) -> None:
    """All cases are those of Chaoyang's employers."""
    there = caller(Role.DISTRICT_REVIEWER, district="大兴区")
    with services.database.read() as connection:
        everything = list(connection.execute(select(instance.c.id)).scalars())
    asked = {"processInstanceIdIn": ",".join(everything)} if name in BY_INSTANCE else {}

    assert there.get(f"/history/{name}", **asked) == []
    assert there.get(f"/history/{name}/count", **asked) == {"count": 0}
    body: dict[str, Any] = {"processInstanceIdIn": everything} if asked else {}
    assert there.post(f"/history/{name}", body) == []
    assert there.post(f"/history/{name}/count", body) == {"count": 0}


def test_a_district_sees_its_own_and_no_single_one_of_others(caller: Make, ops: Caller, services: Services) -> None:
    here, there = (caller(Role.DISTRICT_REVIEWER, district=name) for name in ("朝阳区", "大兴区"))
    closed, draft = instance_of(services, "closed"), instance_of(services, "draft")
    own = [one["id"] for one in here.get("/history/process-instance")]
    with services.database.read() as connection:
        reached = select(task.c.instance_id).where(task.c.scope.in_(("district:朝阳区", "project:朝阳区")))
        assert set(own) == set(connection.execute(reached).scalars())
        in_chaoyang = select(application.c.instance_id).where(application.c.supervising_district == "朝阳区")
        assert set(connection.execute(in_chaoyang).scalars()) - set(own), "Expected cases that have not come so far"

    here.get(f"/history/process-instance/{closed}")
    here.refused("GET", f"/history/process-instance/{draft}", 404)
    there.refused("GET", f"/history/process-instance/{closed}", 404)
    [variable, *_] = ops.get("/history/variable-instance", processInstanceId=closed)
    assert here.get(f"/history/variable-instance/{variable['id']}") == variable
    there.refused("GET", f"/history/variable-instance/{variable['id']}", 404)
    kinds = {one["taskDefinitionKey"] for one in here.get("/history/task")}
    assert kinds == {"review_by_district", "release_lock"}
