"""One command, one transaction: the only place that commits (STYLE.md 9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine

from kernel.failpoints import failpoint
from store.bell import Bell, NoBell
from store.pipeline import Pipeline, ask
from store.statements import Question, Record, Statement, Values


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
        self._ahead: dict[Question, list[Record]] = {}
        self._connection: Connection
        self._pipeline: Pipeline

    def __enter__(self) -> UnitOfWork:
        self._connection = self._engine.connect()
        self._connection.begin()
        self._pipeline = Pipeline(self._connection)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                for call in self._before:
                    call()
                failpoint("commit.before")
                self._commit()
                failpoint("commit.after")
            else:
                self._roll_back()
        finally:
            self._connection.close()
        if kind is None and self._has_jobs:
            self._bell.ring()

    @property
    def connection(self) -> Connection:
        """For any other statement; it sees what was left to be written, which goes first."""
        self._pipeline.flush()
        return self._connection

    def ask(self, *questions: Question) -> list[list[Record]]:
        """The rows of each question, in one round trip; none for what was asked ahead."""
        new = [question for question in questions if question not in self._ahead]
        found = dict(zip(map(id, new), self._pipeline.ask(*new), strict=True)) if new else {}
        return [found[id(each)] if id(each) in found else self._ahead.pop(each) for each in questions]

    def ask_ahead(self, *questions: Question) -> None:
        """Ask in one round trip, in this order, what the command is going to ask; each answer serves once."""
        self._ahead.update(zip(questions, self._pipeline.ask(*questions), strict=True))

    def write(self, statement: Statement, *rows: Values) -> None:
        """Have rows written with everything else that this command writes, at the latest by its commit.

        An error of the database is told then; whoever has to know at once what became of a write uses `connection`.
        """
        if rows:
            self._pipeline.write(statement, rows)

    def before_commit(self, call: Callable[[], None]) -> None:
        """Have `call` write what can only be told at the end of the command, still in this transaction."""
        self._before.append(call)

    def ring_after_commit(self) -> None:
        """There are new jobs: have the workers told, once, when they can be seen."""
        self._has_jobs = True

    def _commit(self) -> None:
        try:
            self._pipeline.flush(commit=True)
            self._connection.commit()  # on PostgreSQL done already, if there was anything to write
        except Exception:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        self._connection.rollback()
        self._pipeline.rolled_back()

    @property
    def is_postgresql(self) -> bool:
        return self._connection.dialect.name == "postgresql"


def ask_on(connection: Connection, *questions: Question) -> list[list[Record]]:
    """The rows of each question, in one round trip, on the connection of a page or a command."""
    held = connection.connection
    return ask(connection.dialect.name, held.driver_connection, held.info, *questions)


class Database:
    """The engine and how transactions are opened on it."""

    def __init__(self, engine: Engine, bell: Bell | None = None) -> None:
        self.engine = engine
        self._bell = bell or NoBell()

    def write(self) -> UnitOfWork:
        """A transaction that will write; on SQLite it takes the write lock at once (BEGIN IMMEDIATE)."""
        return UnitOfWork(self.engine, self._bell)

    def ask(self, *questions: Question) -> list[list[Record]]:
        """The rows of each question, in one round trip and outside of any transaction."""
        held = self.engine.raw_connection()
        try:
            return ask(self.engine.dialect.name, held.driver_connection, held.info, *questions)
        finally:
            held.close()

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
