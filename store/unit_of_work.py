"""One command, one transaction: the only place that commits (STYLE.md 9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine

from kernel.failpoints import failpoint


class UnitOfWork:
    """An open transaction and what is to happen once it is committed.

    Leaving the block commits, an exception rolls back. What `after_commit` was given runs after the commit,
    in order; it is told only what is already true, so it may be lost in a crash and nothing depends on it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.notes: dict[str, Any] = {}  # what the rooms of one command share, each under its own name
        self._before: list[Callable[[], None]] = []
        self._after: list[Callable[[], None]] = []
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
        if kind is None:
            for call in self._after:
                call()

    def before_commit(self, call: Callable[[], None]) -> None:
        """Have `call` write what can only be told at the end of the command, still in this transaction."""
        self._before.append(call)

    def after_commit(self, call: Callable[[], None]) -> None:
        self._after.append(call)

    @property
    def is_postgresql(self) -> bool:
        return self.connection.dialect.name == "postgresql"


class Database:
    """The engine and how transactions are opened on it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def write(self) -> UnitOfWork:
        """A transaction that will write; on SQLite it takes the write lock at once (BEGIN IMMEDIATE)."""
        return UnitOfWork(self.engine)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for queries of a page; it never writes."""
        with self.engine.connect().execution_options(read_only=True) as connection:
            yield connection
