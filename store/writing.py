"""Writing that both databases do alike: insert once, the idempotency row of a command, and the locks of commands."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import Connection, Row, ScalarSelect, Table, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from kernel.errors import InvalidInput, NotAllowed, Reason
from kernel.failpoints import failpoint
from store.tables import account, command, instance
from store.unit_of_work import UnitOfWork

DEPLOYMENT = 7_102_606  # what `one_at_a_time` is asked for: any number that nothing else uses


def insert_once(work: UnitOfWork, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless one with the same key stands already; tells whether it was inserted."""
    dialect = postgresql if work.is_postgresql else sqlite
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing().returning(literal(1))
    return work.connection.execute(statement).first() is not None


def lock_instance(work: UnitOfWork, instance_id: str | ScalarSelect[str]) -> Row[Any] | None:
    """The row of an instance, held until the command ends; none when there is no such instance.

    Every command takes this lock before it changes anything that hangs on an instance: its application, tasks and
    jobs. In another order two commands would wait for each other. New rows may still point to a held instance.
    """
    query = select(instance).where(instance.c.id == instance_id).with_for_update(key_share=True)
    return work.connection.execute(query).one_or_none()


def one_at_a_time(work: UnitOfWork, what: int) -> None:
    """Wait until no other command does this, and keep others from it until this one ends."""
    if work.is_postgresql:  # on SQLite a command that writes is alone anyway
        work.connection.execute(select(func.pg_advisory_xact_lock(what)))


def is_answered(connection: Connection, command_id: str, *, actor: str, request: Any) -> bool:
    """Whether this command was carried out before.

    Raises:
        InvalidInput: the id was used for another request.
    """
    query = select(command.c.request_sha256).where(command.c.id == command_id)
    stored = connection.execute(query).scalar()
    if stored is not None:
        _refuse_other_request(command_id, stored, _digest(actor, request))
    return stored is not None


class CommandOnce:
    """A command of a client, done once however often it is sent (RELIABILITY.md 2.3).

    A command without an id is done each time it is sent.

    Raises:
        InvalidInput: the id was used for another request before.
        NotAllowed: the account of the actor was disabled since the request began.
    """

    def __init__(self, work: UnitOfWork, command_id: str, *, actor: str, request: Any, at: datetime) -> None:
        self._work = work
        command_id = command_id or uuid4().hex
        self._id = command_id
        digest = _digest(actor, request)
        row = {"id": command_id, "actor": actor, "request_sha256": digest, "created_at": at}
        self.is_new = insert_once(work, command, row)
        failpoint("command.noted")
        _refuse_disabled(work, actor)
        self.response: Any = None
        if not self.is_new:
            query = select(command.c.request_sha256, command.c.response).where(command.c.id == command_id)
            stored = work.connection.execute(query).one()
            _refuse_other_request(command_id, stored.request_sha256, digest)
            self.response = stored.response

    def answer(self, response: Any) -> None:
        """Keep the answer for a repetition of the command."""
        self._work.connection.execute(update(command).where(command.c.id == self._id).values(response=response))


def _refuse_disabled(work: UnitOfWork, actor: str) -> None:
    """Whichever commits first decides: who disables an account waits for the commands it is at (RELIABILITY.md 3)."""
    held = select(account.c.disabled).where(account.c.id == actor).with_for_update(read=True)
    if work.connection.execute(held).scalar():
        raise NotAllowed(detail=f"account {actor} is disabled")


def _digest(actor: str, request: Any) -> str:
    return hashlib.sha256(orjson.dumps([actor, request], option=orjson.OPT_SORT_KEYS)).hexdigest()


def _refuse_other_request(command_id: str, stored: str, digest: str) -> None:
    if stored != digest:
        raise InvalidInput(Reason("COMMAND_REUSED"), detail=f"command {command_id} came with another request")
