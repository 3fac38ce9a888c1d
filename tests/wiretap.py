"""Counts what really goes to PostgreSQL: a proxy on loopback that reads the client's half of the protocol."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy import make_url

_TRANSACTION = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@dataclass
class Counted:
    """What was sent; a round trip is whatever the client then waits for: a simple query or a synchronisation."""

    statements: list[str] = field(default_factory=list)
    round_trips: int = 0

    @property
    def commits(self) -> int:
        return sum(text.startswith("COMMIT") for text in self.statements)

    @property
    def without_transactions(self) -> list[str]:
        """The statements, BEGIN and COMMIT not counted."""
        return [text for text in self.statements if not text.startswith(_TRANSACTION)]


class Wiretap:
    """A way to a server that is listened to. `url` leads through it."""

    def __init__(self, database_url: str) -> None:
        server = make_url(database_url)
        self._to = (str(server.host), int(server.port or 5432))
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = server.set(host="127.0.0.1", port=self._door.getsockname()[1]).render_as_string(hide_password=False)
        self._counted: Counted | None = None
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @contextmanager
    def counting(self) -> Iterator[Counted]:
        self._counted = Counted()
        try:
            yield self._counted
        finally:
            self._counted = None

    def close(self) -> None:
        """The engine behind it is disposed of before, so both ends of every way are closed."""
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._door.accept()
                server = socket.create_connection(self._to)
                listener = _Listener(self)
                for way in ((client, server, listener), (server, client, None)):
                    thread = threading.Thread(target=_carry, args=way, daemon=True)
                    self._threads.append(thread)
                    thread.start()

    def heard(self, kind: bytes, text: str) -> None:
        if self._counted is None:
            return
        if kind in b"SQ":
            self._counted.round_trips += 1
        if kind in b"EQ":
            self._counted.statements.append(text)


class _Listener:
    """Understands one connection: which text a name stands for, and which one a portal runs."""

    def __init__(self, tap: Wiretap) -> None:
        self._tap = tap
        self._buffer = b""
        self._has_begun = False
        self._prepared: dict[bytes, str] = {}
        self._portals: dict[bytes, str] = {}

    def hear(self, data: bytes) -> None:
        self._buffer += data
        while message := self._next():
            self._understand(*message)

    def _next(self) -> tuple[bytes, bytes] | None:
        head = 1 if self._has_begun else 0  # the first message of a connection has no letter
        if len(self._buffer) < head + 4:
            return None
        (length,) = struct.unpack_from("!I", self._buffer, head)
        if len(self._buffer) < head + length:
            return None
        kind, body = self._buffer[:head], self._buffer[head + 4 : head + length]
        self._buffer = self._buffer[head + length :]
        self._has_begun = self._has_begun or length > 8  # not yet when it only asks for encryption
        return kind, body

    def _understand(self, kind: bytes, body: bytes) -> None:
        parts = body.split(b"\0")
        if kind == b"P":
            self._prepared[parts[0]] = parts[1].decode()
        elif kind == b"B":
            self._portals[parts[0]] = self._prepared.get(parts[1], "")
        text = parts[0].decode() if kind == b"Q" else self._portals.get(parts[0], "") if kind == b"E" else ""
        self._tap.heard(kind or b"-", text)


def _carry(source: socket.socket, target: socket.socket, listener: _Listener | None) -> None:
    with suppress(OSError), source, target:
        while data := source.recv(65536):
            if listener is not None:
                listener.hear(data)
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
