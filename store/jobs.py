"""Job rows: the outbox of every command. Adding and cancelling here; claiming and running in `jobs/`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import update

from store.tables import job
from store.unit_of_work import UnitOfWork
from store.writing import insert_once


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
        max_attempts: int = 3,
        retry_seconds: int = 600,
    ) -> None:
        """Add a job unless one with the same `key` exists: a repeated command adds nothing."""
        self._work.ring_after_commit()
        insert_once(
            self._work,
            job,
            {
                "id": str(uuid4()),
                "instance_id": instance_id,
                "kind": kind,
                "dedupe_key": key,
                "state": "ready",
                "clock": clock,
                "due_at": due_at,
                "attempt": 0,
                "max_attempts": max_attempts,
                "retry_seconds": retry_seconds,
                "fence": 0,
                "payload": payload,
                "created_at": created_at,
            },
        )

    def cancel(self, keys: Iterable[str]) -> None:
        """Cancel the jobs with these keys that have not ended; a running one loses its fence."""
        wanted = list(keys)
        if wanted:
            open_job = job.c.dedupe_key.in_(wanted) & job.c.state.in_(("ready", "running", "incident"))
            self._work.connection.execute(update(job).where(open_job).values(state="cancelled", fence=job.c.fence + 1))
