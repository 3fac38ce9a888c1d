"""Working days: weekends and public holidays are skipped, weekends that are worked instead are not (F-SI)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

HOLIDAYS = Path(__file__).with_name("holidays.csv")
_SATURDAY = 5


def is_working_day(day: date) -> bool:
    """Whether offices work; years that the table does not know yet have weekends only."""
    special = _special_days().get(day)
    return special == "workday" if special else day.weekday() < _SATURDAY


def working_day_after(day: date, number: int) -> date:
    """The `number`-th working day after a day; the day itself does not count."""
    for later in _days_after(day):
        number -= is_working_day(later)
        if number <= 0:
            return later
    raise AssertionError


def _days_after(day: date) -> Iterator[date]:
    while True:
        day += timedelta(days=1)
        yield day


@lru_cache(maxsize=1)
def _special_days() -> dict[date, str]:
    with HOLIDAYS.open(encoding="utf-8", newline="") as file:
        return {date.fromisoformat(row["day"]): row["kind"] for row in csv.DictReader(file)}
