"""One database with an office on it, copies of its cases, and the web that serves them: what the parts share."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path

from sqlalchemy import Engine

from bench.clients import ask, request
from bench.copies import Original, copy_rows
from bench.office import Office
from bench.system import System
from bench.web import Web, served
from bench.wire import Wire
from store.migrate import upgrade
from tests.postgresql import Cluster, PostgresqlMissing

_SESSION_COOKIE = "__Host-sid"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_COOKIE = re.compile(r"^set-cookie: ([^;\r]+)", re.IGNORECASE | re.MULTILINE)
# The shared buffers are PostgreSQL's default; making a million copies would otherwise go on into the measurements as
# checkpoints.
POSTGRESQL = {"shared_buffers": "128MB", "max_wal_size": "16GB", "maintenance_work_mem": "256MB"}


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much data the parts make that need much."""

    quick: bool

    @property
    def open_tasks(self) -> int:
        return 100_000 if self.quick else 1_000_000

    @property
    def finished(self) -> int:
        return 5_000 if self.quick else 200_000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody at the web: what each of their requests carries."""

    headers: Mapping[str, str]
    csrf_token: str

    def get(self, path: str) -> bytes:
        return request("GET", path, headers=self.headers)

    def post(self, path: str, fields: Mapping[str, str]) -> bytes:
        return request("POST", path, headers=self.headers, fields={"csrf_token": self.csrf_token, **fields})


class Ground:
    """Where sites are built: a folder, and one PostgreSQL that is started when it is asked for."""

    def __init__(self, rounds: int, stack: ExitStack) -> None:
        self.rounds = rounds
        self._stack = stack
        self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

    def available(self, databases: Sequence[str]) -> list[str]:
        """Those of these databases that this machine has; says which it has not."""
        try:
            return [name for name in databases if name == "sqlite" or self.cluster]
        except PostgresqlMissing as error:
            print(error)
            return [name for name in databases if name == "sqlite"]

    @contextmanager
    def site(self, database: str, purpose: str) -> Iterator[Site]:
        """A site on a database of its own, which ends with the block."""
        folder = self._folder / f"{purpose}_{database}"
        folder.mkdir()
        with ExitStack() as stack:
            if database == "sqlite":
                url, cluster = f"sqlite:///{folder / 'bench.db'}", None
            else:
                url, cluster = self.cluster.copy("template0", purpose), self.cluster
                stack.callback(cluster.drop, purpose)
            yield Site(database, url, folder, self.rounds, cluster, stack)

    @cached_property
    def cluster(self) -> Cluster:
        cluster = Cluster(durable=True, settings=POSTGRESQL)
        self._stack.callback(cluster.stop)
        cluster.start()
        return cluster


class Site:
    """A database, its office and its web; all of it ends with the stack."""

    def __init__(self, name: str, url: str, folder: Path, rounds: int, cluster: Cluster | None, stack: ExitStack):
        self.name = name
        self.url = url
        self.folder = folder
        self.rounds = rounds
        self.cluster = cluster
        self._stack = stack
        self._copies: dict[str, count[int]] = {}
        upgrade(url)
        self.office = Office(url, folder)
        stack.callback(self.office.close)

    @cached_property
    def web(self) -> Web:
        return self._stack.enter_context(served(self.url, self.folder))

    @cached_property
    def wired(self) -> tuple[Web, Wire]:
        """A web of its own whose way to the server leads through the counting proxy."""
        wire = self._stack.enter_context(Wire(self.url))
        return self._stack.enter_context(served(wire.url, self.folder / "wired")), wire

    @property
    def processes(self) -> list[int]:
        """Whose processor time counts: the web's, and the server's where there is one."""
        return [self.web.process_id, *([self.cluster.process_id] if self.cluster else [])]

    @cached_property
    def declared(self) -> Original:
        """A case that waits for the district."""
        return self.office.original(self.office.declared(self.office.newcomers(1))[0])

    @cached_property
    def submitted(self) -> Original:
        """A case that waits for both employers."""
        return self.office.original(self.office.submitted(self.office.newcomers(1))[0])

    @cached_property
    def system(self) -> System:
        """Another system that calls the interface."""
        return System(self.office)

    def copies(self, of: Original, many: int) -> Iterator[int]:
        """So many new copies of a case: their numbers."""
        number = self._copies.setdefault(of.rows["instance"][0]["id"], count(1))
        first = next(number)
        with self.office.services.database.write() as work:
            copy_rows(work.connection, of, first, first + many - 1)
        for _ in range(many - 1):
            next(number)
        return iter(range(first, first + many))

    def sign_in(self, accounts: Sequence[str], web: Web | None = None) -> list[SignedIn]:
        """Each of these accounts with a session of its own."""
        return at_the_web(web or self.web, self.office.sessions(accounts))

    def settle(self) -> None:
        """Let the database do now what it would do during the measurements."""
        settle(self.office.services.database.engine)


def settle(engine: Engine) -> None:
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")


def at_the_web(web: Web, tokens: Sequence[str]) -> list[SignedIn]:
    """Those whose sessions these are. One form token is enough: it belongs to the signed cookie."""
    answer = ask(web.port, request("GET", "/menu", headers={"Cookie": f"{_SESSION_COOKIE}={tokens[0]}"}))
    found = _TOKEN.search(answer.body.decode())
    assert found, f"Expected a form token, found {answer.status}: {answer.body[:500]!r}"
    kept = "; ".join(_COOKIE.findall(answer.head.decode()))
    return [SignedIn({"Cookie": f"{_SESSION_COOKIE}={token}; {kept}"}, found[1]) for token in tokens]
