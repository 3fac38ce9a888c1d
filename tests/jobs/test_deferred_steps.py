"""A handler that breaks inside a command never costs the person the decision (DESIGN.md 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from handlers.catalogue import Catalogue, Job, Outputs, OutsideJob, handler
from kernel.clock import FixedClock
from kernel.errors import Fault, Refused
from processes.ports import Repeat, ServiceCall
from store.tables import audit, incident, job
from tests.concurrency.conftest import LINE, build_services
from tests.invariants import violations
from tests.scenarios.case import DISTRICT, EMPLOYERS, Case


class RegistryDown(Fault):
    """A system we ask is away."""


@contextmanager
def broken(topic: str, error: Exception) -> Iterator[None]:
    """The handler of a topic writes something and then breaks, as long as the block lasts."""
    run = Catalogue.run

    def run_or_break(self: Catalogue, call: ServiceCall) -> Mapping[str, Any]:
        outputs = run(self, call)
        if call.topic == topic:
            raise error
        return outputs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Catalogue, "run", run_or_break)
        yield


def service_job(case: Case) -> Any:
    with case.services.database.read() as connection:
        own = (job.c.instance_id == case.row().instance_id) & (job.c.kind == "service")
        return connection.execute(select(job).where(own)).one()


@pytest.mark.parametrize("error", [ZeroDivisionError("in the handler"), RegistryDown("no answer")])
def test_the_decision_stands_and_the_step_follows_as_a_job(case: Case, error: Exception):
    case.applied(by="p04", to="E02").confirmed("old", by="e01_admin")
    with broken("declare", error):
        case.confirmed("new", by="e02_admin")

    assert case.row().declared_on is None, "what the broken handler wrote is rolled back"
    assert service_job(case).payload["topic"] == "declare"
    case.waits_at().services.pump.drain()
    case.waits_at(DISTRICT).has_status("declared")
    assert case.row().declared_on == case.today()
    assert service_job(case).state == "done"
    assert violations(case.services) == []


def test_a_step_that_stays_broken_becomes_an_incident_that_operators_retry(case: Case, clock: FixedClock):
    case.applied(by="p04", to="E02").confirmed("old", by="e01_admin")
    with broken("declare", RegistryDown("no answer")):
        case.confirmed("new", by="e02_admin")
        for _ in range(4):
            case.after(minutes=15)
    stuck = service_job(case)
    assert (stuck.state, stuck.attempt) == ("incident", 3)
    with case.services.database.read() as connection:
        found = connection.execute(select(incident)).one()
        shown = case.services.operations.instance(connection, stuck.instance_id)
    assert (found.element_id, found.message) == ("declare", "RegistryDown: no answer")
    assert dict(shown.stuck) == {"review/declare": 1}

    case.services.incidents.retry(stuck.id, by=case.actor("ops"))
    case.services.pump.drain()

    case.waits_at(DISTRICT).has_status("declared")
    assert violations(case.services) == []


def test_a_late_step_finds_that_the_case_has_been_withdrawn(case: Case):
    case.applied(by="p04", to="E02").confirmed("old", by="e01_admin")
    with broken("declare", RegistryDown("no answer")):
        case.confirmed("new", by="e02_admin")

    case.withdrawn()

    assert service_job(case).state == "cancelled"
    case.services.pump.drain()
    case.waits_at("fill_application").has_status("draft")
    assert violations(case.services) == []


def test_a_refusal_of_a_handler_takes_the_command_back(case: Case):
    """R-D-03: it reaches the person, and nothing is left as a job."""
    case.saved(by="p04", to="E02").attached("AT-01", "AT-03")
    with broken("check_submit", Refused()), pytest.raises(Refused):
        case.submitted()

    case.waits_at("fill_application").has_status("draft")
    with case.services.database.read() as connection:
        assert connection.execute(select(job.c.kind)).all() == []


def test_both_employers_are_asked_although_the_notice_of_a_skipped_one_breaks(case: Case):
    """The step of one branch is left to a job, and the other branch goes on."""
    case.saved(by="p43", to="E02").attached("AT-01", "AT-03")
    with broken("note_skipped_employer", RegistryDown("no answer")):
        case.submitted()

    case.waits_at(EMPLOYERS["new"]).confirmed("new", by="e02_admin")
    case.services.pump.drain()

    case.waits_at(DISTRICT).has_status("declared")
    assert violations(case.services) == []


def test_a_handler_of_a_line_may_work_outside(
    sample_url: str, tmp_path: Path, clock: FixedClock, system_clock: FixedClock
):
    """The catalogue gives it its application and its key; its own rows come with the advance."""
    seen: list[tuple[str, str]] = []

    def note_declared(job: Job, outputs: Outputs) -> None:
        job.tell("declared", data=dict(outputs))

    @handler("declare", effects="outside", repeat=Repeat.ASK, ask=lambda job: None, keep=note_declared)
    def declare_elsewhere(job: OutsideJob) -> Outputs:
        seen.append((job.row.number, job.key))
        return {"receipt": "R-1"}

    built = build_services(sample_url, tmp_path, clock, system_clock, more_handlers=[declare_elsewhere])
    case = Case(built, clock, LINE).applied(by="p04", to="E02")
    case.confirmed("old", by="e01_admin").confirmed("new", by="e02_admin")
    stuck = service_job(case)
    assert (stuck.lane, stuck.state, seen) == ("outside", "ready", [])

    built.pump.drain()

    case.waits_at(DISTRICT)
    assert [number for number, _ in seen] == [case.number]
    with built.database.read() as connection:
        told = connection.execute(select(audit.c.data).where(audit.c.action == "declared")).scalar_one()
    assert told == {"receipt": "R-1"}
    assert violations(built) == []
    built.database.engine.dispose()
