"""Fixtures of all tests: both databases with the real schema, clocks that stand still, no way out to the network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel.clock import FixedClock
from kernel.logs import configure_logs
from kernel.settings import Settings
from store.engine import open_engine
from store.migrate import upgrade
from store.revisions import differences
from store.unit_of_work import Database
from tests.postgresql import Cluster, PostgresqlMissing
from tests.redis_server import RedisMissing, RedisServer
from tests.scenarios.flows import FlowCheck
from tests.sockets import block_outside
from tests.support.memory import keep_temporary_files_in_memory
from tests.support.sample import NOW, fill, keep_parsed_definitions


def pytest_configure(config: pytest.Config) -> None:
    keep_temporary_files_in_memory()
    config.pluginmanager.register(FlowCheck(config), "flow_check")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file that drives real processes together, so that they share one started service."""
    for item in items:
        if item.get_closest_marker("browser") or item.get_closest_marker("crash"):
            item.add_marker(pytest.mark.xdist_group(item.path.name))


@pytest.fixture(scope="session", autouse=True)
def _no_outside_sockets() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        block_outside(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _logs_of_the_service() -> None:
    """structlog left to itself draws tracebacks in colours with all local values: half a second for each."""
    configure_logs(Settings.from_environment({}))


@pytest.fixture(scope="session", autouse=True)
def _kept_definitions() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        keep_parsed_definitions(patch)
        yield


@pytest.fixture
def clock() -> FixedClock:
    """The business clock: 2026-06-15 09:00 in Beijing until a test moves it."""
    return FixedClock(NOW)


@pytest.fixture
def system_clock() -> FixedClock:
    """The clock of leases, sessions and limits; moved apart from the business clock."""
    return FixedClock(NOW)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database with the schema; the test runs once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def sample_url(request: pytest.FixtureRequest) -> str:
    """As `database_url`, with the project's diagrams and the sample data in it: for `build_on_copy`."""
    url: str = request.getfixturevalue(f"{request.param}_sample_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with the schema, on SQLite and on PostgreSQL."""
    yield from _opened(database_url)


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """An empty SQLite database with the schema, where the other one can make no difference."""
    yield from _opened(sqlite_url)


@pytest.fixture
def postgresql_database(postgresql_url: str) -> Iterator[Database]:
    """An empty PostgreSQL database with the schema."""
    yield from _opened(postgresql_url)


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    file = tmp_path / "permitflow.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgresql_url(postgresql_cluster: Cluster) -> Iterator[str]:
    name = postgresql_cluster.copy_template()
    yield postgresql_cluster.url(name)
    postgresql_cluster.drop(name)


@pytest.fixture
def sqlite_sample_url(tmp_path: Path, sqlite_sample: Path) -> str:
    file = tmp_path / "permitflow.db"
    shutil.copyfile(sqlite_sample, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgresql_sample_url(postgresql_cluster: Cluster, postgresql_sample: str) -> Iterator[str]:
    name = postgresql_cluster.copy_template(postgresql_sample)
    yield postgresql_cluster.url(name)
    postgresql_cluster.drop(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "template.db"
    _create_schema(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def sqlite_sample(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    shutil.copyfile(sqlite_template, folder / "permitflow.db")
    fill(f"sqlite:///{folder / 'permitflow.db'}", folder / "var")
    return folder / "permitflow.db"


@pytest.fixture(scope="session")
def postgresql_sample(postgresql_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database that others are copies of."""
    name = postgresql_cluster.copy_template()
    fill(postgresql_cluster.url(name), tmp_path_factory.mktemp("sample"))
    return name


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[Cluster]:
    """This test process's own PostgreSQL server; without one its tests are skipped, but never in CI."""
    try:
        cluster = Cluster()
    except PostgresqlMissing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    try:
        cluster.start()
        _create_schema(cluster.create_template())
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of the test's own; without one its tests are skipped, but never in CI."""
    try:
        server = RedisServer(tmp_path)
    except RedisMissing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    server.start()
    yield server
    server.stop()


def _create_schema(url: str) -> None:
    upgrade(url)
    engine = open_engine(url)
    with engine.begin() as connection:
        missing = differences(connection)
    engine.dispose()
    if missing:
        raise RuntimeError(f"Expected the migrations to make the tables in code; run `make migration`: {missing}")


def _opened(url: str) -> Iterator[Database]:
    engine = open_engine(url)
    yield Database(engine)
    engine.dispose()
