"""`kill -9` at every commit point of T-01, and a restart continues it: nothing lost, doubled or left hanging."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kernel.clock import SystemClock
from kernel.settings import Settings
from tests.conftest import _create_schema
from tests.crash.journey import Journal, repeat_all
from tests.crash.live import HttpClient, MortalService, every_commit, travel
from tests.crash.nursery import Nursery, with_sample_data
from tests.crash.outcome import Facts, compare
from tests.postgresql import Cluster
from wiring import build

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parent.parent.parent
WORKER_KILLS = ["kill:commit.after:1", "kill:commit.before:2", "kill:commit.after:2", "kill:commit.before:3"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """What a journey leaves behind that nobody disturbs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    url = f"sqlite:///{folder / 'permitflow.db'}"
    _create_schema(url)
    return Nursery(url, folder).undisturbed()


def test_an_undisturbed_journey_ends_as_it_should(undisturbed: Facts):
    """T-01: what the killed ones are compared with."""

    def told(start: str, end: str = "") -> int:
        return sum(count for fact, count in undisturbed.items() if fact.startswith(start) and end in fact)

    assert told("application BJ20260615000001 is closed") == told("application ") == 1
    assert told("registration is with 91110000XA0000023P, certificate version 2") == 1
    assert told("announcement 京建注告〔2026〕00001号") == told("announcement ") == 1
    assert told("task ", "is completed") == told("task ") == 5
    assert told("", "was told 已办结") == told("", "was told 二级建造师执业企业变更待确认") == 3
    assert told("DOC-08", "is kept") == 1
    assert not [fact for fact in undisturbed if " job of " in fact and not fact.endswith(("done", "cancelled"))]


def test_killed_at_every_point_on_sqlite(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'permitflow.db'}"
    _create_schema(url)

    reports = raised_in_nursery(url, tmp_path, every=1)

    assert len(reports) >= 50
    assert told(reports) == f"kill points {len(reports)}, lost 0, doubled 0, hung 0"


def test_killed_at_some_points_on_postgresql(tmp_path: Path, postgresql_cluster: Cluster):
    name = postgresql_cluster.copy_template()

    reports = raised_in_nursery(postgresql_cluster.url(name), tmp_path, every=5)

    postgresql_cluster.drop(name)
    assert len(reports) >= 10
    assert told(reports) == f"kill points {len(reports)}, lost 0, doubled 0, hung 0"


def test_real_processes_on_sqlite(tmp_path: Path, undisturbed: Facts):
    url = f"sqlite:///{tmp_path / 'permitflow.db'}"
    _create_schema(url)

    kills = live_journey(url, tmp_path, undisturbed, web=list(every_commit(11)), worker=WORKER_KILLS)

    assert kills == {"web": 11, "worker": 4}


def test_real_processes_on_postgresql(tmp_path: Path, undisturbed: Facts, postgresql_cluster: Cluster):
    name = postgresql_cluster.copy_template()

    kills = live_journey(
        postgresql_cluster.url(name), tmp_path, undisturbed, web=list(every_commit(3)), worker=WORKER_KILLS[2:]
    )

    postgresql_cluster.drop(name)
    assert kills == {"web": 3, "worker": 2}


def raised_in_nursery(url: str, folder: Path, *, every: int) -> list[dict[str, Any]]:
    """The reports of all kill points; in a process of its own, because only one without threads can be forked."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.crash.nursery", url, folder, str(every)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    return [json.loads(line) for line in ran.stdout.splitlines()]


def told(reports: list[dict[str, Any]]) -> str:
    """One line over all kill points; the first that went wrong is printed whole."""
    for report in reports:
        if any(report[what] for what in ("lost", "doubled", "broken", "hung")):
            print(json.dumps(report, ensure_ascii=False, indent=1))
            break
    line = (
        f"kill points {len(reports)}, lost {sum(bool(report['lost']) for report in reports)}, "
        f"doubled {sum(bool(report['doubled'] or report['broken']) for report in reports)}, "
        f"hung {sum(report['hung'] for report in reports)}"
    )
    print(line)
    return line


def live_journey(url: str, folder: Path, undisturbed: Facts, *, web: list[str], worker: list[str]) -> dict[str, int]:
    """T-01 over HTTP, with these kills; returns how many there were."""
    settings = Settings(database_url=url, var_dir=folder / "var")
    with_sample_data(settings, SystemClock())
    services = build(settings)
    journal = Journal(folder / "live.journal")
    with (folder / "service.log").open("wb") as log:
        service = MortalService(environment(url, folder), log, web=web, worker=worker, services=services)
        try:
            service.start()
            client = HttpClient(service, services)
            travel(client, service, journal)
            assert repeat_all(client, journal) == []
        finally:
            service.stop()
            print((folder / "service.log").read_text(errors="replace")[-8000:])
    difference = compare(services, journal, undisturbed)
    services.database.engine.dispose()
    assert difference == {"lost": [], "doubled": [], "broken": []}
    print(f"kill points {len(web) + len(worker)} of real processes, lost 0, doubled 0, hung 0")
    return service.kills


def environment(url: str, folder: Path) -> dict[str, str]:
    passed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {**passed, "DATABASE_URL": url, "VAR_DIR": str(folder / "var"), "PORT": str(port), "DEMO": "1"}
