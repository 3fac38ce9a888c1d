"""PostgreSQL's pipeline as libpq has it: any number of statements in one round trip (ADR 0012).

Psycopg has a pipeline too, but it sends and looks for answers after each statement of it: five statements cost it five
times the processor time, here and at the server. Adapting values, reading rows and waiting are psycopg's here as well.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, MutableMapping, Sequence
from itertools import count
from typing import Any, TypeAlias

import psycopg
from psycopg import errors, generators
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

Call: TypeAlias = tuple[bytes, Sequence[Any]]
"""A statement with `$1`, `$2` …, and the values for them."""
COMMIT: Call = (b"COMMIT", ())  # behind others in the same round trip; when one of them fails, nothing is ended
Rows: TypeAlias = list[tuple[Any, ...]]

_PREPARED, _SEEN, _NAMES = "prepared", "seen", "names"
_MOST_PREPARED = 200  # each takes memory of the server, a large WITH some 50 KB
_MOST_SEEN = 2_000


class Wire:
    """The connection to the server under one of psycopg. `info` is what is known of it as long as it lives."""

    def __init__(self, driver: psycopg.Connection[Any], info: MutableMapping[Any, Any]) -> None:
        self._driver = driver
        self._server = driver.pgconn
        self._adapt = Transformer(driver)
        self._prepared: dict[bytes, bytes] = info.setdefault(_PREPARED, {})
        self._seen: set[bytes] = info.setdefault(_SEEN, set())
        # No name is given twice: the server also keeps what a failed run has prepared before its error.
        self._names: Iterator[int] = info.setdefault(_NAMES, count())

    def run(self, calls: Sequence[Call], *, transaction: bool) -> list[Rows]:
        """The rows of each statement, all in one round trip; the first one that fails ends it.

        With `transaction` one is begun unless one is open, and stays open; without, each run is one of its own.

        Raises:
            psycopg.Error: as the server or the connection tells it.
        """
        begins = transaction and self._server.transaction_status == TransactionStatus.IDLE
        try:
            return self._run(calls, begins=begins)
        except errors.InvalidSqlStatementName:
            # A rollback of psycopg's has given them up. Nothing has come of the first run of a transaction, so it may
            # be repeated; a rollback within one ends it, so there is no other case but the first run.
            self._prepared.clear()
            if begins:
                self._server.exec_(b"ROLLBACK")
            return self._run(calls, begins=begins)

    def _run(self, calls: Sequence[Call], *, begins: bool) -> list[Rows]:
        new: dict[bytes, bytes] = {}
        are_answers: list[bool] = []  # of each thing sent, whether its rows were asked for
        self._server.enter_pipeline_mode()
        try:
            if begins:
                self._server.send_query_params(b"BEGIN", None)
                are_answers.append(False)
            for text, values in calls:
                are_answers += self._send(text, values, new)
            self._server.pipeline_sync()
            results = self._driver.wait(self._results(len(are_answers)))
        finally:
            if self._server.status == ConnStatus.OK:
                self._server.exit_pipeline_mode()
        self._prepared |= new
        return [self._rows(result) for result, is_answer in zip(results, are_answers, strict=True) if is_answer]

    def forget_prepared(self) -> None:
        """After a rollback psycopg takes no prepared statement for granted, so neither can we."""
        self._prepared.clear()
        self._server.exec_(b"DEALLOCATE ALL")

    # -- inside

    def _send(self, text: bytes, values: Sequence[Any], new: dict[bytes, bytes]) -> Sequence[bool]:
        if not values:
            self._server.send_query_params(text, None)
            return (True,)
        given = self._adapt.dump_sequence(values, [PyFormat.TEXT] * len(values))
        name = self._prepared.get(text) or new.get(text)
        prepares = name is None and self._comes_again(text) and len(self._prepared) + len(new) < _MOST_PREPARED
        if prepares:
            name = new[text] = b"wire_%d" % next(self._names)
            self._server.send_prepare(name, text)
        if name is None:
            self._server.send_query_params(text, given)
        else:
            self._server.send_query_prepared(name, given)
        return (False, True) if prepares else (True,)

    def _comes_again(self, text: bytes) -> bool:
        if text in self._seen:
            return True
        if len(self._seen) >= _MOST_SEEN:
            self._seen.clear()
        self._seen.add(text)
        return False

    def _results(self, many: int) -> Generator[Any, Any, list[PGresult]]:
        """The results of so many things sent, and of the synchronisation after them."""
        yield from generators.send(self._server)
        found: list[PGresult] = []
        for _ in range(many + 1):
            found += yield from generators.fetch_many(self._server)
        for result in found:
            if result.status == ExecStatus.FATAL_ERROR:
                raise errors.error_from_result(result)
        return found[:-1]

    def _rows(self, result: PGresult) -> Rows:
        self._adapt.set_pgresult(result)
        rows: Rows = self._adapt.load_rows(0, result.ntuples, tuple)
        return rows
