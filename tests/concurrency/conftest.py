"""The real services with the sample data of 2026-06-15."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kernel.clock import FixedClock
from kernel.settings import Settings
from tests.scenarios.case import Case
from tests.support.sample import build_on_copy
from wiring import Services

LINE = "class2_employer_transfer"


def build_services(sample_url: str, folder: Path, clock: FixedClock, system_clock: FixedClock, **more: Any) -> Services:
    """The services on a database with the sample data."""
    settings = Settings(database_url=sample_url, var_dir=folder / "var")
    return build_on_copy(settings, clock=clock, system_clock=system_clock, **more)


@pytest.fixture
def services(sample_url: str, tmp_path: Path, clock: FixedClock, system_clock: FixedClock) -> Iterator[Services]:
    built = build_services(sample_url, tmp_path, clock, system_clock)
    yield built
    built.database.engine.dispose()


@pytest.fixture
def case(services: Services, clock: FixedClock) -> Case:
    return Case(services, clock, LINE)
