"""`make bench`: measures the hot paths in interleaved rounds and writes the medians to `var/bench/latest.json`.

A part that fails says so and the others go on; the exit code is then not zero.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench import completions, counts, engine
from bench.figures import Figures
from bench.site import POSTGRESQL, Site
from bench.table import lines
from tests.postgresql import Cluster

ROOT = Path(__file__).resolve().parent.parent
LATEST = ROOT / "var" / "bench" / "latest.json"

Rounds = Iterator[None]
# In this order within each round, so that pgbench runs in the same minute as what it is compared with.
OF_A_DATABASE: dict[str, Callable[[Site, Figures], Rounds]] = {
    "starts": completions.starts,
    "inbox": completions.completions,
    "counts": counts.pages,
}
PARTS = ["engine", *OF_A_DATABASE]
DATABASES = ["sqlite", "postgresql"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round and less data: to see that it works")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    options = parser.parse_args()
    rounds = 1 if options.quick else options.rounds
    began = time.monotonic()
    figures = Figures()
    with ExitStack() as stack:
        run = Run(figures, stack)
        if "engine" in options.parts:
            run.prepare("engine", engine.steps)
        for site in sites(options.databases, rounds, run, stack):
            for name in (name for name in OF_A_DATABASE if name in options.parts):
                run.prepare(f"{site.name} {name}", partial(OF_A_DATABASE[name], site))
            site.settle()
        run.rounds(rounds)
    relate(figures)
    print("\n".join(lines(figures)))
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
    if run.failed:
        print(f"Failed, see above: {', '.join(run.failed)}", file=sys.stderr)
    return 1 if run.failed else 0


class Run:
    """The parts, each a generator: up to its first `yield` it prepares, from one to the next it measures a round.

    A part that needs no rounds measures at once and returns.
    """

    def __init__(self, figures: Figures, stack: ExitStack) -> None:
        self.failed: list[str] = []
        self._figures = figures
        self._stack = stack
        self._parts: dict[str, Rounds] = {}

    def prepare(self, name: str, part: Callable[[Figures], Rounds]) -> None:
        self._parts[name] = part(self._figures)
        self._go_on(name)

    def rounds(self, many: int) -> None:
        for _ in range(many):
            for name in tuple(self._parts):
                self._go_on(name)

    @contextmanager
    def surviving(self, name: str) -> Iterator[None]:
        """Say what failed, and go on."""
        began = time.monotonic()
        try:
            yield
            print(f"{name}: {time.monotonic() - began:.1f} s", file=sys.stderr)
        except Exception:  # noqa: BLE001 - a part ends here, whatever ended it
            print(f"{name} failed:\n{traceback.format_exc()}", file=sys.stderr)
            self.failed.append(name)

    def _go_on(self, name: str) -> None:
        going_on = False
        with self.surviving(name):
            going_on = next(self._parts[name], _OVER) is not _OVER
        if not going_on:
            del self._parts[name]


_OVER = object()


def sites(databases: list[str], rounds: int, run: Run, stack: ExitStack) -> Iterator[Site]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    for name in databases:
        site = None
        with run.surviving(f"{name}, empty"):
            cluster = None
            url = f"sqlite:///{folder / 'bench.db'}"
            if name == "postgresql":
                cluster = Cluster(durable=True, settings=POSTGRESQL)
                stack.callback(cluster.stop)
                cluster.start()
                url = cluster.create_template()
            site = Site(name, url, folder / name, rounds, cluster, stack)
        if site is not None:
            yield site


def relate(figures: Figures) -> None:
    """Figures that are the ratio of two others."""
    figures.ratio("engine_step_of_stock_library_ratio", "engine_step_us", "stock_library_step_us")
    for way in ("inbox", "rest"):
        figures.ratio(
            f"postgresql_{way}_8_clients_completions_of_pgbench_ratio",
            f"postgresql_{way}_8_clients_completions_per_s",
            "postgresql_pgbench_8_clients_per_s",
        )


if __name__ == "__main__":
    sys.exit(main())
