"""Two web hosts, two worker hosts, a Redis and a PostgreSQL, restarted by a supervisor whenever they are gone."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from redis.exceptions import RedisError

from tests.postgresql import Cluster, free_port
from tests.redis_server import RedisServer
from tools.serve import Service

WEB = ("web-1", "web-2")
WORKERS = ("worker-1", "worker-2")
# Of sixty harms, as many of each: F6 of RELIABILITY.md. A worker forks nothing: its listener and pumps die with it.
HARMS: Mapping[str, int] = {
    "a web worker": 8,
    "a web master": 6,
    "a web host": 6,
    "a worker": 20,
    "both workers": 5,
    "Redis": 3,
    "what is in Redis": 3,
    "the postmaster": 9,
}
RESTART_S = 2.0  # RestartSec of the units
ORPHANS_S = 3.0  # what a killed master leaves behind serves on for so long before the supervisor ends it


def harms(chance: random.Random) -> Iterator[str]:
    """Harms without end, in any order, each as often as it should be."""
    while True:
        deck = [harm for harm, times in HARMS.items() for _ in range(times)]
        chance.shuffle(deck)
        yield from deck


class Installation(Service):
    """The processes, each the leader of a group of its own; nothing is ever killed but them and their children."""

    def __init__(
        self,
        environment: Mapping[str, str],
        log: IO[bytes],
        cluster: Cluster,
        redis: RedisServer,
        chance: random.Random,
    ) -> None:
        super().__init__({**environment, "REDIS_URL": redis.url}, log)
        self._cluster = cluster
        self._redis = redis
        self._chance = chance
        self._ports = {name: free_port() for name in WEB}
        self._gone_since: dict[str, float] = {}
        self._postmaster_back_at: float | None = None
        self._redis_back_at: float | None = None
        self.kills = Counter[str]()
        self.restarts = Counter[str]()

    @property
    def hosts(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self._ports.values()]

    def start(self) -> None:
        self._redis.start()
        for name in (*WEB, *WORKERS):
            self._start_host(name)

    def stop(self) -> None:
        super().stop()
        self._redis.stop()

    def answers(self, host: str) -> bool:
        try:
            with urllib.request.urlopen(f"{host}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def without_redis(self) -> None:
        """Stop Redis until `with_redis`."""
        self._redis.stop()
        self._redis_back_at = float("inf")

    def with_redis(self) -> None:
        self._redis_back_at = time.monotonic()

    # -- the supervisor

    def look_after(self) -> None:
        """Start again what has been gone for long enough, whoever ended it."""
        now = time.monotonic()
        if self._postmaster_back_at is not None and now >= self._postmaster_back_at:
            self._postmaster_back_at = None
            self._cluster.start_again()
        if self._redis_back_at is not None and now >= self._redis_back_at:
            self._redis_back_at = None
            self._redis.start()
        for name, process in list(self.processes.items()):
            if process.poll() is None:
                continue
            gone_since = self._gone_since.setdefault(name, now)
            if _lives(process.pid) and now < gone_since + ORPHANS_S:
                continue
            if now >= gone_since + RESTART_S:
                _kill_group(process.pid)
                del self._gone_since[name]
                self.restarts[name.partition("-")[0]] += 1
                self._start_host(name)

    def heal(self) -> None:
        """Have both servers back as soon as the supervisor looks."""
        now = time.monotonic()
        self._postmaster_back_at = None if self._postmaster_back_at is None else now
        self._redis_back_at = None if self._redis_back_at is None else now

    # -- what happens to them

    def suffer(self, harm: str) -> bool:
        """Do one harm, if there is something to harm; tells whether."""
        done = self._done_to(harm)
        if done:
            self.kills[harm] += 1
        return done

    def _done_to(self, harm: str) -> bool:
        match harm:
            case "a web worker":
                found = [pid for name in WEB for pid in self._children(name)]
                if found:
                    os.kill(self._chance.choice(found), signal.SIGKILL)
                return bool(found)
            case "a web master":
                return self._kill_one_of(WEB, whole=False)
            case "a web host":
                return self._kill_one_of(WEB)
            case "a worker":
                return self._kill_one_of(WORKERS)
            case "both workers":
                return sum(self._kill_one_of([name]) for name in WORKERS) == len(WORKERS)
            case "Redis":
                if self._redis_back_at is not None:
                    return False
                self._redis.stop()
                self._redis_back_at = time.monotonic() + self._chance.uniform(0, 6)
                return True
            case "what is in Redis":
                return self._redis_back_at is None and self._flush()
            case "the postmaster":
                if self._postmaster_back_at is not None:
                    return False
                self._cluster.kill()
                self._postmaster_back_at = time.monotonic() + self._chance.uniform(0, 4)
                return True
            case _:
                raise ValueError(f"Expected one of {list(HARMS)}, found {harm}")

    def _kill_one_of(self, names: Sequence[str], *, whole: bool = True) -> bool:
        running = [self.processes[name] for name in names if self.processes[name].poll() is None]
        if not running:
            return False
        process = self._chance.choice(running)
        if whole:
            _kill_group(process.pid)
        else:
            process.kill()
        return True

    def _flush(self) -> bool:
        try:
            with self._redis.connect() as connection:
                connection.flushall()
        except RedisError:
            return False
        return True

    def _children(self, name: str) -> list[int]:
        process = self.processes[name]
        if process.poll() is not None:
            return []
        try:
            return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
        except OSError:
            return []

    def _start_host(self, name: str) -> None:
        if name in WORKERS:
            self._start(name, [sys.executable, "worker.py"])
            return
        gunicorn = [
            sys.executable, "-m", "gunicorn", "app:create_app()", "--bind", f"127.0.0.1:{self._ports[name]}",
            "--workers", "2", "--threads", "16", "--graceful-timeout", "5", "--log-level", "warning",
        ]  # fmt: skip
        self._start(name, gunicorn)


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return  # all of it is gone already
