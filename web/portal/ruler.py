"""The validity ruler: every specialty of a registration on one shared stretch of time (UI.md 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kernel.texts import Text
from web.texts import month_name

# R-1.4-1, R-1.4-2: continuation from 90 to 30 days before expiry.
WINDOW_OPENS = timedelta(days=90)
WINDOW_CLOSES = timedelta(days=30)
SHORTEST = timedelta(days=365)
LONGEST = timedelta(days=3 * 365)
ROOM_AFTER = timedelta(days=60)
SOON_DAYS = 30


@dataclass(frozen=True, slots=True)
class Validity:
    """What is valid from when to when."""

    name: Text
    number: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Tick:
    x: str
    label: Text  # the year stands at the first tick and at the first of each year
    is_close: bool  # to a label with a year, which on a narrow screen takes its room


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of the ruler; positions are percentages of the stretch."""

    of: Validity
    x: str
    width: str
    window_x: str
    window_width: str
    window_is_open: bool
    window_is_over: bool
    window_closes: date
    end_x: str | None  # none when the end lies beyond the stretch
    days_left: int
    is_soon: bool


@dataclass(frozen=True, slots=True)
class Ruler:
    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]
    today_x: str


def ruler(validities: Sequence[Validity], today: date) -> Ruler | None:
    """The ruler of these validities as of `today`, the next to expire first; None without any."""
    if not validities:
        return None
    start = _months_later(today.replace(day=1), -2)
    last = max(validity.last for validity in validities) + ROOM_AFTER
    stretch = _Stretch(start, start + min(LONGEST, max(SHORTEST, last - start)))
    bars = tuple(_bar(validity, stretch, today) for validity in sorted(validities, key=lambda one: one.last))
    return Ruler(_ticks(stretch), bars, stretch.at(today))


@dataclass(frozen=True, slots=True)
class _Stretch:
    start: date
    end: date

    def share(self, day: date) -> float:
        inside = min(max(day, self.start), self.end)
        return 100 * (inside - self.start).days / (self.end - self.start).days

    def at(self, day: date) -> str:
        return f"{self.share(day):.2f}%"

    def width(self, first: date, last: date) -> str:
        return f"{max(0.0, self.share(last) - self.share(first)):.2f}%"


def _bar(validity: Validity, stretch: _Stretch, today: date) -> Bar:
    opens, closes = validity.last - WINDOW_OPENS, validity.last - WINDOW_CLOSES
    return Bar(
        of=validity,
        x=stretch.at(validity.first),
        width=stretch.width(validity.first, validity.last),
        window_x=stretch.at(opens),
        window_width=stretch.width(opens, closes),
        window_is_open=opens <= today <= closes,
        window_is_over=today > closes,
        window_closes=closes,
        end_x=stretch.at(validity.last) if validity.last <= stretch.end else None,
        days_left=(validity.last - today).days,
        is_soon=(validity.last - today).days <= SOON_DAYS,
    )


def _ticks(stretch: _Stretch) -> tuple[Tick, ...]:
    months = 3 if stretch.end - stretch.start <= timedelta(days=560) else 6
    ticks: list[Tick] = []
    after_year = False
    day = stretch.start
    # The last twelfth has no room for a label.
    while stretch.share(day) < 92:
        with_year = not ticks or day.month <= months
        ticks.append(Tick(stretch.at(day), month_name(day, with_year=with_year), is_close=after_year))
        after_year = with_year
        day = _months_later(day, months)
    return tuple(ticks)


def _months_later(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
