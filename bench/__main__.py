"""`make bench`: laps of one transfer, submitted, agreed to by one employer and returned by the other.

The figures include everything below the web: permission, form, engine, business record, trail. PostgreSQL is the
tests' private server, which does not wait for the disk; SQLite does.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from demo.sample_data import load
from kernel.clock import BEIJING, FixedClock, day_of
from kernel.settings import Settings
from store.migrate import upgrade
from tests.postgresql import Cluster, PostgresqlMissing
from tests.scenarios.case import Case
from wiring import build

NOW = datetime(2026, 6, 15, 9, 0, tzinfo=BEIJING)
HEADER = f"{'database':<12}{'command':<22}{'median ms':>10}{'p95 ms':>10}{'statements':>12}{'commits':>9}"


class Counter:
    """Counts what an engine sends to its database."""

    def __init__(self, engine: Engine) -> None:
        self.statements = self.commits = 0
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "commit", self._commit)

    def _statement(self, *_: Any) -> None:
        self.statements += 1

    def _commit(self, *_: Any) -> None:
        self.commits += 1


class Figures:
    """What each command has cost, run by run."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._runs: dict[str, list[tuple[float, int, int]]] = defaultdict(list)

    def measure(self, name: str, command: Callable[[], object]) -> None:
        statements, commits = self._counter.statements, self._counter.commits
        began = time.perf_counter()
        command()
        spent = (time.perf_counter() - began) * 1000
        self._runs[name].append((spent, self._counter.statements - statements, self._counter.commits - commits))

    def lines(self, database: str) -> Iterator[str]:
        for name, runs in self._runs.items():
            spent = sorted(run[0] for run in runs)
            yield (
                f"{database:<12}{name:<22}{statistics.median(spent):>10.2f}{spent[int(len(spent) * 0.95)]:>10.2f}"
                f"{statistics.median(run[1] for run in runs):>12.0f}{statistics.median(run[2] for run in runs):>9.0f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--laps", type=int, default=50)
    laps = parser.parse_args().laps
    print(HEADER)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        upgrade(url)
        _run("sqlite", url, Path(folder), laps)
    try:
        with _cluster() as cluster, tempfile.TemporaryDirectory() as folder:
            upgrade(cluster.create_template())
            _run("postgresql", cluster.url(cluster.copy_template()), Path(folder), laps)
    except PostgresqlMissing as error:
        print(error)


def _run(name: str, database_url: str, folder: Path, laps: int) -> None:
    clock = FixedClock(NOW)
    settings = Settings(database_url=database_url, var_dir=folder)
    services = build(settings, clock=clock, system_clock=FixedClock(NOW))
    with services.database.write() as work:
        load(work, day_of(NOW), settings.demo_password, clock=services.system_clock, passwords=services.passwords)
    figures = Figures(Counter(services.database.engine))
    case = Case(services, clock, "class2_employer_transfer").saved(by="p04", to="E02").attached("AT-01", "AT-03")
    for _ in range(laps):
        figures.measure("submit", case.submitted)
        answers = (("agree", "new", "e02_admin"), ("return", "old", "e01_admin"))
        for decision, side, username in answers:
            command = partial(
                services.applications.complete,
                case.task_id(f"{side}_employer_confirm/employer_confirm"),
                {"decision": [decision], "opinion": ["材料不全"]},
                by=case.actor(username),
                command_id=case.command_id(),
            )
            figures.measure(f"complete ({decision})", command)
        figures.measure("background work", services.pump.drain)
    for line in figures.lines(name):
        print(line)
    services.database.engine.dispose()


@contextmanager
def _cluster() -> Iterator[Cluster]:
    cluster = Cluster()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
