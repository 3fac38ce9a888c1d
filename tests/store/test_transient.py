"""What is asked again without being counted as a failure."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from store.engine import open_engine
from store.transient import is_transient
from store.unit_of_work import Database
from tests.postgresql import Cluster, free_port


def test_a_database_that_is_away_is_asked_again():
    away = Database(open_engine(f"postgresql://postgres@127.0.0.1:{free_port()}/permitflow"))

    with pytest.raises(OperationalError) as found, away.read():
        pass

    assert is_transient(found.value)


def test_a_connection_that_is_cut_is_asked_again(postgresql_cluster: Cluster):
    name = postgresql_cluster.copy_template()
    database = Database(open_engine(postgresql_cluster.url(name)))
    with pytest.raises(DBAPIError) as found, database.write() as work:
        work.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    database.engine.dispose()
    postgresql_cluster.drop(name)

    assert is_transient(found.value)


def test_what_is_wrong_itself_is_not(database: Database):
    with pytest.raises(DBAPIError) as found, database.read() as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))

    assert not is_transient(found.value)
