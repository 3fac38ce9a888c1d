"""What the nightly work has left: its instances, incidents and runs."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, select

from kernel.clock import BEIJING, FixedClock, day_of
from store.tables import history, incident, instance, sync_run
from wiring import Services


def at(services: Services, clock: FixedClock, hour: int, minute: int = 0, *, days: int = 1) -> None:
    """Let the business clock reach an hour, so many days from its day, and the background do what is due."""
    day: date = day_of(clock.now()) + timedelta(days=days)
    clock.set(datetime.combine(day, time(hour, minute), BEIJING))
    services.pump.drain()


def instances(services: Services, line: str) -> list[Row[Any]]:
    with services.database.read() as connection:
        query = select(instance).where(instance.c.line == line).order_by(instance.c.started_at)
        return list(connection.execute(query))


def completed(services: Services, instance_id: str) -> list[str]:
    """The elements that an instance has completed, in their order."""
    with services.database.read() as connection:
        mine = (history.c.instance_id == instance_id) & (history.c.event == "completed")
        return list(connection.execute(select(history.c.element_id).where(mine).order_by(history.c.seq)).scalars())


def incidents(services: Services) -> list[str]:
    """The elements with an open incident."""
    with services.database.read() as connection:
        query = select(incident.c.element_id).where(incident.c.status == "open").order_by(incident.c.element_id)
        return list(connection.execute(query).scalars())


def runs(services: Services) -> list[tuple[str, str]]:
    """The runs of the sources, each with its outcome, by source."""
    with services.database.read() as connection:
        query = select(sync_run.c.source, sync_run.c.outcome).order_by(sync_run.c.source)
        return [tuple(row) for row in connection.execute(query)]
