"""A real Redis for the tests: started on a free port of this machine, stopped, started again, flushed."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.postgresql import die_with_the_tests, free_port


class RedisMissing(Exception):
    """There is no Redis server program on this machine."""


class RedisServer:
    """A Redis without persistence, as the service asks for: what is lost with it is a ring.

    Raises:
        RedisMissing: `redis-server` is nowhere to be found.
    """

    def __init__(self, folder: Path) -> None:
        found = shutil.which("redis-server")
        if found is None:
            raise RedisMissing("redis-server was not found; `make test` installs it (Debian: redis-server)")
        self._program = found
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def connect(self) -> Redis:
        return Redis.from_url(self.url, socket_connect_timeout=2, socket_timeout=5)

    def start(self) -> None:
        arguments = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,
                preexec_fn=die_with_the_tests,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)  # nothing is to be saved
            self._process.wait()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                with self.connect() as connection:
                    connection.ping()
                return
            except RedisError:
                if time.monotonic() > deadline:
                    log = (self._folder / "redis.log").read_text(errors="replace")
                    raise RuntimeError(f"Expected Redis to start, but:\n{log}") from None
                time.sleep(0.05)
