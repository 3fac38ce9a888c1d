"""`make bench`: measures the hot paths in interleaved rounds and writes the medians to `var/bench/latest.json`."""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from app import create_app
from bench.bare import Pgbench, Recorder
from bench.commands import DECISION, CommandBench
from bench.crowd import Crowd
from bench.engine import EngineBench
from bench.figures import Counter, Figures
from bench.inbox import InboxBench, served
from identity.sessions import Sessions
from store.migrate import upgrade
from tests.postgresql import Cluster, PostgresqlMissing

ROOT = Path(__file__).resolve().parent.parent
LATEST = ROOT / "var" / "bench" / "latest.json"
FEW, MANY = 1_000, 20_000
# Copies of the original that each measurement decides, so that none finds a case decided.
OF_SERVICE, OF_HTTP, OF_PGBENCH = 10, 5_000, 10_000
INSTANCES = 80
COMPLETIONS, STARTS = 80, 25
HTTP_COMPLETIONS = {1: 60, 8: 240}
PGBENCH_EACH = 250


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    began = time.monotonic()
    figures = Figures()
    with ExitStack() as stack:
        measure(figures, rounds, stack)
    for line in figures.lines():
        print(line)
    load = os.getloadavg()[0]
    figures.write(
        LATEST,
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        python=platform.python_version(),
        processors=os.cpu_count(),
        load_of_the_machine=round(load, 2),
        rounds=rounds,
    )
    seconds = time.monotonic() - began
    print(f"\n{rounds} rounds in {seconds:.0f} s, load of the machine {load:.1f}; the medians are in {LATEST}")


def measure(figures: Figures, rounds: int, stack: ExitStack) -> None:
    """Build everything, then let each part have its turn in each round."""
    engine = EngineBench()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    houses = [House(figures, "sqlite", f"sqlite:///{folder / 'bench.db'}", folder / "sqlite", rounds, None, stack)]
    try:
        cluster = Cluster(durable=True)
        stack.callback(cluster.stop)
        cluster.start()
        url = cluster.create_template()
        houses.append(House(figures, "postgresql", url, folder / "postgresql", rounds, cluster, stack))
    except PostgresqlMissing as error:
        print(error)
    for turn in range(rounds):
        engine.round(figures, INSTANCES)
        for house in houses:
            house.round(turn)
    figures.ratio("engine_step_of_stock_library_ratio", "engine_step_us", "stock_library_step_us")
    figures.ratio(
        "postgresql_http_8_clients_of_pgbench_ratio",
        "postgresql_http_8_clients_completions_per_s",
        "postgresql_pgbench_8_clients_per_s",
    )


class House:
    """The service on one database, and everything that is measured on it."""

    def __init__(
        self,
        figures: Figures,
        name: str,
        url: str,
        folder: Path,
        rounds: int,
        cluster: Cluster | None,
        stack: ExitStack,
    ) -> None:
        folder.mkdir()
        upgrade(url)
        self._figures = figures
        self._name = name
        self._crowd = Crowd(url, folder)
        stack.callback(self._crowd.services.database.engine.dispose)
        newcomers = self._crowd.newcomers(STARTS * rounds)
        self._commands = CommandBench(name, self._crowd, count(OF_SERVICE), newcomers)
        port, process = stack.enter_context(served(url, folder))
        servers = [process] if cluster is None else [process, cluster.process_id]
        self._inbox = InboxBench(name, self._crowd, port, count(OF_HTTP), servers)
        for label, copies in (("1k", FEW), ("20k", MANY)):
            self._crowd.grow(copies)
            self._commands.inbox(figures, label)
            self._inbox.page(figures, label)
        self._pgbench = self._bare_completion(cluster, url, folder)
        figures.add(f"{name}_state_of_open_instance_bytes", self._crowd.state_bytes())

    def round(self, turn: int) -> None:
        self._commands.round(self._figures, COMPLETIONS, STARTS)
        for clients, completions in HTTP_COMPLETIONS.items():
            self._inbox.round(self._figures, clients, completions)
        if self._pgbench is not None:
            first = OF_PGBENCH + turn * (1 + 8) * PGBENCH_EACH
            for clients in (1, 8):
                self._figures.add(
                    f"{self._name}_pgbench_{clients}_client{'s' if clients > 1 else ''}_per_s",
                    self._pgbench.per_second(clients=clients, each=PGBENCH_EACH, first=first),
                )
                first += clients * PGBENCH_EACH

    def _bare_completion(self, cluster: Cluster | None, url: str, folder: Path) -> Pgbench | None:
        """Complete one task through the web in this process, counting; on PostgreSQL also for pgbench to repeat."""
        services = self._crowd.services
        app = create_app(services=services)
        app.config.update(WTF_CSRF_ENABLED=False)
        client = app.test_client()
        with services.database.write() as work:
            client.set_cookie(
                "sid", Sessions(work.connection, services.system_clock).open(self._crowd.officer.id, ip="")
            )
        copy = 1
        counter = Counter(services.database.engine)
        with Recorder(services.database.engine) as recorder:
            answer = client.post(
                f"/inbox/tasks/{self._crowd.task_id(copy)}/decision",
                data={**DECISION, "command_id": f"0{'0' * 25}{copy:06d}"},
            )
        assert answer.status_code == 303, answer.status
        self._figures.add(f"{self._name}_http_completion_statements", counter.statements)
        self._figures.add(f"{self._name}_http_completion_commits", counter.commits)
        if cluster is None:
            return None
        pgbench = Pgbench(cluster.program("pgbench"), url, folder)
        pgbench.write(recorder.statements, copy)
        return pgbench


if __name__ == "__main__":
    main()
