"""Races between people, workers and operators: timers, notices, retries, numbers, deployment."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from applications.documents import Documents
from jobs.pump import Pump
from kernel.actors import Actor, Role
from kernel.clock import FixedClock
from kernel.settings import Settings
from registry.numbers import NumberSeries
from store.jobs import Jobs
from store.tables import audit, definition, job, message
from store.unit_of_work import Database
from tests.concurrency.racing import FEW_ROUNDS, FEWER_ROUNDS, ROUNDS, codes, race
from tests.concurrency.test_deciding_at_once import deciding, records
from tests.invariants import violations
from tests.scenarios.case import EMPLOYERS, Case, without_nights
from tests.support.sample import CHEAP, NOW
from wiring import DIAGRAMS, Services, build


@pytest.fixture(autouse=True)
def _no_nights(services: Services) -> None:
    without_nights(services)


@pytest.fixture
def pumps(services: Services, monkeypatch: pytest.MonkeyPatch) -> tuple[Pump, Pump]:
    """Two worker processes. They make no Word documents, which take long and matter to no race."""
    monkeypatch.setattr(Documents, "store", lambda *_: "no-document")
    return services.pump, services.another_pump()


def test_the_reminder_falls_due_while_the_employer_answers(case: Case, clock: FixedClock, pumps: tuple[Pump, Pump]):
    """G-06: the answer stands in any order; the reminder is given at most once, and never afterwards."""
    case.saved(by="p04", to="E02").attached("AT-01", "AT-03")
    for round_ in range(ROUNDS):
        clock.set(NOW)  # many rounds of three days would outlast the registration
        case.submitted()
        case.services.pump.drain()
        before = records(case, "reminded")
        clock.advance(days=3)

        outcomes = race(case.services.pump.drain, deciding(case, EMPLOYERS["new"], "agree", by="e02_admin"))

        assert codes(outcomes) == [None, None], round_
        assert records(case, "reminded") - before in (1, 2)  # the old employer's, and perhaps the new one's
        case.waits_at(EMPLOYERS["old"]).withdrawn()
        case.services.pump.drain()
    assert violations(case.services) == []


def test_the_reminder_falls_due_while_the_applicant_withdraws(case: Case, clock: FixedClock, pumps: tuple[Pump, Pump]):
    case.saved(by="p04", to="E02").attached("AT-01", "AT-03")
    for _ in range(ROUNDS):
        clock.set(NOW)
        case.submitted()
        case.services.pump.drain()
        clock.advance(days=3)

        outcomes = race(*(pump.drain for pump in pumps), case.withdrawn)

        assert codes(outcomes) == [None, None, None]
        case.waits_at("fill_application").has_status("draft")
        case.services.pump.drain()
    assert violations(case.services) == []


def test_two_workers_find_the_same_jobs(case: Case, clock: FixedClock, pumps: tuple[Pump, Pump]):
    """Each notice, document and timer is done once, at its first attempt."""
    case.saved(by="p04", to="E02").attached("AT-01", "AT-03")
    for lap in range(1, FEWER_ROUNDS + 1):
        clock.set(NOW)
        case.submitted()
        clock.advance(days=3)

        race(*(pump.drain for pump in pumps))

        assert records(case, "reminded") == 2 * lap
        case.withdrawn()
    with case.services.database.read() as connection:
        assert set(connection.execute(select(job.c.attempt).where(job.c.state == "done")).scalars()) == {1}
        left = connection.execute(select(func.count()).select_from(job).where(job.c.state == "ready")).scalar_one()
        told = connection.execute(
            select(message.c.recipient, func.count()).group_by(message.c.recipient).order_by(message.c.recipient)
        ).all()
    assert left == 0
    # Each lap tells the applicant once, and each employer of the request and of its reminder.
    assert sorted(row[1] for row in told) == sorted([lap, 2 * lap, 2 * lap])
    assert violations(case.services) == []


def test_the_operator_stops_what_a_worker_is_about_to_move(case: Case, clock: FixedClock, pumps: tuple[Pump, Pump]):
    operator = case.actor("ops")
    for _ in range(FEWER_ROUNDS):
        case.saved(by="p04", to="E02").attached("AT-01", "AT-03").submitted()
        clock.advance(days=3)

        outcomes = race(
            case.services.pump.drain,
            partial(case.services.operations.terminate, case.row().instance_id, "测试", by=operator),
            deciding(case, EMPLOYERS["old"], "agree", by="e01_admin"),
        )

        assert [outcome.code for outcome in outcomes[:2]] == [None, None]
        assert outcomes[2].code in (None, "TASK_ALREADY_DONE")
        case.has_status("terminated").waits_at()
        case.services.pump.drain()
    assert violations(case.services) == []


def test_two_operators_retry_one_job(services: Services):
    """One of the two starts it again; the attempts are not counted back twice."""
    with services.database.write() as work:
        now = services.clock.now()
        Jobs(work).add("no_such_kind", key="broken", payload={}, due_at=now, created_at=now, max_attempts=1)
    operator = Actor(id="ops", name="邵维", roles=frozenset({Role.OPS}))
    for _ in range(ROUNDS):
        services.pump.drain()
        with services.database.read() as connection:
            stuck = connection.execute(select(job)).one()
        assert stuck.state == "incident"

        outcomes = race(*[partial(services.incidents.retry, stuck.id, by=operator)] * 2)

        assert codes(outcomes) == [None, "STATE_CONFLICT"]


def test_numbers_are_given_once_and_without_gaps(database: Database):
    """R-D-08: what is rolled back gives its number free again."""
    kept: list[int] = []

    class GivenUp(Exception):
        """The command was rolled back."""

    def take(keep: bool) -> None:
        try:
            with database.write() as work:
                number = NumberSeries(work.connection).next("series")
                if not keep:
                    raise GivenUp
        except GivenUp:
            return
        kept.append(number)

    for _ in range(ROUNDS):
        race(*(partial(take, keep) for keep in (True, False, True, False, True, True)))
    assert sorted(kept) == list(range(1, ROUNDS * 4 + 1))


def test_the_processes_of_the_service_start_at_once(database_url: str, tmp_path: Path, clock: FixedClock):
    """Each deploys the diagrams of the project to the empty database; there is one version of each."""
    settings = Settings(database_url=database_url, var_dir=tmp_path / "var")

    outcomes = race(*[partial(build, settings, clock=clock, system_clock=clock, passwords=CHEAP)] * 3)

    built = [outcome.answer for outcome in outcomes]
    with built[0].database.read() as connection:
        versions = connection.execute(select(definition.c.key, definition.c.version, definition.c.is_active)).all()
        assert connection.execute(select(audit.c.id)).all() == []
    for services in built:
        services.database.engine.dispose()
    assert {row.key for row in versions} >= {"class2_employer_transfer", "employer_confirmation", "commission_review"}
    assert len({row.key for row in versions}) == len(versions)
    assert all(row.version == 1 and row.is_active for row in versions)


def test_two_analysts_deploy_one_process_at_once(services: Services):
    """Versions are counted on one after the other, and one of them is active."""
    analyst = Actor(id="analyst", name="徐知行", roles=frozenset({Role.ANALYST}))
    diagram = (DIAGRAMS / "class2_appeal.bpmn").read_bytes()
    for round_ in range(FEW_ROUNDS):
        drawings = [diagram + f"<!-- {round_} {analyst_} -->".encode() for analyst_ in range(2)]

        outcomes = race(
            *(
                partial(services.definitions.deploy, drawing, "class2_appeal.bpmn", by=analyst, activate=True)
                for drawing in drawings
            )
        )

        assert codes(outcomes) == [None, None]
        assert sorted(outcome.answer.version for outcome in outcomes) == [2 * round_ + 2, 2 * round_ + 3]
        with services.database.read() as connection:
            active = select(definition.c.key, func.count()).where(definition.c.is_active).group_by(definition.c.key)
            assert {row[1] for row in connection.execute(active)} == {1}
