"""The bell rings after a commit that leaves jobs, and at no other time."""

from __future__ import annotations

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from kernel.clock import FixedClock
from store.jobs import Jobs
from store.tables import job
from store.unit_of_work import Database, UnitOfWork


class Counted:
    def __init__(self) -> None:
        self.rings = 0

    def ring(self) -> None:
        self.rings += 1


def leave_a_job(work: UnitOfWork, key: str, clock: FixedClock) -> None:
    Jobs(work).add("notice", key=key, payload={}, due_at=clock.now(), created_at=clock.now())


def test_workers_are_told_once_a_commit_with_jobs(sqlite_database: Database, clock: FixedClock) -> None:
    bell = Counted()
    database = Database(sqlite_database.engine, bell)
    with database.write() as work:
        leave_a_job(work, "one", clock)
        leave_a_job(work, "two", clock)
        assert bell.rings == 0
    assert bell.rings == 1


def test_nobody_is_told_of_what_was_rolled_back_or_left_no_job(sqlite_database: Database, clock: FixedClock) -> None:
    bell = Counted()
    database = Database(sqlite_database.engine, bell)
    with database.write():
        pass
    with pytest.raises(IntegrityError):
        fail_after_a_job(database, clock)
    assert bell.rings == 0


def fail_after_a_job(database: Database, clock: FixedClock) -> None:
    with database.write() as work:
        leave_a_job(work, "lost", clock)
        work.connection.execute(insert(job).values(id="incomplete"))
