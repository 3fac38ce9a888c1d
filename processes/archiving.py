"""Packing what ended instances leave behind, so that an archive of years stays small (ADR 11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import Connection, delete, exists, select, update

from processes.history import Happened, packed, written_out
from store.jobs import OPEN
from store.tables import NOT_ARCHIVED, attempt, definition, history, incident, instance, job, subscription, task
from store.unit_of_work import UnitOfWork

ARCHIVED_AFTER = timedelta(days=2)  # until then operators find the rows of an ended instance as it left them
_LOT = 100  # instances whose history is in memory at a time


def archive_ended(work: UnitOfWork, *, before: datetime, most: int) -> int:
    """Pack instances that ended before a moment and for which no job has anything left to do; tells how many.

    The history and the last state become one value. Closed subscriptions and the jobs that went well are forgotten:
    history tells what they did. Jobs with failed attempts or incidents stay, and so do the tasks of people, without
    what only an open one needs.
    """
    busy = exists().where((job.c.instance_id == instance.c.id) & job.c.state.in_(OPEN))
    ended = select(instance.c.id).where(NOT_ARCHIVED & (instance.c.ended_at < before) & ~busy)
    oldest = ended.order_by(instance.c.ended_at).limit(most).with_for_update(skip_locked=True)
    ids = list(work.connection.execute(oldest).scalars())
    for first in range(0, len(ids), _LOT):
        _archive(work.connection, ids[first : first + _LOT])
    return len(ids)


def _archive(connection: Connection, ids: Sequence[str]) -> None:
    kept_ids = set(connection.execute(select(task.c.id).where(task.c.instance_id.in_(ids))).scalars())
    of = select(instance.c.id, instance.c.definition_id, instance.c.state).where(instance.c.id.in_(ids))
    ended = {row.id: row for row in connection.execute(of)}
    events = select(history).where(history.c.instance_id.in_(ids)).order_by(history.c.instance_id, history.c.seq)
    patterns: dict[str, bytes] = {}
    for instance_id, rows in groupby(connection.execute(events), lambda row: row.instance_id):
        row = ended[instance_id]
        text = written_out((Happened.of(event) for event in rows), kept_ids, bytes(row.state))
        if row.definition_id not in patterns:
            patterns[row.definition_id] = _pattern(connection, row.definition_id, text)
        archive = packed(text, patterns[row.definition_id])
        connection.execute(update(instance).where(instance.c.id == instance_id).values(archive=archive, state=b""))
    troubled = exists().where(attempt.c.job_id == job.c.id) | exists().where(incident.c.job_id == job.c.id)
    connection.execute(delete(history).where(history.c.instance_id.in_(ids)))
    connection.execute(delete(subscription).where(subscription.c.instance_id.in_(ids)))
    connection.execute(delete(job).where(job.c.instance_id.in_(ids) & ~troubled))
    closed = update(task).where(task.c.instance_id.in_(ids))
    connection.execute(closed.values(candidate_groups="", form_sha256=None))


def _pattern(connection: Connection, definition_id: str, first: bytes) -> bytes:
    """What the histories of a definition are packed with: the first of them, once and for all."""
    version = definition.c.id == definition_id
    connection.execute(update(definition).where(version & definition.c.pattern.is_(None)).values(pattern=first))
    return bytes(connection.execute(select(definition.c.pattern).where(version)).scalar_one())
