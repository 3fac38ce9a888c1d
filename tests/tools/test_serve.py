"""`make run` starts two processes and answers for both (DESIGN.md 12)."""

from __future__ import annotations

import os
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import serve

APP = """
def create_app():
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"status": "ok"}']
    return app
"""
WORKER = "import signal\nsignal.pause()\n"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the smallest web process and worker that there can be."""
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "worker.py").write_text(WORKER)
    monkeypatch.setattr(serve, "ROOT", tmp_path)
    return tmp_path


@pytest.fixture
def service(house: Path) -> Iterator[serve.Service]:
    with (house / "log").open("wb") as log:
        service = serve.Service({"PATH": os.environ["PATH"], "VAR_DIR": str(house), "PORT": str(free_port())}, log)
        yield service
        service.stop()


def test_both_processes_run_until_they_are_stopped(service: serve.Service) -> None:
    service.start()
    service.wait_until_ready(20)
    processes = list(service.processes.values())

    with urllib.request.urlopen(f"{service.url}/healthz") as answer:
        assert answer.status == 200
    service.stop()

    assert len(processes) == 2
    assert all(process.poll() is not None for process in processes)


@pytest.mark.parametrize("name", ["web", "worker"])
def test_the_service_ends_when_one_process_has_ended(service: serve.Service, name: str) -> None:
    service.start()
    service.wait_until_ready(20)

    service.processes[name].kill()

    with pytest.raises(serve.ServiceEnded, match=f"The {name} process ended with exit code -9"):
        service.watch()


def test_a_process_that_cannot_start_is_reported(house: Path, service: serve.Service) -> None:
    (house / "worker.py").write_text("raise SystemExit(3)\n")
    service.start()

    with pytest.raises(serve.ServiceEnded, match="The worker process ended with exit code 3"):
        service.watch()


def test_a_service_that_never_gets_ready_is_reported(house: Path, service: serve.Service) -> None:
    (house / "app.py").write_text(APP.replace("200 OK", "503 Busy"))
    service.start()

    with pytest.raises(serve.ServiceEnded, match="not ready after 1 s"):
        service.wait_until_ready(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
