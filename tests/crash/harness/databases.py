"""Empty databases with the schema for the laboratories, as many as are asked for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol

from store.migrate import upgrade
from tests.postgresql import Cluster


class Databases(Protocol):
    """Makes empty databases of one kind."""

    kind: str

    def new(self) -> str:
        """The URL of another empty database with the schema."""
        ...


class SqliteDatabases:
    """Copies of one file."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self._template = folder / "template.db"
        upgrade(f"sqlite:///{self._template}")

    def new(self) -> str:
        file = self._folder / f"laboratory_{next(self._numbers)}.db"
        shutil.copyfile(self._template, file)
        return f"sqlite:///{file}"


class PostgresqlDatabases:
    """Copies of a template on a server of our own."""

    kind = "postgresql"

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        upgrade(cluster.create_template())

    def new(self) -> str:
        return self._cluster.url(self._cluster.copy_template())


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Databases]:
    """Databases of this kind: SQLite's files in the folder, PostgreSQL's server for as long as they are used."""
    if kind == "sqlite":
        yield SqliteDatabases(folder)
        return
    cluster = Cluster()
    try:
        cluster.start()
        yield PostgresqlDatabases(cluster)
    finally:
        cluster.stop()
