"""Time comes in through a clock; this is the one place that asks the machine (STYLE.md 8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Tells the moment as an aware UTC datetime."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's time: for leases, sessions, captchas and rate limits."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock for tests: stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def advance(self, **parts: float) -> None:
        self._at += timedelta(**parts)

    def set(self, at: datetime) -> None:
        self._at = at


def day_of(moment: datetime) -> date:
    """The calendar day of a moment where the authority sits; all legal days are of Asia/Shanghai."""
    return moment.astimezone(BEIJING).date()


def end_of(day: date) -> datetime:
    """The first moment after a day, as UTC: a period whose last day is `day` ends then."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), BEIJING).astimezone(UTC)


def start_of(day: date) -> datetime:
    """The first moment of a day, as UTC."""
    return datetime.combine(day, datetime.min.time(), BEIJING).astimezone(UTC)
