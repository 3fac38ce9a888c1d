"""Brings a database to the schema of this code (STYLE.md 23)."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from store.engine import open_engine

MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 7_102_605  # PostgreSQL's advisory lock: several hosts may start at once


def upgrade(database_url: str, migrations: Path = MIGRATIONS) -> None:
    """Apply every revision that the database does not have yet; safe to repeat and to run on several hosts at once.

    A database that a newer release has brought further is left alone: its schema carries this release too (STYLE.md
    23), and a host that is not upgraded yet must be able to start again.
    """
    engine = open_engine(database_url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
            if _is_behind(connection, migrations):
                # Alembic stays in memory; most services start on a database that is up to date, and are spared it.
                from store.revisions import apply

                apply(connection, migrations)
    finally:
        engine.dispose()


def _is_behind(connection: Connection, migrations: Path) -> bool:
    """Whether a revision is to be applied: none is there yet, or the one that is there has followers.

    A revision stands in a file whose name begins with its id, and the ids stand in order (`store.revisions`).
    """
    if not inspect(connection).has_table("alembic_version"):
        return True
    current = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    known = sorted(path.name.partition("_")[0] for path in (migrations / "versions").glob("[0-9]*.py"))
    return current is None or current in known[:-1]
