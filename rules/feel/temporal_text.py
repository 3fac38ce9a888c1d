"""The written forms of days, times, moments and durations (ISO 8601 as in DMN 1.5, 10.3.2.3.4 to 10.3.2.3.8)."""

from __future__ import annotations

import re
from typing import Any

from rules.feel.temporal import (
    MAX_MONTHS,
    MAX_SECONDS,
    SECOND_NS,
    Date,
    DaysTime,
    Duration,
    Moment,
    Time,
    YearsMonths,
    Zone,
    date_of,
    named_zone,
    time_of,
)

_YEAR = r"(?P<year>-?(?:\d{4}|[1-9]\d{4,8}))"
_DAY = _YEAR + r"-(?P<month>\d\d)-(?P<day>\d\d)"
_CLOCK = (
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?"
    r"(?P<zone>[Zz]|[+-]\d\d:\d\d(?::\d\d)?|@[A-Za-z][\w+/-]{0,63})?"
)
_DATE = re.compile(_DAY, re.ASCII)
_TIME = re.compile(_CLOCK, re.ASCII)
_MOMENT = re.compile(f"{_DAY}T{_CLOCK}", re.ASCII)
_YEARS_MONTHS = re.compile(r"(-)?P(?=\d)(?:(\d{1,12})Y)?(?:(\d{1,12})M)?", re.ASCII)
_DAYS_TIME = re.compile(
    r"(-)?P(?=[\dT])(?:(\d{1,18})D)?(?:T(?=\d)(?:(\d{1,18})H)?(?:(\d{1,18})M)?(?:(\d{1,18})(?:\.(\d{1,9}))?S)?)?",
    re.ASCII,
)
_FURTHEST_OFFSET = 18 * 3_600


def date_from(text: str) -> Date | None:
    """`2026-06-15` as a day, anything else None."""
    match = _DATE.fullmatch(text)
    return _date(match) if match else None


def time_from(text: str) -> Time | None:
    """`09:30:00`, `09:30:00.5+08:00`, `09:30:00@Asia/Shanghai`; anything else None."""
    match = _TIME.fullmatch(text)
    return _time(match) if match else None


def moment_from(text: str) -> Moment | None:
    """`2026-06-15T09:30:00+08:00` as a moment (local when no zone is written), anything else None."""
    match = _MOMENT.fullmatch(text)
    if not match:
        return None
    day, clock = _date(match), _time(match)
    return Moment(day, clock) if day and clock else None


def duration_from(text: str) -> Duration | None:
    """`P10D`, `PT36H`, `P1Y6M`; None for everything else, also for mixed forms such as `P1M3D` and for a bare `P`."""
    match = _YEARS_MONTHS.fullmatch(text)
    if match:
        sign, years, months = match.groups()
        total = int(years or 0) * 12 + int(months or 0)
        return YearsMonths(-total if sign else total) if total <= MAX_MONTHS else None
    match = _DAYS_TIME.fullmatch(text)
    if not match:
        return None
    sign, days, hours, minutes, seconds, fraction = match.groups()
    total = ((int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    if total > MAX_SECONDS:
        return None
    length = total * SECOND_NS + int((fraction or "0").ljust(9, "0"))
    return DaysTime(-length if sign else length)


def literal_from(text: str) -> Date | Time | Moment | Duration | None:
    """What `@"…"` stands for."""
    return moment_from(text) or date_from(text) or time_from(text) or duration_from(text)


def _date(match: re.Match[str]) -> Date | None:
    return date_of(int(match["year"]), int(match["month"]), int(match["day"]))


def _time(match: re.Match[str]) -> Time | None:
    zone = _zone(match["zone"])
    if match["zone"] and zone is None:
        return None
    fraction = int((match["fraction"] or "0").ljust(9, "0"))
    return time_of(int(match["hour"]), int(match["minute"]), int(match["second"]), fraction, zone)


def _zone(text: str | None) -> Zone:
    if not text:
        return None
    if text in "Zz":
        return 0
    if text.startswith("@"):
        return text[1:] if named_zone(text[1:]) else None
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    if minutes > 59 or (seconds and seconds[0] > 59):
        return None
    offset = (hours * 60 + minutes) * 60 + (seconds[0] if seconds else 0)
    if offset > _FURTHEST_OFFSET:
        return None
    return -offset if text[0] == "-" else offset


def text_of(value: Any) -> str:
    """The ISO form of a day, time, moment or duration."""
    if isinstance(value, Moment):
        return f"{text_of(value.date)}T{text_of(value.time)}"
    if isinstance(value, Date):
        return f"{'-' if value.year < 0 else ''}{abs(value.year):04}-{value.month:02}-{value.day:02}"
    if isinstance(value, Time):
        fraction = f".{value.nanosecond:09}".rstrip("0") if value.nanosecond else ""
        return f"{value.hour:02}:{value.minute:02}:{value.second:02}{fraction}{_zone_text(value.zone)}"
    if isinstance(value, YearsMonths):
        years, months = divmod(abs(value.months), 12)
        body = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return ("-" if value.months < 0 else "") + "P" + body
    return _length_text(value.nanoseconds)


def _zone_text(zone: Zone) -> str:
    if isinstance(zone, str):
        return f"@{zone}"
    if not zone:
        return "" if zone is None else "Z"
    minutes, seconds = divmod(abs(zone), 60)
    tail = f":{seconds:02}" if seconds else ""
    return f"{'-' if zone < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}{tail}"


def _length_text(nanoseconds: int) -> str:
    seconds, fraction = divmod(abs(nanoseconds), SECOND_NS)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    part = f".{fraction:09}".rstrip("0") if fraction else ""
    clock = (f"{hour}H" if hour else "") + (f"{minute}M" if minute else "")
    clock += f"{second}{part}S" if second or part else ""
    text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return ("-" if nanoseconds < 0 else "") + "P" + (text or "T0S")
