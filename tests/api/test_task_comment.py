"""Comments of other systems at user tasks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kernel.actors import Role
from tests.api.caller import Caller
from tests.api.engine import Engine, task_for_systems
from tests.processes.diagrams import end, flows, process, start
from wiring import Services

Make = Callable[..., Caller]
APPROVAL = process("approval", start() + task_for_systems("approve") + end() + flows("started > approve > ended"))


@pytest.fixture
def task(services: Services) -> str:
    engine = Engine(services)
    engine.deploy(APPROVAL)
    return engine.task(engine.start("approval"))


def test_what_is_noted_can_be_read_also_when_the_task_is_done(caller: Make, task: str) -> None:
    service = caller(Role.SERVICE)

    first = service.post(f"/task/{task}/comment/create", {"message": "查过了"})
    service.post(f"/task/{task}/complete", {"variables": {"decision": {"value": "agree"}}})
    caller(Role.OPS).post(f"/task/{task}/comment/create", {"message": "二"})

    noted = service.get(f"/task/{task}/comment")
    assert sorted(one["message"] for one in noted) == ["二", "查过了"]
    assert first["userId"] == service.account_id
    assert service.get(f"/task/{task}/comment/{first['id']}") == first
    service.refused("GET", f"/task/{task}/comment/other", 404)


def test_only_who_sees_a_task_notes_something_there(caller: Make, task: str) -> None:
    stranger = caller(Role.DISTRICT_REVIEWER, district="朝阳区")

    stranger.refused("POST", f"/task/{task}/comment/create", 404, json={"message": "x"})
    stranger.refused("GET", f"/task/{task}/comment", 404)
    caller(Role.SERVICE).refused("POST", f"/task/{task}/comment/create", 400, json={"message": ""})
    caller(Role.SERVICE).refused("POST", f"/task/{task}/comment/create", 400, json={})
