"""What an approved application does to the registry, by the verb that the diagram of its line names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from sqlalchemy import Connection

from applications.records import ApplicationRow
from registry.registrations import Registrations

Effect = Callable[[Connection, ApplicationRow, date], None]


def change_employer(connection: Connection, row: ApplicationRow, announced_on: date) -> None:
    """The employer of the registration becomes the new one; expiry dates stay (R-D-23)."""
    registrations = Registrations(connection)
    registration = registrations.of_person(row.person_id)
    assert registration is not None  # check_start and check_submit have seen it
    registrations.change_employer(registration.id, row.new_employer, announced_on)


EFFECTS: Mapping[str, Effect] = {each.__name__: each for each in (change_employer,)}
