"""One command, one transaction: the only place that commits (STYLE.md 9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine

from kernel.failpoints import failpoint
from store.bell import Bell, NoBell


class UnitOfWork:
    """An open transaction and what is to happen once it is committed.

    Leaving the block commits, an exception rolls back. Only after the commit are workers told of new jobs; a crash
    in between loses nothing but the ring.
    """

    def __init__(self, engine: Engine, bell: Bell) -> None:
        self._engine = engine
        self._bell = bell
        self._has_jobs = False
        self.notes: dict[str, Any] = {}  # what the rooms of one command share, each under its own name
        self._before: list[Callable[[], None]] = []
        self.connection: Connection

    def __enter__(self) -> UnitOfWork:
        self.connection = self._engine.connect()
        self.connection.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                for call in self._before:
                    call()
                failpoint("commit.before")
                self.connection.commit()
                failpoint("commit.after")
            else:
                self.connection.rollback()
        finally:
            self.connection.close()
        if kind is None and self._has_jobs:
            self._bell.ring()

    def before_commit(self, call: Callable[[], None]) -> None:
        """Have `call` write what can only be told at the end of the command, still in this transaction."""
        self._before.append(call)

    def ring_after_commit(self) -> None:
        """There are new jobs: have the workers told, once, when they can be seen."""
        self._has_jobs = True

    @property
    def is_postgresql(self) -> bool:
        return self.connection.dialect.name == "postgresql"


class Database:
    """The engine and how transactions are opened on it."""

    def __init__(self, engine: Engine, bell: Bell | None = None) -> None:
        self.engine = engine
        self._bell = bell or NoBell()

    def write(self) -> UnitOfWork:
        """A transaction that will write; on SQLite it takes the write lock at once (BEGIN IMMEDIATE)."""
        return UnitOfWork(self.engine, self._bell)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for queries of a page; it never writes.

        On SQLite all its queries see one moment. On PostgreSQL each sees its own, as under READ COMMITTED in any
        case, so the two round trips of a transaction around them are saved.
        """
        connection = self.engine.connect().execution_options(read_only=True)
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        with connection:
            yield connection
