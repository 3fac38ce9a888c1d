"""Figures of one run: taken in rounds, told as medians, printed as a table and written as flat JSON."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine, event


class Figures:
    """Named figures; the unit stands at the end of the name (`…_per_s`, `…_ms`, `…_us`, `…_bytes`)."""

    def __init__(self) -> None:
        self._rounds: dict[str, list[float]] = defaultdict(list)

    def add(self, name: str, value: float) -> None:
        """The value of one round."""
        self._rounds[name].append(value)

    def add_latencies(self, name: str, seconds: list[float]) -> None:
        ordered = sorted(seconds)
        for percent in (50, 95, 99):
            at = min(len(ordered) - 1, int(len(ordered) * percent / 100))
            self.add(f"{name}_p{percent}_ms", ordered[at] * 1000)

    def median(self, name: str) -> float:
        return statistics.median(self._rounds[name])

    def ratio(self, name: str, of: str, to: str) -> None:
        """Relate two figures that were taken in the same rounds, round by round."""
        if of in self._rounds and to in self._rounds:
            for one, other in zip(self._rounds[of], self._rounds[to], strict=True):
                self.add(name, one / other)

    def lines(self) -> Iterator[str]:
        width = max(map(len, self._rounds))
        yield f"{'figure (median of the rounds)':<{width}} {'median':>12} {'lowest':>12} {'highest':>12}"
        for name, values in self._rounds.items():
            found = (statistics.median(values), min(values), max(values))
            yield f"{name:<{width}} " + " ".join(f"{_short(value):>12}" for value in found)

    def write(self, file: Path, **more: Any) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        flat = {name: round(statistics.median(values), 4) for name, values in self._rounds.items()}
        file.write_bytes(orjson.dumps(more | flat, option=orjson.OPT_INDENT_2))


class Counter:
    """Counts what an engine sends to its database; an `executemany` is one statement, BEGIN and COMMIT are none."""

    def __init__(self, engine: Engine) -> None:
        self.statements = self.commits = 0
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "commit", self._commit)

    def _statement(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        self.statements += not statement.startswith("BEGIN")

    def _commit(self, *_: Any) -> None:
        self.commits += 1


def timed(times: int, call: Callable[[], object]) -> list[float]:
    """Seconds of each of so many calls."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        spent.append(time.perf_counter() - began)
    return spent


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
