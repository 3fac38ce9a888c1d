"""Clients at a running service: each sends its next request when the last one is answered, all in one thread.

They share the processors with what they measure, so they are as cheap as clients can be: requests are bytes made
beforehand, and of an answer only its status and its length are read.
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_PATIENCE_S = 60
_NO_CONTENT = 204


class UnexpectedAnswer(Exception):
    """The service answered otherwise than a client of the benchmark must expect."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of clients has met: seconds of each request, of the whole, and the clients' own processor time."""

    seconds: list[float]
    elapsed_s: float
    client_cpu_s: float

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.elapsed_s


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    head: bytes
    body: bytes


def request(
    method: str, path: str, *, headers: Mapping[str, str], fields: Mapping[str, str] | None = None, body: bytes = b""
) -> bytes:
    """The bytes of a request; `fields` become the body of a posted form."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if fields is not None:
        body = urlencode(fields).encode()
        lines.append("Content-Type: application/x-www-form-urlencoded")
    if method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def ask(port: int, sent: bytes) -> Answer:
    """One request at a connection of its own."""
    client = _Client(port, [sent])
    client.send_next()
    while not client.receive():
        pass
    client.close()
    return client.answers[0]


def run(port: int, queues: Sequence[Sequence[bytes]], *, expected: int, keep: bool = False) -> tuple[Load, list[bytes]]:
    """Let one client a queue send its requests, all answered with the expected status.

    The bodies of the answers are given too when they are to be kept, in the order in which they came.

    Raises:
        UnexpectedAnswer: the status of an answer is another one, or no answer comes within a minute.
    """
    clients = [_Client(port, list(queue)) for queue in queues if queue]
    bodies: list[bytes] = []
    began, own = time.perf_counter(), time.thread_time()
    with selectors.DefaultSelector() as ready:
        for client in clients:
            client.send_next()
            ready.register(client.socket, selectors.EVENT_READ, client)
        while ready.get_map():
            events = ready.select(_PATIENCE_S)
            if not events:
                raise UnexpectedAnswer(f"No answer within {_PATIENCE_S} s")
            for key, _ in events:
                client = key.data
                if not client.receive():
                    continue
                answer = client.answers.pop()
                if answer.status != expected:
                    raise UnexpectedAnswer(f"Expected {expected}, found {answer.status}: {answer.body[:800]!r}")
                if keep:
                    bodies.append(answer.body)
                ready.unregister(key.fileobj)
                if client.has_more:
                    client.send_next()
                    ready.register(client.socket, selectors.EVENT_READ, client)
                else:
                    client.close()
    elapsed, cpu = time.perf_counter() - began, time.thread_time() - own
    return Load([seconds for client in clients for seconds in client.seconds], elapsed, cpu), bodies


@dataclass
class _Client:
    """One connection, kept open as long as the service keeps it."""

    port: int
    queue: list[bytes]
    seconds: list[float] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.queue.reverse()
        self._received = bytearray()
        self._sent_at = 0.0
        self._connect()

    @property
    def has_more(self) -> bool:
        return bool(self.queue)

    def send_next(self) -> None:
        self._received.clear()
        sent = self.queue.pop()
        self._sent_at = time.perf_counter()
        self.socket.sendall(sent)

    def receive(self) -> bool:
        """Take in what has come; true when the answer is whole."""
        data = self.socket.recv(262144)
        if not data:
            raise UnexpectedAnswer(f"The service closed the connection after {bytes(self._received[:200])!r}")
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self._received[:end])
        status, length = int(head[9:12]), _LENGTH.search(head)
        if length is None and status != _NO_CONTENT:
            raise UnexpectedAnswer(f"An answer without its length: {head!r}")
        if length is not None and len(self._received) < end + 4 + int(length[1]):
            return False
        self.seconds.append(time.perf_counter() - self._sent_at)
        self.answers.append(Answer(status, head, bytes(self._received[end + 4 :])))
        if _CLOSES.search(head):
            self.socket.close()
            if self.queue:
                self._connect()
        return True

    def close(self) -> None:
        self.socket.close()

    def _connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), _PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
