"""The nightly copying of the sources: each as a whole, and none stopped by another (F-SYNC)."""

from __future__ import annotations

from sqlalchemy import Table, func, select

from kernel.clock import FixedClock
from store.tables import enterprise, enterprise_qualification, ministry_registration, qualification
from tests.scenarios import nights
from wiring import Services

PROCESS = "data_synchronisation"
SOURCES = ["abnormal_registration", "enterprise", "in_construction", "ministry", "qualification", "social_insurance"]


def count(services: Services, table: Table) -> int:
    with services.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_all_sources_are_copied_at_one_in_the_morning(services: Services, clock: FixedClock) -> None:
    """F-SYNC, R-1.1-2, R-1.1-3: the mirrors are filled, with the moment at which they were."""
    nights.at(services, clock, 0, 59)
    assert nights.instances(services, PROCESS) == []

    nights.at(services, clock, 1, days=0)

    (run,) = nights.instances(services, PROCESS)
    assert (run.status, run.business_key) == ("completed", "2026-06-16 01:00")
    assert nights.runs(services) == [(source, "succeeded") for source in SOURCES]
    with services.database.read() as connection:
        kinds: dict[str, int] = dict(
            connection.execute(
                select(ministry_registration.c.kind, func.count()).group_by(ministry_registration.c.kind)
            ).all()
        )
        moments = set(connection.execute(select(ministry_registration.c.synced_at)).scalars())
    assert kinds == {"class1": 4, "class1_temp": 1, "cost_engineer": 2, "supervising_engineer": 2}
    assert moments == {clock.now()}


def test_a_pass_of_this_year_is_there_after_the_next_night(services: Services, clock: FixedClock) -> None:
    """R-1.2-3: P02's pass arrives with the feed of D+1; R-1.8-1: changed data of enterprises stand beside the books."""
    number = "110000198203159022"
    before = count(services, qualification)

    nights.at(services, clock, 1)

    with services.database.read() as connection:
        found = select(qualification.c.specialty).where(qualification.c.id_number == number)
        assert list(connection.execute(found).scalars()) == ["building"]
        names = (
            select(enterprise.c.key, enterprise_qualification.c.name)
            .join(enterprise_qualification, enterprise_qualification.c.uscc == enterprise.c.uscc)
            .where(enterprise.c.name != enterprise_qualification.c.name)
            .order_by(enterprise.c.key)
        )
        assert [row.key for row in connection.execute(names)] == ["E05", "E06", "E07"]
    assert count(services, qualification) == before + 1


def test_a_source_that_fails_stops_no_other(services: Services, clock: FixedClock, system_clock: FixedClock) -> None:
    """F-SYNC: it keeps its old data and becomes an incident of its own; once mended, its retry ends the run."""
    nights.at(services, clock, 1)
    held = count(services, ministry_registration)
    feed = services.settings.exchange_dir / "ministry.csv"
    content = feed.read_text(encoding="utf-8")
    feed.write_text(content.replace("class1_temp", "class9"), encoding="utf-8")

    nights.at(services, clock, 1)
    for _ in range(3):  # its three tries
        system_clock.advance(minutes=30)
        clock.advance(minutes=30)
        services.pump.drain()

    assert nights.incidents(services) == ["copy_ministry_data"]
    assert count(services, ministry_registration) == held
    outcomes = nights.runs(services)
    assert outcomes.count(("ministry", "failed")) == 3
    assert [outcomes.count((source, "succeeded")) for source in SOURCES if source != "ministry"] == [2] * 5

    feed.write_text(content, encoding="utf-8")
    nights.at(services, clock, 1)
    assert [each.status for each in nights.instances(services, PROCESS)] == ["completed", "active", "completed"]
