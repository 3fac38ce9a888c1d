"""A person at a browser in front of several web hosts: whatever stays without an answer is sent again, unchanged."""

from __future__ import annotations

import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from http.cookiejar import CookieJar
from threading import Event
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from tests.crash.soak.journal import Journal

ANSWER_S = 20
PATIENCE_S = 180  # no harm lasts so long
PAUSE_S = 0.3


class Surprise(Exception):
    """An answer that neither grants what was asked nor is explained by a kill."""


class _Unanswered(Exception):
    """No answer, or one that says that the host cannot: nobody knows whether the command was carried out."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


class Browser:
    """Cookies, the token of the forms, and the balancer: a host that does not answer is left for the next one."""

    def __init__(self, hosts: Sequence[str], journal: Journal, *, first: int = 0) -> None:
        self._hosts = hosts
        self._at = first % len(hosts)
        self._journal = journal
        self._opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPCookieProcessor(CookieJar()))
        self._token = ""

    def sign_in(self, username: str, password: str, entry: str) -> None:
        self._take_token("/sign-in")
        self.post("/sign-in", {"username": username, "password": password, "as": entry}, leads_to="/")
        self._take_token("/menu")  # sign-in begins a new one

    def switch(self, username: str) -> None:
        """Become a member of the staff by the demo bar: a captcha is not for machines."""
        self._take_token("/sign-in")
        self.post("/demo/switch", {"username": username}, leads_to="/")
        self._take_token("/menu")

    def get(self, path: str) -> str:
        return self._insist(path, None, {}, 200)[1]

    def post(self, path: str, fields: Mapping[str, str], *, leads_to: str) -> str:
        """Post a form; returns where it leads, which begins with `leads_to`."""
        body = urlencode({"csrf_token": self._token, **fields}).encode()
        return self._led(self._insist(path, body, {}, 303)[0], path, leads_to)

    def upload(self, path: str, name: str, file_name: str, content: bytes, *, leads_to: str) -> str:
        boundary = uuid4().hex
        body = (
            (
                f'--{boundary}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{self._token}\r\n'
                f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
                "Content-Type: application/pdf\r\n\r\n"
            ).encode()
            + content
            + f"\r\n--{boundary}--\r\n".encode()
        )
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self._led(self._insist(path, body, headers, 303)[0], path, leads_to)

    # -- inside

    def _take_token(self, path: str) -> None:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(path))
        if found is None:
            raise Surprise(f"{path} shows no form")
        self._token = found.group(1)

    def _led(self, location: str, path: str, leads_to: str) -> str:
        if not location.startswith(leads_to) or location.startswith("/sign-in"):
            raise Surprise(f"{path} led to {location}, not to {leads_to}")
        return location

    def _insist(self, path: str, body: bytes | None, headers: Mapping[str, str], expected: int) -> tuple[str, str]:
        """Send a request until it is answered, now to one host, now to the other."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            request = urllib.request.Request(self._hosts[self._at] + path, body, dict(headers))
            try:
                status, location, text = self._send(request)
            except _Unanswered as error:
                if time.monotonic() > deadline:
                    raise Surprise(f"{path} stayed without an answer: {error}") from error
                self._journal.count("repeated")
                self._at = (self._at + 1) % len(self._hosts)
                time.sleep(PAUSE_S)
                continue
            if status != expected:
                raise Surprise(f"{path} answered {status} {location}: {_words(text)}")
            return location, text

    def _send(self, request: urllib.request.Request) -> tuple[int, str, str]:
        try:
            try:
                answer = self._opener.open(request, timeout=ANSWER_S)
            except urllib.error.HTTPError as error:  # any other than 2xx, and an answer as well
                answer = error
            with answer:
                if answer.status >= 500:
                    raise _Unanswered(str(answer.status))
                location = answer.headers.get("Location", "")
                return answer.status, location, answer.read().decode(errors="replace")
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
            raise _Unanswered(str(error)) from error


class Stopped(Exception):
    """The load is over; what is begun stays where it is."""


def check(stop: Event) -> None:
    """
    Raises:
        Stopped: nothing new is to be begun.
    """
    if stop.is_set():
        raise Stopped


def _words(page: str) -> str:
    found = re.search(r"(?s)<main.*?</main>", page)
    return " ".join(re.sub("<[^>]+>", " ", found.group(0) if found else page).split())[:400]
