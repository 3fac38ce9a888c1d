"""The pump: claims due jobs and runs each, with its settlement in one transaction (RELIABILITY.md 2.2, 2.4).

A job with database effects only runs inside that transaction: what it did, what it led to and its own end are one
commit, so a crash at any point leaves either all of it or none, and the lease brings it back. A job with effects
elsewhere runs before it, without any transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Protocol, TypeVar
from uuid import uuid4

import structlog

from jobs.claims import LANES, ClaimedJob, Claims, NoLongerOurs, told
from jobs.outside import BEAT_S, Errand, Outside, Result
from kernel.clock import Clock
from kernel.errors import Fault, InstanceSuspended
from kernel.failpoints import failpoint
from processes.advancing import run_command
from store.jobs import Lane
from store.transient import is_transient
from store.unit_of_work import Database, UnitOfWork
from store.writing import lock_instance

Work = TypeVar("Work")

POLL_S = 1.0
_TRIES_AT_ONCE = 3

_log = structlog.get_logger("jobs")


class Runner(Protocol):
    """What a kind of job does, on the transaction that also settles it."""

    def __call__(self, work: UnitOfWork, claimed: ClaimedJob, deferred: frozenset[str]) -> None: ...


class Timetable(Protocol):
    """What makes jobs when their moment has come (`jobs/schedules.py`)."""

    def leave_due_jobs(self) -> None: ...


class NoTimetable:
    """Nothing happens regularly."""

    def leave_due_jobs(self) -> None:
        return None


class UnknownKind(Fault):
    """No code here knows what such a job does."""

    is_lasting = True


class Pump:
    """Runs what is due until there is nothing left."""

    def __init__(
        self,
        database: Database,
        runners: Mapping[str, Runner],
        errands: Mapping[str, Errand] | None = None,
        *,
        business: Clock,
        system: Clock,
        timetable: Timetable | None = None,
        owner: str = "",
        beat_s: float = BEAT_S,
    ) -> None:
        self._database = database
        self._runners = runners
        self._errands = errands or {}
        self._timetable = timetable or NoTimetable()
        self._claims = Claims(database, business=business, system=system, owner=owner or uuid4().hex)
        self._outside = Outside(database, self._claims, beat_s=beat_s)

    def run_forever(self, stop: Event, *, lanes: Sequence[Lane] = LANES, rung: Event | None = None) -> None:
        """Drain, then wait for the next poll or for the bell, until told to stop."""
        rung = rung or stop
        while not stop.is_set():
            try:
                self.drain(lanes=lanes, stop=stop)
            except Exception:  # noqa: BLE001 - the border of the background work; logged
                _log.exception("pump.failed")
            if rung.wait(POLL_S) and rung is not stop:
                rung.clear()

    def drain(self, limit: int = 1000, *, lanes: Sequence[Lane] = LANES, stop: Event | None = None) -> int:
        """Run due jobs one after the other; returns how many were run."""
        self._timetable.leave_due_jobs()
        self.reap()
        for done in range(limit):
            claimed = None if stop is not None and stop.is_set() else self._claims.claim(lanes)
            if claimed is None:
                return done
            self.run(claimed)
        return limit

    def claim(self, lanes: Sequence[Lane] = LANES) -> ClaimedJob | None:
        """Take one due job, to `run` it."""
        return self._claims.claim(lanes)

    def claim_one(self, job_id: str) -> ClaimedJob | None:
        """Take this job whenever it is due, to `run` it, unless a worker has it."""
        return self._claims.claim_one(job_id)

    def reap(self) -> None:
        """Give back the jobs of workers that are gone."""
        self._claims.reap()

    def run(self, claimed: ClaimedJob) -> None:
        """Run a claimed job to its settlement; whatever it raises is noted as a failed attempt."""
        result: Result | None = None
        try:
            if claimed.lane == "outside":
                errand = self._known(self._errands, claimed)
                result = self._outside.result_of(errand, claimed)
                self._settle(claimed, _taking_in(errand, claimed, result))
            else:
                runner = self._known(self._runners, claimed)
                self._settle(claimed, lambda work, deferred: runner(work, claimed, deferred))
        except NoLongerOurs as lost:
            _log.info("job.lost", job=claimed.id, kind=claimed.kind)
            if result is not None:
                self._claims.too_late(claimed, told(lost))
        except InstanceSuspended:
            _log.info("job.held", job=claimed.id, kind=claimed.kind)
            self._claims.hold(claimed, result)
        except Exception as error:  # noqa: BLE001 - the border of a job; logged, retried, then an incident
            if is_transient(error):
                _log.info("job.conflict", job=claimed.id, kind=claimed.kind, error=str(error)[:200])
                self._claims.release(claimed, result)
            else:
                _log.exception("job.failed", job=claimed.id, kind=claimed.kind, attempt=claimed.attempt)
                self._claims.fail(claimed, error, result)

    # -- inside

    def _settle(self, claimed: ClaimedJob, act: Callable[[UnitOfWork, frozenset[str]], None]) -> None:
        """Do the job's part in our database and end it, in one commit.

        Raises:
            NoLongerOurs: somebody else holds it by now, or it was cancelled.
        """

        def once(deferred: frozenset[str]) -> None:
            with self._database.write() as work:
                # Commands lock their instance before its jobs; in the other order the two would wait for each other.
                if claimed.instance_id is not None:
                    lock_instance(work, claimed.instance_id)
                if not self._claims.done(work, claimed):
                    raise NoLongerOurs
                act(work, deferred)
                failpoint("job.before_commit")

        for left in reversed(range(_TRIES_AT_ONCE)):
            try:
                run_command(once)
                return
            except Exception as error:
                if not left or not is_transient(error):
                    raise

    def _known(self, known: Mapping[str, Work], claimed: ClaimedJob) -> Work:
        try:
            return known[claimed.kind]
        except KeyError:
            raise UnknownKind(f"no code for jobs of the kind {claimed.kind}") from None


def _taking_in(
    errand: Errand, claimed: ClaimedJob, result: Result | None
) -> Callable[[UnitOfWork, frozenset[str]], None]:
    def take_in(work: UnitOfWork, deferred: frozenset[str]) -> None:
        if result is not None:
            errand.settle(work, claimed, result, deferred)

    return take_in
