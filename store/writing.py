"""Writing that both databases do alike: insert once, the idempotency row of a command, and the locks of commands."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Table,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from kernel.errors import InvalidInput, NotAllowed, Reason
from kernel.failpoints import failpoint
from store.statements import Question, Record, Statement
from store.tables import account, command, instance
from store.unit_of_work import UnitOfWork

DEPLOYMENT = 7_102_606  # what `one_at_a_time` is asked for: any number that nothing else uses

_ACTOR: ColumnElement[str] = literal_column("command.actor")  # of the row around it, also in a RETURNING
_IS_DISABLED = select(account.c.disabled).where(account.c.id == _ACTOR)
# Whichever commits first decides: who disables an account waits for the commands it is at (RELIABILITY.md 3).
_NOTE = Statement(
    postgresql.insert(command)
    .on_conflict_do_nothing()
    .returning(_IS_DISABLED.with_for_update(read=True).scalar_subquery()),
    ("id", "actor", "request_sha256", "created_at"),
)
_NOTED = Statement(
    select(command.c.request_sha256, command.c.response, _IS_DISABLED.scalar_subquery().label("is_disabled")).where(
        command.c.id == bindparam("id")
    )
)
_ANSWER = Statement(update(command).where(command.c.id == bindparam("of")).values(response=bindparam("response")))


def insert_once(work: UnitOfWork, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless one with the same key stands already; tells whether it was inserted."""
    dialect = postgresql if work.is_postgresql else sqlite
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing().returning(literal(1))
    return work.connection.execute(statement).first() is not None


def locking(instance_id: ColumnElement[str]) -> Statement:
    """Asks for the row of an instance that is named this way, and holds it as `lock_instance` does."""
    return Statement(select(instance).where(instance.c.id == instance_id).with_for_update(key_share=True))


_INSTANCE = locking(bindparam("id"))


def lock_instance(work: UnitOfWork, instance_id: str) -> Record | None:
    """The row of an instance, held until the command ends; none when there is no such instance.

    Every command takes this lock before it changes anything that hangs on an instance: its application, tasks and
    jobs. In another order two commands would wait for each other. New rows may still point to a held instance.
    """
    (found,) = work.ask(_INSTANCE(id=instance_id))
    return found[0] if found else None


def one_at_a_time(work: UnitOfWork, what: int) -> None:
    """Wait until no other command does this, and keep others from it until this one ends."""
    work.ask(*turns(work, what))


def turns(work: UnitOfWork, *what: int) -> tuple[Question, ...]:
    """What to ask to be the only command that does any of this; in one order, so that no two wait for each other."""
    if not work.is_postgresql:  # on SQLite a command that writes is alone anyway
        return ()
    return (_turns(len(what))(**{f"turn_{place}": each for place, each in enumerate(sorted(what))}),)


@lru_cache
def _turns(many: int) -> Statement:
    locks = (func.pg_advisory_xact_lock(bindparam(f"turn_{place}", type_=BigInteger)) for place in range(many))
    return Statement(select(*(lock.label(f"turn_{place}") for place, lock in enumerate(locks))))


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

    A command without an id is done each time it is sent. What it asks `next` goes out together with the first
    questions here; the answers wait in the unit of work.

    Raises:
        InvalidInput: the id was used for another request before.
        NotAllowed: the account of the actor was disabled since the request began.
    """

    def __init__(
        self,
        work: UnitOfWork,
        command_id: str,
        *,
        actor: str,
        request: Any,
        at: datetime,
        next: Sequence[Question] = (),
    ) -> None:
        self._work = work
        self._id = command_id or uuid4().hex
        digest = _digest(actor, request)
        note = _NOTE(id=self._id, actor=actor, request_sha256=digest, created_at=at)
        work.ask_ahead(note, *next)
        (inserted,) = work.ask(note)
        self.is_new = bool(inserted)
        failpoint("command.noted")
        if self.is_new:
            ((is_disabled,),) = inserted
            self.response: Any = None
        else:
            ((stored,),) = work.ask(_NOTED(id=self._id))
            is_disabled, self.response = stored.is_disabled, stored.response
            _refuse_other_request(self._id, stored.request_sha256, digest)
        if is_disabled:
            raise NotAllowed(detail=f"account {actor} is disabled")

    def answer(self, response: Any) -> None:
        """Keep the answer for a repetition of the command."""
        self._work.write(_ANSWER, {"of": self._id, "response": response})


def _digest(actor: str, request: Any) -> str:
    return hashlib.sha256(orjson.dumps([actor, request], option=orjson.OPT_SORT_KEYS)).hexdigest()


def _refuse_other_request(command_id: str, stored: str, digest: str) -> None:
    if stored != digest:
        raise InvalidInput(Reason("COMMAND_REUSED"), detail=f"command {command_id} came with another request")
