"""Connections of the pool are given on as if they were new."""

from __future__ import annotations

import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import text

from store.unit_of_work import Database


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_was_left_open_is_rolled_back(database: Database) -> None:
    held = database.engine.raw_connection()
    held.cursor().execute("INSERT INTO number (series, last) VALUES ('left open', 1)")
    driver = held.driver_connection
    held.close()

    assert driver is not None
    assert driver.pgconn.transaction_status == TransactionStatus.IDLE
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM number WHERE series = 'left open'")).scalar_one() == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_whose_server_process_ended_is_replaced(database: Database) -> None:
    held = database.engine.raw_connection()
    driver = held.driver_connection
    assert driver is not None
    driver.execute("SELECT pg_advisory_lock(1)")
    with database.engine.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": driver.info.backend_pid})
    held.close()

    for _ in range(3):
        with database.read() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
