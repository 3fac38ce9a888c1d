"""The real services with the sample data of 2026-06-15."""

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
from wiring import Services, build

LINE = "class2_employer_transfer"
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def services(database_url: str, tmp_path: Path, clock: FixedClock, system_clock: FixedClock) -> Iterator[Services]:
    settings = Settings(database_url=database_url, var_dir=tmp_path / "var")
    built = build(settings, clock=clock, system_clock=system_clock, passwords=CHEAP)
    with built.database.write() as work:
        load(work, day_of(clock.now()), settings.demo_password, clock=system_clock, passwords=CHEAP)
    yield built
    built.database.engine.dispose()


@pytest.fixture
def case(services: Services, clock: FixedClock) -> Case:
    return Case(services, clock, LINE)
