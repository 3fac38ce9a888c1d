"""The pages on the real services, with the sample data of 2026-06-15 and its open cases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from demo.load import load_demo, sample_scan
from kernel.clock import FixedClock
from kernel.settings import Settings
from tests.support.sample import CHEAP, NOW, build_on_copy
from tests.web.served import app_on
from tests.web.visitor import Visitor
from tests.web.world import World, drive
from wiring import Services, build


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A directory with a database and attachments of the sample data, to be copied for each test."""
    directory = tmp_path_factory.mktemp("loaded")
    shutil.copyfile(sqlite_template, directory / "permitflow.db")
    services = build(_settings(directory), clock=FixedClock(NOW), system_clock=FixedClock(NOW), passwords=CHEAP)
    load_demo(services)
    services.database.engine.dispose()
    return directory


@pytest.fixture
def services(loaded: Path, tmp_path: Path, clock: FixedClock, system_clock: FixedClock) -> Iterator[Services]:
    directory = tmp_path / "house"
    shutil.copytree(loaded, directory)
    built = _services(directory, clock, system_clock)
    yield built
    built.database.engine.dispose()


@pytest.fixture(scope="session")
def driven(loaded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample data with an application in every state, to be copied for each test."""
    directory = tmp_path_factory.mktemp("driven") / "house"
    shutil.copytree(loaded, directory)
    clock = FixedClock(NOW)
    services = _services(directory, clock, FixedClock(NOW))
    drive(services, clock)
    services.database.engine.dispose()
    return directory


@pytest.fixture
def world(driven: Path, tmp_path: Path, clock: FixedClock, system_clock: FixedClock) -> Iterator[World]:
    """A service of its own with an application in every state, on the day to which they were driven."""
    directory = tmp_path / "world"
    shutil.copytree(driven, directory)
    clock.set(NOW + timedelta(days=11))
    built = _services(directory, clock, system_clock)
    yield World(built)
    built.database.engine.dispose()


@pytest.fixture
def app(services: Services) -> Flask:
    return app_on(services)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)


@pytest.fixture(scope="session")
def scan() -> bytes:
    return sample_scan("扫描件")


def _services(directory: Path, clock: FixedClock, system_clock: FixedClock) -> Services:
    return build_on_copy(_settings(directory), clock=clock, system_clock=system_clock)


def _settings(directory: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{directory / 'permitflow.db'}", var_dir=directory / "var")
