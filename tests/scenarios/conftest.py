"""The `case` fixture: the real services on SQLite and PostgreSQL, with the sample data of 2026-06-15."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from demo.exchange import write_feeds
from demo.sample_data import load
from identity.passwords import Passwords
from kernel.clock import FixedClock, day_of
from kernel.settings import Settings
from tests.scenarios.case import Case
from tests.scenarios.flows import note_history
from wiring import Services, build


@pytest.fixture
def services(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, clock: FixedClock, system_clock: FixedClock
) -> Iterator[Services]:
    """A test with a parameter `batch` says by it how many applications the nightly work takes at once."""
    batch = request.node.callspec.params.get("batch", 200)
    settings = Settings(database_url=database_url, var_dir=tmp_path / "var", comparison_batch=batch)
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    built = build(settings, clock=clock, system_clock=system_clock, passwords=cheap)
    with built.database.write() as work:
        load(work, day_of(clock.now()), settings.demo_password, clock=system_clock, passwords=cheap)
    write_feeds(settings.exchange_dir, day_of(clock.now()))
    yield built
    with built.database.read() as connection:
        note_history(connection)
    built.database.engine.dispose()


@pytest.fixture
def new_case(services: Services, clock: FixedClock) -> Callable[[], Case]:
    """For tests of several applications."""
    return lambda: Case(services, clock, "class2_employer_transfer")


@pytest.fixture
def case(services: Services, clock: FixedClock, request: pytest.FixtureRequest) -> Case:
    """A case of the line that the test file tells as `LINE`; without one an employer transfer."""
    return Case(services, clock, getattr(request.module, "LINE", "class2_employer_transfer"))
