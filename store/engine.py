"""The database engine for both databases, with what correctness needs of each."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolResetState

from store.wire import Wire

_TRUSTED_S = 1.0  # so long after its last use, a connection is taken to be alive
_RESTS_SINCE = "rests_since"


def open_engine(database_url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql+psycopg://…` (`postgresql://` and `postgres://` are read as that).

    SQLite runs in WAL mode with full synchronisation, foreign keys, and BEGIN IMMEDIATE for writes: a read that is
    upgraded to a write fails with BUSY_SNAPSHOT whatever the timeout.
    """
    url = make_url(database_url)
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite":
        # What psycopg prepares is soon planned for any values: a list of a district then took ten times as long. The
        # statements of the hot path, which have one good plan, are prepared by `store.wire`.
        prepares_nothing = {"prepare_threshold": None}
        engine = create_engine(
            url, pool_size=10, max_overflow=10, connect_args=prepares_nothing, pool_reset_on_return=None
        )
        event.listen(engine, "reset", _end_transaction)
        event.listen(engine, "checkin", _rest)
        event.listen(engine, "checkout", _wake)
        return engine
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 20})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _end_transaction(connection: psycopg.Connection, record: ConnectionPoolEntry, state: PoolResetState) -> None:
    """What is still open when a connection is given back; mostly nothing is."""
    if not state.terminate_only and connection.pgconn.transaction_status != TransactionStatus.IDLE:
        connection.rollback()


def _rest(connection: psycopg.Connection | None, record: ConnectionPoolEntry) -> None:
    record.info[_RESTS_SINCE] = time.monotonic()


def _wake(connection: psycopg.Connection, record: ConnectionPoolEntry, *_: object) -> None:
    """Ask a connection that has rested whether the server is still there; one just used is spared the round trip.

    Raises:
        InvalidatePoolError: it is not: all connections of the pool are opened anew.
    """
    if time.monotonic() - record.info.get(_RESTS_SINCE, float("inf")) <= _TRUSTED_S:
        return
    try:
        Wire(connection, record.info).run([(b"SELECT 1", ())], transaction=False)
    except psycopg.Error as error:
        raise InvalidatePoolError("the server has gone away") from error


def _prepare_sqlite(connection: Any, record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event starts transactions, not the driver
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=20000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("read_only")
    connection.exec_driver_sql("BEGIN DEFERRED" if read_only else "BEGIN IMMEDIATE")
