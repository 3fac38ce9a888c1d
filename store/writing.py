"""Writing that both databases do alike: insert once, and the idempotency row of a command."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Table, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from kernel.errors import InvalidInput, Reason
from store.tables import command
from store.unit_of_work import UnitOfWork


def insert_once(work: UnitOfWork, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless one with the same key stands already; tells whether it was inserted."""
    dialect = postgresql if work.is_postgresql else sqlite
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing().returning(literal(1))
    return work.connection.execute(statement).first() is not None


class CommandOnce:
    """A command of a client, done once however often it is sent (RELIABILITY.md 2.3).

    Raises:
        InvalidInput: the id was used for another request before.
    """

    def __init__(self, work: UnitOfWork, command_id: str, *, actor: str, request: Any, at: datetime) -> None:
        self._work = work
        self._id = command_id
        digest = hashlib.sha256(orjson.dumps([actor, request], option=orjson.OPT_SORT_KEYS)).hexdigest()
        row = {"id": command_id, "actor": actor, "request_sha256": digest, "created_at": at}
        self.is_new = insert_once(work, command, row)
        self.response: Any = None
        if not self.is_new:
            query = select(command.c.request_sha256, command.c.response).where(command.c.id == command_id)
            stored = work.connection.execute(query).one()
            if stored.request_sha256 != digest:
                raise InvalidInput(Reason("COMMAND_REUSED"), detail=f"command {command_id} came with another request")
            self.response = stored.response

    def answer(self, response: Any) -> None:
        """Keep the answer for a repetition of the command."""
        self._work.connection.execute(update(command).where(command.c.id == self._id).values(response=response))
