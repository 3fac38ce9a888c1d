"""The history of an ended instance is packed, and nothing of it is lost (ADR 11)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from applications.views import InboxFilters
from kernel.clock import FixedClock
from processes.archiving import ARCHIVED_AFTER, archive_ended
from processes.history import Happened, history_of, packed, unpacked, written_out
from processes.operations import InstanceView
from store.tables import attempt, history, instance, job, subscription, task
from tests.invariants import violations
from tests.scenarios.case import CITY, Case, without_nights
from tests.scenarios.conftest import case, database_url, services
from wiring import Services

__all__ = ["case", "database_url", "services"]


@pytest.fixture(autouse=True)
def _no_nights(services: Services) -> None:
    without_nights(services)


@pytest.fixture
def closed(case: Case) -> Iterator[Case]:
    """A transfer that has been returned once, and was closed after its publicity."""
    case.applied(by="p04", to="E02").confirmed("old", by="e01_admin")
    case.completed("new_employer_confirm/employer_confirm", by="e02_admin", decision="return", opinion="日期有误")
    case.submitted().passed_to_city().completed(CITY, by="city_a", decision="pass").after(days=11).has_status("closed")
    yield case
    assert violations(case.services) == []


def archive(case: Case) -> int:
    """As the regular job does."""
    with case.services.database.write() as work:
        return archive_ended(work, before=case.services.clock.now() - ARCHIVED_AFTER, most=100)


def events(case: Case) -> list[Happened]:
    with case.services.database.read() as connection:
        return history_of(connection, case.row().instance_id)


def rows(case: Case, table: Any) -> int:
    with case.services.database.read() as connection:
        own = table.c.instance_id == case.row().instance_id
        return int(connection.execute(select(func.count()).select_from(table).where(own)).scalar_one())


def test_what_happened_is_told_as_before(closed: Case) -> None:
    before = events(closed)
    view = _seen(closed)
    closed.after(days=3)

    assert archive(closed) == 1

    after = events(closed)
    assert [(e.seq, e.event, e.path, e.element_id, e.actor, e.at) for e in after] == [
        (e.seq, e.event, e.path, e.element_id, e.actor, e.at) for e in before
    ]
    assert _visits(after) == _visits(before)
    people = {e.task_id for e in before} & _task_ids(closed)
    assert len(people) == 8
    assert people <= {e.task_id for e in after}
    again = _seen(closed)
    assert (again.history, again.done, again.taken_flows) == (view.history, view.done, view.taken_flows)
    path = closed.detail("p04").path
    assert "review/review_by_district" in path.done


def test_only_the_packed_value_and_the_tasks_of_people_are_left(closed: Case) -> None:
    closed.after(days=3)
    tasks = rows(closed, task)

    archive(closed)

    assert [rows(closed, table) for table in (history, subscription, job)] == [0, 0, 0]
    assert rows(closed, task) == tasks
    with closed.services.database.read() as connection:
        inbox = closed.services.inbox
        officer = closed.actor("district_chaoyang")
        [done] = inbox.page(connection, officer, "done", InboxFilters()).items
        assert inbox.task(connection, done.task_id, officer).item.decision == done.decision is not None
        kept = connection.execute(select(func.length(instance.c.archive))).scalar_one()
    assert kept < 500


def test_histories_are_packed_with_the_first_of_their_definition(closed: Case, clock: FixedClock) -> None:
    other = Case(closed.services, clock, closed.line).applied(by="p76", to="E02").withdrawn().deleted()
    before = events(closed), events(other)
    closed.after(days=3)
    assert archive(closed) == 2
    third = Case(closed.services, clock, closed.line).applied(by="p76", to="E02").withdrawn().deleted()
    lately = events(third)
    closed.after(days=3)
    assert archive(closed) == 1

    for one, told in ((closed, before[0]), (other, before[1]), (third, lately)):
        assert [(e.event, e.path, e.actor, e.at) for e in events(one)] == [
            (e.event, e.path, e.actor, e.at) for e in told
        ]


def test_what_has_just_ended_and_what_goes_on_are_left_alone(closed: Case, clock: FixedClock) -> None:
    other = Case(closed.services, clock, closed.line).applied(by="p76", to="E02")

    assert archive(closed) == 0
    clock.advance(days=3)
    assert archive(closed) == 1
    assert archive(closed) == 0

    assert rows(closed, history) == 0 < rows(other, history)


def test_an_instance_whose_jobs_are_not_done_is_left_alone(closed: Case, clock: FixedClock) -> None:
    clock.advance(days=3)
    with closed.services.database.write() as work:
        one = select(job.c.id).where(job.c.kind == "notice").limit(1).scalar_subquery()
        work.connection.execute(update(job).where(job.c.id == one).values(state="ready", due_at=clock.now()))

    assert archive(closed) == 0
    closed.services.pump.drain()
    assert archive(closed) == 1


def test_a_job_that_failed_on_its_way_stays_with_its_attempts(closed: Case, clock: FixedClock) -> None:
    clock.advance(days=3)
    with closed.services.database.write() as work:
        job_id = work.connection.execute(select(job.c.id).where(job.c.kind == "timer").limit(1)).scalar_one()
        failed = {"job_id": job_id, "fence": 1, "ended_at": clock.now(), "outcome": "failed", "error": "no answer"}
        work.connection.execute(insert(attempt).values(failed))

    archive(closed)

    assert rows(closed, job) == 1


def test_the_regular_job_archives(closed: Case, clock: FixedClock, system_clock: FixedClock) -> None:
    closed.services.schedules.agree()
    clock.advance(days=3)
    system_clock.advance(days=1)

    closed.services.pump.drain()

    assert rows(closed, history) == 0


def test_packing_keeps_what_is_seldom_there(clock: FixedClock) -> None:
    first = Happened(1, "entered", "a", "0f", "somebody", clock.now())
    later = clock.now() + timedelta(microseconds=1)
    others = [
        Happened(2, "flow_taken", "call/a_to_b", None, None, later),
        Happened(3, "terminated", "line", None, "ops", later, {"reason": "双重申请"}),
    ]

    state = b'{"w":[[null,{"holder":"E01"},[]]],"e":"closed","c":true}'
    text = written_out([first, *others], {"0f"}, state)

    for pattern in (text, b"something else", written_out(others, set(), state)):
        assert unpacked("i", packed(text, pattern), pattern) == [first, *others]


def _seen(case: Case) -> InstanceView:
    with case.services.database.read() as connection:
        return case.services.operations.instance(connection, case.row().instance_id)


def _visits(found: list[Happened]) -> list[list[int]]:
    """Which events belong to the same visit."""
    together: dict[str, list[int]] = {}
    for each in found:
        if each.task_id:
            together.setdefault(each.task_id, []).append(each.seq)
    return list(together.values())


def _task_ids(case: Case) -> set[str]:
    with case.services.database.read() as connection:
        return set(connection.execute(select(task.c.id)).scalars())
