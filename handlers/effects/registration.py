"""Effects on the class-2 registration of the person who applied."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from applications.records import ApplicationRow
from handlers.effects.catalogue import effect
from registry.registrations import Registration, Registrations


@effect
def change_employer(connection: Connection, row: ApplicationRow, effective_on: date) -> None:
    """The employer of the registration becomes the new one; expiry dates stay (R-D-23)."""
    registration = registration_of(connection, row)
    Registrations(connection).change_employer(registration.id, row.new_employer, effective_on)


@effect
def deregister(connection: Connection, row: ApplicationRow, effective_on: date) -> None:
    """The chosen specialties are deregistered; with the last one the registration is (2.15)."""
    registration = registration_of(connection, row)
    Registrations(connection).deregister(registration.id, row.document["specialties"], effective_on)


def registration_of(connection: Connection, row: ApplicationRow) -> Registration:
    """The registration of the applicant; `check_start` and `check_submit` have seen that there is one."""
    found = Registrations(connection).of_person(row.person_id)
    assert found is not None
    return found
