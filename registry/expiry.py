"""Registrations that come to their end: marked once they have, and reminders before (F-EXPIRY).

Rules never read the marks: they compare the dates (R-D-20).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, insert, select

from registry.registrations import VALID
from store.tables import expiry_mark, expiry_reminder, registration, registration_specialty

REMINDED_AT = (90, 45)  # days before the expiry


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder that is due: of a specialty that expires, `days` before, and how many days are left in fact."""

    registration_id: str
    person_id: str
    registration_no: str
    specialty: str
    expiry_date: date
    days: int
    left: int


def mark_expired(connection: Connection, *, today: date, most: int) -> int:
    """Mark valid specialties whose last day is over; tells how many were marked, `most` at once."""
    specialty, mark = registration_specialty.c, expiry_mark.c
    same = (
        (mark.registration_id == specialty.registration_id)
        & (mark.specialty == specialty.specialty)
        & (mark.expiry_date == specialty.expiry_date)
    )
    is_marked = select(mark.registration_id).where(same).exists()
    over = (specialty.state == VALID) & (specialty.expiry_date < today) & ~is_marked
    columns = (specialty.registration_id, specialty.specialty, specialty.expiry_date)
    query = select(*columns).where(over).order_by(*columns).limit(most)
    rows = [{**row, "marked_on": today} for row in connection.execute(query).mappings()]
    if rows:
        connection.execute(insert(expiry_mark), rows)
    return len(rows)


def take_reminders(connection: Connection, *, today: date, most: int) -> Sequence[Reminder]:
    """The reminders that are due and not sent yet, `most` at once; they count as sent from here on.

    One that was due while the service stood still is due until the next one is, or until the last day.
    """
    found: list[Reminder] = []
    for place, days in enumerate(REMINDED_AT):
        next_days = REMINDED_AT[place + 1] if place + 1 < len(REMINDED_AT) else -1
        found += _due(connection, today, days, next_days, most - len(found))
    if found:
        rows = [
            {
                "registration_id": each.registration_id,
                "specialty": each.specialty,
                "expiry_date": each.expiry_date,
                "days": each.days,
                "sent_on": today,
            }
            for each in found
        ]
        connection.execute(insert(expiry_reminder), rows)
    return found


def _due(connection: Connection, today: date, days: int, next_days: int, most: int) -> list[Reminder]:
    """Those with at most `days` and more than `next_days` left."""
    specialty, sent = registration_specialty.c, expiry_reminder.c
    same = (
        (sent.registration_id == specialty.registration_id)
        & (sent.specialty == specialty.specialty)
        & (sent.expiry_date == specialty.expiry_date)
        & (sent.days == days)
    )
    in_time = specialty.expiry_date.between(today + timedelta(days=next_days + 1), today + timedelta(days=days))
    due = (specialty.state == VALID) & in_time & ~select(sent.days).where(same).exists()
    query = (
        select(
            specialty.registration_id,
            registration.c.person_id,
            registration.c.registration_no,
            specialty.specialty,
            specialty.expiry_date,
        )
        .join(registration, registration.c.id == specialty.registration_id)
        .where(due & (registration.c.state == VALID))
        .order_by(specialty.expiry_date, specialty.registration_id, specialty.specialty)
        .limit(most)
    )
    return [
        Reminder(**row, days=days, left=(row["expiry_date"] - today).days)
        for row in connection.execute(query).mappings()
    ]
