"""What a finished T-01 has left in the database, so that journeys with and without kills can be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from registry.registrations import Registrations
from store.tables import announcement, application, attachment, audit, document, history, instance, job, message, task
from tests.crash.journey import Journal
from tests.invariants import violations

if TYPE_CHECKING:
    from wiring import Services

Facts = Counter[str]


def facts_of(services: Services) -> Facts:
    """Everything that happened, as sentences with how often; ids and moments are left out."""
    with services.database.read() as connection:
        return Facts(_facts(connection))


def _facts(connection: Connection) -> Iterable[str]:
    for row in _all(connection, application):
        registration = Registrations(connection).of_person(row.person_id)
        assert registration is not None
        yield f"application {row.number} is {row.status}, revision {row.revision}: {sorted(row.document.items())}"
        yield f"registration is with {registration.employer}, certificate version {registration.version}"
        yield from (
            f"certificate {version.version} of {version.employer} is {version.state}"
            for version in Registrations(connection).certificate_versions(registration.id)
        )
    yield from (f"announcement {row.number} of {row.announced_on}" for row in _all(connection, announcement))
    yield from (f"instance is {row.status}" for row in _all(connection, instance))
    yield from (f"task {row.path} is {row.status}: {row.answers}" for row in _all(connection, task))
    yield from (f"{row.event} {row.path}, number {row.seq}" for row in _all(connection, history))
    yield from (f"{row.actor_name} {row.action} {row.step} {row.status_after}" for row in _all(connection, audit))
    yield from (f"{row.recipient} was told {row.title['zh']}" for row in _all(connection, message))
    yield from (f"{row.kind} job of {row.payload.get('subject')} is {row.state}" for row in _all(connection, job))
    yield from (f"{row.kind} {row.file_name} is kept" for row in _all(connection, document))
    held = select(attachment.c.kind).where(attachment.c.removed_at.is_(None))
    yield from (f"{kind} is attached" for kind in connection.execute(held).scalars())


def _all(connection: Connection, table: Any) -> Iterable[Any]:
    return connection.execute(select(table)).all()


def acknowledged_but_gone(services: Services, journal: Journal) -> list[str]:
    """I1: answers that the client was given and the database knows nothing of."""
    with services.database.read() as connection:
        gone = []
        for step, asked in journal.asked.items():
            if step in journal.answered and "task_id" in asked:
                row = connection.execute(select(task).where(task.c.id == asked["task_id"])).one_or_none()
                if row is None or row.status != "completed" or row.answers["decision"] != asked["decision"]:
                    gone.append(f"{step}: {asked}")
        numbers = connection.execute(select(application.c.number)).scalars().all()
        if "start" in journal.answered and journal.answered["start"] not in numbers:
            gone.append(f"application {journal.answered['start']}")
    return gone


def compare(services: Services, journal: Journal, undisturbed: Facts) -> dict[str, list[str]]:
    """What was lost, what was done twice, and what else is not as it must be."""
    found = facts_of(services)
    return {
        "lost": sorted((undisturbed - found).elements()) + acknowledged_but_gone(services, journal),
        "doubled": sorted((found - undisturbed).elements()),
        "broken": violations(services),
    }
