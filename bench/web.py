"""The web processes as in production, and what they and the database take: processor time and memory (Linux)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.postgresql import free_port
from tools.serve import SECONDS_TO_START, WEB_WORKERS, Service

SECRET = "only-for-the-benchmark-on-loopback"
_TICKS = os.sysconf("SC_CLK_TCK")
_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Web:
    """A running service without its background worker: where it listens, and its process."""

    port: int
    process_id: int

    def workers(self) -> list[int]:
        """The processes that serve."""
        return [process for process, parent in _parents().items() if parent == self.process_id]

    def worker_pss_mb(self) -> list[float]:
        """The memory of each worker, pages that they share divided among those who share them."""
        return [_pss_kb(process) / 1024 for process in self.workers()]


@contextmanager
def served(database_url: str, folder: Path) -> Iterator[Web]:
    """The web as `make run` starts it, in production's settings; its log stands in `folder`."""
    port = free_port()
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
        "DATABASE_URL": database_url,
        "VAR_DIR": str(folder),
        "PORT": str(port),
        "APP_ENV": "production",
        "SECRET_KEY": SECRET,
        "API_RATE_LIMIT": "1000000/second",
    }
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "web.log").open("ab") as log:
        service = Service(environment, log)
        try:
            service.start_web()
            service.wait_until_ready()
            web = Web(port, service.processes["web"].pid)
            _wait_for_all_workers(web)
            yield web
        finally:
            service.stop()


def _wait_for_all_workers(web: Web) -> None:
    """The first worker answers while the next is still being forked."""
    deadline = time.monotonic() + SECONDS_TO_START
    while len(web.workers()) < WEB_WORKERS:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Expected {WEB_WORKERS} web workers after {SECONDS_TO_START} s")
        time.sleep(0.05)


def cpu_seconds(roots: Sequence[int]) -> float:
    """Processor time of these processes and all below them, those that have ended included."""
    parents = _parents()

    def belongs(process: int) -> bool:
        while process and process not in roots:
            process = parents.get(process, 0)
        return process in roots

    return sum(_ticks(process) for process in parents if belongs(process)) / _TICKS


def _parents() -> dict[int, int]:
    """The parent of each process of the machine."""
    found = {entry: _stat(int(entry.name)) for entry in Path("/proc").glob("[0-9]*")}
    return {int(entry.name): int(fields[1]) for entry, fields in found.items() if fields}


def _ticks(process: int) -> int:
    """User and system time, and that of its ended children."""
    return sum(int(field) for field in _stat(process)[11:15])


def _stat(process: int) -> list[str]:
    """The fields of `/proc/<pid>/stat` from the state on; none when the process has ended meanwhile."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _pss_kb(process: int) -> int:
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise RuntimeError(f"Expected process {process} to tell its Pss")
