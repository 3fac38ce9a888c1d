"""Every route of the interface × every role × own and foreign objects, by the access that the views declare.

What is expected is derived: no credentials are 401, a role that the view does not name 403, an object of somebody else
404. Whose objects are whose is said here by hand, of the world that `tests/web/world.py` drives: operators see all; the
district of Chaoyang what has come to its review; another district, and an account without anything, none of it. A route
whose address cannot be filled fails, so that no new one is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Column, select, true
from werkzeug.routing import Rule

from kernel.actors import Role
from processes.codec import variables_of
from processes.queries.visibility import SEE_ALL
from store.tables import application, decision_definition, definition, deployment_resource, incident, instance, task
from tests.api.caller import PREFIX, Caller
from tests.web.served import app_on
from tests.web.world import LINE, World
from wiring import Services

HERE, ELSEWHERE = "朝阳区", "大兴区"
NOBODY = "00000000-0000-0000-0000-000000000000"
METHODS = ("GET", "POST", "PUT", "DELETE")  # what only asks comes first
ROLES = [(role, HERE if role is Role.DISTRICT_REVIEWER else None) for role in Role]


@dataclass(frozen=True)
class Question:
    """One request of the matrix, and whether its object is the caller's own."""

    endpoint: str
    method: str
    path: str
    owns: bool


@pytest.fixture
def services(world: World) -> Services:
    return world.services


@pytest.fixture
def app(services: Services) -> Flask:
    return app_on(services)


def test_without_credentials_nothing_answers(app: Flask, services: Services) -> None:
    client = app.test_client()
    for question in questions(app, services, Role.OPS, None):
        answer = client.open(question.path, method=question.method, json={})
        assert answer.status_code == 401, question


@pytest.mark.parametrize(("role", "district"), [*ROLES, (Role.DISTRICT_REVIEWER, ELSEWHERE)])
def test_every_route_answers_by_its_access(
    app: Flask, services: Services, caller: Callable[..., Caller], role: Role, district: str | None
) -> None:
    one = caller(role, district=district)
    wrong = []
    for question in questions(app, services, role, district):
        answer = one.call(question.method, question.path.removeprefix(PREFIX), json={})
        if answer.status_code not in expected(app, question, role):
            wanted = sorted(expected(app, question, role))
            wrong.append(f"{question}: {answer.status_code}, not {wanted}: {answer.text[:200]}")

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", [role for role in Role if role not in SEE_ALL])
def test_what_is_foreign_stays_as_it_was(
    app: Flask, services: Services, world: World, caller: Callable[..., Caller], role: Role
) -> None:
    one = caller(role, district=ELSEWHERE if role is Role.DISTRICT_REVIEWER else None)
    one.get("/version")
    before = world.rows()

    for question in questions(app, services, role, ELSEWHERE):
        if not question.owns and question.method != "GET":
            one.call(question.method, question.path.removeprefix(PREFIX), json={"variables": {}, "userId": "x"})

    changed = [name for name, rows in world.rows().items() if rows != before[name]]
    assert changed == []


# -- the matrix


def questions(app: Flask, services: Services, role: Role, district: str | None) -> Iterator[Question]:
    objects = Objects(services, role, district)
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(f"{PREFIX}/")]
    for method in METHODS:
        for rule in rules:
            if method in (rule.methods or ()):
                for owns, values in objects.of(rule):
                    with app.test_request_context():
                        path = app.url_for(rule.endpoint, **values)
                    yield Question(rule.endpoint, method, path, owns)


def expected(app: Flask, question: Question, role: Role) -> set[int]:
    access: Any = app.view_functions[question.endpoint].__access__
    if access.roles and role not in access.roles:
        return {403}
    if not question.owns:
        return {404, 400}  # a body that does not fit is told of before the object is looked for
    answers = {200, 204, 400, 409}
    if question.endpoint == "Task.local_variable":
        answers |= {404}  # no task has any
    if question.method in ("PUT", "DELETE"):
        answers |= {404}  # what an earlier question has deleted is gone
    if question.endpoint.startswith("Task.") and question.method != "GET" and role in SEE_ALL:
        answers |= {403}  # who operates the service sees the work and does not do it
    return answers


class Objects:
    """Values for the parameters of addresses: what an account of a role owns, and what it does not."""

    def __init__(self, services: Services, role: Role, district: str | None) -> None:
        self._services = services
        self._sees_all = role in SEE_ALL
        self._is_here = role is Role.DISTRICT_REVIEWER and district == HERE
        self._own, self._foreign = self._owned(), self._not_owned()

    def of(self, rule: Rule) -> Iterator[tuple[bool, dict[str, Any]]]:
        """Pairs of whether it is the account's own, and the values; without parameters nothing is foreign."""
        if not rule.arguments:
            yield True, {}
            return
        kinds = _KINDS[rule.rule.removeprefix(f"{PREFIX}/").split("/")[0]]
        wanted = {name: kinds[name] for name in rule.arguments}
        yield False, {name: self._foreign[kind] for name, kind in wanted.items()}
        if all(kind in self._own for kind in wanted.values()):
            yield True, {name: self._own[kind] for name, kind in wanted.items()}

    def _owned(self) -> dict[str, str]:
        resource = self._one(deployment_resource.c.id, true())
        of_resource = deployment_resource.c.id == resource
        decision = self._one(decision_definition.c.id, true())
        found = {  # what everybody with the role may see
            "definition": self._one(definition.c.id, definition.c.key == LINE),
            "key": LINE,
            "deployment": self._one(deployment_resource.c.deployment_id, of_resource),
            "resource": resource,
            "decision": decision,
            "decision_key": self._one(decision_definition.c.key, decision_definition.c.id == decision),
        }
        if self._sees_all or self._is_here:
            found |= self._around("declared", "review_by_district") | self._stuck()
        return found

    def _not_owned(self) -> dict[str, str]:
        """What there is but is not the account's; where everything is, or nobody owns anything, what there is not."""
        found = dict.fromkeys((kind for kinds in _KINDS.values() for kind in kinds.values()), NOBODY)
        if not self._sees_all:
            found |= self._around("draft", "fill_application")
            found |= {} if self._is_here else self._stuck()
        return found

    def _around(self, state: str, element_id: str) -> dict[str, str]:
        """An instance of the world, with its open task and a variable."""
        instance_id = self._one(
            application.c.instance_id, (application.c.status == state) & (application.c.line == LINE)
        )
        open_task = (task.c.instance_id == instance_id) & (task.c.status == "open")
        name = sorted(variables_of(self._raw(instance.c.state, instance.c.id == instance_id)))[0]
        return {
            "instance": instance_id,
            "task": self._one(task.c.id, open_task & (task.c.element_id == element_id)),
            "variable": f"{instance_id}:{name}",
            "name": name,
        }

    def _stuck(self) -> dict[str, str]:
        """The job of the world that has failed, and its incident: of a case that Chaoyang has reviewed."""
        found = self._one(incident.c.id, incident.c.id == "incident-of-the-world")
        return {"incident": found, "job": self._one(incident.c.job_id, incident.c.id == found)}

    def _one(self, column: Column[Any], condition: Any) -> str:
        return str(self._raw(column, condition))

    def _raw(self, column: Column[Any], condition: Any) -> Any:
        with self._services.database.read() as connection:
            return connection.execute(select(column).where(condition).order_by(column)).scalars().first()


# What the parameters of each resource name.
_KINDS: Mapping[str, Mapping[str, str]] = {
    "decision-definition": {"decision_id": "decision", "key": "decision_key"},
    "deployment": {"deployment_id": "deployment", "resource_id": "resource"},
    "execution": {"execution_id": "instance", "name": "message"},
    "external-task": {"task_id": "external_task"},
    "history": {"instance_id": "instance", "variable_id": "variable"},
    "incident": {"incident_id": "incident"},
    "job": {"job_id": "job"},
    "process-definition": {"definition_id": "definition", "key": "key"},
    "process-instance": {"instance_id": "instance", "name": "name"},
    "task": {"task_id": "task", "name": "name", "comment_id": "comment"},
}
