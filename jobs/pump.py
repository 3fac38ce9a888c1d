"""The pump: claims due jobs and runs each in one transaction with its settlement (RELIABILITY.md 2.2, 2.4).

A job that runs here has database effects only: what it did, what it led to and its own end are one commit, so a
crash at any point leaves either all of it or none, and the lease brings it back.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Any, Protocol
from uuid import uuid4

import structlog
from sqlalchemy import Row, and_, insert, or_, select, update

from kernel.clock import Clock
from kernel.failpoints import failpoint
from store.tables import incident, job
from store.unit_of_work import Database, UnitOfWork
from store.writing import lock_instance

LEASE = timedelta(seconds=60)
POLL_S = 1.0
_LONGEST_ERROR = 4000

_log = structlog.get_logger("jobs")


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job this worker holds; its fence tells whether it still does."""

    id: str
    kind: str
    instance_id: str | None
    payload: Mapping[str, Any]
    clock: str  # business | system: which one its due moments are told by
    fence: int
    attempt: int
    max_attempts: int
    retry_seconds: int


class Runner(Protocol):
    """What a kind of job does, on the transaction that also settles it."""

    def __call__(self, work: UnitOfWork, claimed: ClaimedJob) -> None: ...


class Pump:
    """Runs what is due until there is nothing left."""

    def __init__(
        self, database: Database, runners: Mapping[str, Runner], *, business: Clock, system: Clock, owner: str = ""
    ) -> None:
        self._database = database
        self._runners = runners
        self._business = business
        self._system = system
        self._owner = owner or uuid4().hex

    def run_forever(self, stop: Event) -> None:
        """Drain, then wait for the next poll, until told to stop."""
        while not stop.is_set():
            try:
                self.drain()
            except Exception:  # noqa: BLE001 - the border of the background work; logged
                _log.exception("pump.failed")
            stop.wait(POLL_S)

    def drain(self, limit: int = 1000) -> int:
        """Run due jobs one after the other; returns how many were run."""
        self.reap()
        for done in range(limit):
            claimed = self._claim()
            if claimed is None:
                return done
            self._run(claimed)
        return limit

    def reap(self) -> None:
        """Give back the jobs of workers that are gone: a lost lease counts as an attempt, so a killer job ends."""
        now = self._system.now()
        lost = (job.c.state == "running") & (job.c.lease_until < now)
        with self._database.read() as connection:
            if connection.execute(select(job.c.id).where(lost).limit(1)).first() is None:
                return
        with self._database.write() as work:
            for row in work.connection.execute(select(job).where(lost).with_for_update(skip_locked=True)).all():
                self._fail(work, row.id, row.fence, row.attempt, row, "the worker was lost")

    # -- inside

    def _claim(self) -> ClaimedJob | None:
        due = or_(
            and_(job.c.clock == "business", job.c.due_at <= self._business.now()),
            and_(job.c.clock == "system", job.c.due_at <= self._system.now()),
        )
        query = select(job).where((job.c.state == "ready") & due).order_by(job.c.due_at, job.c.id).limit(1)
        with self._database.read() as connection:
            if connection.execute(query).first() is None:
                return None  # a look without a lock: an idle worker never makes writers wait
        with self._database.write() as work:
            row = work.connection.execute(query.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            values = {
                "state": "running",
                "attempt": row.attempt + 1,
                "fence": row.fence + 1,
                "lease_owner": self._owner,
                "lease_until": self._system.now() + LEASE,
            }
            work.connection.execute(update(job).where(job.c.id == row.id).values(values))
            failpoint("claim.before_commit")
        failpoint("claim.after_commit")
        return ClaimedJob(
            row.id,
            row.kind,
            row.instance_id,
            row.payload,
            row.clock,
            row.fence + 1,
            row.attempt + 1,
            row.max_attempts,
            row.retry_seconds,
        )

    def _run(self, claimed: ClaimedJob) -> None:
        try:
            with self._database.write() as work:
                # Commands lock their instance before its jobs; in the other order the two would wait for each other.
                if claimed.instance_id is not None:
                    lock_instance(work, claimed.instance_id)
                held = (job.c.id == claimed.id) & (job.c.state == "running") & (job.c.fence == claimed.fence)
                done = update(job).where(held).values(state="done", lease_until=None, error=None)
                if work.connection.execute(done).rowcount != 1:
                    return  # somebody else holds it by now, or it was cancelled
                self._runners[claimed.kind](work, claimed)
                failpoint("job.before_commit")
        except Exception as error:  # noqa: BLE001 - the border of a job; logged, retried, then an incident
            _log.exception("job.failed", job=claimed.id, kind=claimed.kind, attempt=claimed.attempt)
            with self._database.write() as work:
                self._fail(
                    work, claimed.id, claimed.fence, claimed.attempt, claimed, f"{type(error).__name__}: {error}"
                )

    def _fail(
        self, work: UnitOfWork, job_id: str, fence: int, attempt: int, limits: ClaimedJob | Row[Any], error: str
    ) -> None:
        held = (job.c.id == job_id) & (job.c.state == "running") & (job.c.fence == fence)
        values: dict[str, Any] = {"error": error[:_LONGEST_ERROR], "lease_until": None, "fence": fence + 1}
        if attempt < limits.max_attempts:
            values |= {"state": "ready", "due_at": self._later(limits)}
        else:
            values["state"] = "incident"
        changed = work.connection.execute(update(job).where(held).values(values)).rowcount
        if changed and values["state"] == "incident":
            row = {
                "id": str(uuid4()),
                "instance_id": limits.instance_id,
                "job_id": job_id,
                "element_id": str(limits.payload.get("path", limits.kind)).rsplit("/", 1)[-1],
                "message": error[:_LONGEST_ERROR],
                "status": "open",
                "opened_at": self._system.now(),
            }
            work.connection.execute(insert(incident).values(row))

    def _later(self, limits: ClaimedJob | Row[Any]) -> datetime:
        """When to try again, spread a little so that what failed together does not return together."""
        clock = self._business if limits.clock == "business" else self._system
        return clock.now() + timedelta(seconds=limits.retry_seconds * random.uniform(0.9, 1.1))  # noqa: S311
