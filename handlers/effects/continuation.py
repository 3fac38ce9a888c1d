"""What an approved continuation does to the registration."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Connection

from applications.records import ApplicationRow
from handlers.effects.catalogue import effect
from handlers.effects.registration import registration_of
from registry.calendar import years_after
from registry.registrations import Registrations

YEARS = 3


@effect
def continue_specialties(connection: Connection, row: ApplicationRow, effective_on: date) -> None:
    """The chosen specialties are valid for three more years; those not chosen run out (2.12).

    The old expiry is that of the snapshot, not of today's books: so a repetition comes to the same day.
    """
    held = {each["specialty"]: date.fromisoformat(each["expiry_date"]) for each in _specialties(row)}
    expiries = {name: continued_until(held[name]) for name in row.document["specialties"]}
    registration = registration_of(connection, row)
    Registrations(connection).continue_specialties(registration.id, expiries, effective_on)


def continued_until(expiry_date: date) -> date:
    """The last of the three years that begin on the day after the old expiry: no gap and no overlap.

    2026-09-13 becomes 2029-09-13; after 2028-02-29 the years end on 2031-02-28.
    """
    return years_after(expiry_date + timedelta(days=1), YEARS) - timedelta(days=1)


def _specialties(row: ApplicationRow) -> list[dict[str, str]]:
    found: list[dict[str, str]] = row.snapshot["registration"]["specialties"]
    return found
