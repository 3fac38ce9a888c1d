"""What a command asks and writes without SQLAlchemy between, on both databases (ADR 0012)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from kernel.errors import ConcurrentChange
from store.statements import Statement
from store.tables import number, sent_message
from store.unit_of_work import Database, UnitOfWork

AT = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
ADD = Statement(insert(number), ("series", "last"))
FIND = Statement(select(number).where(number.c.series == bindparam("series")))
SET = Statement(update(number).where(number.c.series == bindparam("of")).values(last=bindparam("last")))
STEP = Statement(
    update(number).where(number.c.series == bindparam("of"), number.c.last == bindparam("read")).values(last=7),
    guard=True,
)
SEND = Statement(insert(sent_message), tuple(sent_message.c.keys()))
SENT = Statement(select(sent_message).where(sent_message.c.id == bindparam("id")))


@pytest.fixture
def work(database: Database) -> Iterator[UnitOfWork]:
    with database.write() as work:
        yield work


def test_answers_are_records_with_the_types_of_their_columns(database: Database):
    row = {
        "id": "m1",
        "source": "s",
        "source_id": "1",
        "name": "told",
        "correlation_key": "k",
        "payload": {"价": [1, None, "%s $1"]},
        "status": "buffered",
        "instance_id": None,
        "created_at": AT,
        "expires_at": AT,
    }
    with database.write() as work:
        work.write(SEND, row)

    ((found,),) = database.ask(SENT(id="m1"))

    assert found._asdict() == row


def test_a_rollback_outside_of_commands_costs_the_next_one_nothing(database: Database):
    """Psycopg gives up all prepared statements then, those of the pipeline too."""
    for number_of in range(4):
        with database.write() as work:
            work.write(ADD, {"series": f"s{number_of}", "last": 1})
            work.ask(FIND(series="s0"))
    with database.engine.connect() as connection:
        for _ in range(8):  # until psycopg prepares it
            connection.execute(select(number).where(number.c.last == 1)).all()
        connection.rollback()

    with database.write() as work:
        work.write(ADD, {"series": "next", "last": 2})
        assert work.ask(FIND(series="next")) == [[("next", 2)]]
    assert database.ask(FIND(series="next")) == [[("next", 2)]]


def test_what_is_left_to_write_is_seen_by_every_question_after_it(work: UnitOfWork):
    work.write(ADD, {"series": "a", "last": 1})
    assert work.ask(FIND(series="a"), FIND(series="b")) == [[("a", 1)], []]

    work.write(ADD, {"series": "b", "last": 2})
    assert work.connection.execute(select(func.count()).select_from(number)).scalar() == 2


def test_an_update_sees_what_was_left_for_its_table_before(database: Database):
    with database.write() as work:
        work.write(ADD, {"series": "a", "last": 1})
        work.write(SET, {"of": "a", "last": 2})
        work.write(SET, {"of": "a", "last": 3})

    assert database.ask(FIND(series="a")) == [[("a", 3)]]


def test_any_number_of_rows_is_written(database: Database):
    rows = [{"series": f"s{place:04d}", "last": place} for place in range(1_203)]
    with database.write() as work:
        work.write(ADD, *rows)
        work.write(SET, *({"of": row["series"], "last": -1} for row in rows[:101]))

    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(number)).scalar() == 1_203
        assert connection.execute(select(func.count()).where(number.c.last == -1)).scalar() == 101


def test_statements_of_ever_new_shapes_are_not_all_prepared(postgresql_database: Database):
    for many in range(1, 216):
        with postgresql_database.write() as work:
            work.write(ADD, *({"series": f"{many}:{place}", "last": 0} for place in range(many)))
        with postgresql_database.write() as work:
            work.write(ADD, *({"series": f"{many}:{place}:again", "last": 0} for place in range(many)))

    with postgresql_database.read() as connection:
        prepared = connection.execute(text("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'wire%'"))
        assert prepared.scalar_one() == 200
        assert connection.execute(select(func.count()).select_from(number)).scalar() == 2 * sum(range(216))


def test_a_prepared_statement_that_is_gone_is_prepared_anew(postgresql_database: Database):
    database = postgresql_database
    for _ in range(3):
        database.ask(FIND(series="a"))
    with database.read() as connection:
        connection.execute(text("DEALLOCATE ALL"))

    for _ in range(3):
        assert database.ask(FIND(series="a")) == [[]]


def test_what_was_prepared_beside_one_that_is_gone_keeps_its_name(postgresql_database: Database):
    """The server keeps what a failed run has prepared before its error, so that name is not to be given again."""
    database = postgresql_database
    for _ in range(2):
        database.ask(FIND(series="a"))
    database.ask(SENT(id="b"))
    with database.read() as connection:
        connection.execute(text("DEALLOCATE ALL"))

    for _ in range(3):
        assert database.ask(SENT(id="b"), FIND(series="a")) == [[], []]


def test_what_is_built_for_its_values_is_planned_for_them(postgresql_database: Database):
    """Lists are; a plan for any values, as of statements prepared by themselves, would read most of them."""
    with postgresql_database.read() as connection:
        for place in range(12):
            connection.execute(select(number).where(number.c.series == str(place))).all()
        assert connection.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar_one() == 0


def test_a_row_has_the_values_of_its_statement_and_no_others(database: Database):
    for row, expected in (({"series": "a"}, KeyError), ({"series": "a", "last": 1, "first": 0}, TypeError)):
        with pytest.raises(expected), database.write() as work:
            work.write(ADD, row)

    assert database.ask(FIND(series="a")) == [[]]


def test_nothing_to_write_is_nothing_written(database: Database):
    with database.write() as work:
        work.write(ADD)
        work.write(SET)

    assert database.ask(FIND(series="a")) == [[]]


def test_what_was_asked_ahead_answers_once(work: UnitOfWork):
    work.write(ADD, {"series": "a", "last": 1})
    work.ask_ahead(FIND(series="a"), FIND(series="b"))
    work.write(SET, {"of": "a", "last": 2})

    assert work.ask(FIND(series="a")) == [[("a", 1)]], "as it was when it was asked"
    assert work.ask(FIND(series="a")) == [[("a", 2)]]


def test_a_guard_that_hits_nothing_ends_the_command_and_nothing_is_written(database: Database):
    with database.write() as work:
        work.write(ADD, {"series": "a", "last": 1})

    def command() -> None:
        with database.write() as work:
            work.write(ADD, {"series": "b", "last": 1})
            work.write(STEP, {"of": "a", "read": 2})

    with pytest.raises(ConcurrentChange):
        command()
    assert database.ask(FIND(series="a"), FIND(series="b")) == [[("a", 1)], []]


def test_a_guard_that_hits_its_row_lets_everything_pass(database: Database):
    with database.write() as work:
        work.write(ADD, {"series": "a", "last": 1})
    with database.write() as work:
        work.write(STEP, {"of": "a", "read": 1})
        work.write(ADD, {"series": "b", "last": 1})

    assert database.ask(FIND(series="a"), FIND(series="b")) == [[("a", 7)], [("b", 1)]]


def test_an_error_of_the_database_is_told_as_sqlalchemy_tells_it(database: Database):
    with pytest.raises(IntegrityError), database.write() as work:
        work.write(ADD, {"series": "a", "last": 1}, {"series": "a", "last": 2})

    assert database.ask(FIND(series="a")) == [[]]


def test_the_connection_of_a_refused_command_serves_the_next_one(database: Database):
    def refused() -> None:
        with database.write() as work:
            work.ask(FIND(series="a"))
            work.connection.execute(select(number).where(number.c.series == "a"))
            work.write(ADD, {"series": "x", "last": 1}, {"series": "x", "last": 2})

    for turn in range(8):  # long enough for statements to be prepared by then, by whichever of the two prepares
        with pytest.raises(IntegrityError):
            refused()
        with database.write() as work:
            work.write(ADD, {"series": f"kept {turn}", "last": turn})
            assert work.ask(FIND(series=f"kept {turn}")) == [[(f"kept {turn}", turn)]]


def test_a_server_that_has_gone_away_is_told_once_and_found_again(postgresql_database: Database):
    database = postgresql_database
    database.ask(FIND(series="a"))

    def cut_off() -> None:
        with database.write() as work:
            here = work.connection.execute(select(func.pg_backend_pid())).scalar_one()
            with database.read() as other:
                other.execute(select(func.pg_terminate_backend(here)))
            work.ask(FIND(series="a"))

    with pytest.raises(OperationalError):
        cut_off()
    assert database.ask(FIND(series="a")) == [[]]


def test_the_columns_of_an_insert_may_be_named_in_any_order(database: Database):
    add = Statement(insert(number), ("last", "series"))
    with database.write() as work:
        work.write(add, {"series": "BJ", "last": 7})

    with database.read() as connection:
        assert connection.execute(select(number.c.series, number.c.last)).one() == ("BJ", 7)
