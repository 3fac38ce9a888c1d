"""Figures of one run: taken in rounds, told as medians and written as flat JSON."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

PERCENTS = (50, 95, 99)


class Figures:
    """Named figures; the unit stands at the end of the name (`…_per_s`, `…_ms`, `…_us`, `…_bytes`, `…_ratio`)."""

    def __init__(self) -> None:
        self._rounds: dict[str, list[float]] = defaultdict(list)

    def add(self, name: str, value: float) -> None:
        """The value of one round."""
        self._rounds[name].append(value)

    def add_latencies(self, name: str, seconds: Iterable[float]) -> None:
        """Percentiles of one round."""
        ordered = sorted(seconds)
        for percent in PERCENTS:
            self.add(f"{name}_p{percent}_ms", percentile(ordered, percent) * 1000)

    def ratio(self, name: str, of: str, to: str) -> None:
        """Relate two figures that were taken in the same rounds, round by round; nothing where one is missing."""
        for one, other in zip(self._rounds.get(of, ()), self._rounds.get(to, ()), strict=False):
            self.add(name, one / other)

    def medians(self) -> Mapping[str, float]:
        return {name: statistics.median(values) for name, values in self._rounds.items()}

    def spread(self, name: str) -> tuple[float, float]:
        """The lowest and the highest of the rounds."""
        return min(self._rounds[name]), max(self._rounds[name])

    def write(self, file: Path, **more: Any) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        flat = {name: round(value, 4) for name, value in self.medians().items()}
        file.write_bytes(orjson.dumps(more | flat, option=orjson.OPT_INDENT_2))


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent of the values do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
