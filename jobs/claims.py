"""The life of a job row: claimed under a lease and a fence, then done, tried again, an incident (RELIABILITY.md 2.2).

Each change asks for the fence of the claim and makes a new one, so that whoever lost a job changes nothing of it.
"""

from __future__ import annotations

import random
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, Select, and_, insert, or_, select, update

from kernel.clock import Clock
from kernel.errors import Fault, NotDone, OutcomeUnknown
from kernel.failpoints import failpoint
from store.jobs import Lane
from store.tables import attempt, incident, job
from store.unit_of_work import Database, UnitOfWork
from store.writing import insert_once, lock_instance

LEASE = timedelta(seconds=60)
LONGEST_PAUSE_S = 6 * 3600
_CONFLICT_PAUSE_S = 1.0
_LONGEST_ERROR = 4000
_LONGEST_TRACE = 8000
LOST = "the worker was lost"
HOUSE = Path(__file__).resolve().parents[1]
LANES: tuple[Lane, ...] = ("inside", "outside")


class NoLongerOurs(Exception):
    """The fence of this claim is gone: the job was cancelled, given to another worker or decided by an operator."""


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job this worker holds; its fence tells whether it still does. `log` is what its handler noted."""

    id: str
    kind: str
    lane: Lane
    key: str
    instance_id: str | None
    payload: Mapping[str, Any]
    clock: str  # business | system: which one its due moments are told by
    fence: int
    attempt: int
    max_attempts: int
    retry_seconds: int
    growth: int
    started_at: datetime | None
    intended_at: datetime | None
    result: Mapping[str, Any] | None
    lease_owner: str | None
    log: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, row: Row[Any], **changed: Any) -> ClaimedJob:
        names = [name for name in cls.__slots__ if name not in ("key", "log")]
        return cls(**{name: getattr(row, name) for name in names} | {"key": row.dedupe_key} | changed)


class Claims:
    """The job rows as one worker sees them."""

    def __init__(self, database: Database, *, business: Clock, system: Clock, owner: str) -> None:
        self._database = database
        self._business = business
        self._system = system
        self._owner = owner

    def claim(self, lanes: Sequence[Lane] = LANES) -> ClaimedJob | None:
        """Take the job that has been due longest, if any is; nobody else can then, as long as the lease lasts."""
        due = or_(
            and_(job.c.clock == "business", job.c.due_at <= self._business.now()),
            and_(job.c.clock == "system", job.c.due_at <= self._system.now()),
        )
        ready = (job.c.state == "ready") & job.c.lane.in_(lanes) & due
        query = select(job).where(ready).order_by(job.c.due_at, job.c.id).limit(1)
        with self._database.read() as connection:
            if connection.execute(query).first() is None:
                return None  # a look without a lock: an idle worker never makes writers wait
        return self._taken(query)

    def claim_one(self, job_id: str) -> ClaimedJob | None:
        """Take this job whenever it is due, unless a worker has it."""
        ready = (job.c.id == job_id) & (job.c.state == "ready") & job.c.lane.in_(LANES)
        return self._taken(select(job).where(ready))

    def _taken(self, query: Select[Any]) -> ClaimedJob | None:
        """Claim the job that a query finds, if any is there that nobody else is taking."""
        with self._database.write() as work:
            row = work.connection.execute(query.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            now = self._system.now()
            values = {
                "state": "running",
                "attempt": row.attempt + 1,
                "fence": row.fence + 1,
                "lease_owner": self._owner,
                "lease_until": now + LEASE,
                "started_at": now,
            }
            work.connection.execute(update(job).where(job.c.id == row.id).values(values))
            failpoint("claim.before_commit")
        failpoint("claim.after_commit")
        return ClaimedJob.of(row, attempt=row.attempt + 1, fence=row.fence + 1, started_at=now, lease_owner=self._owner)

    def extend(self, claimed: ClaimedJob) -> bool:
        """Hold the job for another lease; false when it is ours no longer."""
        with self._database.write() as work:
            longer = update(job).where(_held(claimed)).values(lease_until=self._system.now() + LEASE)
            return work.connection.execute(longer).rowcount == 1

    def intend(self, claimed: ClaimedJob) -> None:
        """Note, before it is made, that a call begins which may not be made twice.

        Raises:
            OutcomeUnknown: an earlier attempt noted the same, and nobody knows what became of it.
            NoLongerOurs: the job is not ours.
        """
        if claimed.intended_at is not None:
            raise OutcomeUnknown("an earlier call was begun and its answer never came")
        with self._database.write() as work:
            intent = update(job).where(_held(claimed)).values(intended_at=self._system.now())
            if work.connection.execute(intent).rowcount != 1:
                raise NoLongerOurs
        failpoint("job.intended")

    def done(self, work: UnitOfWork, claimed: ClaimedJob) -> bool:
        """End the job with what else this transaction does; false when it is ours no longer."""
        values = {"state": "done", "lease_until": None, "error": None, "ended_at": self._system.now(), "result": None}
        return work.connection.execute(update(job).where(_held(claimed)).values(values)).rowcount == 1

    def release(self, claimed: ClaimedJob, result: Mapping[str, Any] | None = None) -> None:
        """Give the job back after a conflict, which counts as no attempt; what the outside answered by then is kept."""
        with self._database.write() as work:
            values = {
                "state": "ready",
                "attempt": job.c.attempt - 1,
                "fence": claimed.fence + 1,
                "lease_until": None,
                "due_at": self._clock_of(claimed).now() + timedelta(seconds=_CONFLICT_PAUSE_S * random.random()),  # noqa: S311
            }
            if result is not None:
                values["result"] = result
            work.connection.execute(update(job).where(_held(claimed)).values(values))

    def hold(self, claimed: ClaimedJob, result: Mapping[str, Any] | None = None) -> None:
        """Give the job back until its suspended instance is activated, which counts as no attempt; what the outside
        answered by then is kept."""
        with self._database.write() as work:
            # Under the lock of the instance: activated in between, it would let go of no job that is held later.
            row = lock_instance(work, claimed.instance_id or "")
            values: dict[str, Any] = {
                "state": "held" if row is not None and row.status == "suspended" else "ready",
                "attempt": job.c.attempt - 1,
                "fence": claimed.fence + 1,
                "lease_until": None,
            }
            if result is not None:
                values["result"] = result
            work.connection.execute(update(job).where(_held(claimed)).values(values))

    def fail(self, claimed: ClaimedJob, error: Exception, result: Mapping[str, Any] | None = None) -> None:
        """Note a failed attempt: the job is tried again later, or becomes an incident.

        `result` is what the outside answered although the process could not take it in: the next attempt takes it
        from there, and the outside is not asked for the same again.
        """
        with self._database.write() as work:
            lasting = isinstance(error, Fault) and error.is_lasting
            again = claimed.attempt < claimed.max_attempts and not lasting
            more: dict[str, Any] = {"result": result} if result is not None else {}
            if isinstance(error, NotDone):
                more["intended_at"] = None
            outcome = "unknown" if isinstance(error, OutcomeUnknown) else "failed"
            self._end_attempt(work, claimed, outcome, told(error), again=again, trace=_trace(error), more=more)

    def too_late(self, claimed: ClaimedJob, error: str) -> None:
        """Note that the outside was called although the job was taken away meanwhile; its answer is dropped."""
        with self._database.write() as work:
            insert_once(work, attempt, self._attempt(claimed, "too_late", error, None))

    def reap(self) -> None:
        """Give back the jobs of workers that are gone, due at once; it counts as an attempt, so a killer job ends.

        A call that may not be made twice and had begun is for an operator to decide.
        """
        lost = (job.c.state == "running") & job.c.lane.in_(LANES) & (job.c.lease_until < self._system.now())
        with self._database.read() as connection:
            if connection.execute(select(job.c.id).where(lost).limit(1)).first() is None:
                return
        with self._database.write() as work:
            for row in work.connection.execute(select(job).where(lost).with_for_update(skip_locked=True)).all():
                claimed = ClaimedJob.of(row)
                unknown = claimed.intended_at is not None and claimed.result is None
                again = claimed.attempt < claimed.max_attempts and not unknown
                self._end_attempt(work, claimed, "unknown" if unknown else "lost", LOST, again=again)
            failpoint("reap.before_commit")

    # -- inside

    def _end_attempt(
        self,
        work: UnitOfWork,
        claimed: ClaimedJob,
        outcome: str,
        error: str,
        *,
        again: bool,
        trace: str | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        values = {
            "state": "ready" if again else "incident",
            "error": error,
            "lease_until": None,
            "fence": claimed.fence + 1,
            **(more or {}),
        }
        if again and outcome != "lost":  # whose lease was pause enough
            values["due_at"] = self._later(claimed)
        if work.connection.execute(update(job).where(_held(claimed)).values(values)).rowcount != 1:
            return
        insert_once(work, attempt, self._attempt(claimed, outcome, error, trace))
        if not again:
            self._open_incident(work, claimed, outcome, error)

    def _attempt(self, claimed: ClaimedJob, outcome: str, error: str, trace: str | None) -> dict[str, Any]:
        return {
            "job_id": claimed.id,
            "fence": claimed.fence,
            "started_at": claimed.started_at,
            "ended_at": self._system.now(),
            "outcome": outcome,
            "worker": claimed.lease_owner,
            "error": error,
            "trace": trace,
            "log": list(claimed.log) or None,
        }

    def _open_incident(self, work: UnitOfWork, claimed: ClaimedJob, outcome: str, error: str) -> None:
        row = {
            "id": str(uuid4()),
            "instance_id": claimed.instance_id,
            "job_id": claimed.id,
            "kind": "outcome_unknown" if outcome == "unknown" else "failed",
            "element_id": str(claimed.payload.get("path", claimed.kind)).rsplit("/", 1)[-1],
            "message": error,
            "status": "open",
            "opened_at": self._system.now(),
        }
        work.connection.execute(insert(incident).values(row))

    def _later(self, claimed: ClaimedJob) -> datetime:
        """When to try again, spread a little so that what failed together does not return together."""
        pause = min(claimed.retry_seconds * claimed.growth ** max(0, claimed.attempt - 1), LONGEST_PAUSE_S)
        pause = max(pause, claimed.retry_seconds)
        return self._clock_of(claimed).now() + timedelta(seconds=pause * random.uniform(0.9, 1.1))  # noqa: S311

    def _clock_of(self, claimed: ClaimedJob) -> Clock:
        return self._business if claimed.clock == "business" else self._system


def told(error: BaseException) -> str:
    """An error and what caused it, in one line."""
    return " ← ".join(f"{type(one).__name__}: {one}".rstrip(": ") for one in _causes(error))[:_LONGEST_ERROR]


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        yield current
        seen.add(id(current))
        current = current.__cause__


def _trace(error: BaseException) -> str:
    """Where an error and its causes came from: files and lines, and no value of anything."""
    lines = [
        line
        for one in _causes(error)
        for line in (
            f"{type(one).__name__}",
            *(
                f"  {_short(frame.filename)}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(one.__traceback__)
            ),
        )
    ]
    return "\n".join(lines)[-_LONGEST_TRACE:]


def _short(filename: str) -> str:
    """A file of ours by its place in the house, one of a library by its name; not where they are installed."""
    path = Path(filename)
    if path.is_relative_to(HOUSE) and ".venv" not in path.parts:
        return path.relative_to(HOUSE).as_posix()
    return "/".join(path.parts[-2:])


def _held(claimed: ClaimedJob) -> ColumnElement[bool]:
    return (job.c.id == claimed.id) & (job.c.state == "running") & (job.c.fence == claimed.fence)
