"""Completing user tasks over the interface: with typed variables, by the rules of the pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kernel.actors import Role
from kernel.clock import FixedClock
from tests.api.caller import Caller
from tests.api.engine import Engine, task_for_systems
from tests.processes.diagrams import end, flows, process, start
from tests.scenarios.case import EMPLOYERS, Case
from wiring import Services

Make = Callable[..., Caller]
APPROVAL = process(
    "approval",
    start()
    + task_for_systems("approve")
    + task_for_systems("archive")
    + end()
    + flows("started > approve > archive > ended"),
)


@pytest.fixture
def engine(services: Services) -> Engine:
    return Engine(services)


@pytest.fixture
def submitted(services: Services, clock: FixedClock) -> Case:
    return Case(services, clock, "class2_employer_transfer").applied(by="P04", to="E02")


def agreed(**more: object) -> dict[str, object]:
    return {"variables": {"decision": {"value": "agree", "type": "String"}}, **more}


def test_a_task_is_completed_with_variables(caller: Make, engine: Engine) -> None:
    engine.deploy(APPROVAL)
    instance = engine.start("approval")

    answer = caller(Role.SERVICE).call("POST", f"/task/{engine.task(instance)}/complete", json=agreed())

    assert (answer.status_code, answer.data) == (204, b"")
    assert engine.task(instance, "archive")
    assert engine.variables(instance)["approve"]["decision"] == "agree"


def test_the_variables_come_back_when_they_are_asked_for(caller: Make, engine: Engine) -> None:
    engine.deploy(APPROVAL)
    instance = engine.start("approval", amount=3)

    told = caller(Role.SERVICE).post(f"/task/{engine.task(instance)}/complete", agreed(withVariablesInReturn=True))

    assert told["amount"] == {"type": "Integer", "value": 3, "valueInfo": {}}
    assert told["approve"]["value"]["decision"] == "agree"


def test_a_completed_task_is_a_conflict_and_an_unknown_one_is_not_found(caller: Make, engine: Engine) -> None:
    engine.deploy(APPROVAL)
    service, done = caller(Role.SERVICE), engine.task(engine.start("approval"))
    service.post(f"/task/{done}/complete", agreed())

    service.refused("POST", f"/task/{done}/complete", 409, json=agreed())
    service.refused("POST", "/task/nobody/complete", 404, json=agreed())


def test_the_same_key_completes_once_and_is_answered_alike(caller: Make, engine: Engine) -> None:
    engine.deploy(APPROVAL)
    service, task = caller(Role.SERVICE), engine.task(engine.start("approval"))
    key = {"Idempotency-Key": "order-1"}

    answers = [
        service.call("POST", f"/task/{task}/complete", json=agreed(withVariablesInReturn=True), headers=key)
        for _ in range(2)
    ]

    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    service.refused("POST", f"/task/{task}/complete", 400, json=agreed(), headers=key)


def test_the_form_of_a_task_decides_what_its_answers_may_be(caller: Make, engine: Engine) -> None:
    engine.deploy(APPROVAL)
    service, task = caller(Role.SERVICE), engine.task(engine.start("approval"))

    refusal = service.refused("POST", f"/task/{task}/complete", 400, json={"variables": {"decision": {"value": "?"}}})

    assert [one["field"] for one in refusal["reasons"]] == ["decision"]
    service.refused("POST", f"/task/{task}/complete", 400, json={"variables": {"other": {"value": 1}}})


def test_who_has_not_the_role_or_scope_completes_nothing(caller: Make, engine: Engine, submitted: Case) -> None:
    engine.deploy(APPROVAL)
    task = engine.task(engine.start("approval"))
    of_employer = submitted.task_id(EMPLOYERS["new"])

    caller(Role.OPS).refused("POST", f"/task/{task}/complete", 403, json=agreed())
    caller(Role.SERVICE).refused("POST", f"/task/{of_employer}/complete", 403, json=agreed())
    other = caller(Role.ENTERPRISE_ADMIN, enterprise=submitted.uscc("E03"))
    other.refused("POST", f"/task/{of_employer}/complete", 404, json=agreed())


def test_a_task_of_an_application_goes_by_the_rules_of_its_line(caller: Make, submitted: Case) -> None:
    employer = caller(Role.ENTERPRISE_ADMIN, enterprise=submitted.uscc("E02"))
    task = submitted.task_id(EMPLOYERS["new"])

    returned = {"variables": {"decision": {"value": "return"}}}
    refusal = employer.refused("POST", f"/task/{task}/complete", 400, json=returned)
    employer.post(f"/task/{task}/complete", agreed())

    assert [one["field"] for one in refusal["reasons"]] == ["opinion"]
    submitted.has_passed("new_employer_confirm")


def test_the_applicant_s_own_form_is_not_completed_over_the_interface(
    caller: Make, services: Services, clock: FixedClock
) -> None:
    draft = Case(services, clock, "class2_employer_transfer").saved(by="P04", to="E02")

    caller(Role.OPS).refused("POST", f"/task/{draft.task_id('fill_application')}/complete", 404, json=agreed())


@pytest.mark.parametrize(
    "body",
    [
        {"variables": {"a": {"value": "x", "type": "Integer"}}},
        {"variables": {"a": {"value": 1, "type": "File"}}},
        {"variables": {"a": 1}},
        {"variabels": {}},
    ],
)
def test_a_body_that_does_not_fit_is_400(caller: Make, engine: Engine, body: object) -> None:
    engine.deploy(APPROVAL)
    task = engine.task(engine.start("approval"))

    caller(Role.SERVICE).refused("POST", f"/task/{task}/complete", 400, json=body)
