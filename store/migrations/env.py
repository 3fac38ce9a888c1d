"""Alembic's entry: runs the revisions on the connection that `store.revisions` hands over."""

from __future__ import annotations

from alembic import context

from store.revisions import render_item
from store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=render_item,
    # SQLite's schema changes are transactional too, because our engine opens the transactions itself.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
