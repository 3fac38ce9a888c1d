"""Every route answers as the description says, whatever is sent: input made up from the description, fitting and not.

No fault, no status that is not described, no body of another shape or content type, no input that does not fit and is
taken. The seed is fixed, so that a finding comes again; `make fuzz` sends more, from another seed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from sqlalchemy import Connection, select

from kernel.actors import Role
from kernel.clock import FixedClock
from kernel.settings import Settings
from store.tables import decision_definition, definition, deployment, deployment_resource, incident, instance, job, task
from tests.api.caller import Caller
from tests.api.engine import Engine, task_for_systems
from tests.processes.diagrams import end, flows, process, start
from tests.support.sample import CHEAP
from tests.web.served import app_on
from tests.web.world import World
from wiring import Services, build

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
SEED = int(os.environ.get("FUZZ_SEED", "20260615"))
# An input that fits the description may still be wrong by what it says: a moment without a sorting, a name of nothing.
NOT_ASKED = [positive_data_acceptance]
APPROVAL = process("approval", start() + task_for_systems("approve") + end() + flows("started > approve > ended"))

schemathesis.openapi.format(
    "moment", st.datetimes().map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}.000+0800".rjust(28, "0"))
)


@pytest.fixture(params=["sqlite", "postgresql"])
def services(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock, system_clock: FixedClock
) -> Iterator[Services]:
    """On SQLite with cases in every state; on PostgreSQL, which refuses more, with a small diagram that runs."""
    if request.param == "sqlite":
        world: World = request.getfixturevalue("world")
        yield world.services
        return
    settings = Settings(database_url=request.getfixturevalue("postgresql_url"), var_dir=tmp_path / "var")
    built = build(settings, clock=clock, system_clock=system_clock, passwords=CHEAP)
    engine = Engine(built)
    engine.deploy(APPROVAL)
    for number in range(3):
        engine.start("approval", f"BK-{number}", amount=number)
    yield built
    built.database.engine.dispose()


@pytest.fixture
def app(services: Services) -> Flask:
    return app_on(services)


@pytest.mark.timeout(600 + EXAMPLES * 60)
def test_each_route_answers_as_described(app: Flask, services: Services, caller: Callable[..., Caller]) -> None:
    one = caller(Role.OPS, Role.SERVICE, Role.ANALYST)
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    findings: dict[str, str] = {}
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:
            with services.database.read() as connection:
                known = real_values(connection)
            findings |= probe(operation, mode, one.token, known)

    print("\n\n".join(findings.values()))
    assert not findings, sorted(findings)


def probe(operation: Any, mode: GenerationMode, token: str, known: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What the calls of one route have found, by what is wrong and where."""
    findings: dict[str, str] = {}

    @seed(SEED)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def call(case: Any, data: st.DataObject) -> None:
        for name in case.path_parameters:
            if known.get(name) and data.draw(st.booleans()):
                case.path_parameters[name] = data.draw(st.sampled_from(known[name]))
        try:
            case.call_and_validate(
                headers={"Authorization": f"Bearer {token}", **(case.headers or {})}, excluded_checks=NOT_ASKED
            )
        except FailureGroup as group:
            for failure in group.exceptions:
                assert isinstance(failure, Failure)
                findings.setdefault(f"{operation.label}: {failure.title}", f"{operation.label}, {mode}: {group}")

    call()
    return findings


def real_values(connection: Connection) -> dict[str, list[str]]:
    """Values of parameters in addresses that lead to something, as things stand now."""
    columns = {
        "task_id": task.c.id,
        "instance_id": instance.c.id,
        "process_instance_id": instance.c.id,
        "definition_id": definition.c.id,
        "key": definition.c.key,
        "deployment_id": deployment.c.id,
        "resource_id": deployment_resource.c.id,
        "decision_id": decision_definition.c.id,
        "job_id": job.c.id,
        "incident_id": incident.c.id,
    }
    return {
        name: [str(value) for value in connection.execute(select(column).order_by(column).limit(20)).scalars()]
        for name, column in columns.items()
    }
