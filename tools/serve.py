"""`make run`: the whole service on this machine: schema, sample data, the web process and the worker.

If one of the two processes ends by itself, the other is ended too and the exit code is not zero: half a
service helps nobody, and restarting is the business of whoever supervises (systemd in production).
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import IO

from kernel.settings import Settings
from store.migrate import upgrade
from tools.welcome import welcome

ROOT = Path(__file__).resolve().parent.parent
WEB_WORKERS = 2
SECONDS_TO_START = 60
SECONDS_TO_STOP = 15
_PR_SET_PDEATHSIG = 1


class ServiceEnded(Exception):
    """A process of the service ended by itself, or never became ready; the message says which."""


class Service:
    """The web process and the worker, started from one environment and ended together.

    Each is the leader of a session of its own, so that Ctrl-C reaches only us and we end them in order.
    """

    def __init__(self, environment: Mapping[str, str], log: IO[bytes] | None = None) -> None:
        self._environment = dict(environment)
        self._settings = Settings.from_environment(environment)
        self._log = log
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        host = "127.0.0.1" if self._settings.host in ("0.0.0.0", "") else self._settings.host
        return f"http://{host}:{self._settings.port}"

    def start(self) -> None:
        self.start_web()
        self.start_worker()

    def start_web(self) -> None:
        gunicorn = [
            sys.executable, "-m", "gunicorn", "app:create_app()",
            "--bind", f"{self._settings.host}:{self._settings.port}",
            "--workers", str(WEB_WORKERS), "--threads", "16", "--graceful-timeout", "5",
            "--log-level", "warning",
        ]  # fmt: skip
        self._start("web", gunicorn)

    def start_worker(self) -> None:
        self._start("worker", [sys.executable, "worker.py"])

    def wait_until_ready(self, seconds: float = SECONDS_TO_START) -> None:
        """Return when `GET /healthz` answers 200.

        Raises:
            ServiceEnded: a process ended meanwhile, or the time is over.
        """
        deadline = time.monotonic() + seconds
        while not self._is_healthy():
            self._check_alive()
            if time.monotonic() > deadline:
                raise ServiceEnded(f"The service is not ready after {seconds:.0f} s")
            time.sleep(0.1)

    def watch(self) -> None:
        """Return never; raise ServiceEnded when a process has ended by itself."""
        while True:
            self._check_alive()
            time.sleep(0.3)

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + SECONDS_TO_STOP
        for process in self.processes.values():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()

    def _start(self, name: str, command: list[str]) -> None:
        self.processes[name] = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )

    def _check_alive(self) -> None:
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise ServiceEnded(f"The {name} process ended with exit code {process.returncode}")

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return bool(answer.status == 200 and json.load(answer))
        except (OSError, ValueError):
            return False


def main() -> int:
    try:
        settings = Settings.from_environment(os.environ)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if _port_is_taken(settings):
        print(f"Port {settings.port} is in use. Another one: PORT={settings.port + 1} make run", file=sys.stderr)
        return 2
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    upgrade(settings.database_url)
    if settings.demo:
        from tools import demo_data  # builds the whole service in this process too, which only the demo needs

        demo_data.load(settings)
    service = Service(os.environ)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _interrupt)
    try:
        service.start()
        service.wait_until_ready()
        print(welcome(service.url, settings), flush=True)
        service.watch()
    except KeyboardInterrupt:
        print("\n正在停止 / Stopping …", flush=True)
        return 0
    except ServiceEnded as error:
        print(f"{error}; ending the service.", file=sys.stderr)
        return 1
    finally:
        service.stop()
    return 0


def _end_with_parent() -> None:
    """Ask Linux to end this process when its parent is killed: half a service helps nobody."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _port_is_taken(settings: Settings) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
