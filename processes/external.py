"""Service tasks that other systems do: what their workers say came of them, and what operators decide.

Such a task is a job of the lane `external`. It stays `ready` while a worker has it: `lease_owner` and `lease_until`
are the lock. A worker that is gone loses its task to the next one that fetches (`fetching.py`); until then it may
still finish late, as the clients of Camunda expect. A task that failed for good is an incident of an operator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from kernel.actors import Actor
from kernel.clock import Clock
from kernel.errors import Fault, InvalidInput, NotFound, Reason, StateConflict
from kernel.failpoints import failpoint
from processes.advancing import refuse_suspended, run_command
from processes.faults import EngineFault
from processes.fetching import OPEN, lock_by
from processes.ports import Answer
from processes.retries import open_incident, set_retries
from processes.runtime import Processes
from store.tables import attempt, job
from store.unit_of_work import Database, UnitOfWork
from store.writing import lock_instance

_LONGEST_MESSAGE = 4000
_LONGEST_DETAILS = 8000


class ExternalTasks:
    """What workers of other systems do, and what operators decide about their tasks."""

    def __init__(self, database: Database, processes: Processes, system: Clock) -> None:
        self._database = database
        self._processes = processes
        self._clock = system

    # -- what came of it

    def complete(self, task_id: str, worker: str, outputs: Mapping[str, Any], *, by: Actor) -> None:
        """Take in what a worker has done: its outputs become variables, and the instance goes on.

        Raises:
            NotFound: there is no such task, or it was completed or cancelled before.
            InvalidInput: another worker has it.
            StateConflict: the instance is suspended; or its diagram cannot go on, which is an incident now.
        """
        self._settle(task_id, worker, "completed", Answer(outputs), by)

    def throw_error(self, task_id: str, worker: str, code: str, data: Mapping[str, Any], *, by: Actor) -> None:
        """Let a task end in a business outcome that the diagram draws as an error event.

        Raises: as `complete`; StateConflict also when the diagram draws no such event, which is an incident now.
        """
        self._settle(task_id, worker, "ended by an error", Answer(data, code), by)

    def fail(
        self, task_id: str, worker: str, *, message: str, details: str, retries: int, retry_after: timedelta
    ) -> None:
        """Note a failed attempt: the task can be fetched again after a pause, or without retries left becomes an
        incident.

        Raises:
            NotFound: there is no such task.
            InvalidInput: another worker has it.
        """
        with self._database.write() as work:
            row = self._held(work, task_id, worker, "marked as failed")
            self._end_attempt(work, row, message, details, retries=retries, again_at=self._clock.now() + retry_after)

    # -- locks

    def lock(self, task_id: str, worker: str, duration: timedelta) -> None:
        """Give one task to a worker.

        Raises:
            NotFound: there is no such task.
            InvalidInput: another worker has it.
        """
        now = self._clock.now()
        with self._database.write() as work:
            row = self._locked_row(work, task_id)
            if row.lease_owner not in (None, worker) and row.lease_until is not None and row.lease_until > now:
                raise _wrong_worker(row, worker, "locked")
            self._refuse_incident(row, worker, "locked")
            work.connection.execute(update(job).where(job.c.id == row.id).values(lock_by(worker, now + duration, now)))

    def extend(self, task_id: str, worker: str, duration: timedelta) -> None:
        """Let the lock of a worker's task end so long after now.

        Raises: as `fail`.
        """
        with self._database.write() as work:
            row = self._held(work, task_id, worker, "extended the lock of")
            longer = {"lease_until": self._clock.now() + duration}
            work.connection.execute(update(job).where(job.c.id == row.id).values(longer))

    def unlock(self, task_id: str) -> None:
        """Take a task from its worker, for anybody to fetch.

        Raises:
            NotFound: there is no such task.
        """
        with self._database.write() as work:
            row = self._locked_row(work, task_id)
            free = {"lease_owner": None, "lease_until": None, "fence": row.fence + 1}
            work.connection.execute(update(job).where(job.c.id == row.id).values(free))

    # -- what operators decide

    def set_retries(self, task_ids: Sequence[str], retries: int, *, by: Actor) -> None:
        """Say how often tasks may be tried from now on; with some an incident is over, with none there is one.

        Raises:
            NotFound: one of the tasks is not there; then nothing is changed.
        """
        with self._database.write() as work:
            for task_id in task_ids:
                row = self._locked_row(work, task_id, with_instance=True)
                set_retries(work, row, retries, by=by, at=self._clock.now())

    def set_priority(self, task_id: str, priority: int) -> None:
        """
        Raises:
            NotFound: there is no such task.
        """
        with self._database.write() as work:
            row = self._locked_row(work, task_id)
            work.connection.execute(update(job).where(job.c.id == row.id).values(priority=priority))

    # -- inside

    def _settle(self, task_id: str, worker: str, doing: str, answer: Answer, by: Actor) -> None:
        def once(deferred: frozenset[str]) -> None:
            with self._database.write() as work:
                row = self._held(work, task_id, worker, doing, with_instance=True)
                ended = {"state": "done", "lease_until": None, "error": None, "ended_at": self._clock.now()}
                work.connection.execute(update(job).where(job.c.id == row.id).values(**ended, fence=row.fence + 1))
                waiting = row.payload["task_id"]
                if not self._processes.settle_service(work, row.instance_id, waiting, answer, deferred, by):
                    raise _unknown(task_id)
                failpoint("external.before_commit")

        try:
            run_command(once)
        except EngineFault as fault:
            self._give_up(task_id, worker, fault)
            raise StateConflict(
                Reason("STATE_CONFLICT"),
                detail=f"The process cannot go on, and external task {task_id} is an incident now: {_told(fault)}",
            ) from fault

    def _give_up(self, task_id: str, worker: str, fault: Fault) -> None:
        """The diagram would break the same way the next time: let an operator look at it."""
        with self._database.write() as work:
            row = self._held(work, task_id, worker, "given up")
            self._end_attempt(work, row, _told(fault), "", retries=0, again_at=self._clock.now())

    def _end_attempt(
        self, work: UnitOfWork, row: Row[Any], message: str, details: str, *, retries: int, again_at: datetime
    ) -> None:
        message = message[:_LONGEST_MESSAGE]
        noted = {
            "job_id": row.id,
            "fence": row.fence,
            "started_at": row.started_at,
            "ended_at": self._clock.now(),
            "outcome": "failed",
            "worker": row.lease_owner,
            "error": message,
            "trace": details[:_LONGEST_DETAILS] or None,
        }
        work.connection.execute(insert(attempt).values(noted))
        if not retries:
            open_incident(work, row, message, self._clock.now())
        values = {
            "state": "ready" if retries else "incident",
            "attempt": row.attempt + 1,
            "max_attempts": row.attempt + 1 + retries,
            "error": message,
            "fence": row.fence + 1,
            "lease_until": again_at if retries else None,  # nobody can fetch it before
        }
        work.connection.execute(update(job).where(job.c.id == row.id).values(values))

    def _held(
        self, work: UnitOfWork, task_id: str, worker: str, doing: str, *, with_instance: bool = False
    ) -> Row[Any]:
        row = self._locked_row(work, task_id, with_instance=with_instance)
        if row.lease_owner != worker:
            raise _wrong_worker(row, worker, doing)
        self._refuse_incident(row, worker, doing)
        return row

    def _locked_row(self, work: UnitOfWork, task_id: str, *, with_instance: bool = False) -> Row[Any]:
        """The job of a task, held; in the order of all commands its instance first, where that is to change."""
        is_open = (job.c.id == task_id) & (job.c.lane == "external") & job.c.state.in_(OPEN)
        if with_instance:
            instance_id = work.connection.execute(select(job.c.instance_id).where(is_open)).scalar()
            owner = None if instance_id is None else lock_instance(work, instance_id)
            if owner is not None:
                refuse_suspended(owner)
        row = work.connection.execute(select(job).where(is_open).with_for_update()).one_or_none()
        if row is None:
            raise _unknown(task_id)
        return row

    def _refuse_incident(self, row: Row[Any], worker: str, doing: str) -> None:
        if row.state == "incident":
            raise InvalidInput(
                detail=f"External Task {row.id} cannot be {doing} by worker '{worker}'. No retries are left of it."
            )


def _told(fault: Fault) -> str:
    return f"{type(fault).__name__}: {fault}"


def _unknown(task_id: str) -> NotFound:
    return NotFound(detail=f"External task with id {task_id} does not exist")


def _wrong_worker(row: Row[Any], worker: str, doing: str) -> InvalidInput:
    held = f"It is locked by worker '{row.lease_owner}'." if row.lease_owner else "It is locked by nobody."
    return InvalidInput(detail=f"External Task {row.id} cannot be {doing} by worker '{worker}'. {held}")
