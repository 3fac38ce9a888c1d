"""Schedules as rows: each slot is one job, whatever the number of workers; what was missed runs once."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, func, insert, select

from jobs.cleaning import COMMANDS_FOR, SCHEDULES, SWEPT_FOR, SweepFiles
from jobs.pump import Pump
from jobs.schedules import Schedule, Schedules
from kernel.clock import BEIJING, FixedClock
from kernel.settings import Settings
from kernel.texts import Text
from store.tables import command, job, parked_form, schedule, session, setting
from store.unit_of_work import Database
from store.writing import insert_once
from tests.concurrency.racing import race
from wiring import Services

NAME = Text("报表", "Report")


def report(cron: str = "0 2 * * *", **more: Any) -> Schedule:
    return Schedule("report", cron, NAME, **more)


def at(hour: int, minute: int = 0, day: int = 15) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=BEIJING).astimezone(UTC)


def timetable(
    database: Database, clock: FixedClock, *schedules: Schedule, business: FixedClock | None = None
) -> Schedules:
    made = Schedules(database, schedules or [report()], business=business or clock, system=clock)
    made.agree()
    return made


def rows(database: Database, table: Any) -> list[Row[Any]]:
    with database.read() as connection:
        return list(connection.execute(select(table)))


def test_a_slot_becomes_one_job_when_it_has_come(database: Database, system_clock: FixedClock):
    table = timetable(database, system_clock)
    assert rows(database, schedule)[0].next_at == at(2, day=16)

    table.leave_due_jobs()
    assert rows(database, job) == []
    system_clock.set(at(2, 0, day=16))
    table.leave_due_jobs()
    table.leave_due_jobs()

    (found,) = rows(database, job)
    assert (found.kind, found.dedupe_key, found.clock) == (
        "report",
        "schedule:report:2026-06-15T18:00:00+00:00",
        "system",
    )
    assert rows(database, schedule)[0].next_at == at(2, day=17)


def test_many_workers_leave_one_job_a_slot_and_run_it_once(database: Database, system_clock: FixedClock):
    def run(work: Any, claimed: Any, deferred: Any) -> None:
        insert_once(work, setting, {"key": f"ran {claimed.key}"[:80], "value": 1})

    def worker() -> Pump:
        own = Schedules(database, [report("* * * * *")], business=system_clock, system=system_clock)
        return Pump(database, {"report": run}, business=system_clock, system=system_clock, timetable=own)

    timetable(database, system_clock, report("* * * * *"))
    workers = [worker() for _ in range(4)]
    slots = 15
    for _ in range(slots):
        system_clock.advance(minutes=1)
        race(*(one.drain for one in workers))

    done = rows(database, job)
    assert len(done) == slots
    assert {(one.state, one.attempt) for one in done} == {("done", 1)}
    assert len(rows(database, setting)) == slots


def test_what_was_missed_runs_once(database: Database, system_clock: FixedClock):
    table = timetable(database, system_clock, report("*/10 * * * *"))
    system_clock.advance(days=3)

    for _ in range(5):
        table.leave_due_jobs()

    assert len(rows(database, job)) == 1
    assert rows(database, schedule)[0].next_at > system_clock.now()


def test_the_business_clock_has_schedules_of_its_own(database: Database, clock: FixedClock, system_clock: FixedClock):
    table = timetable(database, system_clock, report(clock="business"), business=clock)

    clock.advance(days=1)
    table.leave_due_jobs()

    (found,) = rows(database, job)
    assert found.clock == "business"


def test_a_changed_time_is_reckoned_anew_and_a_schedule_that_is_gone_too(database: Database, system_clock: FixedClock):
    timetable(database, system_clock, report(), Schedule("other", "0 4 * * *", NAME))

    timetable(database, system_clock, report("30 9 * * *"))

    (found,) = rows(database, schedule)
    assert (found.name, found.next_at) == ("report", at(9, 30))


def test_starting_again_moves_no_slot(database: Database, system_clock: FixedClock):
    timetable(database, system_clock)
    system_clock.advance(days=1)  # down at the time of the slot

    timetable(database, system_clock).leave_due_jobs()

    assert len(rows(database, job)) == 1


def test_workers_that_start_at_once_agree(database: Database, system_clock: FixedClock):
    made = Schedules(database, SCHEDULES, business=system_clock, system=system_clock)

    race(*[made.agree] * 4)

    assert len(rows(database, schedule)) == len(SCHEDULES)


@pytest.mark.parametrize("cron", ["", "every day", "0 25 * * *", "0 2 * * * *", "@daily"])
def test_what_is_no_cron_expression_is_refused(cron: str):
    with pytest.raises(ValueError, match="cron"):
        report(cron)


# -- what the service does regularly


def test_the_pump_forgets_what_has_expired(services: Services, system_clock: FixedClock):
    now = system_clock.now()
    with services.database.write() as work:
        for number, age in enumerate((timedelta(hours=9), timedelta(minutes=1))):
            opened = now + timedelta(hours=1) - age
            values = {"token_sha256": f"{number}", "account_id": _an_account(work), "created_at": opened, "seen_at": opened, "ip": ""}  # fmt: skip
            work.connection.execute(insert(session).values(values))
        kept = {"actor": "a", "request_sha256": "0", "response": {}}
        work.connection.execute(insert(command).values(id="old", created_at=now - COMMANDS_FOR, **kept))
        work.connection.execute(insert(command).values(id="new", created_at=now, **kept))
        parked = {"id": "p", "account_id": "x", "path": "/", "fields": {"files": []}, "created_at": now - timedelta(days=2)}  # fmt: skip
        work.connection.execute(insert(parked_form).values(parked))
    services.schedules.agree()

    system_clock.advance(hours=1)
    services.pump.drain()
    assert [one.token_sha256 for one in rows(services.database, session)] == ["1"]
    assert rows(services.database, parked_form) == []
    assert len(rows(services.database, command)) >= 2
    system_clock.set(at(4, day=16))
    services.pump.drain()

    assert "old" not in {one.id for one in rows(services.database, command)}
    assert "new" in {one.id for one in rows(services.database, command)}
    with services.database.read() as connection:
        states = connection.execute(select(job.c.state, func.count()).where(job.c.kind.in_([one.kind for one in SCHEDULES])).group_by(job.c.state)).all()  # fmt: skip
    assert {row[0] for row in states} == {"done"}


def _an_account(work: Any) -> str:
    from store.tables import account

    return str(work.connection.execute(select(account.c.id).limit(1)).scalar_one())


def test_a_file_that_nothing_names_is_set_aside_and_deleted_a_month_later(
    sqlite_database: Database, system_clock: FixedClock, tmp_path: Path
):
    settings = Settings(database_url="", var_dir=tmp_path)
    folder = tmp_path / "attachments" / "ab"
    folder.mkdir(parents=True)
    put = partial(_put, system_clock)
    old, fresh = put(folder / "ab1.pdf", timedelta(days=2)), put(folder / "ab2.pdf", timedelta(hours=2))
    half = put(folder / "ab3.part", timedelta(days=2))
    sweep = SweepFiles(sqlite_database, settings, system_clock).sweep

    assert sweep() == {"set_aside": 2, "deleted": 0}
    assert (old.exists(), half.exists(), fresh.exists()) == (False, False, True)
    aside = tmp_path / "swept" / "ab1.pdf"
    assert aside.exists()
    put(aside, SWEPT_FOR + timedelta(days=1))
    put(tmp_path / "swept" / "ab3.part", timedelta(days=1))
    assert sweep() == {"set_aside": 0, "deleted": 1}
    assert not aside.exists()


def _put(clock: FixedClock, file: Path, age: timedelta) -> Path:
    file.write_bytes(b"x")
    moment = (clock.now() - age).timestamp()
    os.utime(file, (moment, moment))
    return file
