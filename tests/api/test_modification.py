"""Moving tokens over the interface: by operators, on the database, in the history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from kernel.actors import Role
from store.tables import history, job
from tests.api.caller import Caller
from tests.api.engine import Engine, task_for_systems
from tests.invariants import violations
from tests.processes.diagrams import boundary, end, flows, process, start, sub, timer
from wiring import Services

Make = Callable[..., Caller]
REVIEW = process(
    "review",
    start()
    + sub("check", start("begun") + task_for_systems("first") + task_for_systems("second") + end("done")
          + flows("begun > first > second > done"))
    + boundary("late", "check", timer("timeDuration", "P3D"))
    + task_for_systems("close")
    + end()
    + flows("started > check > close > ended", "late > close"),
)  # fmt: skip


@pytest.fixture
def running(services: Services) -> tuple[Engine, str]:
    engine = Engine(services)
    engine.deploy(REVIEW)
    return engine, engine.start("review", "K-1")


def modification(*instructions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"instructions": list(instructions), **more}


def test_operators_move_an_instance_and_the_history_keeps_it(
    caller: Make, running: tuple[Engine, str], services: Services
) -> None:
    engine, instance_id = running
    ops = caller(Role.OPS)
    body = modification(
        {"type": "cancel", "activityId": "check"},
        {"type": "startBeforeActivity", "activityId": "close", "variables": {"skipped": {"value": True}}},
        annotation="the check was done on paper",
        skipCustomListeners=True,
        skipIoMappings=True,
    )

    ops.post(f"/process-instance/{instance_id}/modification", body, expected=(204,))

    assert engine.task(instance_id, "close") == engine.task(instance_id)
    assert engine.variables(instance_id) == {"skipped": True}
    with services.database.read() as connection:
        entry = connection.execute(select(history).where(history.c.event == "modified")).one()
        timer_of_it = (job.c.instance_id == instance_id) & (job.c.kind == "timer")
        timers = connection.execute(select(job.c.state).where(timer_of_it)).scalars().all()
    assert entry.actor == ops.account_id
    assert entry.data["annotation"] == "the check was done on paper"
    assert entry.data["instructions"][0] == {"type": "cancel", "target": "check"}
    assert timers == ["cancelled"]
    assert violations(services) == []


def test_one_activity_instance_is_cancelled_by_its_id_in_the_tree(
    caller: Make, running: tuple[Engine, str], services: Services
) -> None:
    engine, instance_id = running
    ops = caller(Role.OPS)
    [check] = ops.get(f"/process-instance/{instance_id}/activity-instances")["childActivityInstances"]
    body = modification(
        {"type": "startBeforeActivity", "activityId": "second", "ancestorActivityInstanceId": check["id"]},
        {"type": "cancel", "activityInstanceId": check["childActivityInstances"][0]["id"]},
    )

    ops.post(f"/process-instance/{instance_id}/modification", body, expected=(204,))

    assert engine.task(instance_id) == engine.task(instance_id, "second")
    assert violations(services) == []


def test_what_cannot_be_done_is_refused_and_changes_nothing(caller: Make, running: tuple[Engine, str]) -> None:
    engine, instance_id = running
    before = engine.task(instance_id)
    path = f"/process-instance/{instance_id}/modification"

    for body in (
        modification(),
        modification({"type": "jump", "activityId": "close"}),
        modification({"type": "cancel"}),
        modification({"type": "startBeforeActivity", "transitionId": "begun_to_first"}),
        modification({"type": "cancel", "activityId": "first"}),
        modification({"type": "startBeforeActivity", "activityId": "nowhere"}),
    ):
        caller(Role.OPS).refused("POST", path, 400, json=body)
    caller(Role.SERVICE).refused("POST", path, 403, json=modification({"type": "cancel", "activityId": "first"}))
    caller(Role.OPS).refused(
        "POST",
        "/process-instance/nobody/modification",
        404,
        json=modification({"type": "cancel", "activityId": "first"}),
    )
    assert engine.task(instance_id) == before
