"""The revisions of the schema, by Alembic: applied, written, and compared with the tables in code (STYLE.md 23)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData

from store.engine import open_engine
from store.migrate import MIGRATIONS
from store.tables import Json, Moment, metadata


def apply(connection: Connection, migrations: Path = MIGRATIONS) -> None:
    """Apply what a database lacks; `store.migrate.upgrade` knows whether it lacks any."""
    command.upgrade(_config(connection, migrations), "head")


def differences(connection: Connection, tables: MetaData = metadata) -> list[Any]:
    """What the tables in code have that the database lacks, and the other way round; empty when they agree."""
    return list(compare_metadata(MigrationContext.configure(connection), tables))


def write_revision(database_url: str, message: str, revision: str, migrations: Path = MIGRATIONS) -> Path:
    """Write the revision that leads from the schema of a database to the tables in code.

    `revision` is its id and the beginning of its file name: `0001`, `0002`, in order.
    """
    engine = open_engine(database_url)
    try:
        with engine.begin() as connection:
            config = _config(connection, migrations)
            script = command.revision(config, message=message, autogenerate=True, rev_id=revision)
    finally:
        engine.dispose()
    if script is None or isinstance(script, list):
        raise RuntimeError(f"Expected one revision for {message!r}, but Alembic wrote {script!r}")
    return Path(script.path)


def render_item(kind: str, item: Any, context: Any) -> str | Literal[False]:
    """How our column types stand in a revision: as what the database sees, so that no revision needs code of ours."""
    if kind == "type" and isinstance(item, Json):
        return "sa.Text()"
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    return False


def _config(connection: Connection, migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
