"""Marks and reminders of what expires (F-EXPIRY, R-D-20)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from kernel.clock import FixedClock
from registry.registrations import Registrations
from store.tables import expiry_mark, expiry_reminder, message, person
from tests.scenarios import nights
from wiring import Services

PROCESS = "expiry_marking"


def person_id(services: Services, key: str) -> str:
    with services.database.read() as connection:
        return str(connection.execute(select(person.c.id).where(person.c.key == key)).scalar_one())


def reminders(services: Services, key: str) -> list[str]:
    """The Chinese texts of what a person was told about expiry."""
    with services.database.read() as connection:
        mine = (message.c.recipient == f"person:{person_id(services, key)}") & message.c.dedupe_key.startswith(
            "expiry:"
        )
        return [body["zh"] for body in connection.execute(select(message.c.body).where(mine)).scalars()]


def test_holders_are_reminded_once_at_day_90_and_at_day_45(services: Services, clock: FixedClock) -> None:
    """F-EXPIRY: on D, P06 has 91 days left, P19 47, P09 29."""
    nights.at(services, clock, 0, 30)  # D+1

    assert ["还有90天" in told for told in reminders(services, "P06")] == [True]
    assert ["还有46天" in told for told in reminders(services, "P19")] == [True]  # day 90 was before the service was
    assert len(reminders(services, "P09")) == 1  # of the two only the later
    assert reminders(services, "P12") == []  # has expired

    nights.at(services, clock, 0, 30)
    nights.at(services, clock, 0, 30)
    assert ["还有45天" in told for told in reminders(services, "P19")] == [False, True]
    assert len(reminders(services, "P06")) == len(reminders(services, "P09")) == 1


def test_what_has_expired_is_marked_the_next_day_and_no_rule_reads_it(services: Services, clock: FixedClock) -> None:
    """R-D-20: valid on the day itself. P10 expires on D, P11 the day before; the book's own state stays."""
    nights.at(services, clock, 0, 30)

    with services.database.read() as connection:
        marked: dict[date, int] = dict(
            connection.execute(select(expiry_mark.c.expiry_date, func.count()).group_by("expiry_date")).all()
        )
        registration = Registrations(connection).of_person(person_id(services, "P10"))
    assert (marked[date(2026, 6, 14)], marked[date(2026, 6, 15)]) == (1, 1)
    assert date(2026, 6, 16) not in marked
    assert registration is not None
    assert {each.state for each in registration.specialties} == {"valid"}


@pytest.mark.parametrize("batch", [3])
def test_a_night_goes_batch_by_batch_until_all_is_done(services: Services, clock: FixedClock, batch: int) -> None:
    """F-EXPIRY: a transaction holds a few rows; what is left follows in the next lap."""
    nights.at(services, clock, 0, 30)

    (run,) = nights.instances(services, PROCESS)
    assert nights.completed(services, run.id).count("mark_expired") > 2
    with services.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(expiry_reminder)).scalar_one() > 3
