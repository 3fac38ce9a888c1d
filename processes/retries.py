"""How often a job or external task may be tried: set by operators, and what an incident has to do with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, insert, select, update

from kernel.actors import Actor
from kernel.errors import Reason, StateConflict
from store.tables import incident, job
from store.unit_of_work import UnitOfWork


def set_retries(work: UnitOfWork, row: Row[Any], retries: int, *, by: Actor, at: datetime) -> None:
    """Let a held job be tried so often from now on; with some retries its incident is over, with none there is one.

    Raises:
        StateConflict: it must be decided first whether its effect has happened.
    """
    if not retries:
        open_incident(work, row, row.error or "no retries are left", at)
    elif row.state == "incident":
        unsolved = (incident.c.job_id == row.id) & (incident.c.status == "open")
        if work.connection.execute(select(incident.c.kind).where(unsolved)).scalar() == "outcome_unknown":
            raise StateConflict(Reason("STATE_CONFLICT"), detail=f"job {row.id} may have had its effect")
        resolved = {"status": "resolved", "resolution": "retried", "resolved_by": by.id, "resolved_at": at}
        work.connection.execute(update(incident).where(unsolved).values(resolved))
    changed = {
        "state": "ready" if retries else "incident",
        "max_attempts": row.attempt + retries,
        "error": row.error or "",  # from now on the number of retries is known
        "fence": row.fence + 1,
    }
    work.connection.execute(update(job).where(job.c.id == row.id).values(changed))
    work.ring_after_commit()


def open_incident(work: UnitOfWork, row: Row[Any], message: str, at: datetime) -> None:
    """Have operators see that a held job cannot go on, unless they do already."""
    if row.state == "incident":
        return
    opened = {
        "id": str(uuid4()),
        "instance_id": row.instance_id,
        "job_id": row.id,
        "kind": "failed",
        "element_id": row.element_id or row.kind,
        "message": message,
        "status": "open",
        "opened_at": at,
    }
    work.connection.execute(insert(incident).values(opened))
