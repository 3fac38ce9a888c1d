"""The ports of the data exchange: what every source promises, and what the simulated ones make of their files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from demo.exchange import write_feeds
from kernel.clock import FixedClock
from registry.exchange import ports
from registry.exchange.files import file_sources
from registry.exchange.mirrors import synced_at
from registry.exchange.ports import SourceFailed, Sources
from registry.exchange.synchronising import Synchronising
from registry.exchange.text_messages import StoredTextMessages
from registry.exchange.working_days import is_working_day, working_day_after
from store.tables import enterprise, in_construction_lock, sync_run, text_message
from store.unit_of_work import Database

D = date(2026, 6, 15)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_feeds(tmp_path, D)
    return tmp_path


@pytest.fixture
def sources(folder: Path) -> Sources:
    """Another implementation of the ports takes this one's place here, and the contract below holds for it too."""
    return file_sources(folder)


COPIED = [ports.MINISTRY, ports.QUALIFICATION, ports.ENTERPRISE, ports.IN_CONSTRUCTION, ports.ABNORMAL]


@pytest.mark.parametrize("name", COPIED)
def test_a_source_tells_all_it_holds_again_and_again(name: str, sources: Sources) -> None:
    """F-SYNC: the contract of a source that is copied as a whole."""
    source = sources.by_name()[name]
    rows = source.rows(D)
    assert rows
    assert source.rows(D) == rows
    key = "uscc" if name == ports.ENTERPRISE else "id"
    assert len({getattr(row, key) for row in rows}) == len(rows)


@pytest.mark.parametrize("name", COPIED)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text.replace(text.splitlines()[0], "a,b,c"),
        lambda text: text + "only,three,cells\n",
        lambda text: text + text.splitlines()[-1] + "\n",  # a row twice
    ],
    ids=["empty", "other_columns", "short_row", "twice"],
)
def test_a_source_that_cannot_be_read_says_so_without_personal_data(
    name: str, spoil: Callable[[str], str], sources: Sources, folder: Path
) -> None:
    """F-SYNC: the contract of failure."""
    file = folder / f"{name}.csv"
    file.write_text(spoil(file.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(SourceFailed) as failed:
        sources.by_name()[name].rows(date(2026, 6, 16))
    assert name in str(failed.value)
    assert "110000" not in str(failed.value)


def test_a_source_that_is_not_there_has_failed(sources: Sources, folder: Path) -> None:
    (folder / "ministry.csv").unlink()
    with pytest.raises(SourceFailed):
        sources.ministry.rows(D)


def test_a_row_may_arrive_later(sources: Sources) -> None:
    """R-1.2-3: P02's pass is told from D+1 on."""
    today = {row.id_number for row in sources.qualifications.rows(D)}
    tomorrow = {row.id_number for row in sources.qualifications.rows(date(2026, 6, 16))}
    assert tomorrow - today == {"110000198203159022"}


def test_insurance_is_back_after_a_working_day(sources: Sources) -> None:
    """F-SI, the contract of the port: nothing before, then every month that is known; nobody unknown is an error."""
    ask = sources.social_insurance.answer
    p05, nobody = "11000019910228905X", "110000198808239092"
    assert ask(p05, requested_on=D, on=D) is None
    found = ask(p05, requested_on=D, on=date(2026, 6, 16))
    assert found is not None
    assert [(each.month, each.paid) for each in found] == [("2026-04", True), ("2026-05", True)]
    assert ask(nobody, requested_on=D, on=date(2026, 6, 16)) == []
    friday = date(2026, 6, 12)
    assert ask(p05, requested_on=friday, on=date(2026, 6, 14)) is None
    assert ask(p05, requested_on=friday, on=date(2026, 6, 15)) is not None


def test_insurance_may_take_two_working_days(sources: Sources, folder: Path) -> None:
    """F-SI"""
    file = folder / "social_insurance.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("yes,", "yes,2"), encoding="utf-8")
    ask = sources.social_insurance.answer
    assert ask("11000019910228905X", requested_on=D, on=date(2026, 6, 16)) is None
    assert ask("11000019910228905X", requested_on=D, on=date(2026, 6, 17)) is not None


@pytest.mark.parametrize(
    ("day", "number", "expected"),
    [
        (date(2026, 6, 15), 1, date(2026, 6, 16)),
        (date(2026, 6, 12), 1, date(2026, 6, 15)),  # over a weekend
        (date(2026, 6, 18), 1, date(2026, 6, 22)),  # over the Dragon Boat Festival on Friday 19 June
        (date(2026, 5, 8), 1, date(2026, 5, 9)),  # a Saturday that is worked
        (date(2026, 9, 30), 2, date(2026, 10, 9)),
        (date(2031, 6, 13), 2, date(2031, 6, 17)),  # a year that the table does not know: weekends only
    ],
)
def test_working_days_skip_weekends_and_holidays(day: date, number: int, expected: date) -> None:
    """F-SI"""
    assert working_day_after(day, number) == expected
    assert is_working_day(expected)


def copying(database: Database, sources: Sources, clock: FixedClock) -> Synchronising:
    return Synchronising(database, sources, clock)


def rows(database: Database, table: Any) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(select(table)))


def test_a_copy_replaces_the_whole(database: Database, sources: Sources, folder: Path, clock: FixedClock) -> None:
    """F-SYNC: what the source holds no more is gone from the mirror."""
    copy = copying(database, sources, clock).copy
    assert copy(ports.IN_CONSTRUCTION) == len(rows(database, in_construction_lock)) == 2
    file = folder / "in_construction.csv"
    file.write_text("".join(file.read_text(encoding="utf-8").splitlines(keepends=True)[:2]), encoding="utf-8")

    assert copy(ports.IN_CONSTRUCTION) == 1

    assert [row.project_name for row in rows(database, in_construction_lock)] == ["海淀区示例工程一标段"]
    with database.read() as connection:
        assert synced_at(connection, ports.IN_CONSTRUCTION) == clock.now()


def test_a_failed_copy_leaves_the_mirror_and_is_noted(
    database: Database, sources: Sources, folder: Path, clock: FixedClock
) -> None:
    """F-SYNC: a district longer than any cannot be stored on PostgreSQL; a date that is none cannot be read anywhere."""
    copy = copying(database, sources, clock).copy
    copy(ports.IN_CONSTRUCTION)
    file = folder / "in_construction.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("2026-02-15", "2026-02-30"), encoding="utf-8")

    with pytest.raises(SourceFailed):
        copy(ports.IN_CONSTRUCTION)

    assert len(rows(database, in_construction_lock)) == 2
    assert sorted(row.outcome for row in rows(database, sync_run)) == ["failed", "succeeded"]
    [failed] = [row for row in rows(database, sync_run) if row.outcome == "failed"]
    assert "locked_on cannot be read" in failed.detail


def test_the_books_follow_what_no_change_has_to_carry(database: Database, sources: Sources, clock: FixedClock) -> None:
    """R-1.8-1, G-06: cancellation comes with the data; name and district wait for the enterprise-info change."""
    values = {
        "uscc": "91110000XA0000090M",
        "org_code": "XA0000090",
        "name": "旧名",
        "licence_merged": True,
        "province": "北京市",
        "cancelled": False,
    }
    with database.write() as work:
        work.connection.execute(insert(enterprise).values(values))

    copying(database, sources, clock).copy(ports.ENTERPRISE)

    [row] = rows(database, enterprise)
    assert (row.name, row.cancelled, row.legal_representative) == ("旧名", True, "乔旧年")


def test_a_text_message_is_sent_once_under_its_key(database: Database, clock: FixedClock) -> None:
    """F-MSG: the contract of the gateway."""
    gateway = StoredTextMessages(database, clock)
    for _ in range(2):
        gateway.send("19900000004", "已办结", key="one", application_id=None)
    gateway.send("19900000004", "已办结", key="two", application_id=None)
    assert len(rows(database, text_message)) == 2
