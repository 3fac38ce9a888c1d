"""A copy of a case is a case: it is found, decided and followed like the one it was made from."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from bench.copies import copy_many, copy_rows, sql_text
from bench.office import DISTRICT_TASK, PASSES, Office
from kernel.errors import StateConflict
from store.tables import application, history, instance, task


@pytest.fixture
def office(database_url: str, tmp_path: Path):
    opened = Office(database_url, tmp_path)
    yield opened
    opened.close()


def count(office, table, condition):
    with office.services.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one()


def test_a_copy_is_decided_by_itself(office):
    case = office.original(office.declared(office.newcomers(1))[0])
    with office.services.database.write() as work:
        copy_rows(work.connection, case, 1, 3)
    task_id = case.open_task(DISTRICT_TASK)
    second = case.numbered(task_id, 2)

    decided = office.services.applications.complete(second, PASSES, by=office.officer, command_id="second")

    assert decided.number == case.numbered(case.rows["application"][0]["number"], 2)
    assert count(office, application, application.c.status == "city_review") == 1
    assert count(office, application, application.c.status == "declared") == 3
    assert count(office, task, (task.c.status == "open") & (task.c.path == DISTRICT_TASK)) == 3
    with pytest.raises(StateConflict):
        office.services.applications.complete(second, PASSES, by=office.officer, command_id="again")


def test_a_copy_has_all_rows_of_its_case_and_a_listed_one_only_what_lists_read(office):
    case = office.original(office.declared(office.newcomers(1))[0])
    of_one = count(office, history, history.c.instance_id.is_not(None))
    with office.services.database.write() as work:
        copy_rows(work.connection, case, 1, 2)
    assert count(office, history, history.c.instance_id.is_not(None)) == 3 * of_one
    with office.services.database.write() as work:
        copy_rows(
            work.connection,
            case,
            3,
            5,
            listed_only=True,
            values={"supervising_district": "CASE WHEN copy % 2 = 1 THEN '50%' END"},
        )
    assert count(office, history, history.c.instance_id.is_not(None)) == 3 * of_one
    assert count(office, task, task.c.status == "open") == 6
    assert count(office, application, application.c.supervising_district == "50%") == 2


def test_a_finished_case_is_copied_as_the_nightly_work_has_left_it(office):
    number = office.closed(office.newcomers(1))[0]
    office.months_pass()
    case = office.original(number)
    copy_many(office.services.database.engine, case, 1, 2, at_once=1)
    assert "history" not in case.rows
    assert count(office, instance, instance.c.archive.is_not(None)) == 3
    assert count(office, application, application.c.status == "closed") == 3


def test_names_within_a_text_become_those_of_the_copy():
    names = {"abc": "'x' || n", "abcd": "'y' || n"}
    longest_first = dict(sorted(names.items(), key=lambda each: -len(each[0])))
    found = sql_text('{"task":"abcd","of":"abc"}', longest_first, lambda text: f"'{text}'")
    assert found == """('{"task":"' || 'y' || n || '","of":"' || 'x' || n || '"}')"""
    assert sql_text("", {}, lambda text: f"'{text}'") == "('')"
