"""Services on a copy of a database that has the project's diagrams and the sample data of 2026-06-15 already.

Deploying and loading anew was a third of what a test of services took. Each test process does it once for each
database and copies the result; `tests/conftest.py` has the fixtures (`sample_url`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from argon2 import PasswordHasher

from demo.sample_data import load
from identity.passwords import Passwords
from kernel.clock import BEIJING, FixedClock, day_of
from kernel.settings import Settings
from processes.definition import Definition
from processes.definitions import Definitions
from wiring import Services, build

NOW = datetime(2026, 6, 15, 9, 0, tzinfo=BEIJING)
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
_building = Lock()


def fill(database_url: str, folder: Path) -> None:
    """Deploy the project's diagrams and load the sample data into a database that has the schema."""
    settings = Settings(database_url=database_url, var_dir=folder)
    built = build(settings, clock=FixedClock(NOW), system_clock=FixedClock(NOW), passwords=CHEAP)
    with built.database.write() as work:
        load(work, day_of(NOW), settings.demo_password, clock=built.system_clock, passwords=CHEAP)
    built.database.engine.dispose()


def build_on_copy(settings: Settings, **arguments: Any) -> Services:
    """As `wiring.build`, on a database that a test process has filled itself: nothing is left to deploy."""
    with pytest.MonkeyPatch.context() as patch:
        for deploying in ("deploy_repository", "deploy_decisions"):
            patch.setattr(Definitions, deploying, lambda self, directory: None)
        return build(settings, passwords=CHEAP, **arguments)


def keep_parsed_definitions(patch: pytest.MonkeyPatch) -> None:
    """Let the services of all tests share the parsed definition of one content, which nothing changes."""
    patch.setattr("processes.definitions.Definition", SimpleNamespace(build=_build_once))


def _build_once(
    files: Mapping[str, bytes], key: str, decisions: Mapping[str, bytes] = MappingProxyType({})
) -> Definition:
    with _building:  # SpiffWorkflow's parser is not to be used twice at a time
        return _parsed(tuple(sorted(files.items())), key, tuple(sorted(decisions.items())))


@lru_cache(maxsize=128)
def _parsed(files: tuple[tuple[str, bytes], ...], key: str, decisions: tuple[tuple[str, bytes], ...]) -> Definition:
    return Definition.build(dict(files), key, dict(decisions))
