"""What the books say in the end, read from the service's own database."""

from __future__ import annotations

from sqlalchemy import select

from store.tables import enterprise, person, registration
from tests.browser.conftest import LiveService
from tests.scenarios.case import clear_flags


def employer_of(service: LiveService, key: str) -> str:
    """The name of the employer in the registration of a person of the sample data (P04)."""
    database = service.database()
    query = (
        select(enterprise.c.name)
        .join(registration, registration.c.employer == enterprise.c.uscc)
        .join(person, person.c.id == registration.c.person_id)
        .where(person.c.key == key)
    )
    with database.read() as connection:
        name = str(connection.execute(query).scalar_one())
    database.engine.dispose()
    return name


def without_flags(service: LiveService) -> None:
    """Clear all flags, as a night in which the sources say nothing against it would."""
    database = service.database()
    clear_flags(database)
    database.engine.dispose()
