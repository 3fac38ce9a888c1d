"""The real inbox over HTTP: signed in, permission asked, CSRF checked, form validated, decided, led on to the next."""

from __future__ import annotations

import http.client
import os
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from bench.crowd import OFFICER, Crowd
from bench.figures import Figures
from tools.serve import Service

MOST_CLIENTS = 8
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_TICKS = os.sysconf("SC_CLK_TCK")


class Officer:
    """A signed-in officer at one connection that is kept open."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}
        self._keeps_cookies = True
        token = self._token()
        self.post("/demo/switch", {"csrf_token": token, "username": OFFICER})
        self._csrf = self._token()
        # Nobody looks at a page from here on, so the messages for the next one would pile up in the cookie.
        self._keeps_cookies = False

    def get(self, path: str) -> str:
        return self._send("GET", path, None, 200)

    def post(self, path: str, fields: dict[str, str]) -> None:
        self._send("POST", path, urlencode(fields), 303)

    def decide(self, task_id: str, command_id: str) -> None:
        fields = {"csrf_token": self._csrf, "decision": "pass", "opinion": "材料齐全，同意。", "command_id": command_id}
        self.post(f"/inbox/tasks/{task_id}/decision", fields)

    def close(self) -> None:
        """Give the connection up before the server does; the next request opens another."""
        self._connection.close()

    def _token(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/menu"))
        assert found
        return found.group(1)

    def _send(self, method: str, path: str, body: str | None, expected: int) -> str:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"Cookie": cookies, **(_FORM if body else {})}
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        for header in (answer.headers.get_all("Set-Cookie") or ()) if self._keeps_cookies else ():
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        assert answer.status == expected, f"{method} {path} answered {answer.status}: {text[:500]}"
        return text


class InboxBench:
    """Clients at a running service, each with a session of its own."""

    def __init__(self, name: str, crowd: Crowd, port: int, copies: Iterator[int], servers: list[int]) -> None:
        self._name = name
        self._crowd = crowd
        self._copies = copies
        self._servers = servers
        self._officers = [Officer(port) for _ in range(MOST_CLIENTS)]
        for officer in self._officers:
            officer.close()

    def round(self, figures: Figures, clients: int, completions: int) -> None:
        """So many completions, shared by the clients."""
        before = cpu_seconds(self._servers)
        began = time.perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            runs = list(pool.map(self._work, self._officers[:clients], [completions // clients] * clients))
        elapsed = time.perf_counter() - began
        spent = [seconds for run in runs for seconds in run]
        name = f"{self._name}_http_{clients}_client{'s' if clients > 1 else ''}"
        figures.add(f"{name}_completions_per_s", len(spent) / elapsed)
        figures.add_latencies(f"{name}_completion", spent)
        figures.add(f"{name}_server_cpu_ms_per_completion", (cpu_seconds(self._servers) - before) / len(spent) * 1000)

    def page(self, figures: Figures, label: str, looks: int = 10) -> None:
        """The whole page: list, counts, and the first case beside it."""
        officer = self._officers[0]
        spent = []
        for _ in range(looks):
            began = time.perf_counter()
            officer.get("/inbox")
            spent.append(time.perf_counter() - began)
        officer.close()
        figures.add_latencies(f"{self._name}_http_inbox_page_{label}_open", spent)

    def _work(self, officer: Officer, completions: int) -> list[float]:
        spent = []
        for _ in range(completions):
            copy = next(self._copies)
            began = time.perf_counter()
            officer.decide(self._crowd.task_id(copy), f"http-{copy}")
            spent.append(time.perf_counter() - began)
        officer.close()
        return spent


@contextmanager
def served(database_url: str, folder: Path) -> Iterator[tuple[int, int]]:
    """The web process as `make run` starts it: its port and its process id."""
    port = _free_port()
    passed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    environment = {**passed, "DATABASE_URL": database_url, "VAR_DIR": str(folder), "PORT": str(port), "DEMO": "1"}
    with (folder / "web.log").open("ab") as log:
        service = Service(environment, log)
        try:
            service.start_web()
            service.wait_until_ready()
            yield port, service.processes["web"].pid
        finally:
            service.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(roots: list[int]) -> float:
    """Processor time of these processes and all below them, those that have ended included (Linux)."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(entry.name)] = int(fields[1])
        ticks[int(entry.name)] = sum(int(field) for field in fields[11:15])

    def belongs(process: int) -> bool:
        while process and process not in roots:
            process = parents.get(process, 0)
        return process in roots

    return sum(spent for process, spent in ticks.items() if belongs(process)) / _TICKS
