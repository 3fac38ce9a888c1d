"""The worker as a process of its own, with and without Redis: in time, complete, and ended when told so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select

from jobs.bell import RqBell
from store.engine import open_engine
from store.jobs import Jobs
from store.tables import job
from store.unit_of_work import Database
from tests.postgresql import die_with_the_tests
from tests.redis_server import RedisServer

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 60
IN_TIME_S = 5.0


class Workers:
    """Worker processes on one database, and jobs that show when they were seen: of no known kind, so they stop."""

    def __init__(self, url: str, folder: Path, redis_url: str = "") -> None:
        self.database = Database(open_engine(url), RqBell(redis_url, rest_s=0.2) if redis_url else None)
        self._environment = {
            **os.environ, "DATABASE_URL": url, "VAR_DIR": str(folder), "REDIS_URL": redis_url, "FAILPOINT": "",
        }  # fmt: skip
        self._log = (folder / "worker.log").open("ab")
        self._folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "worker.py"],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            preexec_fn=die_with_the_tests,
        )
        self.processes.append(process)
        return process

    def leave(self, key: str, *, due_in: timedelta = timedelta()) -> None:
        now = datetime.now(UTC)
        with self.database.write() as work:
            Jobs(work).add("seen", key=key, payload={}, due_at=now + due_in, created_at=now, clock="system")

    def wait_for(self, key: str, seconds: float = SECONDS_TO_START) -> float:
        """How many seconds after it was due the job was taken up."""
        deadline = time.monotonic() + seconds
        while (found := self._job(key)).started_at is None:
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.01)
        lateness: timedelta = found.started_at - found.due_at
        return lateness.total_seconds()

    def rest(self) -> dict[str, int]:
        """The states of the jobs once none runs."""
        deadline = time.monotonic() + IN_TIME_S
        while "running" in (states := self._states()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return states

    def _states(self) -> dict[str, int]:
        counted: dict[str, int] = {}
        with self.database.read() as connection:
            for state in connection.execute(select(job.c.state).where(job.c.kind == "seen")).scalars():
                counted[state] = counted.get(state, 0) + 1
        return counted

    def log(self) -> str:
        return (self._folder / "worker.log").read_text(errors="replace")[-4000:]

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        self._log.close()
        self.database.engine.dispose()

    def _job(self, key: str) -> Row[Any]:
        with self.database.read() as connection:
            return connection.execute(select(job).where(job.c.dedupe_key == key)).one()


@pytest.fixture
def alone(database_url: str, tmp_path: Path) -> Iterator[Workers]:
    """A worker without Redis."""
    found = Workers(database_url, tmp_path)
    yield found
    found.end()


@pytest.fixture
def woken(database_url: str, tmp_path: Path, redis_server: RedisServer) -> Iterator[Workers]:
    """Workers with Redis."""
    found = Workers(database_url, tmp_path, redis_server.url)
    yield found
    found.end()


@pytest.mark.crash
def test_without_redis_jobs_run_in_time_and_the_worker_ends_when_told(alone: Workers):
    worker = alone.start()
    alone.leave("first")
    alone.wait_for("first")

    alone.leave("later", due_in=timedelta(seconds=1.5))
    assert alone.wait_for("later") < IN_TIME_S
    worker.send_signal(signal.SIGTERM)

    assert worker.wait(20) == 0
    assert "worker.stopped" in alone.log()


@pytest.mark.crash
def test_redis_changes_nothing_but_delay(woken: Workers, redis_server: RedisServer):
    """I13: rung at once, and in time when Redis was flushed, is stopped, and is back; nothing is lost or done twice."""
    workers = [woken.start(), woken.start()]
    woken.leave("first")
    woken.wait_for("first")
    with redis_server.connect() as connection:
        deadline = time.monotonic() + SECONDS_TO_START
        while connection.scard("rq:workers") < 2:
            assert time.monotonic() < deadline, woken.log()
            time.sleep(0.05)

    for number in range(5):
        time.sleep(0.3)
        woken.leave(f"rung {number}")
    assert min(woken.wait_for(f"rung {number}") for number in range(5)) < 0.5
    with redis_server.connect() as connection:
        connection.flushall()
    woken.leave("flushed")
    assert woken.wait_for("flushed") < IN_TIME_S
    redis_server.stop()
    for number in range(20):
        began = time.monotonic()
        woken.leave(f"stopped {number}")
        assert time.monotonic() - began < 1, "a command does not wait for Redis"
    assert max(woken.wait_for(f"stopped {number}") for number in range(20)) < IN_TIME_S
    redis_server.start()
    woken.leave("back")
    assert woken.wait_for("back") < IN_TIME_S

    assert woken.rest() == {"incident": 28}, "each was seen once, whoever saw it"
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(30) for worker in workers] == [0, 0]


@pytest.mark.crash
def test_a_worker_starts_and_ends_without_its_redis(database_url: str, tmp_path: Path, redis_server: RedisServer):
    redis_server.stop()
    deaf = Workers(database_url, tmp_path, redis_server.url)
    worker = deaf.start()
    deaf.leave("first")
    deaf.wait_for("first")

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(20) == 0
    deaf.end()
