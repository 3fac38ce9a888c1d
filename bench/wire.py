"""What a service asks of PostgreSQL, counted on the wire: a proxy on loopback that reads the protocol as it passes.

However a statement came about, by the ORM, in a pipeline, prepared long before, here it is seen with its values. The
proxy is for counting; whoever measures time connects to the server itself.

Counted are statements that the server ran (BEGIN, COMMIT and ROLLBACK are none), commits (a write outside of a
transaction is one too), and round trips: how often the service sent something and had to wait for the answer. What
is sent while an answer is still on its way belongs to the same round trip.

Source: the frontend/backend protocol 3.0 of PostgreSQL's documentation.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType

from sqlalchemy import make_url

_ENCRYPTION_REQUESTS = (80877103, 80877104)  # SSL, GSSAPI
NO_STATEMENT = frozenset({"BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK"})
_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})
_ASKING = frozenset(b"PBDECHSQF")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A bound value as it was sent: `type_id` is 0 where the client left the type to the server."""

    type_id: int
    value: bytes | None
    is_binary: bool


@dataclass(frozen=True, slots=True)
class Statement:
    sql: str
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """What has been counted so far; the difference of two is what happened in between."""

    statements: int = 0
    commits: int = 0
    round_trips: int = 0

    def __sub__(self, other: Tally) -> Tally:
        return Tally(
            self.statements - other.statements, self.commits - other.commits, self.round_trips - other.round_trips
        )


class Conversation:
    """One connection: told each message of both sides in order, it keeps count and notes the statements in `asked`."""

    def __init__(self, asked: list[Statement]) -> None:
        self.statements = self.commits = self.round_trips = 0
        self._asked = asked
        self._prepared: dict[str, tuple[str, tuple[int, ...]]] = {}
        self._portals: dict[str, Statement] = {}
        self._unanswered = 0  # messages that end in a ReadyForQuery: Sync and Query
        self._is_asking = False  # something was sent since the server was last waited for
        self._awaits_flushed = False
        self._in_transaction = False
        self._wrote_without = False

    def sent(self, kind: bytes, body: bytes) -> None:
        """A message of the client."""
        if kind[0] in _ASKING and not self._is_asking:
            self.round_trips += 1
            self._is_asking = True
        if kind == b"P":
            name, rest = _text(body)
            sql, rest = _text(rest)
            (many,) = struct.unpack_from("!h", rest)
            self._prepared[name] = (sql, struct.unpack_from(f"!{many}I", rest, 2))
        elif kind == b"B":
            portal, rest = _text(body)
            name, rest = _text(rest)
            sql, types = self._prepared[name]
            self._portals[portal] = Statement(sql, tuple(_parameters(rest, types)))
        elif kind == b"E":
            self._note(self._portals[_text(body)[0]])
        elif kind == b"Q":
            self._note(Statement(_text(body)[0]))
        if kind in (b"S", b"Q"):
            self._unanswered += 1
        elif kind == b"H":
            self._awaits_flushed = True

    def answered(self, kind: bytes, body: bytes) -> None:
        """A message of the server."""
        if kind == b"C":
            self._completed(_text(body)[0])
        elif kind == b"E":
            self.statements += 1  # refused, but asked for
        elif kind == b"Z":
            self._unanswered = max(0, self._unanswered - 1)  # the first says that the server is ready at all
            self._in_transaction = body != b"I"
            self.commits += self._wrote_without
            self._wrote_without = False
        # After a Flush the client may be waiting for less than a whole Sync.
        if (kind == b"Z" and not self._unanswered) or (self._awaits_flushed and kind in b"CEI"):
            self._is_asking = self._awaits_flushed = False

    def _note(self, statement: Statement) -> None:
        if statement.sql.strip(" ;\n").upper() not in NO_STATEMENT:
            self._asked.append(statement)

    def _completed(self, tag: str) -> None:
        command = tag.rstrip("0123456789 ")
        if command == "COMMIT":
            self.commits += 1
        elif command in _WRITES and not self._in_transaction:
            self._wrote_without = True
        if command not in NO_STATEMENT:
            self.statements += 1
        # Within a pipeline nobody says before its end that a transaction is open.
        if command in ("BEGIN", "START TRANSACTION"):
            self._in_transaction = True
        elif command in ("COMMIT", "ROLLBACK"):
            self._in_transaction = False


class Wire:
    """A proxy between a service and its PostgreSQL; `url` is where the service connects."""

    def __init__(self, database_url: str) -> None:
        server = make_url(database_url)
        self._server = (server.host or "127.0.0.1", server.port or 5432)
        self._lock = threading.Lock()
        self._conversations: list[Conversation] = []
        self._asked: list[Statement] = []
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        here = server.set(host="127.0.0.1", port=self._listener.getsockname()[1])
        self.url = here.render_as_string(hide_password=False)

    def __enter__(self) -> Wire:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            for each in (self._listener, *self._sockets):
                each.close()

    def tally(self) -> Tally:
        with self._lock:
            talks = self._conversations
            return Tally(
                sum(talk.statements for talk in talks),
                sum(talk.commits for talk in talks),
                sum(talk.round_trips for talk in talks),
            )

    def take_asked(self) -> list[Statement]:
        """The statements of all connections since this was last called, in the order in which they were sent."""
        with self._lock:
            found = list(self._asked)
            self._asked.clear()
            return found

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            talk = Conversation(self._asked)
            with self._lock:
                self._conversations.append(talk)
                self._sockets += (client, server)
            threading.Thread(target=self._from_client, args=(client, server, talk), daemon=True).start()

    def _from_client(self, client: socket.socket, server: socket.socket, talk: Conversation) -> None:
        greeting = _refuse_encryption(client)
        if greeting is None:
            return
        server.sendall(greeting)
        threading.Thread(target=self._pass_on, args=(server, client, talk.answered), daemon=True).start()
        self._pass_on(client, server, talk.sent)

    def _pass_on(self, source: socket.socket, target: socket.socket, tell: Callable[[bytes, bytes], None]) -> None:
        """Count first, then pass on: when an answer arrives, all that led to it has been counted."""
        waiting = bytearray()
        try:
            while data := source.recv(65536):
                waiting += data
                with self._lock:
                    for kind, body in _messages(waiting):
                        tell(kind, body)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return


def _messages(waiting: bytearray) -> Iterator[tuple[bytes, bytes]]:
    """The whole messages at the head of the buffer, which they leave."""
    start = 0
    while len(waiting) - start >= 5:
        (length,) = struct.unpack_from("!I", waiting, start + 1)
        if len(waiting) - start < 1 + length:
            break
        yield bytes(waiting[start : start + 1]), bytes(waiting[start + 5 : start + 1 + length])
        start += 1 + length
    del waiting[:start]


def _refuse_encryption(client: socket.socket) -> bytes | None:
    """The client's start-up message; requests to encrypt before it are refused, as a server without keys does."""
    while True:
        head = client.recv(8, socket.MSG_WAITALL)
        if len(head) < 8:
            return None
        length, code = struct.unpack("!II", head)
        rest = client.recv(length - 8, socket.MSG_WAITALL) if length > 8 else b""
        if code not in _ENCRYPTION_REQUESTS:
            return head + rest
        client.sendall(b"N")


def _parameters(body: bytes, types: tuple[int, ...]) -> Iterator[Parameter]:
    (many,) = struct.unpack_from("!h", body)
    formats = struct.unpack_from(f"!{many}h", body, 2)
    at = 2 + 2 * many
    (count,) = struct.unpack_from("!h", body, at)
    at += 2
    for place in range(count):
        (length,) = struct.unpack_from("!i", body, at)
        at += 4
        value = None if length < 0 else body[at : at + length]
        at += max(length, 0)
        # One format stands for all values, none for text.
        form = formats[place] if len(formats) > 1 else formats[0] if formats else 0
        yield Parameter(types[place] if place < len(types) else 0, value, form == 1)


def _text(body: bytes) -> tuple[str, bytes]:
    text, _, rest = body.partition(b"\0")
    return text.decode(), rest
