"""`make bench`: measures the hot paths in interleaved rounds and writes the medians to `var/bench/latest.json`.

A part that fails says so and the others go on; the exit code is then not zero.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench import applications, branches, completions, counts, engine, finished, lists, rest, sizes, steps
from bench.figures import Figures
from bench.site import Amounts, Ground, Site
from bench.table import lines

ROOT = Path(__file__).resolve().parent.parent
LATEST = ROOT / "var" / "bench" / "latest.json"

Rounds = Iterator[None]
# In this order within each round, so that pgbench runs in the same minute as what it is compared with.
IN_ROUNDS: dict[str, Callable[[Site, Figures], Rounds]] = {
    "starts": completions.starts,
    "inbox": completions.completions,
    "rest": rest.lives,
    "counts": counts.pages,
    "branches": branches.branches,
    "steps": steps.steps,
    "memory": completions.memory,
}
APART: dict[str, Callable[[Site, Figures, Amounts], None]] = {
    "sizes": sizes.bytes_of_instances,
    "finished": finished.finished_instances,
    "lists": lists.inbox_pages,
    "applications": applications.application_pages,
}
PARTS = ["engine", *IN_ROUNDS, *APART]
DATABASES = ["sqlite", "postgresql"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round and less data: to see that it works")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    options = parser.parse_args()
    rounds = 1 if options.quick else options.rounds
    began, load_before = time.monotonic(), os.getloadavg()[0]
    figures = Figures()
    run = Run(figures)
    with ExitStack() as stack:
        ground = Ground(rounds, stack)
        databases = ground.available(options.databases)
        measure_in_rounds(run, ground, databases, options.parts)
        measure_apart(run, ground, databases, options.parts, Amounts(quick=options.quick))
    relate(figures)
    print("\n".join(lines(figures)))
    figures.write(
        LATEST,
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        python=platform.python_version(),
        processors=os.cpu_count(),
        load_of_the_machine_before=round(load_before, 2),
        rounds=rounds,
    )
    seconds = time.monotonic() - began
    print(f"\n{rounds} rounds in {seconds:.0f} s, load of the machine before {load_before:.1f}; medians in {LATEST}")
    if run.failed:
        print(f"Failed, see above: {', '.join(run.failed)}", file=sys.stderr)
    return 1 if run.failed else 0


class Run:
    """The parts in rounds, each a generator: up to its first `yield` it prepares, to each next it measures a round."""

    def __init__(self, figures: Figures) -> None:
        self.failed: list[str] = []
        self.figures = figures
        self._parts: dict[str, Rounds] = {}

    def prepare(self, name: str, part: Callable[[Figures], Rounds]) -> None:
        self._parts[name] = part(self.figures)
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


def measure_in_rounds(run: Run, ground: Ground, databases: list[str], parts: list[str]) -> None:
    """Build everything, then let each part have its turn in each round."""
    if "engine" in parts:
        run.prepare("engine", engine.steps)
    wanted = [name for name in IN_ROUNDS if name in parts]
    with ExitStack() as stack:
        for database in databases if wanted else ():
            with run.surviving(f"{database}, the office"):
                site = stack.enter_context(ground.site(database, "rounds"))
                for name in wanted:
                    run.prepare(f"{database} {name}", partial(IN_ROUNDS[name], site))
                site.settle()
        run.rounds(ground.rounds)


def measure_apart(run: Run, ground: Ground, databases: list[str], parts: list[str], amounts: Amounts) -> None:
    """What needs data of its own, one after the other, each in a database of its own."""
    for name in (name for name in APART if name in parts):
        for database in databases:
            with run.surviving(f"{database} {name}"), ground.site(database, name) as site:
                APART[name](site, run.figures, amounts)


def relate(figures: Figures) -> None:
    """Figures that are the ratio of two others."""
    figures.ratio("engine_step_of_stock_library_ratio", "engine_step_us", "stock_library_step_us")
    for way, bare in (("inbox", "pgbench"), ("rest", "pgbench_of_rest")):
        figures.ratio(
            f"postgresql_{way}_8_clients_completions_of_pgbench_ratio",
            f"postgresql_{way}_8_clients_completions_per_s",
            f"postgresql_{bare}_8_clients_per_s",
        )


if __name__ == "__main__":
    sys.exit(main())
