"""An inbox of many tasks: totals, pages, what each costs the database (F-INBOX, issue 5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text, update

from applications.views import InboxFilters, InboxItem
from kernel.actors import Actor, Role
from kernel.clock import FixedClock
from store.tables import anomaly_flag, task
from tests.applications.crowd import crowd_of
from tests.scenarios.case import DISTRICT, Case
from tests.support.asked import asked_of

ALL = InboxFilters()
OFFICER = "district_chaoyang"
OF_FLAGS = "SELECT anomaly_flag."  # the one query of a list that does not choose or count


@pytest.fixture
def declared(case: Case) -> Case:
    """A transfer that waits at its district."""
    return case.applied(by="p04", to="E02").confirmed("old", by="e01_admin").confirmed("new", by="e02_admin")


def pages(case: Case, actor: Actor, queue: Any = "todo", filters: InboxFilters = ALL) -> Iterator[list[InboxItem]]:
    """Every page of a queue, from the first on."""
    cursor = None
    with case.services.database.read() as connection:
        while True:
            page = case.services.inbox.page(connection, actor, queue, filters, cursor)
            yield list(page.items)
            if page.after is None:
                return
            cursor = page.after


def total(case: Case, actor: Actor, filters: InboxFilters = ALL) -> int:
    with case.services.database.read() as connection:
        return case.services.inbox.page(connection, actor, "todo", filters).total


def statements(case: Case) -> AbstractContextManager[list[tuple[str, Any]]]:
    """What the database is asked while the block lasts, with the values."""
    return asked_of(case.services.database)


def test_totals_are_exact_up_to_ten_thousand(declared: Case) -> None:
    officer = declared.actor(OFFICER)
    crowd_of(declared, 9_999)
    with declared.services.database.read() as connection:
        assert declared.services.inbox.counts(connection, officer).todo == 10_000 == total(declared, officer)

    crowd_of(declared, 50)

    with declared.services.database.read() as connection:
        counts = declared.services.inbox.counts(connection, officer)
        page = declared.services.inbox.page(connection, officer, "todo", ALL, None, counts)
    assert (counts.todo, counts.done, counts.mine) == (10_001, 0, 0)
    assert page.total == 10_001 == total(declared, officer)


def test_pages_show_each_task_once_and_in_order_of_arrival(declared: Case) -> None:
    """Also of an officer with two offices, whose tasks come from two places of the index, and of equal moments."""
    places = {0: "district:朝阳区", 1: "city", 2: "district:海淀区"}
    ids = crowd_of(
        declared,
        130,
        scope=lambda number: places[number % 3],
        candidate_groups=lambda number: ",city_reviewer," if number % 3 == 1 else ",district_reviewer,",
    )
    with declared.services.database.write() as work:
        same = update(task).where(task.c.id.in_(ids[40:60])).values(opened_at=task.c.assigned_at)
        work.connection.execute(same.values(opened_at=declared.services.clock.now()))
    both = replace(declared.actor(OFFICER), roles=frozenset({Role.DISTRICT_REVIEWER, Role.CITY_REVIEWER}))

    found = [item for page in pages(declared, both) for item in page]

    assert [item.task_id for item in found] == [
        item.task_id for item in sorted(found, key=lambda item: (item.arrived_at, item.task_id))
    ]
    theirs = {each for number, each in enumerate(ids, 1) if number % 3 != 2} | {declared.task_id(DISTRICT)}
    assert len(found) == len(theirs) == total(declared, both)
    assert {item.task_id for item in found} == theirs


def test_turning_back_leads_over_the_same_pages(declared: Case) -> None:
    crowd_of(declared, 70)
    officer = declared.actor(OFFICER)
    inbox = declared.services.inbox
    there = [[item.task_id for item in page] for page in pages(declared, officer)]

    back = []
    with declared.services.database.read() as connection:
        page = inbox.page(connection, officer, "todo", ALL)
        for _ in there[1:]:
            page = inbox.page(connection, officer, "todo", ALL, page.after)
        while page.before:
            page = inbox.page(connection, officer, "todo", ALL, page.before)
            back.append([item.task_id for item in page.items])

    assert back == there[-2::-1]


def test_a_role_that_may_not_take_a_task_does_not_see_it(declared: Case) -> None:
    crowd_of(declared, 3, candidate_groups=lambda number: ",city_reviewer,")

    assert total(declared, declared.actor(OFFICER)) == 1


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (InboxFilters(line="class2_employer_transfer"), 41),
        (InboxFilters(line="class2_deregistration"), 0),
        (InboxFilters(text="若兰"), 10),  # a part of a name
        (InboxFilters(text="100%"), 0),
        (InboxFilters(text="bj000007"), 1),  # a business number
        (InboxFilters(text="11010119900101002x"), 1),  # an ID number
        (InboxFilters(arrived_from=date(2026, 6, 15), arrived_to=date(2026, 6, 15)), 41),
        (InboxFilters(arrived_from=date(2026, 6, 16)), 0),
        (InboxFilters(side="in"), 41),  # an office has no side
    ],
)
def test_filters_narrow_the_list_and_its_total(declared: Case, filters: InboxFilters, expected: int) -> None:
    crowd_of(
        declared,
        40,
        applicant_name=lambda number: "周若兰" if number % 4 == 0 else "王小明",
        applicant_id_number=lambda number: f"1101011990010100{number}X" if number == 2 else f"{number:018d}",
    )
    if filters.text.startswith("1101"):
        filters = replace(filters, text="11010119900101002X")
    officer = declared.actor(OFFICER)

    assert len([item for page in pages(declared, officer, filters=filters) for item in page]) == expected
    assert total(declared, officer, filters) == expected


def test_the_sides_of_an_enterprise_are_counted_apart(case: Case) -> None:
    case.applied(by="p04", to="E02").confirmed("old", by="e01_admin")
    mine = case.uscc("E02")
    crowd_of(
        case,
        9,
        new_employer=lambda number: mine if number <= 6 else "somebody else",
        old_employer=lambda number: "somebody else" if number <= 6 else mine,
    )
    admin = case.actor("e02_admin")

    with case.services.database.read() as connection:
        counts = case.services.inbox.counts(connection, admin)
        page = case.services.inbox.page(connection, admin, "todo", InboxFilters(side="out"), None, counts)
    assert (counts.todo, counts.todo_in, counts.todo_out) == (10, 7, 3)
    assert len(page.items) == page.total == 3


def test_what_was_done_is_listed_newest_first(case: Case, clock: FixedClock) -> None:
    case.applied(by="p04", to="E02").confirmed("new", by="e02_admin")
    clock.advance(hours=1)
    other = Case(case.services, clock, case.line).applied(by="p76", to="E02").confirmed("new", by="e02_admin")
    admin = case.actor("e02_admin")

    [found] = list(pages(case, admin, "done"))

    assert [item.number for item in found] == [other.number, case.number]
    assert all(item.ended_at for item in found)


def test_a_page_costs_the_same_statements_however_long_it_is(declared: Case) -> None:
    officer = declared.actor(OFFICER)
    asked = {}
    for many in (1, 19):
        crowd_of(declared, many)
        with declared.services.database.read() as connection, statements(declared) as log:
            counts = declared.services.inbox.counts(connection, officer)
            page = declared.services.inbox.page(connection, officer, "todo", ALL, None, counts)
            declared.services.inbox.task(connection, page.items[0].task_id, officer)
        asked[len(page.items)] = len([each for each, _ in log if each.startswith("SELECT")])

    assert asked == {2: 11, 20: 11}  # two of them are for flags: of the list, and of the opened task


def test_flags_are_asked_for_where_there_are_any(case: Case) -> None:
    case.applied(by="p04", to="E02").passed_to_city()
    officer = case.actor("city_a")
    with case.services.database.write() as work:
        work.connection.execute(update(anomaly_flag).values(state="cleared"))

    asked = []
    for state in ("cleared", "standing"):
        with case.services.database.write() as work:
            work.connection.execute(
                update(anomaly_flag).where(anomaly_flag.c.flag == "social_insurance").values(state=state)
            )
        with case.services.database.read() as connection, statements(case) as log:
            [item] = case.services.inbox.page(connection, officer, "todo", ALL).items
        asked.append((len([each for each, _ in log if OF_FLAGS in each]), [flag.flag for flag in item.flags]))

    assert asked == [(0, []), (1, ["social_insurance"])]


def test_who_decided_before_is_asked_once_for_all_tasks_of_a_page(case: Case) -> None:
    """Appeals are decided by another officer than the one who decided against the applicant (R-D-12)."""
    case.applied(by="p04", to="E02").passed_to_city()
    case.completed("review/review_by_city", by="city_a", decision="not_pass", opinion="合同期限不足").appealed()
    crowd_of(case, 10)
    officer = case.actor("city_a")

    with case.services.database.read() as connection, statements(case) as log:
        page = case.services.inbox.page(connection, officer, "todo", ALL)

    refused = {item.task_id: item.refusal.code for item in page.items if item.refusal}
    assert refused == {case.task_id("review/appeal/review_appeal"): "SAME_REVIEWER"}
    assert len(page.items) == 11
    assert len([each for each, _ in log if each.startswith("SELECT")]) == 3


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_lists_and_counts_read_the_index_of_the_inbox_alone(declared: Case) -> None:
    """At 30,000 open tasks neither the counts nor the choice of a page read more rows than they count or show."""
    crowd_of(declared, 30_000, scope=lambda number: "district:朝阳区" if number % 2 else f"district:{number % 15}")
    officer = declared.actor(OFFICER)
    database = declared.services.database
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE task"))
    cursor = None
    with database.read() as connection:
        for _ in range(3):
            cursor = declared.services.inbox.page(connection, officer, "todo", ALL, cursor).after
        with statements(declared) as log:
            counts = declared.services.inbox.counts(connection, officer)
            declared.services.inbox.page(connection, officer, "todo", ALL, cursor, counts)
        plans = [
            "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN (ANALYZE, COSTS OFF) {each}", values))
            for each, values in log
            if OF_FLAGS not in each
        ]

    assert len(plans) == 2
    for plan in plans:
        assert "Index Only Scan using ix_task_inbox" in plan, plan
        assert "Seq Scan on task" not in plan, plan
    assert "Rows Removed" not in plans[1], plans[1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_takes_the_same_index(declared: Case) -> None:
    crowd_of(declared, 500)
    officer = declared.actor(OFFICER)
    with declared.services.database.read() as connection:
        cursor = declared.services.inbox.page(connection, officer, "todo", ALL).after
        with statements(declared) as log:
            declared.services.inbox.page(connection, officer, "todo", ALL, cursor)
        plans = [
            [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {each}", values)]
            for each, values in log
            if OF_FLAGS not in each
        ]

    for plan in plans:
        assert any("ix_task_inbox (scope=?" in step for step in plan), plan
    assert any("(scope=? AND (opened_at,id)>(?,?))" in step for step in plans[1]), plans[1]


def test_who_has_no_queue_finds_none(declared: Case) -> None:
    """Operators have neither scopes nor tasks of their own."""
    ops, inbox = declared.actor("ops"), declared.services.inbox
    with declared.services.database.read() as connection:
        counts = inbox.counts(connection, ops)
        assert (counts.todo, counts.done, counts.mine) == (0, 0, 0)
        for queue in ("todo", "done", "mine"):
            assert inbox.page(connection, ops, queue, ALL).total == 0
