"""Clients that nobody here wrote, on a real web process: npm's camunda-external-task-client-js and PyPI's
camunda-external-task-client-python3 do the work of a diagram."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
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
HERE = Path(__file__).parent / "clients"
FRONTEND = ROOT / "frontend"
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
    """A client of somebody else's as a process; it notes each task that it has got."""

    def __init__(self, process: subprocess.Popen[bytes], notes: Path) -> None:
        self._process = process
        self._notes = notes

    def noted(self) -> list[Mapping[str, Any]]:
        assert self._process.poll() is None, "Expected the client to run on"
        return [json.loads(line) for line in self._notes.read_text().splitlines() if line.startswith("{")]


@contextmanager
def running(kind: str, live: Live, worker_id: str, folder: Path) -> Iterator[Client]:
    token = live.token
    if kind == "js":
        command = [_node(), str(HERE / "worker.mjs"), live.url, worker_id, token, str(FRONTEND)]
    else:
        command = [sys.executable, "-W", "ignore", str(HERE / "worker.py"), live.url, worker_id, token, ""]
    notes, log = folder / f"{worker_id}.notes", folder / f"{worker_id}.log"
    with notes.open("wb") as out, log.open("wb") as errors:
        process = subprocess.Popen(command, stdout=out, stderr=errors, cwd=ROOT)
        try:
            yield Client(process, notes)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(SECONDS)
            sys.stdout.write(log.read_text(errors="replace")[-4000:])


def _node() -> str:
    node = shutil.which("node")
    if node is None or not (FRONTEND / "node_modules" / "camunda-external-task-client-js").is_dir():
        if os.environ.get("CI"):
            raise RuntimeError("Node or camunda-external-task-client-js is missing; `make test` installs the latter")
        pytest.skip("Node or camunda-external-task-client-js is missing")
    return node


def eventually(ask: Eventually) -> None:
    deadline = time.monotonic() + SECONDS
    while not ask():
        assert time.monotonic() < deadline, f"Expected it within {SECONDS} seconds"
        time.sleep(0.1)


@pytest.mark.parametrize("kind", ["js", "python"])
def test_a_client_completes_fails_and_throws(kind: str, live: Live, tmp_path: Path) -> None:
    assessments = live.assessments
    wanted = ["complete", "fail", "throw"] + (["extend"] if kind == "js" else [])  # the other one cannot
    ids = {do: assessments.start(do=do, seen={"a": [1]}) for do in wanted}

    with running(kind, live, f"{kind}-1", tmp_path) as client:
        eventually(lambda: [task["retries"] for task in live.waiting_tasks()] == [0])
        noted = client.noted()

    assert Counter(one["wanted"] for one in noted) == Counter([*wanted, "fail"])
    assert assessments.ended_at(ids["complete"]) == "passed"
    assert assessments.variables(ids["complete"]) == {
        "do": "complete", "seen": {"a": [1]}, "score": 70, "papers": {"kept": [1, 2]},
    }  # fmt: skip
    assert assessments.ended_at(ids["throw"]) == "not_assessed"
    assert assessments.variables(ids["throw"])["NO_DATA"] == {"missing": "papers"}
    if kind == "js":
        assert assessments.ended_at(ids["extend"]) == "passed"
    (task,) = live.waiting_tasks()
    assert (task["processInstanceId"], task["errorMessage"]) == (ids["fail"], "no answer")
    _retried_by_an_operator_then_terminated(live, task["id"], ids["fail"])


def _retried_by_an_operator_then_terminated(live: Live, task_id: str, instance_id: str) -> None:
    with live.services.database.read() as connection:
        (incident,) = live.services.incidents.of_instance(connection, instance_id)
        attempts = live.services.incidents.view(connection, incident.id).attempts
    assert (incident.message, incident.element_id, incident.status) == ("no answer", "assess", "open")
    assert [(one.error, one.trace) for one in attempts] == [("no answer", "line 7")] * 2
    live.services.incidents.retry(task_id, by=SYSTEM)
    assert [task["id"] for task in live.waiting_tasks()] == [task_id]
    live.services.external_tasks.lock(task_id, "test", timedelta(minutes=5))
    live.services.external_tasks.throw_error(task_id, "test", "NO_DATA", {}, by=SYSTEM)
    assert live.waiting_tasks() == []


def test_two_clients_share_the_work_without_doubling_any(live: Live, tmp_path: Path) -> None:
    with running("js", live, "js-2", tmp_path) as one, running("python", live, "python-2", tmp_path) as other:
        ids = [live.assessments.start(f"S-{number}", do="complete") for number in range(40)]
        eventually(lambda: all(live.assessments.row(each).status == "completed" for each in ids))
        shares = [one.noted(), other.noted()]

    assert all(shares), "Expected both to get some"
    tasks = Counter(task["id"] for share in shares for task in share)
    assert len(tasks) == 40
    assert set(tasks.values()) == {1}


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

    instance_id = live.assessments.start(do="complete")
    time.sleep(1.5)

    (task,) = live.waiting_tasks()
    assert (task["processInstanceId"], task["workerId"]) == (instance_id, None)
    live.services.external_tasks.lock(task["id"], "test", timedelta(minutes=5))
    live.services.external_tasks.complete(task["id"], "test", {}, by=SYSTEM)
