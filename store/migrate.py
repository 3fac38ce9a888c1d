"""Brings a database to the schema of this code (STYLE.md 23), and writes the revisions that do so."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from store.engine import open_engine
from store.tables import Json, Moment, metadata

MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 7_102_605  # PostgreSQL's advisory lock: several hosts may start at once


def upgrade(database_url: str) -> None:
    """Apply every revision that the database does not have yet; safe to repeat and to run on several hosts at once.

    A database that a newer release has brought further is left alone: its schema carries this release too (STYLE.md
    23), and a host that is not upgraded yet must be able to start again.
    """
    engine = open_engine(database_url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
            config = _config(connection)
            if not _is_newer(connection, config):
                command.upgrade(config, "head")
    finally:
        engine.dispose()


def differences(connection: Connection, tables: MetaData = metadata) -> list[Any]:
    """What the tables in code have that the database lacks, and the other way round; empty when they agree."""
    return list(compare_metadata(MigrationContext.configure(connection), tables))


def write_revision(database_url: str, message: str, revision: str) -> Path:
    """Write the revision that leads from the schema of a database to the tables in code.

    `revision` is its id and the beginning of its file name: `0001`, `0002`, in order.
    """
    engine = open_engine(database_url)
    try:
        with engine.begin() as connection:
            script = command.revision(_config(connection), message=message, autogenerate=True, rev_id=revision)
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


def _is_newer(connection: Connection, config: Config) -> bool:
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    return current is not None and current not in known


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
