"""gunicorn and the worker as `make run` starts them, killed and started again; and people who use them over HTTP."""

from __future__ import annotations

import http.client
import os
import re
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from typing import IO, Any
from urllib.parse import urlencode
from uuid import uuid4

from sqlalchemy import func, select, update

from demo.load import sample_scan
from store.business_clock import BusinessClock
from store.tables import enterprise, job
from tests.crash.journey import CONTRACT, LINE, NEW_EMPLOYER, Journal, Unanswered, go_on
from tools.serve import Service
from wiring import Services

SECONDS_TO_START = 60
SECONDS_TO_REST = 60
_POLL_S = 0.1


class MortalService(Service):
    """The processes of the service, each armed with the failpoint that will kill it, until none is left."""

    def __init__(
        self, environment: Mapping[str, str], log: IO[bytes], *, web: list[str], worker: list[str], services: Services
    ) -> None:
        super().__init__(environment, log)
        self._failpoints = {"web": iter(web), "worker": iter(worker)}
        self._services = services
        self.kills = {"web": 0, "worker": 0}

    def start_web(self) -> None:
        """One gunicorn worker instead of two: which of its commits is the n-th is then certain."""
        self._arm("web")
        gunicorn = [
            sys.executable, "-m", "gunicorn", "app:create_app()",
            "--bind", f"{self._settings.host}:{self._settings.port}",
            "--workers", "1", "--threads", "4", "--log-level", "critical",
        ]  # fmt: skip
        self._start("web", gunicorn)
        self._wait_for_web()

    def start_worker(self) -> None:
        self._arm("worker")
        super().start_worker()

    def web_has_died(self) -> None:
        """The failpoint has killed the gunicorn worker: kill the rest of the web process too, and start it again."""
        self.kills["web"] += 1
        os.killpg(self.processes["web"].pid, signal.SIGKILL)
        self.processes["web"].wait()
        self.start_web()

    def look_after_worker(self) -> None:
        """If the worker has been killed, start it again, when the leases of the dead one are over."""
        if self.processes["worker"].poll() is None:
            return
        assert self.processes["worker"].returncode == -signal.SIGKILL
        self.kills["worker"] += 1
        with self._services.database.write() as work:
            over = datetime.now(UTC) - timedelta(seconds=1)
            work.connection.execute(update(job).where(job.c.state == "running").values(lease_until=over))
        self.start_worker()

    def _arm(self, name: str) -> None:
        self._environment.pop("FAILPOINT", None)
        failpoint = next(self._failpoints[name], None)
        if failpoint is not None:
            self._environment["FAILPOINT"] = failpoint

    def _wait_for_web(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while not self._is_healthy():
            assert time.monotonic() < deadline, "Expected the web process to start, but it does not answer"
            time.sleep(_POLL_S)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


class Browser:
    """One person at one browser: keeps cookies and the token of its forms."""

    def __init__(self, url: str, username: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPCookieProcessor(CookieJar()))
        token = self._token()
        self.post("/demo/switch", {"username": username}, token=token)
        self._csrf = self._token()  # sign-in begins a new one

    def get(self, path: str) -> str:
        return self._send(urllib.request.Request(self._url + path), 200)[1]

    def post(self, path: str, fields: Mapping[str, str], *, token: str | None = None) -> str:
        """Post a form; returns where it leads. Any answer but "go on there" is an error of the test."""
        body = urlencode({"csrf_token": token or self._csrf, **fields}).encode()
        return self._send(urllib.request.Request(self._url + path, body), 303)[0]

    def upload(self, path: str, name: str, file_name: str, content: bytes) -> str:
        boundary = uuid4().hex
        parts = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{self._csrf}\r\n'.encode(),
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'.encode(),
            b"Content-Type: application/pdf\r\n\r\n" + content + f"\r\n--{boundary}--\r\n".encode(),
        )
        request = urllib.request.Request(self._url + path, b"".join(parts))
        request.add_header("Content-Type", f"multipart/form-data; boundary={boundary}")
        return self._send(request, 303)[0]

    def _send(self, request: urllib.request.Request, expected: int) -> tuple[str, str]:
        try:
            with self._opener.open(request, timeout=30) as answer:
                status, location, text = answer.status, "", answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                status, location, text = answer.code, answer.headers.get("Location", ""), answer.read().decode()
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
            raise Unanswered from error
        assert status == expected, f"{request.full_url} answered {status}: {_words(text)}"
        return location, text

    def _token(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/menu"))
        assert found
        return found.group(1)


class HttpClient:
    """The people of T-01 in front of the real service."""

    def __init__(self, service: MortalService, services: Services) -> None:
        self._service = service
        self._services = services
        self._browsers: dict[str, Browser] = {}

    def start(self, asked: Mapping[str, Any]) -> Any:
        fields = {"new_employer": self._new_employer(), "command_id": asked["command_id"], "action": "save"}
        return self._browser(asked["by"]).post(f"/lines/{LINE}/apply", fields).split("/")[2]

    def save(self, asked: Mapping[str, Any]) -> Any:
        self._post_form(asked, "save")
        return self.revision(asked["number"])

    def attach(self, asked: Mapping[str, Any]) -> Any:
        path = f"/applications/{asked['number']}/attachments?kind={asked['kind']}"
        self._browser(asked["by"]).upload(path, asked["kind"], f"{asked['kind']}.pdf", sample_scan(asked["kind"]))
        return asked["kind"]

    def submit(self, asked: Mapping[str, Any]) -> Any:
        return self._post_form(asked, "submit")

    def complete(self, asked: Mapping[str, Any]) -> Any:
        fields = {"decision": asked["decision"], "opinion": "同意。", "command_id": asked["command_id"]}
        self._browser(asked["by"]).post(f"/inbox/tasks/{asked['task_id']}/decision", fields)
        return "decided"

    def move_clock(self, asked: Mapping[str, Any]) -> Any:
        fields = {"days": str(asked.get("days", 0)), "hours": str(asked.get("hours", 0))}
        self._browser("p04").post("/demo/clock", fields)

    def work(self) -> None:
        """Wait until the worker, started again as often as it is killed, has nothing to do."""
        deadline = time.monotonic() + SECONDS_TO_REST
        while self._jobs(soon=timedelta(minutes=15)):
            assert time.monotonic() < deadline, "Expected the worker to come to rest, but jobs are left"
            self._service.look_after_worker()
            if not self._jobs(soon=timedelta()):  # what is left waits for its next try
                self.move_clock({"hours": 1})
            time.sleep(_POLL_S)

    def revision(self, number: str) -> int:
        found = re.search(
            r'name="revision"[^>]* value="(\d+)"', self._browser("p04").get(f"/applications/{number}/form")
        )
        assert found
        return int(found.group(1))

    def open_task(self, number: str, path: str, username: str) -> str:
        """The task that the inbox shows for this application."""
        page = self._browser(username).get(f"/inbox?text={number}")
        found = re.search(r"/inbox/tasks/([^/]+)/decision", page)
        assert found, f"Expected {number} in the inbox of {username}: {_words(page)}"
        return found.group(1)

    def _post_form(self, asked: Mapping[str, Any], action: str) -> str:
        fields = {
            "new_employer": self._new_employer(),
            **CONTRACT,
            "revision": str(asked["revision"]),
            "command_id": asked.get("command_id", ""),
            "action": action,
        }
        return self._browser(asked["by"]).post(f"/applications/{asked['number']}/form", fields)

    def _browser(self, username: str) -> Browser:
        if username not in self._browsers:
            self._browsers[username] = Browser(self._service.url, username)
        return self._browsers[username]

    def _jobs(self, *, soon: timedelta) -> int:
        clock = BusinessClock(self._services.database, self._services.system_clock)  # a new one asks the database
        due = job.c.due_at <= clock.now() + soon
        with self._services.database.read() as connection:
            waiting = (due & (job.c.state == "ready")) | (job.c.state == "running")
            return connection.execute(select(func.count()).select_from(job).where(waiting)).scalar_one()

    def _new_employer(self) -> str:
        with self._services.database.read() as connection:
            query = select(enterprise.c.uscc).where(enterprise.c.key == NEW_EMPLOYER)
            return str(connection.execute(query).scalar_one())


def travel(client: HttpClient, service: MortalService, journal: Journal) -> None:
    """The whole journey, over as many kills as there are."""
    while True:
        try:
            return go_on(client, journal)
        except Unanswered:
            service.web_has_died()


_AT_START = 2  # commits of a process that starts: the project's diagrams, the project's decisions


def every_commit(kills: int) -> Iterator[str]:
    """Failpoints for a process that deploys at its start and is then asked once more for what it has not answered:
    each commit of the journey is met once, in turn just before and just after it.
    """
    for kill in range(kills):
        where = ("before", "after")[kill % 2]
        yield f"kill:commit.{where}:{_AT_START + (1 if kill == 0 else 2)}"


def _words(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page).split())[:2000]
