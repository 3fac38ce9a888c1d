"""A private PostgreSQL for the tests: started once a test process, thrown away at its end."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import psycopg

_NO_PARENT_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux


class PostgresqlMissing(Exception):
    """There is no PostgreSQL server program on this machine."""


class Cluster:
    """A PostgreSQL server on a loopback port of its own, with its files in a temporary folder.

    The server refuses to run as root; then it runs as `postgres`, or `nobody` where that user is missing. It
    answers only to this machine, without a password, and does not wait for the disk unless it is to be `durable`:
    its data end with the tests. `settings` are the server's own, by their names.

    Raises:
        PostgresqlMissing: (start) `initdb` is nowhere to be found.
    """

    TEMPLATE = "permitflow_template"

    def __init__(self, *, durable: bool = False, settings: Mapping[str, str] | None = None) -> None:
        self._durable = durable
        self._settings = settings or {}
        self._programs = _programs()
        self._folder = Path(tempfile.mkdtemp(prefix="permitflow-pg-"))
        self._folder.chmod(0o755)
        self._user, self._group = _server_user()
        self._port = free_port()
        self._numbers = count(1)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        data = self._folder / "data"
        data.mkdir()
        if self._user is not None:
            shutil.chown(data, self._user, self._group)
        self._run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self._launch()
        self._wait_until_ready()

    def kill(self) -> None:
        """End the server at once and with nothing written, as when the machine loses power."""
        assert self._server is not None
        self._server.kill()
        self._server.wait()

    def start_again(self) -> None:
        """Start on the files that a killed server has left, as soon as its last connections have noticed its end."""
        deadline = time.monotonic() + 60
        while True:
            self._launch()
            try:
                self._wait_until_ready()
                return
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/{database}"

    def create_template(self) -> str:
        """Make the empty database that all others are copies of; the caller brings its schema up."""
        self._administer(f"CREATE DATABASE {self.TEMPLATE}")
        return self.url(self.TEMPLATE)

    def copy_template(self, template: str = TEMPLATE) -> str:
        """A fresh database, a copy of the template; returns its name."""
        name = f"test_{next(self._numbers)}"
        self._administer(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def copy(self, database: str, name: str) -> str:
        """A copy of a database that nobody is connected to; returns its address."""
        self._administer(f"CREATE DATABASE {name} TEMPLATE {database}")
        return self.url(name)

    def drop(self, database: str) -> None:
        self._administer(f"DROP DATABASE {database} WITH (FORCE)")

    def program(self, name: str) -> Path:
        """One of the programs that came with the server: `pgbench`."""
        return self._programs / name

    @property
    def process_id(self) -> int:
        assert self._server is not None
        return self._server.pid

    def stop(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)  # fast shutdown: open connections are cut
            try:
                self._server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _launch(self) -> None:
        data = self._folder / "data"
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": "",
            "fsync": "on" if self._durable else "off",
            "full_page_writes": "on" if self._durable else "off",
            "shared_buffers": "32MB",
            "max_connections": "150",
            **({} if self._durable else {"max_wal_size": "256MB"}),  # it may lie in memory
            **self._settings,
        }
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "server.log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._programs / "postgres", "-D", data, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=data,
                start_new_session=True,  # Ctrl-C is for the tests; they end the server afterwards
                preexec_fn=die_with_the_tests,
                user=self._user,
                group=self._group,
                extra_groups=None if self._user is None else [],
            )

    def _administer(self, statement: str) -> None:
        address = f"host=127.0.0.1 port={self._port} user=postgres dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _wait_until_ready(self) -> None:
        assert self._server is not None
        deadline = time.monotonic() + 30
        while True:
            try:
                self._administer("SELECT 1")
                return
            except psycopg.OperationalError:
                if self._server.poll() is not None or time.monotonic() > deadline:
                    log = (self._folder / "server.log").read_text(errors="replace")
                    raise RuntimeError(f"Expected PostgreSQL to start, but:\n{log}") from None
                time.sleep(0.05)

    def _run(self, program: str, *arguments: str) -> None:
        result = subprocess.run(
            [self._programs / program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self._folder,
            check=False,
            user=self._user,
            group=self._group,
            extra_groups=None if self._user is None else [],
        )
        if result.returncode:
            raise RuntimeError(f"Expected {program} to succeed, but:\n{result.stdout}{result.stderr}")


def _programs() -> Path:
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]), reverse=True
    )
    if versions:
        return versions[0].parent
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    raise PostgresqlMissing("PostgreSQL's initdb was not found; `make test` installs it (Debian: postgresql)")


def _server_user() -> tuple[int | None, int | None]:
    """User and group to run the server as; none when that is simply who runs the tests."""
    if os.geteuid() != 0:
        return None, None
    entries = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = entries.get("postgres") or entries["nobody"]
    return entry.pw_uid, entry.pw_gid


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def die_with_the_tests() -> None:
    """Ask Linux to end the server when the test process is killed without a chance to clean up."""
    try:
        ctypes.CDLL(None).prctl(_NO_PARENT_SIGNAL, signal.SIGINT)
    except (OSError, AttributeError):  # not Linux: the server is then ended by `stop` only
        return
