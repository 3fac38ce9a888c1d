"""The counts of `make bench`, against a real server and a real driver: each way in which statements can be sent."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.types.json import Jsonb

from bench.wire import Tally, Wire


@pytest.fixture
def wire(postgresql_url: str) -> Iterator[Wire]:
    with Wire(postgresql_url) as counting:
        yield counting


def connect(wire: Wire) -> psycopg.Connection:
    return psycopg.connect(wire.url.replace("+psycopg", ""), autocommit=True)


@pytest.fixture
def connection(wire: Wire) -> Iterator[psycopg.Connection]:
    with connect(wire) as opened:
        opened.execute("CREATE TEMPORARY TABLE note (id integer PRIMARY KEY, word text, more jsonb)")
        yield opened


def test_a_transaction_is_its_statements_one_commit_and_a_round_trip_each(wire, connection):
    before = wire.tally()
    with connection.transaction():
        connection.execute("INSERT INTO note VALUES (%s, %s)", (1, "a"))
        connection.execute("SELECT * FROM note WHERE id = %s", (1,)).fetchall()
    assert wire.tally() - before == Tally(statements=2, commits=1, round_trips=4)  # BEGIN and COMMIT travel too


def test_a_pipeline_is_one_round_trip(wire, connection):
    before = wire.tally()
    with connection.pipeline():
        connection.execute("BEGIN")
        for number in range(3):
            connection.execute("INSERT INTO note VALUES (%s, %s)", (number, "a"))
        connection.execute("COMMIT")
    assert wire.tally() - before == Tally(statements=3, commits=1, round_trips=1)


def test_waiting_for_a_result_within_a_pipeline_is_a_round_trip_more(wire, connection):
    before = wire.tally()
    with connection.pipeline():
        found = connection.execute("SELECT 1").fetchone()
        connection.execute("INSERT INTO note VALUES (%s, %s)", (found[0], "a"))
    assert wire.tally() - before == Tally(statements=2, commits=1, round_trips=2)


def test_many_rows_of_one_call_are_as_many_statements(wire, connection):
    before = wire.tally()
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany("INSERT INTO note VALUES (%s, %s)", [(number, "a") for number in range(5)])
    counted = wire.tally() - before
    assert (counted.statements, counted.commits) == (5, 1)


def test_a_write_outside_of_a_transaction_commits_and_a_read_does_not(wire, connection):
    before = wire.tally()
    connection.execute("INSERT INTO note VALUES (1, 'a')")
    connection.execute("SELECT * FROM note")
    assert wire.tally() - before == Tally(statements=2, commits=1, round_trips=2)


def test_what_is_rolled_back_is_not_committed_but_was_asked(wire, connection):
    before = wire.tally()
    connection.execute("BEGIN")
    connection.execute("INSERT INTO note VALUES (1, 'a')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("INSERT INTO note VALUES (1, 'b')")
    connection.execute("ROLLBACK")
    counted = wire.tally() - before
    assert (counted.statements, counted.commits) == (2, 0)


def test_statements_are_seen_with_their_values_when_they_were_prepared_before(wire, connection):
    for number in range(8):  # the driver prepares a statement when it has seen it a few times
        connection.execute("INSERT INTO note VALUES (%s, %s, %s)", (number, f"wörd {number}", Jsonb([number])))
    asked = [each for each in wire.take_asked() if each.sql.startswith("INSERT")]
    assert len({each.sql for each in asked}) == 1
    assert [each.parameters[1].value for each in asked] == [f"wörd {number}".encode() for number in range(8)]
    assert asked[-1].parameters[2].value == b"[7]"
    assert wire.take_asked() == []


def test_no_value_is_told_from_an_empty_one(wire, connection):
    wire.take_asked()
    connection.execute("INSERT INTO note VALUES (1, %s, %s)", ("", None))
    (asked,) = wire.take_asked()
    assert [parameter.value for parameter in asked.parameters] == [b"", None]


def test_two_connections_are_counted_together(wire, connection):
    with connect(wire) as other:
        before = wire.tally()
        other.execute("SELECT 1")
        connection.execute("SELECT 2")
        assert wire.tally() - before == Tally(statements=2, commits=0, round_trips=2)
