"""The migrations lead to the tables in code, on both databases."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Column, Integer, MetaData, inspect, text

from store import migrate, revisions
from store.engine import open_engine
from store.tables import metadata
from store.unit_of_work import Database


def test_migrations_and_tables_agree(database: Database) -> None:
    with database.engine.begin() as connection:
        assert revisions.differences(connection) == []


def test_a_column_without_migration_is_found(database: Database) -> None:
    changed = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        table.to_metadata(changed)
    changed.tables["setting"].append_column(Column("forgotten", Integer))

    with database.engine.begin() as connection:
        found = revisions.differences(connection, changed)

    assert [(change[0], change[2], change[3].name) for change in found] == [("add_column", "setting", "forgotten")]


def test_upgrade_can_be_repeated(database_url: str) -> None:
    migrate.upgrade(database_url)

    engine = open_engine(database_url)
    assert set(inspect(engine).get_table_names()) == {*metadata.tables, "alembic_version"}
    engine.dispose()


def test_each_revision_that_a_database_lacks_is_applied(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, folder)
    url = f"sqlite:///{tmp_path / 'old.db'}"
    migrate.upgrade(url, folder)
    (folder / "versions" / "0002_later.py").write_text(
        "from alembic import op\nrevision, down_revision = '0002', '0001'\n"
        "def upgrade(): op.execute('CREATE TABLE later (id INTEGER)')\n"
    )

    for _ in range(2):
        migrate.upgrade(url, folder)

    engine = open_engine(url)
    assert inspect(engine).has_table("later")
    engine.dispose()


def test_a_service_on_a_schema_that_is_up_to_date_does_not_load_alembic(database_url: str) -> None:
    code = f"import sys; from store.migrate import upgrade; upgrade({database_url!r}); print('alembic' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"


def test_a_release_starts_on_the_schema_of_a_newer_one(database_url: str) -> None:
    """Hosts are upgraded one after the other, and one that is not yet may have to start again meanwhile."""
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    migrate.upgrade(database_url)

    with engine.begin() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
        assert revisions.differences(connection) == []
    engine.dispose()


def test_a_written_revision_needs_no_code_of_ours(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    for name in ("env.py", "script.py.mako"):
        (folder / name).write_bytes((migrate.MIGRATIONS / name).read_bytes())

    path = revisions.write_revision(f"sqlite:///{tmp_path / 'empty.db'}", "everything", "0001", folder)

    assert path.name == "0001_everything.py"
    assert [line for line in path.read_text().splitlines() if "import" in line] == [
        "from __future__ import annotations",
        "import sqlalchemy as sa",
        "from alembic import op",
    ]
    migrate.upgrade(f"sqlite:///{tmp_path / 'new.db'}", folder)
    engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")
    with engine.begin() as connection:
        assert revisions.differences(connection) == []
    engine.dispose()
