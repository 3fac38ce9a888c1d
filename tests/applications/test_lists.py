"""The lists of applications: filters, orders, pages, scopes and what they cost (F-QRY-C2, F-QRY-APP, R-000-01, F-NF-3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text

from applications.queries import SORTS, Sort
from applications.views import ApplicationFilters, ApplicationRow
from kernel.actors import Actor, Role
from store.tables import enterprise
from tests.applications.crowd import crowd_of
from tests.scenarios.case import Case

ALL = ApplicationFilters()
CENTRE = Actor("centre", "卢敏", frozenset({Role.REGISTRATION_CENTRE}))
STATUSES = ("draft", "pending_confirmation", "returned", "declared", "publicity", "closed", "closed", "deleted")


@pytest.fixture
def crowd(case: Case) -> Case:
    """A declared transfer and 80 copies that differ in all that lists ask for."""
    case.applied(by="p04", to="E02").confirmed("old", by="e01_admin").confirmed("new", by="e02_admin")
    row = case.row()
    with case.services.database.write() as work:
        like = work.connection.execute(select(enterprise).where(enterprise.c.key == "E02")).one()._asdict()
        other = {**like, "uscc": "91110000XA00000999", "org_code": "XA0000099", "key": None}
        named = {"name": "北京远山工程有限公司", "former_name": "北京近水工程有限公司"}
        work.connection.execute(insert(enterprise).values({**other, **named}))
    crowd_of(
        case,
        80,
        status=lambda number: STATUSES[number % 8],
        declared_on=lambda number: None if STATUSES[number % 8] == "draft" else date(2026, 6, 1 + number % 9),
        created_at=lambda number: row.created_at - timedelta(minutes=number % 7),
        line=lambda number: "class2_continuation" if number % 2 else case.line,
        applicant_name=lambda number: "周若兰" if number % 4 == 0 else "王小明",
        applicant_id_number=lambda number: f"1101011990010100{number:02d}",
        registration_no=lambda number: f"京211{number:05d}",
        specialties=lambda number: ("building", "building,mining", "mining", "")[number % 4],
        new_employer=lambda number: "91110000XA00000999" if number % 5 == 0 else row.new_employer,
        supervising_district=lambda number: "海淀区" if number % 3 == 0 else "朝阳区",
    )
    return case


def listed(case: Case, actor: Actor, filters: ApplicationFilters = ALL, sort: Sort = "newest") -> list[ApplicationRow]:
    """All pages one after the other; each tells the same total."""
    found: list[ApplicationRow] = []
    cursor = None
    with case.services.database.read() as connection:
        while True:
            page = case.services.cases.mine(connection, actor, filters, cursor, sort)
            found += page.items
            cursor = page.after
            if cursor is None:
                assert page.total == len(found)
                return found


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (ALL, 71),
        (ApplicationFilters(line="class2_continuation"), 30),
        (ApplicationFilters(line="nothing"), 0),
        (ApplicationFilters(status="publicity"), 10),
        (ApplicationFilters(status="deleted"), 0),
        (ApplicationFilters(name="若兰"), 20),
        (ApplicationFilters(name="%"), 0),
        (ApplicationFilters(id_number=" 110101199001010007 "), 0),  # a deleted one
        (ApplicationFilters(id_number="110101199001010008"), 1),
        (ApplicationFilters(number="bj00001"), 9),
        (ApplicationFilters(registration_no="00012"), 1),
        (ApplicationFilters(specialty="mining"), 40),
        (ApplicationFilters(specialty="min"), 0),  # a part of a specialty's name is none
        (ApplicationFilters(employer="远山"), 14),
        (ApplicationFilters(employer="近水"), 14),  # the name before
        (ApplicationFilters(employer="xa000009-9"), 14),
        (ApplicationFilters(employer="没有这家"), 0),
        (ApplicationFilters(employer="北京"), 71),
        (ApplicationFilters(declared_from=date(2026, 6, 9), declared_to=date(2026, 6, 9)), 6),
        (ApplicationFilters(declared_from=date(2026, 6, 16)), 0),
        (ApplicationFilters(line="class2_continuation", specialty="mining", status="closed"), 10),
    ],
)
def test_filters_narrow_the_list_and_its_total(crowd: Case, filters: ApplicationFilters, expected: int) -> None:
    assert len(listed(crowd, CENTRE, filters)) == expected


@pytest.mark.parametrize("sort", SORTS)
def test_orders_hold_over_all_pages_and_show_each_row_once(crowd: Case, sort: Sort) -> None:
    """By newest, by the day of declaration with the undeclared last, and by progress from the draft on."""
    found = listed(crowd, CENTRE, sort=sort)

    life = ("draft", "pending_confirmation", "declared", "publicity", "closed", "returned")
    by = {
        "newest": lambda row: row.created_at,
        "declared": lambda row: row.declared_on or date.min,
        "status": lambda row: -life.index(row.status),
    }[sort]
    assert found == sorted(found, key=lambda row: (by(row), row.number), reverse=True)
    assert len({row.number for row in found}) == 71


@pytest.mark.parametrize("sort", SORTS)
def test_turning_back_leads_to_the_page_before(crowd: Case, sort: Sort) -> None:
    cases = crowd.services.cases
    with crowd.services.database.read() as connection:
        first = cases.mine(connection, CENTRE, ALL, None, sort)
        second = cases.mine(connection, CENTRE, ALL, first.after, sort)
        back = cases.mine(connection, CENTRE, ALL, second.before, sort)
        # A cursor of another order is none.
        others = [cases.mine(connection, CENTRE, ALL, first.after, other) for other in SORTS if other != sort]
    assert (back.items, back.before) == (first.items, None)
    assert all(other.before is None and other.total == 71 for other in others)


def test_each_scope_sees_its_own(crowd: Case) -> None:
    """Chapter 1.1: people theirs, employers what was submitted to them, districts their declared ones, the city later."""
    district = listed(crowd, crowd.actor("district_chaoyang"))
    city = listed(crowd, crowd.actor("city_a"))
    new, old = listed(crowd, crowd.actor("e02_admin")), listed(crowd, crowd.actor("e01_admin"))
    own = listed(crowd, crowd.actor("p04"))

    assert {row.status for row in district} == {"declared", "publicity", "closed", "returned"}
    assert {row.status for row in city} == {"publicity", "closed"}
    assert len(old) == 71
    assert len(new) == 57  # the others go to another enterprise
    assert all(row.own for row in own)
    assert not any(row.own for row in old)
    assert listed(crowd, crowd.actor("p16")) == []
    side = replace(ALL, side="out")
    assert listed(crowd, crowd.actor("e02_admin"), side) == []
    assert len(listed(crowd, crowd.actor("e01_admin"), side)) == 71


def test_totals_are_counted_to_ten_thousand_and_pages_go_on(crowd: Case) -> None:
    crowd_of(crowd, 10_050, created_at=lambda number: crowd.row().created_at - timedelta(minutes=number))
    with crowd.services.database.read() as connection:
        for sort in SORTS:
            page = crowd.services.cases.mine(connection, CENTRE, ALL, None, sort)
            again = crowd.services.cases.mine(connection, CENTRE, ALL, page.after, sort)
            assert (page.total, again.total, len(again.items)) == (10_001, 10_001, 20)
            assert not {row.number for row in page.items} & {row.number for row in again.items}


def test_rows_tell_why_not(crowd: Case) -> None:
    """What has been submitted can be withdrawn only; what is over can be neither (R-000-04, R-000-08)."""
    rows = {row.status: row for row in listed(crowd, CENTRE)}

    refusals = {
        status: (row.not_withdrawn and row.not_withdrawn.code, row.not_deleted and row.not_deleted.code)
        for status, row in rows.items()
    }
    assert refusals["draft"] == ("WITHDRAW_NOT_ALLOWED", None)
    assert refusals["declared"] == (None, "WITHDRAW_BEFORE_DELETE")
    assert refusals["closed"] == ("WITHDRAW_NOT_ALLOWED", "WITHDRAW_BEFORE_DELETE")
    assert refusals["returned"] == (None, None)


def test_the_whole_list_is_the_pages_together(crowd: Case) -> None:
    filters = ApplicationFilters(specialty="mining")
    with crowd.services.database.read() as connection:
        whole = list(crowd.services.cases.all_of_mine(connection, CENTRE, filters, "declared"))

    assert whole == listed(crowd, CENTRE, filters, "declared")
    assert {len(row.id_number_masked.strip("*")) for row in whole} == {18}
    assert not [row for row in whole if "*" not in row.id_number_masked]


@contextmanager
def statements(case: Case) -> Iterator[list[tuple[str, Any]]]:
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, *rest: Any) -> None:
        asked.append((statement, values))

    event.listen(case.services.database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(case.services.database.engine, "before_cursor_execute", note)


FILTERS = (
    ALL,
    ApplicationFilters(name="若兰"),
    ApplicationFilters(number="0001"),
    ApplicationFilters(registration_no="0001"),
    ApplicationFilters(line="class2_continuation", specialty="mining", status="closed"),
    ApplicationFilters(status="closed"),
    ApplicationFilters(declared_from=date(2026, 6, 9)),
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("username", ["district_chaoyang", "city_a", "centre"])
@pytest.mark.parametrize("sort", SORTS)
def test_sqlite_chooses_and_counts_in_an_index_alone(crowd: Case, username: str, sort: Sort) -> None:
    """A district in what it may see, the city and the centre in the narrowest that has all that is asked."""
    actor = CENTRE if username == "centre" else crowd.actor(username)
    with crowd.services.database.read() as connection:
        for filters in FILTERS:
            with statements(crowd) as asked:
                crowd.services.cases.mine(connection, actor, filters, None, sort)
            (choice, values), *rest = [each for each in asked if "SELECT" in each[0]]
            plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {choice}", values)]
            (step,) = [step for step in plan if "application" in step]
            if username == "district_chaoyang":
                assert step == "SEARCH application USING COVERING INDEX ix_application_list (supervising_district=?)"
            else:
                assert step.startswith("SCAN application USING COVERING INDEX ix_application_"), (filters, plan)
                assert step.rpartition("_")[2] in ("newest", "declared", "progress"), (filters, plan)
            assert len(rest) == 2  # the rows of the page, and their flags


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("username", ["p04", "e02_admin"])
def test_sqlite_finds_what_is_of_one_person_or_enterprise_by_its_index(crowd: Case, username: str) -> None:
    """Under every filter: none of them may lead it through all applications."""
    with crowd.services.database.read() as connection:
        for filters in FILTERS:
            with statements(crowd) as asked:
                crowd.services.cases.mine(connection, crowd.actor(username), filters)
            choice, values = next(each for each in asked if "WITH chosen" in each[0])
            plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {choice}", values)]
            assert not [step for step in plan if step.startswith("SCAN application")], plan
            assert [step for step in plan if "USING INDEX ix_application_" in step], plan


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_reads_no_wide_row_but_those_of_the_page(crowd: Case) -> None:
    crowd_of(crowd, 20_000, created_at=lambda number: crowd.row().created_at - timedelta(minutes=number))
    engine = crowd.services.database.engine
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE application"))
    with crowd.services.database.read() as connection:
        for filters, sort in product(FILTERS, SORTS):
            with statements(crowd) as asked:
                crowd.services.cases.mine(connection, crowd.actor("district_chaoyang"), filters, None, sort)
            chosen = [each for each in asked if "WITH chosen" in each[0]]
            assert chosen
            for statement, values in chosen:
                plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values))
                assert "Seq Scan on application" not in plan, plan
                assert "Index Only Scan using ix_application_" in plan or filters.line or filters.status, plan
