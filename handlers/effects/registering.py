"""Effects that enter specialties on the class-2 registration of the person who applied (R-D-22)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from applications.records import ApplicationRow
from handlers.effects.catalogue import effect
from handlers.effects.registration import registration_of
from registry.registering import Registering


@effect
def register(connection: Connection, row: ApplicationRow, effective_on: date) -> None:
    """The person is registered for the first time, at the declared employer (2.9)."""
    Registering(connection).register(row.person_id, row.new_employer, row.document["specialties"], effective_on)


@effect
def re_register(connection: Connection, row: ApplicationRow, effective_on: date) -> None:
    """The deregistered registration is valid again under its number, at the declared employer (2.10)."""
    registration = registration_of(connection, row)
    chosen = row.document["specialties"]
    Registering(connection).register_again(registration.id, row.new_employer, chosen, effective_on)


@effect
def add_specialties(connection: Connection, row: ApplicationRow, effective_on: date) -> None:
    """The chosen specialties stand beside the others, whose dates stay (2.11)."""
    registration = registration_of(connection, row)
    Registering(connection).add_specialties(registration.id, row.document["specialties"], effective_on)
