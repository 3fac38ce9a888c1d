"""Jobs that operators take into their hands: run now, tried so often, due at another moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from jobs.claims import LANES
from jobs.pump import Pump
from kernel.actors import Actor
from kernel.clock import Clock
from kernel.errors import NotFound, Reason, StateConflict
from processes.incidents import Incidents
from processes.retries import set_retries
from store.tables import job
from store.unit_of_work import Database, UnitOfWork
from store.writing import lock_instance

_OPEN = ("ready", "running", "incident")


class JobsByHand:
    """Each waits for nobody: what a worker is at is left to it."""

    def __init__(self, database: Database, pump: Pump, incidents: Incidents, *, business: Clock, system: Clock) -> None:
        self._database = database
        self._pump = pump
        self._incidents = incidents
        self._business = business
        self._system = system

    def execute(self, job_id: str, *, by: Actor) -> None:
        """Run a job now, whenever it is due, as a worker would.

        Raises:
            NotFound: there is no such job.
            StateConflict: a worker is at it; its effect may have happened; or it failed, which is noted as its attempt.
        """
        with self._database.read() as connection:
            row = connection.execute(_open_job(job_id)).first()
        if row is None:
            raise _unknown(job_id)
        if row.state == "incident":
            self._incidents.retry(job_id, by=by)
        claimed = self._pump.claim_one(job_id)
        if claimed is None:
            raise _at_work(job_id)
        self._pump.run(claimed)
        with self._database.read() as connection:
            left = connection.execute(_open_job(job_id)).first()
        if left is not None:
            told = left.error or "its instance is suspended, or others were faster"
            raise StateConflict(Reason("STATE_CONFLICT"), detail=f"job {job_id} is not done: {told}")

    def set_retries(self, job_id: str, retries: int, *, by: Actor) -> None:
        """Let a job be tried so often from now on; with some retries its incident is over, with none there is one.

        Raises:
            NotFound: there is no such job.
            StateConflict: a worker is at it, or its effect may have happened.
        """
        with self._database.write() as work:
            set_retries(work, self._held(work, job_id), retries, by=by, at=self._system.now())

    def set_due(self, job_id: str, due_at: datetime | None) -> None:
        """Let a job be due at another moment of its clock, at once when none is given.

        Raises:
            NotFound: there is no such job.
            StateConflict: a worker is at it.
        """
        with self._database.write() as work:
            row = self._held(work, job_id)
            clock = self._business if row.clock == "business" else self._system
            work.connection.execute(update(job).where(job.c.id == row.id).values(due_at=due_at or clock.now()))
            work.ring_after_commit()

    def _held(self, work: UnitOfWork, job_id: str) -> Row[Any]:
        """The job, held, in the order of all commands: its instance first."""
        owner = work.connection.execute(select(job.c.instance_id).where(job.c.id == job_id)).scalar()
        if owner is not None:
            lock_instance(work, owner)
        row = work.connection.execute(_open_job(job_id).with_for_update()).first()
        if row is None:
            raise _unknown(job_id)
        if row.state == "running":
            raise _at_work(job_id)
        return row


def _open_job(job_id: str) -> Any:
    return select(job).where((job.c.id == job_id) & job.c.lane.in_(LANES) & job.c.state.in_(_OPEN))


def _unknown(job_id: str) -> NotFound:
    return NotFound(detail=f"Job with id {job_id} does not exist")


def _at_work(job_id: str) -> StateConflict:
    return StateConflict(Reason("STATE_CONFLICT"), detail=f"Expected job {job_id} to wait, but a worker is at it")
