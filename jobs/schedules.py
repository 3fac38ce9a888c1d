"""Schedules: what happens regularly, as rows. The pump of any worker makes a job of each slot, exactly once.

The row is locked while the slot becomes a job and the next slot is reckoned, and the slot is part of the job's key:
however many workers look, one of them leaves it. Slots that passed while the service was down are one job
(RELIABILITY.md 1, R9-R10).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from croniter import croniter
from sqlalchemy import Connection, and_, delete, or_, select, update

from kernel.clock import BEIJING, Clock
from kernel.texts import Text
from processes.timer_starts import TimerStarts
from store.jobs import Jobs, Lane
from store.tables import schedule
from store.unit_of_work import Database
from store.writing import insert_once


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a kind of job is to run: five cron fields, read in Asia/Shanghai.

    Raises:
        ValueError: they are no cron expression.
    """

    kind: str
    cron: str
    title: Text
    clock: Literal["business", "system"] = "system"
    lane: Lane = "inside"

    def __post_init__(self) -> None:
        if len(self.cron.split()) != 5 or not croniter.is_valid(self.cron):
            raise ValueError(f"Expected five cron fields for {self.kind}, found {self.cron!r}")

    def next_after(self, moment: datetime) -> datetime:
        """The first slot after a moment, as UTC."""
        found: datetime = croniter(self.cron, moment.astimezone(BEIJING)).get_next(datetime)
        return found.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Slot:
    """A schedule as operators see it: the slot to come, and the last one that became a job."""

    title: Text
    kind: str
    cron: str
    next_at: datetime
    last_at: datetime | None


class Schedules:
    """The schedules of this version of the service, and their rows; the pump's `Timetable`."""

    def __init__(
        self,
        database: Database,
        schedules: Iterable[Schedule],
        *,
        business: Clock,
        system: Clock,
    ) -> None:
        self._database = database
        self._starts = TimerStarts(database, business)
        self._schedules = {one.kind: one for one in schedules}
        self._business = business
        self._system = system

    def agree(self) -> None:
        """Have a row for each schedule; one whose time was changed is reckoned anew, one that is gone is deleted."""
        self._starts.agree()
        wanted = {(one.kind, one.cron, one.clock) for one in self._schedules.values()}
        known = select(schedule.c.name, schedule.c.expression, schedule.c.clock)
        with self._database.read() as connection:
            if {tuple(row) for row in connection.execute(known)} == wanted:
                return
        with self._database.write() as work:
            connection = work.connection
            connection.execute(delete(schedule).where(schedule.c.name.not_in(self._schedules)))
            for one in self._schedules.values():
                values = {"expression": one.cron, "clock": one.clock, "next_at": one.next_after(self._now(one))}
                if not insert_once(work, schedule, {"name": one.kind, **values}):
                    other = or_(schedule.c.expression != one.cron, schedule.c.clock != one.clock)
                    connection.execute(update(schedule).where((schedule.c.name == one.kind) & other).values(values))

    def leave_due_jobs(self) -> None:
        """Make a job of each slot that is due; of several that have passed, one. Timers that begin processes, too."""
        self._starts.leave_due_jobs()
        due = or_(
            and_(schedule.c.clock == "business", schedule.c.next_at <= self._business.now()),
            and_(schedule.c.clock == "system", schedule.c.next_at <= self._system.now()),
        ) & schedule.c.name.in_(self._schedules)
        with self._database.read() as connection:
            if connection.execute(select(schedule.c.name).where(due).limit(1)).first() is None:
                return
        with self._database.write() as work:
            for row in work.connection.execute(select(schedule).where(due).with_for_update(skip_locked=True)).all():
                one = self._schedules[row.name]
                now = self._now(one)
                Jobs(work).add(
                    row.name,
                    key=f"schedule:{row.name}:{row.next_at.astimezone(UTC).isoformat()}",
                    payload={"slot": row.next_at.isoformat()},
                    due_at=row.next_at,
                    created_at=now,
                    clock=one.clock,
                    lane=one.lane,
                )
                later = {"next_at": one.next_after(now), "last_at": row.next_at}
                work.connection.execute(update(schedule).where(schedule.c.name == row.name).values(later))

    def listed(self, connection: Connection) -> list[Slot]:
        """Each schedule and each timer that begins a process with its slots, the next one first."""
        query = select(schedule).where(schedule.c.name.in_(self._schedules))
        own = [
            Slot(self._schedules[row.name].title, row.name, row.expression, row.next_at, row.last_at)
            for row in connection.execute(query)
        ]
        begun = [
            Slot(one.title, one.key, one.expression, one.next_at, one.last_at)
            for one in self._starts.listed(connection)
        ]
        return sorted((*own, *begun), key=lambda slot: slot.next_at)

    def _now(self, one: Schedule) -> datetime:
        return (self._business if one.clock == "business" else self._system).now()
