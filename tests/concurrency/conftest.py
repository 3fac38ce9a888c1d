"""The real services with the sample data of 2026-06-15."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def build_services(
    database_url: str, folder: Path, clock: FixedClock, system_clock: FixedClock, **more: Any
) -> Services:
    """The services on a database with the schema, and the sample data in it."""
    settings = Settings(database_url=database_url, var_dir=folder / "var")
    built = build(settings, clock=clock, system_clock=system_clock, passwords=CHEAP, **more)
    with built.database.write() as work:
        load(work, day_of(clock.now()), settings.demo_password, clock=system_clock, passwords=CHEAP)
    return built


@pytest.fixture
def services(database_url: str, tmp_path: Path, clock: FixedClock, system_clock: FixedClock) -> Iterator[Services]:
    built = build_services(database_url, tmp_path, clock, system_clock)
    yield built
    built.database.engine.dispose()


@pytest.fixture
def case(services: Services, clock: FixedClock) -> Case:
    return Case(services, clock, LINE)
