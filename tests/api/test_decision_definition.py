"""Versions of decisions, the project's among them: found, read, and made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kernel.actors import Role
from rules.tables import DIRECTORY
from tests.api.caller import Caller
from tests.api.deploying import DEAR, RATE, deployed
from tests.rules.decision_files import decision_file, definitions
from wiring import Services, build

Make = Callable[..., Caller]

REASONS = decision_file("reasons", "COLLECT", ["amount"], ["code"], [["> 1", '"MANY"'], ["> 2", '"MORE"']])
PAIR = decision_file("pair", "FIRST", ["amount"], ["low", "high"], [["< 10", "0", "9"], ["-", "10", "99"]])
TOTAL = decision_file("total", "COLLECT", ["amount"], ["fee"], [["> 1", "10"], ["> 2", "5.5"]]).replace(
    b'hitPolicy="COLLECT"', b'hitPolicy="COLLECT" aggregation="SUM"'
)
SUM = definitions(
    '<inputData id="amount_input" name="amount"><variable name="amount" typeRef="number"/></inputData>'
    '<decision id="double" name="double"><informationRequirement><requiredInput href="#amount_input"/>'
    "</informationRequirement><literalExpression><text>amount * 2</text></literalExpression></decision>"
)


@pytest.fixture
def system(caller: Make) -> Caller:
    return caller(Role.ANALYST, Role.SERVICE)


def evaluate(caller: Caller, key: str, **inputs: Any) -> Any:
    body = {"variables": {name: {"value": value} for name, value in inputs.items()}}
    return caller.post(f"/decision-definition/key/{key}/evaluate", body)


def plain(results: Any) -> list[dict[str, Any]]:
    return [{name: one["value"] for name, one in result.items()} for result in results]


def test_the_decisions_of_the_project_are_found(system: Caller) -> None:
    files = {path.name for path in DIRECTORY.glob("*.dmn")}

    found = system.get("/decision-definition", sortBy="key", sortOrder="asc")

    assert {one["resource"] for one in found} == files
    assert {one["version"] for one in found} == {1}
    one = system.get("/decision-definition/key/renewal_window")
    assert system.get(f"/decision-definition/{one['id']}") == one
    assert system.get("/decision-definition/count", key="renewal_window") == {"count": 1}
    xml = system.get("/decision-definition/key/renewal_window/xml")
    assert xml == {"id": one["id"], "dmnXml": (DIRECTORY / one["resource"]).read_text()}


def test_starting_the_service_again_makes_no_new_versions(system: Caller, services: Services) -> None:
    before = system.get("/decision-definition/count"), system.get("/deployment/count")

    build(services.settings, passwords=services.passwords).database.engine.dispose()

    assert (system.get("/decision-definition/count"), system.get("/deployment/count")) == before


def test_a_decision_is_made_with_typed_values(system: Caller) -> None:
    deployed(system, ("rate.dmn", RATE))

    assert evaluate(system, "rate", amount=20) == [{"percent": {"type": "Integer", "value": 2, "valueInfo": {}}}]


@pytest.mark.parametrize(
    ("data", "key", "amount", "results"),
    [
        (REASONS, "reasons", 3, [{"code": "MANY"}, {"code": "MORE"}]),
        (REASONS, "reasons", 0, []),
        (PAIR, "pair", 5, [{"low": 0, "high": 9}]),
        (TOTAL, "total", 3, [{"fee": 15.5}]),
        (SUM, "double", 4, [{"double": 8}]),
    ],
)
def test_results_follow_the_hit_policy(
    system: Caller, data: bytes, key: str, amount: int, results: list[dict[str, Any]]
) -> None:
    deployed(system, ("decision.dmn", data))

    assert plain(evaluate(system, key, amount=amount)) == results


def test_each_version_decides_as_it_was_deployed(system: Caller) -> None:
    deployed(system, ("rate.dmn", RATE))
    first = system.get("/decision-definition/key/rate")["id"]
    deployed(system, ("rate.dmn", DEAR))
    body = {"variables": {"amount": {"value": 20, "type": "Integer"}}}

    assert plain(system.post(f"/decision-definition/{first}/evaluate", body)) == [{"percent": 2}]
    assert plain(evaluate(system, "rate", amount=20)) == [{"percent": 3}]
    latest = system.get("/decision-definition", key="rate", latestVersion="true")
    assert [one["version"] for one in latest] == [2]


def test_what_cannot_be_decided_says_why(system: Caller) -> None:
    deployed(system, ("rate.dmn", RATE))
    path = "/decision-definition/key/rate/evaluate"

    missing = system.refused("POST", path, 400, json={"variables": {}})
    assert "amount" in missing["message"]
    assert missing["reasons"][0]["code"] == "DECISION_FAILED"
    system.refused("POST", path, 400, json={"variables": {"amount": {"value": "many"}}})
    system.refused("POST", path, 400, json={"variables": {"amount": {"value": "x", "type": "Integer"}}})
    system.refused("POST", path, 400, json={"variables": 1})
    system.refused("POST", "/decision-definition/key/nothing/evaluate", 404, json={})
    system.refused("POST", "/decision-definition/nothing/evaluate", 404, json={})
    system.refused("GET", "/decision-definition/nothing/xml", 404)
    system.refused("GET", "/decision-definition?foo=1", 400)


def test_only_those_who_may_read_decisions_make_them(caller: Make) -> None:
    for role in (Role.CITY_REVIEWER, Role.ENTERPRISE_ADMIN):
        caller(role).refused("POST", "/decision-definition/key/renewal_window/evaluate", 403, json={})
        caller(role).refused("GET", "/decision-definition", 403)
