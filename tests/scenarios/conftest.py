"""The `case` fixture: the real services on SQLite and PostgreSQL, with the sample data of 2026-06-15."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from demo.sample_data import load
from identity.passwords import Passwords
from kernel.clock import FixedClock, day_of
from kernel.settings import Settings
from tests.scenarios.case import Case
from tests.scenarios.flows import note_history
from wiring import Services, build


@pytest.fixture
def services(database_url: str, tmp_path: Path, clock: FixedClock, system_clock: FixedClock) -> Iterator[Services]:
    settings = Settings(database_url=database_url, var_dir=tmp_path / "var")
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    built = build(settings, clock=clock, system_clock=system_clock, passwords=cheap)
    with built.database.write() as work:
        load(work, day_of(clock.now()), settings.demo_password, clock=system_clock, passwords=cheap)
    yield built
    with built.database.read() as connection:
        note_history(connection)
    built.database.engine.dispose()


@pytest.fixture
def case(services: Services, clock: FixedClock, request: pytest.FixtureRequest) -> Case:
    """A case of the line that the test file tells as `LINE`; without one an employer transfer."""
    return Case(services, clock, getattr(request.module, "LINE", "class2_employer_transfer"))
