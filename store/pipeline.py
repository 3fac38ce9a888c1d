"""What a transaction asks and writes in few round trips (ADR 0012).

On PostgreSQL, what is asked together goes out in one pipeline, and what is left to be written goes out in one
statement, with the COMMIT behind it. SQLite has no round trips to save and runs one statement after the other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import MutableMapping, Sequence
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from kernel.errors import ConcurrentChange
from store.statements import Question, Record, Statement, Values, Write, form_of, fused
from store.wire import COMMIT, Call, Rows, Wire

_MOVED_ON = "Expected to change a row as it was read, but it has moved on"


class Pipeline:
    """The statements of one transaction that the driver of its connection is given without SQLAlchemy between."""

    def __init__(self, connection: Connection) -> None:
        self._way = _way_of(connection.dialect.name, connection.connection.driver_connection, connection.info)
        self._left: list[Write] = []

    def ask(self, *questions: Question) -> list[list[Record]]:
        """The rows of each question, asked in this order and in one round trip, behind what was left to write."""
        left, self._left = self._left, []
        return self._way.ask(questions, left)

    def write(self, statement: Statement, rows: Sequence[Values]) -> None:
        """Leave rows to be written: inserted, or each changed by the update; they are different rows.

        In one statement no row can be changed twice, so an update waits for what was left for its table before.
        """
        if statement.is_update and any(statement.table is left.table for left, _ in self._left):
            self.flush()
        self._left.append((statement, rows))

    def flush(self, *, commit: bool = False) -> None:
        """Write what was left, and with `commit` end the transaction in the same round trip where that can be."""
        left, self._left = self._left, []
        if left:
            self._way.write(left, commit=commit)

    def rolled_back(self) -> None:
        self._left = []
        self._way.rolled_back()


def ask(dialect: str, driver: Any, info: MutableMapping[Any, Any], *questions: Question) -> list[list[Record]]:
    """Ask on a connection outside of any transaction."""
    return _way_of(dialect, driver, info).ask(questions, (), transaction=False)


class _InTurn:
    """SQLite: one statement after the other."""

    def __init__(self, driver: sqlite3.Connection) -> None:
        self._driver = driver

    def ask(
        self, questions: Sequence[Question], left: Sequence[Write], *, transaction: bool = True
    ) -> list[list[Record]]:
        self.write(left)
        return [self._one(question) for question in questions]

    def write(self, left: Sequence[Write], *, commit: bool = False) -> None:
        for statement, rows in left:
            form = form_of(statement, False)
            try:
                hit = self._driver.executemany(form.text, [form.bound([row]) for row in rows]).rowcount
            except sqlite3.Error as error:
                raise _told(error, sqlite3.Error, form.sent) from error
            if statement.guard and hit != len(rows):
                raise ConcurrentChange(detail=_MOVED_ON)

    def rolled_back(self) -> None:
        pass

    def _one(self, question: Question) -> list[Record]:
        form = form_of(question.statement, False)
        try:
            return form.records(self._driver.execute(form.text, form.bound([dict(question.values)])).fetchall())
        except sqlite3.Error as error:
            raise _told(error, sqlite3.Error, form.sent) from error


class _Together:
    """PostgreSQL: all in one round trip, and all that is written in one statement."""

    def __init__(self, driver: psycopg.Connection[Any], info: MutableMapping[Any, Any]) -> None:
        self._driver = driver
        self._wire = Wire(driver, info)

    def ask(
        self, questions: Sequence[Question], left: Sequence[Write], *, transaction: bool = True
    ) -> list[list[Record]]:
        writes = fused(left)
        forms = [form_of(each.statement, True) for each in questions]
        asked = [(form.sent, form.bound([dict(each.values)])) for form, each in zip(forms, questions, strict=True)]
        answers = self._run([*writes, *asked], transaction=transaction)[len(writes) :]
        return [form.records(rows) for form, rows in zip(forms, answers, strict=True)]

    def write(self, left: Sequence[Write], *, commit: bool) -> None:
        self._run([*fused(left), *([COMMIT] if commit else [])], transaction=True)

    def rolled_back(self) -> None:
        if not self._driver.closed:
            self._wire.forget_prepared()

    def _run(self, calls: Sequence[Call], *, transaction: bool) -> list[Rows]:
        try:
            return self._wire.run(calls, transaction=transaction)
        except psycopg.errors.DivisionByZero as error:  # how a guard tells that it hit nothing
            raise ConcurrentChange(detail=_MOVED_ON) from error
        except psycopg.Error as error:
            raise _told(error, psycopg.Error, calls[0][0], is_lost=bool(self._driver.closed)) from error


def _way_of(dialect: str, driver: Any, info: MutableMapping[Any, Any]) -> _InTurn | _Together:
    return _Together(driver, info) if dialect == "postgresql" else _InTurn(driver)


def _told(error: Exception, base: Any, text: bytes, *, is_lost: bool = False) -> BaseException:
    """An error of the driver as SQLAlchemy tells it, so that nobody need know which of the two was at work."""
    return DBAPIError.instance(text.decode(), None, error, base, connection_invalidated=is_lost)
