"""Job rows: the outbox of every command. Adding and cancelling here; claiming and running in `jobs/`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.dialects import postgresql

from store.statements import Statement
from store.tables import incident, job
from store.unit_of_work import UnitOfWork

Lane = Literal["inside", "outside", "external"]
"""Who runs a job: the pump in the transaction that settles it, the pump outside of any transaction because it has
effects elsewhere or takes long, or a worker of somebody else over the interface."""
OPEN = ("ready", "running", "incident", "held")
ADVANCING = ("timer", "service", "signal")  # the kinds of jobs that move an instance

_COLUMNS = (
    "id", "instance_id", "kind", "lane", "topic", "element_id", "priority", "dedupe_key", "state", "clock", "due_at",
    "attempt", "max_attempts", "retry_seconds", "growth", "fence", "payload", "created_at",
)  # fmt: skip
_ADD = Statement(postgresql.insert(job).on_conflict_do_nothing(), _COLUMNS)
_CANCEL = Statement(
    update(job)
    .where(job.c.dedupe_key == bindparam("key"), or_(*(job.c.state == state for state in OPEN)))
    .values(state="cancelled", fence=job.c.fence + 1, lease_until=None)
)
_OVERTAKE = Statement(
    update(incident)
    .where(
        incident.c.job_id == select(job.c.id).where(job.c.dedupe_key == bindparam("key")).scalar_subquery(),
        incident.c.status == "open",
    )
    .values(status="resolved", resolution="overtaken", resolved_at=bindparam("at"), resolved_by="system")
)


class Jobs:
    """The jobs that a command leaves behind."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def add(
        self,
        kind: str,
        *,
        key: str,
        payload: dict[str, Any],
        due_at: datetime,
        created_at: datetime,
        clock: Literal["business", "system"] = "business",
        instance_id: str | None = None,
        lane: Lane = "inside",
        topic: str | None = None,
        element_id: str | None = None,
        priority: int = 0,
        max_attempts: int = 5,
        retry_seconds: int = 30,
        growth: int = 2,
    ) -> None:
        """Add a job unless one with the same `key` exists: a repeated command adds nothing.

        It is tried `max_attempts` times, first `retry_seconds` apart and then each pause `growth` times the one before.
        """
        self._work.ring_after_commit()
        self._work.write(
            _ADD,
            {
                "id": str(uuid4()),
                "instance_id": instance_id,
                "kind": kind,
                "lane": lane,
                "topic": topic,
                "element_id": element_id,
                "priority": priority,
                "dedupe_key": key,
                "state": "ready",
                "clock": clock,
                "due_at": due_at,
                "attempt": 0,
                "max_attempts": max_attempts,
                "retry_seconds": retry_seconds,
                "growth": growth,
                "fence": 0,
                "payload": payload,
                "created_at": created_at,
            },
        )

    def cancel(self, keys: Iterable[str], *, at: datetime) -> None:
        """Cancel the jobs with these keys that have not ended; a running one loses its fence.

        An incident of such a job is over with it: nothing is left to decide.
        """
        wanted = sorted(keys)
        self._work.write(_CANCEL, *({"key": key} for key in wanted))
        self._work.write(_OVERTAKE, *({"key": key, "at": at} for key in wanted))

    def hold(self, instance_id: str) -> None:
        """Let no worker of ours take the jobs that move a suspended instance; each keeps its due date.

        What other systems work on is not given to them while the instance is suspended.
        """
        moving = (job.c.instance_id == instance_id) & job.c.kind.in_(ADVANCING) & (job.c.lane != "external")
        self._work.connection.execute(update(job).where(moving & (job.c.state == "ready")).values(state="held"))

    def let_go(self, instance_id: str) -> None:
        """Let the held jobs of an instance run again, those that fell due meanwhile at once."""
        held = (job.c.instance_id == instance_id) & (job.c.state == "held")
        self._work.connection.execute(update(job).where(held).values(state="ready"))
        self._work.ring_after_commit()
