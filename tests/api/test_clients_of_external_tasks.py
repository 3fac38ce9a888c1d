"""Clients that nobody here wrote, on a real web process: npm's camunda-external-task-client-js and PyPI's
camunda-external-task-client-python3 do the work of a diagram."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import pytest
import requests

from identity.interface import ApiTokens
from kernel.actors import SYSTEM, Role
from kernel.settings import Settings
from store.tables import account, account_role
from tests.api.assessing import Assessments
from tests.browser.conftest import free_port, service_environment
from tests.postgresql import Cluster
from tools.serve import Service
from wiring import Services, build

pytestmark = pytest.mark.xdist_group("clients_of_external_tasks")

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "frontend" / "node_modules"
HOW_TO = ROOT / "docs" / "how-to" / "external-tasks.md"
SECONDS = 60
Eventually = Callable[[], Any]


class Live:
    """A web process as `make run` starts it, on PostgreSQL; and the same database for the test."""

    def __init__(self, folder: Path, database_url: str, log: IO[bytes]) -> None:
        self.environment = {**service_environment(folder, free_port()), "DATABASE_URL": database_url, "DEMO_TODAY": ""}
        self._processes = Service(self.environment, log)
        self.services: Services = build(Settings.from_environment(self.environment))
        self.assessments = Assessments(self.services)
        self.token = self._token()

    @property
    def url(self) -> str:
        return f"{self._processes.url}/engine-rest"

    def start(self) -> None:
        self._processes.start_web()
        self._processes.wait_until_ready()

    def stop(self) -> None:
        self._processes.stop()
        self.services.database.engine.dispose()

    def waiting_tasks(self) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.get(f"{self.url}/external-task", headers=headers, timeout=SECONDS).json()

    def _token(self) -> str:
        row = {
            "id": "outside", "username": "outside", "name": "外部系统", "unit": "外部系统", "password_hash": "!",
            "preferences": {}, "disabled": False, "failed_attempts": 0,
            "created_at": self.services.system_clock.now(),
        }  # fmt: skip
        with self.services.database.write() as work:
            work.connection.execute(account.insert().values(row))
            work.connection.execute(account_role.insert().values(account_id="outside", role=Role.SERVICE.value))
            return ApiTokens(work.connection, self.services.system_clock).issue("outside", "test", 1, by=SYSTEM)


@pytest.fixture(scope="module")
def live(postgresql_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("live")
    name = postgresql_cluster.copy_template()
    with (folder / "service.log").open("ab") as log:
        running = Live(folder / "var", postgresql_cluster.url(name), log)
        try:
            running.start()
            yield running
        finally:
            running.stop()
            sys.stdout.write((folder / "service.log").read_text(errors="replace"))
            postgresql_cluster.drop(name)


class Client:
    """A client of somebody else's as a process; it tells each task that it has got."""

    def __init__(self, process: subprocess.Popen[bytes], told: Path) -> None:
        self._process = process
        self._told = told

    def tasks(self) -> list[str]:
        """Id and business key of each task, in the order they were got."""
        assert self._process.poll() is None, "Expected the client to run on"
        return self._told.read_text().splitlines()


@contextmanager
def running(language: str, live: Live, folder: Path) -> Iterator[Client]:
    """The program of the how-to page in a language, as it stands there."""
    program = folder / {"js": "in_javascript.mjs", "python": "in_python.py"}[language]
    program.write_text(re.findall(rf"```{language}\n(.*?)```", HOW_TO.read_text(), re.DOTALL)[0])
    command = [_node(folder)] if language == "js" else [sys.executable, "-W", "ignore"]
    environment = {**live.environment, "ENGINE": live.url, "TOKEN": live.token}
    told, log = program.with_suffix(".told"), program.with_suffix(".log")
    with told.open("wb") as out, log.open("wb") as errors:
        process = subprocess.Popen([*command, str(program)], stdout=out, stderr=errors, env=environment)
        try:
            yield Client(process, told)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(SECONDS)
            sys.stdout.write(log.read_text(errors="replace")[-4000:])


def _node(folder: Path) -> str:
    """Node, with the client where a program in this folder finds it."""
    node = shutil.which("node")
    if node is None or not (MODULES / "camunda-external-task-client-js").is_dir():
        if os.environ.get("CI"):
            raise RuntimeError("Node or camunda-external-task-client-js is missing; `make test` installs the latter")
        pytest.skip("Node or camunda-external-task-client-js is missing")
    (folder / "node_modules").symlink_to(MODULES)
    return node


def eventually(ask: Eventually) -> None:
    deadline = time.monotonic() + SECONDS
    while not ask():
        assert time.monotonic() < deadline, f"Expected it within {SECONDS} seconds"
        time.sleep(0.1)


@pytest.mark.parametrize("language", ["js", "python"])
def test_a_client_completes_fails_and_throws(language: str, live: Live, tmp_path: Path) -> None:
    assessments = live.assessments
    short = assessments.start("short", papers=["a", "b"])
    long = assessments.start("long", papers=["a", "b", "c"])  # the client in JavaScript extends its lock
    failing = assessments.start("failing", papers=["unreadable"])
    empty = assessments.start("empty", papers=[])

    with running(language, live, tmp_path) as client:
        eventually(lambda: [task["retries"] for task in live.waiting_tasks()] == [0])
        got = Counter(line.split()[1] for line in client.tasks())

    assert got == {"short": 1, "long": 1, "failing": 2, "empty": 1}
    assert [assessments.ended_at(each) for each in (short, long, empty)] == ["passed", "passed", "not_assessed"]
    assert assessments.variables(short) == {"papers": ["a", "b"], "score": 70}
    assert assessments.variables(empty) == {"papers": [], "NO_DATA": {"missing": "papers"}}
    (task,) = live.waiting_tasks()
    assert (task["processInstanceId"], task["errorMessage"]) == (failing, "a paper cannot be read")
    _retried_by_an_operator_then_ended(live, task["id"], failing)


def _retried_by_an_operator_then_ended(live: Live, task_id: str, instance_id: str) -> None:
    with live.services.database.read() as connection:
        (incident,) = live.services.incidents.of_instance(connection, instance_id)
        attempts = live.services.incidents.view(connection, incident.id).attempts
    assert (incident.message, incident.element_id, incident.status) == ("a paper cannot be read", "assess", "open")
    assert [one.error for one in attempts] == ["a paper cannot be read"] * 2
    assert all("in_" in one.trace for one in attempts)
    live.services.incidents.retry(task_id, by=SYSTEM)
    assert [task["id"] for task in live.waiting_tasks()] == [task_id]
    live.services.external_tasks.lock(task_id, "test", timedelta(minutes=5))
    live.services.external_tasks.throw_error(task_id, "test", "NO_DATA", {}, by=SYSTEM)
    assert live.waiting_tasks() == []


def test_two_clients_share_the_work_without_doubling_any(live: Live, tmp_path: Path) -> None:
    with running("js", live, tmp_path) as one, running("python", live, tmp_path) as other:
        ids = [live.assessments.start(f"S-{number}", papers=["a"]) for number in range(40)]
        eventually(lambda: all(live.assessments.row(each).status == "completed" for each in ids))
        shares = [one.tasks(), other.tasks()]

    assert all(shares), "Expected both to get some"
    got = Counter(line for share in shares for line in share)
    assert len(got) == 40
    assert set(got.values()) == {1}


def test_a_caller_that_hung_up_gets_no_task(live: Live) -> None:
    """Its thread is free within a second or two; otherwise a task would be locked for nobody."""
    topic = {"topicName": "assess", "lockDuration": 600_000}
    body = json.dumps({"workerId": "gone", "maxTasks": 9, "asyncResponseTimeout": 600_000, "topics": [topic]})
    host, port = live.url.split("/")[2].split(":")
    head = (
        f"POST /engine-rest/external-task/fetchAndLock HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {live.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    for _ in range(3):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall((head + body).encode())
            time.sleep(0.5)
    time.sleep(2.5)

    instance_id = live.assessments.start(papers=["a"])
    time.sleep(1.5)

    (task,) = live.waiting_tasks()
    assert (task["processInstanceId"], task["workerId"]) == (instance_id, None)
    live.services.external_tasks.lock(task["id"], "test", timedelta(minutes=5))
    live.services.external_tasks.complete(task["id"], "test", {}, by=SYSTEM)
