"""A run of all scenarios fails when a sequence flow was walked by none, also over several test processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert

from kernel.clock import FixedClock
from store.tables import definition, deployment, history, instance
from store.unit_of_work import Database
from tests.house.test_rules_bite import DIAGRAM, build
from tests.scenarios import flows

ROOT = Path(__file__).resolve().parent.parent.parent

CONFTEST = """
from pathlib import Path
from tests.scenarios import flows

flows.ROOT = Path(__file__).parent

def pytest_configure(config):
    config.pluginmanager.register(flows.FlowCheck(config), "flow_check")
"""
FIRST = """
from tests.scenarios import flows

def test_first():
    flows.note([("food_licence", "applied_to_review")])
"""
SECOND = FIRST.replace("first", "second").replace("applied_to_review", "review_to_announce")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    build(
        tmp_path,
        {
            "pytest.ini": "[pytest]\naddopts = --import-mode=importlib -p no:cacheprovider -p xdist\n",
            "conftest.py": CONFTEST,
            "bpmn/food_licence.bpmn": DIAGRAM,
            "tests/scenarios/test_food_licence.py": FIRST,
            "tests/scenarios/test_more.py": SECOND,
        },
    )
    return tmp_path


@pytest.mark.parametrize("processes", ["0", "2"])
def test_scenarios_that_walk_every_flow_pass(house: Path, processes: str) -> None:
    status, _ = run(house, "-n", processes)

    assert status == 0


@pytest.mark.parametrize("processes", ["0", "2"])
def test_a_flow_that_nobody_walks_fails_the_run(house: Path, processes: str) -> None:
    (house / "tests/scenarios/test_more.py").write_text(FIRST)

    status, report = run(house, "-n", processes)

    assert status == 1
    assert "food_licence: review_to_announce" in report


def test_a_run_of_some_scenarios_is_not_judged(house: Path) -> None:
    status, _ = run(house, "tests/scenarios/test_food_licence.py")

    assert status == 0


def test_history_tells_the_flows_of_called_processes_too(
    sqlite_database: Database, clock: FixedClock, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows, "_walked", set())
    taken = {"event": "flow_taken", "at": clock.now(), "instance_id": "one"}
    with sqlite_database.write() as work:
        deployed = {"id": "first", "deployed_at": clock.now(), "deployed_by": "system"}
        work.connection.execute(insert(deployment).values(deployed))
        work.connection.execute(insert(definition).values(_definition(clock)))
        work.connection.execute(insert(instance).values(_instance(clock)))
        work.connection.execute(
            insert(history),
            [
                {**taken, "seq": 1, "path": "applied_to_review", "element_id": "applied_to_review"},
                {**taken, "seq": 2, "path": "appeal/review_to_announce", "element_id": "review_to_announce"},
            ],
        )

    with sqlite_database.read() as connection:
        flows.note_history(connection, house)

    assert flows.noted() == [["food_licence", "applied_to_review"], ["food_licence", "review_to_announce"]]


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # all but one are idle
    command = [sys.executable, "-m", "pytest", *arguments]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout + result.stderr


def _definition(clock: FixedClock) -> dict[str, object]:
    return {
        "id": "first", "key": "food_licence", "version": 1, "sha256": "", "name": "", "xml": b"", "pins": {},
        "source": "repository", "deployment_id": "first", "resource": "food_licence.bpmn", "is_active": True,
        "is_suspended": False, "deployed_at": clock.now(), "deployed_by": "system",
    }  # fmt: skip


def _instance(clock: FixedClock) -> dict[str, object]:
    return {
        "id": "one", "definition_id": "first", "line": "food_licence", "business_key": "", "status": "active",
        "revision": 1, "state": b"", "state_format": 1, "history_seq": 2, "started_at": clock.now(), "started_by": "system",
    }  # fmt: skip
