"""The migrations lead to the tables in code, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, inspect, text

from store import migrate
from store.engine import open_engine
from store.tables import metadata
from store.unit_of_work import Database


def test_migrations_and_tables_agree(database: Database) -> None:
    with database.engine.begin() as connection:
        assert migrate.differences(connection) == []


def test_a_column_without_migration_is_found(database: Database) -> None:
    changed = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        table.to_metadata(changed)
    changed.tables["setting"].append_column(Column("forgotten", Integer))

    with database.engine.begin() as connection:
        found = migrate.differences(connection, changed)

    assert [(change[0], change[2], change[3].name) for change in found] == [("add_column", "setting", "forgotten")]


def test_upgrade_can_be_repeated(database_url: str) -> None:
    migrate.upgrade(database_url)

    engine = open_engine(database_url)
    assert set(inspect(engine).get_table_names()) == {*metadata.tables, "alembic_version"}
    engine.dispose()


def test_a_release_starts_on_the_schema_of_a_newer_one(database_url: str) -> None:
    """Hosts are upgraded one after the other, and one that is not yet may have to start again meanwhile."""
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    migrate.upgrade(database_url)

    with engine.begin() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
        assert migrate.differences(connection) == []
    engine.dispose()


def test_a_written_revision_needs_no_code_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    for name in ("env.py", "script.py.mako"):
        (folder / name).write_bytes((migrate.MIGRATIONS / name).read_bytes())
    monkeypatch.setattr(migrate, "MIGRATIONS", folder)

    path = migrate.write_revision(f"sqlite:///{tmp_path / 'empty.db'}", "everything", "0001")

    assert path.name == "0001_everything.py"
    assert [line for line in path.read_text().splitlines() if "import" in line] == [
        "from __future__ import annotations",
        "import sqlalchemy as sa",
        "from alembic import op",
    ]
    migrate.upgrade(f"sqlite:///{tmp_path / 'new.db'}")
    engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")
    with engine.begin() as connection:
        assert migrate.differences(connection) == []
    engine.dispose()
