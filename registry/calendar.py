"""Reckoning with calendar years as the rules do (R-1.5-2)."""

from __future__ import annotations

from datetime import date


def years_after(day: date, years: int) -> date:
    """The same day so many years later; where that year has no 29 February, 1 March.

    The full years are over then: after a 29 February they are not over on 28 February (R-1.5-2).
    """
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def years_before(day: date, years: int) -> date:
    """The latest day from which so many full years have passed on `day`; before a 29 February, 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


def same_day_next_year(day: date) -> date:
    """The first day on which a full year has passed since `day` (R-1.5-2)."""
    return years_after(day, 1)
