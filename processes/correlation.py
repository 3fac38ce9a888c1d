"""Messages between instances and from elsewhere: kept until somebody waits, consumed once (RELIABILITY.md 2.7).

A message is a row first. Whoever takes it holds the lock of its name and key: the job that looks for a waiting
instance, and the command in which an instance begins to wait. So none falls between, and the locks are always taken in
one order: instance, then key. Signals are told to everyone who waits at the moment they are thrown.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, insert, or_, select, update

from processes.model import EmittedKind
from store.jobs import Jobs
from store.statements import Question, Statement
from store.tables import instance, sent_message, subscription
from store.unit_of_work import UnitOfWork
from store.writing import turns

LIFETIME = timedelta(days=30)
_KEYS = 1 << 40  # the locks of keys lie beyond those that have numbers of their own


Address: TypeAlias = tuple[str, str]
"""Where a message goes: its name and correlation key."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message that was sent: its id, and whether it had been sent before."""

    id: str
    is_new: bool


def send(
    work: UnitOfWork,
    *,
    name: str,
    key: str,
    payload: Mapping[str, Any],
    source: str,
    source_id: str,
    at: datetime,
    due_at: datetime,
    lifetime: timedelta = LIFETIME,
) -> Sent:
    """Keep a message and leave the job that delivers it; the same `source_id` of a source again changes nothing.

    `at` is system time and begins the `lifetime`, `due_at` business time as of all jobs of the engine.
    """
    known = (sent_message.c.source == source) & (sent_message.c.source_id == source_id)
    found = work.connection.execute(select(sent_message.c.id).where(known)).scalar()
    if found is not None:
        return Sent(found, is_new=False)
    message_id = str(uuid4())
    row = {
        "id": message_id,
        "source": source,
        "source_id": source_id,
        "name": name,
        "correlation_key": key,
        "payload": dict(payload),
        "status": "buffered",
        "created_at": at,
        "expires_at": at + lifetime,
    }
    work.connection.execute(insert(sent_message).values(row))
    Jobs(work).add(
        "message",
        key=f"message:{message_id}",
        payload={"message_id": message_id},
        due_at=due_at,
        created_at=at,
        retry_seconds=5,
    )
    return Sent(message_id, is_new=True)


def address_of(connection: Connection, message_id: str) -> Address:
    """The name and key of a message."""
    query = select(sent_message.c.name, sent_message.c.correlation_key).where(sent_message.c.id == message_id)
    row = connection.execute(query).one()
    return row.name, row.correlation_key


def waiting_for(connection: Connection, name: str, key: str) -> tuple[str, str] | None:
    """The instance and its oldest subscription that wait for a message, in a suspended one only when there is no
    other; none when nobody does."""
    waits = (
        (subscription.c.kind == "message")
        & (subscription.c.name == name)
        & (subscription.c.correlation_key == key)
        & (subscription.c.status == "open")
    )
    query = (
        select(subscription.c.instance_id, subscription.c.id)
        .join(instance, instance.c.id == subscription.c.instance_id)
        .where(waits)
    )
    oldest = (instance.c.status == "suspended", subscription.c.opened_at, subscription.c.id)
    row = connection.execute(query.order_by(*oldest).limit(1)).first()
    return None if row is None else (row.instance_id, row.id)


def take_buffered(
    work: UnitOfWork, addresses: Sequence[Address], instance_id: str, at: datetime
) -> tuple[Address, Mapping[str, Any]] | None:
    """The oldest message that nobody has consumed, for an instance that begins to wait at these addresses."""
    values = {f"{part}_{place}": each[part] for place, each in enumerate(addresses) for part in (0, 1)}
    question = _oldest_of(len(addresses))(at=at, **values)
    *_, found = work.ask(*locks(work, addresses), question)
    if not found:
        return None
    consume(work, found[0].id, instance_id)
    return (found[0].name, found[0].correlation_key), found[0].payload


def buffered(work: UnitOfWork, message_id: str, at: datetime) -> Row[Any] | None:
    """A message that is still to be consumed, its name and key locked; none when it was, or has expired."""
    work.ask(*locks(work, [address_of(work.connection, message_id)]))
    return work.connection.execute(
        select(sent_message).where((sent_message.c.id == message_id) & _is_buffered(at))
    ).one_or_none()


def locks(work: UnitOfWork, addresses: Sequence[Address]) -> tuple[Question, ...]:
    """What to ask to let nobody else send to or wait at these addresses until the command ends."""
    return turns(work, *(_KEYS + zlib.crc32(f"{name}\x1f{key}".encode()) for name, key in addresses))


@lru_cache
def _oldest_of(many: int) -> Statement:
    """Asks for the oldest message that is buffered for one of so many addresses."""
    columns = sent_message.c
    at_one = or_(
        *(
            (columns.name == bindparam(f"0_{place}")) & (columns.correlation_key == bindparam(f"1_{place}"))
            for place in range(many)
        )
    )
    query = select(columns.id, columns.name, columns.correlation_key, columns.payload)
    query = query.where(at_one & _is_buffered(bindparam("at")))
    return Statement(query.order_by(columns.created_at, columns.id).limit(1))


def consume(work: UnitOfWork, message_id: str, instance_id: str) -> None:
    values = {"status": "consumed", "instance_id": instance_id}
    work.connection.execute(update(sent_message).where(sent_message.c.id == message_id).values(values))


def all_waiting(
    connection: Connection, kind: EmittedKind, name: str, among: ColumnElement[bool], most: int
) -> Sequence[Row[Any]]:
    """The subscriptions that wait for a message or signal in instances that go on and meet the condition `among`."""
    query: Select[Any] = (
        select(
            subscription.c.id,
            subscription.c.instance_id,
            instance.c.definition_id,
            instance.c.business_key,
        )
        .join(instance, instance.c.id == subscription.c.instance_id)
        .where(_waits(kind, name) & among)
    )
    return connection.execute(query.order_by(subscription.c.instance_id, subscription.c.id).limit(most)).all()


def tell_signal(
    work: UnitOfWork,
    name: str,
    besides: str | None,
    at: datetime,
    payload: Mapping[str, Any],
    among: ColumnElement[bool],
) -> None:
    """Leave a job for each subscription of another instance that waits for a signal now."""
    query = select(subscription.c.id, subscription.c.instance_id).join(
        instance, instance.c.id == subscription.c.instance_id
    )
    others = subscription.c.instance_id != (besides or "")
    told = work.connection.execute(query.where(_waits("signal", name) & others & among)).all()
    jobs = Jobs(work)
    for row in told:
        occurrence = uuid4().hex  # a subscription that does not interrupt is told each time
        jobs.add(
            "signal",
            key=f"{row.instance_id}:{row.id}:signal:{occurrence}",
            payload={"subscription_id": row.id, "payload": dict(payload)},
            due_at=at,
            created_at=at,
            instance_id=row.instance_id,
            retry_seconds=5,
        )


def tell_start(
    work: UnitOfWork, definition_id: str, element_id: str, at: datetime, variables: Mapping[str, Any]
) -> None:
    """Leave the job that starts an instance at a start event that a signal has reached."""
    occurrence = uuid4().hex
    Jobs(work).add(
        "start",
        key=f"start:{occurrence}",
        payload={
            "definition_id": definition_id,
            "element_id": element_id,
            "key": occurrence,
            "variables": dict(variables),
        },
        due_at=at,
        created_at=at,
        retry_seconds=5,
    )


def _waits(kind: EmittedKind, name: str) -> ColumnElement[bool]:
    is_of = (subscription.c.kind == kind) & (subscription.c.name == name)
    return is_of & (subscription.c.status == "open") & (instance.c.status == "active")


def _is_buffered(at: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    return (sent_message.c.status == "buffered") & (sent_message.c.expires_at > at)
