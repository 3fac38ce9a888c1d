"""Protocol bugs, planted one at a time into the forks of a laboratory: the harness has to find each of them.

Each is a rule of RELIABILITY.md 2 broken the way one would break it. `install` patches classes and modules of the
forked process, which ends with its experiment; nothing is ever taken back.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.sql.dml import ReturningUpdate

import jobs.claims
import jobs.pump
import processes.advancing
import processes.correlation
import processes.exchange
import processes.incidents
import processes.operations
import processes.runtime
import store.jobs
from jobs.claims import ClaimedJob, Claims, NoLongerOurs
from jobs.outside import Outside
from jobs.pump import Pump
from processes.incidents import Incidents
from processes.ports import OutsideCall, ServiceCall
from processes.runtime import LockedTask, Processes
from processes.synchronise import Writer
from store.jobs import Jobs
from store.statements import Statement
from store.tables import history, instance, job, task
from store.unit_of_work import UnitOfWork
from store.writing import CommandOnce, lock_instance
from tests.crash.harness.laboratory import MODES, Install, Mode
from tests.crash.harness.service import CLIENT, SLOW_STEP, Command, Service, Topics

BOTH = ("sqlite", "postgresql")
_PAUSE_S = 0.1  # where two have to meet, so that they do
_LATE = "after the commit"
ONLY_POSTGRESQL = ("postgresql",)  # SQLite has one writer at a time, whatever the code does


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted bug, with where it can show: the databases, the disturbances and the lines (none: all)."""

    name: str
    install: Install
    modes: tuple[Mode, ...] = MODES
    databases: tuple[str, ...] = BOTH
    lines: tuple[str, ...] = ()


def done_before_advance(service: Service) -> None:
    """A job is marked done in one commit, and what it led to follows in another."""

    def settle(self: Pump, claimed: ClaimedJob, act: Callable[[UnitOfWork, frozenset[str]], None]) -> None:
        with self._database.write() as work:
            if not self._claims.done(work, claimed):
                raise NoLongerOurs
        with self._database.write() as work:
            act(work, frozenset())

    _patch(Pump, "_settle", settle)


def effect_key_of_the_attempt(service: Service) -> None:
    """The key of an outside effect is another one at each attempt."""
    real = Topics._go

    def go(self: Topics, call: OutsideCall) -> Mapping[str, Any]:
        return real(self, dataclasses.replace(call, effect_key=f"{call.effect_key}:{call.attempt}"))

    _patch(Topics, "_go", go)


def no_command_key(service: Service) -> None:
    """A repeated command is a new one, and a task is found by the name of its element: a late one hits the next lap."""

    def once(self: Service, command: Command, deferred: frozenset[str]) -> Any:
        with self.database.write() as work:
            noted = CommandOnce(work, command["key"], actor=CLIENT.id, request=dict(command), at=self.business.now())
            answer = (
                again(self, work, command, deferred) if command["do"] != "start" or noted.is_new else noted.response
            )
            noted.answer(answer)
        return answer

    def again(self: Service, work: UnitOfWork, command: Command, deferred: frozenset[str]) -> Any:
        if command["do"] != "complete":
            return self.do(work, command, deferred)
        asked = work.connection.execute(select(task).where(task.c.id == command["task"])).one()
        same = (task.c.instance_id == asked.instance_id) & (task.c.path == asked.path) & (task.c.status == "open")
        found = work.connection.execute(select(task.c.id).where(same)).scalar()
        if found is not None:  # else it is done, as far as one can see
            self.do(work, {**command, "task": found}, deferred)
        return asked.id

    _patch(Service, "_once", once)


def answered_before_commit(service: Service) -> None:
    """The client is answered while the transaction is still open."""

    def perform(self: Service, command: Command, told: Callable[[Any], None]) -> None:
        def attempt(deferred: frozenset[str]) -> None:
            with self.database.write() as work:
                once = CommandOnce(work, command["key"], actor=CLIENT.id, request=dict(command), at=self.business.now())
                if once.is_new:
                    once.response = self.do(work, command, deferred)
                    once.answer(once.response)
                told(once.response)

        processes.advancing.run_command(attempt)

    _patch(Service, "perform", perform)


def command_committed_first(service: Service) -> None:
    """The key of a command is committed before the command is carried out: a repetition finds it done."""

    def once(self: Service, command: Command, deferred: frozenset[str]) -> Any:
        with self.database.write() as work:
            noted = CommandOnce(work, command["key"], actor=CLIENT.id, request=dict(command), at=self.business.now())
        if not noted.is_new:
            return noted.response
        with self.database.write() as work:
            noted._work = work
            answer = self.do(work, command, deferred)
            noted.answer(answer)
        return answer

    _patch(Service, "_once", once)


def jobs_after_commit(service: Service) -> None:
    """Jobs are put in after the commit that they follow from."""
    real = Jobs.add

    def add(self: Jobs, kind: str, **given: Any) -> None:
        _late(self._work, lambda work: real(Jobs(work), kind, **given))

    _patch(Jobs, "add", add)
    _write_late(service)


def history_outside(service: Service) -> None:
    """History is written in a transaction of its own."""

    def write_history(self: Writer, last: int, events: Sequence[Any], by: Any) -> None:
        rows = [
            {
                "instance_id": self._ref.id, "seq": seq, "event": event.kind, "path": event.path,
                "element_id": event.element_id, "task_id": event.task_id, "actor": by.id, "at": self._now,
            }
            for seq, event in enumerate(events, start=last + 1)
        ]  # fmt: skip
        if rows:
            _late(self._work, lambda work: work.connection.execute(insert(history), rows))

    _patch(Writer, "_write_history", write_history)
    _write_late(service)


def inline_effect_outside(service: Service) -> None:
    """A handler inside a command calls another system: rolled back and done again, it calls for another visit."""

    def run(self: Topics, call: ServiceCall) -> Mapping[str, Any]:
        self._outside.call(call.instance.id, call.path, call.effect_key, once_a_key=True)
        return {}

    _patch(Topics, "run", run)


def timer_key_without_occurrence(service: Service) -> None:
    """All firings of a repeating timer have one key: the second is taken for the first."""
    _patch(Writer, "_timer_key", lambda self, timer_id, occurrence: f"{self._ref.id}:{timer_id}:timer:1")


def given_back_with_old_fence(service: Service) -> None:
    """A job that is taken from a worker or failed keeps its fence."""
    _patch(jobs.claims, "update", lambda table: _Without("fence", update(table), when=("ready", "incident")))


def cancelled_with_old_fence(service: Service) -> None:
    """A cancelled job keeps its fence."""
    same: Any = store.jobs._CANCEL.core.whereclause
    cancelling = update(job).where(same).values(state="cancelled", lease_until=None)
    _patch(store.jobs, "_CANCEL", Statement(cancelling))
    _patch(processes.operations, "update", lambda table: _Without("fence", update(table), when=("cancelled",)))


def fence_unchecked(service: Service) -> None:
    """A worker settles its job without asking whether it still holds it."""
    _patch(jobs.claims, "_held", lambda claimed: job.c.id == claimed.id)


def job_locked_before_instance(service: Service) -> None:
    """The pump locks its job first and the instance then; commands do it the other way round."""
    real = Pump._settle

    def lock_both(work: UnitOfWork, instance_id: str) -> Any:
        job_id = service.in_hand  # type: ignore[attr-defined]
        work.connection.execute(select(job).where(job.c.id == job_id).with_for_update())
        time.sleep(3 * _PAUSE_S)
        return lock_instance(work, instance_id)

    def settle(self: Pump, claimed: ClaimedJob, act: Callable[[UnitOfWork, frozenset[str]], None]) -> None:
        service.in_hand = claimed.id  # type: ignore[attr-defined]
        real(self, claimed, act)

    _patch(jobs.pump, "lock_instance", lock_both)
    _patch(Pump, "_settle", settle)
    # The pump tries a deadlock again at once; who else is the victim of one is answered 500.
    _patch(jobs.pump, "_TRIES_AT_ONCE", 1)
    _patch(jobs.pump, "is_transient", lambda error: False)


def no_lock_no_revision(service: Service) -> None:
    """An instance is not locked, and whether it has moved on is not looked at either."""

    def read_only(work: UnitOfWork, instance_id: Any) -> Any:
        found = work.connection.execute(select(instance).where(instance.c.id == instance_id)).one_or_none()
        time.sleep(_PAUSE_S)
        return found

    def lock_task(self: Processes, work: UnitOfWork, task_id: str) -> LockedTask:
        found = lock(self, work, task_id)
        time.sleep(_PAUSE_S)
        return found

    def write_state(self: Writer, row: Any, execution: Any, events: int) -> None:
        values = {
            "state": execution.dump(),
            "revision": row.revision + 1,
            "history_seq": row.history_seq + events,
            "status": "completed" if execution.is_completed else row.status,
        }
        self._work.connection.execute(update(instance).where(instance.c.id == row.id).values(values))

    for module in (jobs.pump, processes.advancing, processes.exchange, processes.operations, processes.incidents):
        _patch(module, "lock_instance", read_only)
    lock = Processes.lock_task
    same: Any = processes.runtime._INSTANCE.core.whereclause
    _patch(processes.runtime, "_INSTANCE", Statement(select(instance).where(same)))
    _patch(Processes, "lock_task", lock_task)
    _patch(Writer, "_write_state", write_state)


def claimed_without_lock(service: Service) -> None:
    """Two workers look for a job at once, find the same one, and both take it."""
    real = Claims.claim

    def claim(self: Claims, *lanes: Any) -> ClaimedJob | None:
        locking = Select.with_for_update
        _patch(Select, "with_for_update", lambda query, **how: query)
        _patch(jobs.claims, "update", late)
        try:
            return real(self, *lanes)
        finally:
            _patch(Select, "with_for_update", locking)
            _patch(jobs.claims, "update", update)

    def late(table: Any) -> Any:
        time.sleep(_PAUSE_S)
        return update(table)

    _patch(Claims, "claim", claim)


def operator_retry_of_any_job(service: Service) -> None:
    """An operator's retry starts a job again without asking whether it is still an incident."""

    def lock(self: Incidents, work: UnitOfWork, job_id: str) -> Any:
        return work.connection.execute(select(job).where(job.c.id == job_id).with_for_update()).one()

    _patch(Incidents, "_lock", lock)


def no_heartbeat(service: Service) -> None:
    """A job that takes longer than its lease is given to another worker."""
    _patch(Outside, "_heartbeat", lambda self, claimed: nullcontext())


def lease_too_short(service: Service) -> None:
    """The lease is shorter than the pause between two heartbeats."""
    _patch(jobs.claims, "LEASE", SLOW_STEP / 2)


def key_not_locked(service: Service) -> None:
    """A message falls between an instance that looks for one before it waits, and a job that finds nobody waiting."""
    real = processes.correlation.take_buffered

    def take_buffered(*given: Any) -> Any:
        found = real(*given)
        time.sleep(3 * _PAUSE_S)  # a publication and its delivery have to fall into it
        return found

    _patch(processes.correlation, "locks", lambda work, addresses: ())
    _patch(processes.correlation, "take_buffered", take_buffered)


def intent_not_noted(service: Service) -> None:
    """That a call begins which may not be made twice is not noted before."""
    _patch(Claims, "intend", lambda self, claimed: None)


def outside_not_asked(service: Service) -> None:
    """Another system that could say whether it has done something is not asked before it is called again."""
    _patch(Topics, "ask", lambda self, connection, call: lambda: None)


MUTANTS: tuple[Mutant, ...] = (
    Mutant("done_before_advance", done_before_advance, ("kill",)),
    Mutant("effect_key_of_the_attempt", effect_key_of_the_attempt, ("kill",)),
    Mutant("no_command_key", no_command_key, ("kill",)),
    Mutant("answered_before_commit", answered_before_commit, ("kill",)),
    Mutant("command_committed_first", command_committed_first, ("kill",)),
    Mutant("jobs_after_commit", jobs_after_commit, ("kill",)),
    Mutant("history_outside", history_outside, ("kill",)),
    Mutant("inline_effect_outside", inline_effect_outside, ("kill",)),
    Mutant("given_back_with_old_fence", given_back_with_old_fence, ("kill",)),
    Mutant("timer_key_without_occurrence", timer_key_without_occurrence, ("kill",), lines=("deadline",)),
    Mutant("cancelled_with_old_fence", cancelled_with_old_fence, ("end",)),
    Mutant("fence_unchecked", fence_unchecked, ("end",)),
    Mutant("operator_retry_of_any_job", operator_retry_of_any_job, ("pair",), lines=("stubborn",)),
    Mutant("job_locked_before_instance", job_locked_before_instance, ("pair",), ONLY_POSTGRESQL, ("withdraw",)),
    Mutant("no_lock_no_revision", no_lock_no_revision, ("pair",), ONLY_POSTGRESQL),
    Mutant("claimed_without_lock", claimed_without_lock, ("pair",), ONLY_POSTGRESQL),
    Mutant("key_not_locked", key_not_locked, ("pair",), ONLY_POSTGRESQL, ("waiting",)),
    Mutant("no_heartbeat", no_heartbeat, ("pair",), lines=("unrepeatable",)),
    Mutant("lease_too_short", lease_too_short, ("pair",), lines=("unrepeatable",)),
    Mutant("intent_not_noted", intent_not_noted, ("kill",), lines=("unrepeatable",)),
    Mutant("outside_not_asked", outside_not_asked, ("kill",), lines=("unrepeatable",)),
)


class _Without:
    """An UPDATE that leaves one column as it is when it sets one of these states."""

    def __init__(self, column: str, statement: Any, *, when: tuple[str, ...]) -> None:
        self._column = column
        self._statement = statement
        self._when = when

    def where(self, *conditions: Any) -> _Without:
        return _Without(self._column, self._statement.where(*conditions), when=self._when)

    def values(self, given: Mapping[str, Any] | None = None, **more: Any) -> ReturningUpdate[Any]:
        values = {**(given or {}), **more}
        if values.get("state") in self._when:
            values.pop(self._column, None)
        statement: ReturningUpdate[Any] = self._statement.values(values)
        return statement


def _write_late(service: Service) -> None:
    """Have what `_late` collects written in a transaction of its own, after the one it belongs to."""
    leave = UnitOfWork.__exit__

    def leave_and_write(self: UnitOfWork, kind: Any, error: Any, trace: Any) -> None:
        leave(self, kind, error, trace)
        later: list[Callable[[UnitOfWork], Any]] = self.notes.pop(_LATE, [])
        if kind is None and later:
            with service.database.write() as another:
                for write in later:
                    write(another)

    _patch(UnitOfWork, "__exit__", leave_and_write)


def _late(work: UnitOfWork, write: Callable[[UnitOfWork], Any]) -> None:
    work.notes.setdefault(_LATE, []).append(write)


def _patch(owner: Any, name: str, value: Any) -> None:
    setattr(owner, name, value)
