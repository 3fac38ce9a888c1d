"""The verdict of the soak has teeth: each kind of loss, doubling and hanging is found, and a whole journey is clean."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from kernel.clock import SystemClock
from kernel.settings import Settings
from store.tables import announcement, application, audit, certificate_version, history, job, registration, task
from tests.conftest import _create_schema
from tests.crash.journey import Journal, go_on
from tests.crash.nursery import ServiceClient, with_sample_data
from tests.crash.soak.verdict import Verdict, judge
from wiring import Services, build

NOTHING: tuple[list[str], ...] = ([], [], [], [])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the database and files of T-01 at its end, and its journal."""
    folder = tmp_path_factory.mktemp("finished")
    _create_schema(_url(folder))
    with_sample_data(_settings(folder), SystemClock())
    services = build(_settings(folder))
    go_on(ServiceClient(services), Journal(folder / "journey"))
    services.database.engine.dispose()
    return folder


@pytest.fixture
def services(finished: Path, tmp_path: Path) -> Iterator[Services]:
    shutil.copytree(finished, tmp_path / "house")
    built = build(_settings(tmp_path / "house"))
    yield built
    built.database.engine.dispose()


@pytest.fixture
def entries(services: Services, finished: Path) -> list[dict[str, Any]]:
    """T-01, as the clients of the soak would have written it down."""
    journey = Journal(finished / "journey")
    with services.database.read() as connection:
        person = connection.execute(select(application.c.person_id)).scalar_one()
    of_all = {"number": journey.answered["start"], "person": person}
    noted: list[dict[str, Any]] = []
    for step, asked in journey.asked.items():
        if "task_id" in asked:
            facts = {name: asked[name] for name in ("by", "decision", "task_id")}
            noted.append({"command": "decide", "id": asked["command_id"], **facts, **of_all})
        elif "kind" in asked:
            noted.append({"command": "attach", "kind": asked["kind"], **of_all})
        elif "command_id" in asked:
            noted.append({"command": step, "id": asked["command_id"], **of_all})
    return noted


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'permitflow.db'}"


def _settings(folder: Path) -> Settings:
    return Settings(database_url=_url(folder), var_dir=folder / "var")


def found(verdict: Verdict) -> dict[str, int]:
    return {name: len(getattr(verdict, name)) for name in ("lost", "doubled", "hung") if getattr(verdict, name)}


def test_a_whole_journey_is_clean(services: Services, entries: list[dict[str, Any]]):
    verdict = judge(services, entries)

    assert (verdict.lost, verdict.doubled, verdict.hung, verdict.broken) == NOTHING
    assert [entry["command"] for entry in entries] == ["start", "attach", "attach", "submit", *["decide"] * 4]


@pytest.mark.parametrize(
    ("place", "change"),
    [
        (0, {"number": "BJ20260615999999"}),
        (0, {"id": "never seen"}),
        (0, {"person": "somebody else"}),
        (1, {"kind": "AT-14"}),
        (4, {"decision": "return"}),
        (4, {"task_id": "another"}),
        (4, {"by": "city_b"}),
    ],
)
def test_an_answer_that_the_database_does_not_know_is_lost(
    services: Services, entries: list[dict[str, Any]], place: int, change: dict[str, str]
):
    entries[place] |= change

    assert found(judge(services, entries)) == {"lost": 1}


def test_a_submit_more_than_there_are_is_lost(services: Services, entries: list[dict[str, Any]]):
    assert found(judge(services, [*entries, entries[3]])) == {"lost": 1}


def test_a_file_that_is_gone_is_lost(services: Services, entries: list[dict[str, Any]]):
    next(services.settings.attachments_dir.rglob("*.pdf")).unlink()

    assert found(judge(services, entries)) == {"lost": 1}


def test_an_effect_that_happened_twice_is_doubled(services: Services, entries: list[dict[str, Any]]):
    with services.database.write() as work:
        row = work.connection.execute(select(audit).where(audit.c.action == "announced")).one()
        work.connection.execute(insert(audit).values({**row._mapping, "id": None}))

    assert found(judge(services, entries)) == {"doubled": 1}


def test_a_certificate_of_a_third_version_is_doubled(services: Services, entries: list[dict[str, Any]]):
    person = entries[0]["person"]
    with services.database.write() as work:
        held = select(registration.c.id).where(registration.c.person_id == person)
        newest = select(certificate_version).where(certificate_version.c.registration_id.in_(held))
        row = work.connection.execute(newest.order_by(certificate_version.c.version.desc())).first()
        work.connection.execute(insert(certificate_version).values({**row._mapping, "version": row.version + 1}))
        work.connection.execute(update(registration).where(registration.c.person_id == person).values(version=3))

    assert found(judge(services, entries)) == {"doubled": 1}


def test_what_was_passed_and_is_not_closed_hangs(services: Services, entries: list[dict[str, Any]]):
    with services.database.write() as work:
        work.connection.execute(delete(announcement))

    assert found(judge(services, entries)) == {"hung": 1}


def test_a_job_left_running_hangs(services: Services, entries: list[dict[str, Any]]):
    with services.database.write() as work:
        work.connection.execute(update(job).where(job.c.kind == "document").values(state="running"))

    assert found(judge(services, entries)) == {"hung": 1}


def test_a_task_nobody_can_end_hangs(services: Services, entries: list[dict[str, Any]]):
    with services.database.write() as work:
        last = select(task.c.id).where(task.c.element_id == "review_by_city")
        work.connection.execute(update(task).where(task.c.id.in_(last)).values(status="open"))

    assert found(judge(services, entries))["hung"] == 1


def test_a_gap_in_the_history_is_broken(services: Services, entries: list[dict[str, Any]]):
    with services.database.write() as work:
        work.connection.execute(delete(history).where(history.c.seq == 3))

    verdict = judge(services, entries)

    assert len(verdict.broken) == 1
    assert not verdict.is_clean
