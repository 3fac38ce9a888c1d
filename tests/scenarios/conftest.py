"""The `case` fixture: the real services on SQLite and PostgreSQL, with the sample data of 2026-06-15."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demo.exchange import write_feeds
from kernel.clock import FixedClock, day_of
from kernel.settings import Settings
from tests.conftest import sample_url as database_url
from tests.scenarios.case import Case
from tests.scenarios.flows import note_history
from tests.support.sample import build_on_copy
from wiring import Services

__all__ = ["case", "database_url", "new_case", "services"]


@pytest.fixture
def services(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, clock: FixedClock, system_clock: FixedClock
) -> Iterator[Services]:
    """A test with a parameter `batch` says by it how many applications the nightly work takes at once."""
    batch = request.node.callspec.params.get("batch", 200)
    settings = Settings(database_url=database_url, var_dir=tmp_path / "var", comparison_batch=batch)
    built = build_on_copy(settings, clock=clock, system_clock=system_clock)
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
