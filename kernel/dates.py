"""How a day is written in a sentence, in both languages (UI.md 2)."""

from __future__ import annotations

from datetime import date

from kernel.texts import Text

ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_in_words(day: date) -> Text:
    """2026年7月15日, 15 Jul 2026."""
    return Text(f"{day.year}年{day.month}月{day.day}日", f"{day.day} {ENGLISH_MONTHS[day.month - 1]} {day.year}")
