"""The open cases of the sample data are driven to the statuses of the plan (REQUIREMENTS.md 7.5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from demo.load import load_demo
from demo.open_cases import OPEN_CASES
from identity.passwords import Passwords
from kernel.clock import BEIJING, FixedClock
from kernel.settings import Settings
from store.tables import application, person, publicity, task
from wiring import Services, build

D = date(2026, 6, 15)


@pytest.fixture
def services(database_url: str, tmp_path: Path) -> Iterator[Services]:
    morning = datetime(2026, 6, 15, 9, tzinfo=BEIJING)
    settings = Settings(database_url=database_url, var_dir=tmp_path / "var", demo_today=D)
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    built = build(settings, clock=FixedClock(morning), system_clock=FixedClock(morning), passwords=cheap)
    load_demo(built)
    yield built
    built.database.engine.dispose()


def test_every_case_stands_where_the_plan_says(services: Services) -> None:
    """7.5: status, publicity days, and who is waited for."""
    found = {}
    with services.database.read() as connection:
        query = select(person.c.key, application).join(person, person.c.id == application.c.person_id)
        for row in connection.execute(query):
            found[row.key] = row
        periods: dict[Any, Any] = {row.application_id: row for row in connection.execute(select(publicity))}
        waiting = {row.instance_id: row.path for row in connection.execute(select(task).where(task.c.status == "open"))}
    statuses = {key: (row.line, row.status) for key, row in found.items()}
    assert statuses == {each.person: (each.line, each.status) for each in OPEN_CASES}
    assert found["P41"].document["contract_start"] is None
    assert (periods[found["P46"].id].opens_on, periods[found["P46"].id].decision) == (date(2026, 6, 13), "pass")
    assert (periods[found["P47"].id].last_on, periods[found["P47"].id].decision) == (D, "not_pass")
    assert found["P49"].ended_at < datetime(2026, 6, 14, 12, tzinfo=BEIJING) < found["P50"].ended_at
    assert found["P19"].declared_on == D
    assert waiting[found["P19"].instance_id] == "review/review_by_district"
    assert waiting[found["P45"].instance_id] == "review/review_by_city"
    assert waiting[found["P48"].instance_id] == "review/appeal/review_appeal"
    assert services.clock.now() == datetime(2026, 6, 15, 9, tzinfo=BEIJING)


def test_loading_again_drives_nothing(services: Services) -> None:
    """7: the loader is idempotent."""
    load_demo(services)
    with services.database.read() as connection:
        assert len(connection.execute(select(application.c.id)).all()) == len(OPEN_CASES)
