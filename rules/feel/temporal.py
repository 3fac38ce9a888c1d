"""Days, times, moments and durations as FEEL has them: years to nine digits, nanoseconds, offsets and named zones.

Python's own types end at the year 9999 and at microseconds, so they are only read at the door (`from_python`) and
equal ours where they can say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

MAX_YEAR = 999_999_999
MAX_SECONDS = 2**63
MAX_MONTHS = 12 * 10**11
_DAYS_IN = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
DAY_NS = 86_400_000_000_000
SECOND_NS = 1_000_000_000
# An offset from UTC in seconds, a name of the IANA database, or nothing: a local time.
Zone = int | str | None


@dataclass(frozen=True, slots=True, eq=False)
class Date:
    """A day of the proleptic Gregorian calendar; `ordinal` counts days from 1970-01-01."""

    year: int
    month: int
    day: int

    @property
    def ordinal(self) -> int:
        # Howard Hinnant's days_from_civil: years start in March, eras of 400 years.
        year = self.year - (self.month <= 2)
        era, of_era = divmod(year, 400)
        of_year = (153 * ((self.month + 9) % 12) + 2) // 5 + self.day - 1
        return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468

    @property
    def weekday(self) -> int:
        """Monday is 1, Sunday 7."""
        return (self.ordinal + 3) % 7 + 1

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Date):
            return (self.year, self.month, self.day) == (other.year, other.month, other.day)
        return type(other) is date and self == from_python(other)

    def __hash__(self) -> int:
        return hash((self.year, self.month, self.day))


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day; `nanosecond` is the fraction of its second."""

    hour: int
    minute: int
    second: int
    nanosecond: int = 0
    zone: Zone = None

    @property
    def of_day(self) -> int:
        """Nanoseconds since local midnight."""
        return ((self.hour * 60 + self.minute) * 60 + self.second) * SECOND_NS + self.nanosecond

    @property
    def offset(self) -> int | None:
        """Seconds east of UTC; a named zone counts with the one it has in winter, because no day is known."""
        return offset_at(self.zone, 2000, 1, 1, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A date and time; its zone is that of its time."""

    date: Date
    time: Time

    @property
    def zone(self) -> Zone:
        return self.time.zone

    @property
    def local(self) -> int:
        """Nanoseconds since 1970 on its own clock."""
        return self.date.ordinal * DAY_NS + self.time.of_day

    @property
    def offset(self) -> int | None:
        """Seconds east of UTC at that moment; None for a local time."""
        return offset_at(self.zone, self.date.year, self.date.month, self.date.day, self.time.of_day // SECOND_NS)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Moment):
            return (self.date, self.time) == (other.date, other.time)
        return isinstance(other, datetime) and self == from_python(other)

    def __hash__(self) -> int:
        return hash((self.date, self.time))


@dataclass(frozen=True, slots=True, eq=False)
class DaysTime:
    """A duration of days, hours, minutes and seconds, in nanoseconds."""

    nanoseconds: int

    def __eq__(self, other: object) -> bool:
        if isinstance(other, DaysTime):
            return self.nanoseconds == other.nanoseconds
        return isinstance(other, timedelta) and self == from_python(other)

    def __hash__(self) -> int:
        return hash(self.nanoseconds)


@dataclass(frozen=True, slots=True)
class YearsMonths:
    """A calendar duration; a month has no fixed number of days, so it is never mixed with days."""

    months: int


Duration = DaysTime | YearsMonths
UNIX_DAY = Date(1970, 1, 1)
MIDNIGHT = Time(0, 0, 0)


def date_of(year: int, month: int, day: int) -> Date | None:
    """A day that exists, or None."""
    if abs(year) > MAX_YEAR or not 1 <= month <= 12 or not 1 <= day <= days_in(year, month):
        return None
    return Date(year, month, day)


def time_of(hour: int, minute: int, second: int, nanosecond: int = 0, zone: Zone = None) -> Time | None:
    """A time that exists, or None."""
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 59):
        return None
    return Time(hour, minute, second, nanosecond, zone)


def days_in(year: int, month: int) -> int:
    """How many days a month has."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else _DAYS_IN[month - 1]


def date_from_ordinal(ordinal: int) -> Date | None:
    """The day so many days after 1970-01-01, or None beyond the last year."""
    era, of_era = divmod(ordinal + 719_468, 146_097)
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    year += era * 400 + (month <= 2)
    return Date(year, month, day) if abs(year) <= MAX_YEAR else None


def time_from_nanoseconds(of_day: int, zone: Zone) -> Time:
    """The time so many nanoseconds after midnight; whole days are cut off."""
    seconds, nanosecond = divmod(of_day % DAY_NS, SECOND_NS)
    minutes, second = divmod(seconds, 60)
    return Time(*divmod(minutes, 60), second, nanosecond, zone)


def moment_from_local(local: int, zone: Zone) -> Moment | None:
    """The moment that a clock of this zone shows so many nanoseconds after its 1970-01-01."""
    day = date_from_ordinal(local // DAY_NS)
    return None if day is None else Moment(day, time_from_nanoseconds(local, zone))


def moment_from_instant(instant: int, zone: Zone) -> Moment | None:
    """The moment so many nanoseconds after 1970-01-01T00:00:00Z, told in this zone."""
    if zone is None or isinstance(zone, int):
        return moment_from_local(instant + (zone or 0) * SECOND_NS, zone)
    # The offset of a named zone depends on the moment: try the one that the clock of UTC would have.
    local = instant
    for _ in range(2):
        found = moment_from_local(local, zone)
        if found is None:
            return None
        local = instant + (found.offset or 0) * SECOND_NS
    return moment_from_local(local, zone)


def offset_at(zone: Zone, year: int, month: int, day: int, second: int) -> int | None:
    """Seconds east of UTC on a zone's clock; far years count like those of the same place in the 400-year cycle."""
    if not isinstance(zone, str):
        return zone
    near = year if 1 < year < 9999 else 2000 + year % 400
    shown = datetime(near, month, day, tzinfo=named_zone(zone)) + timedelta(seconds=second)
    offset = shown.utcoffset()
    return None if offset is None else int(offset.total_seconds())


@lru_cache(maxsize=512)
def named_zone(name: str) -> ZoneInfo | None:
    """A zone of the IANA database, None for any other name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def as_moment(value: Date | Moment) -> Moment:
    """A day counts as its midnight in UTC (DMN 1.5, 10.3.2.3.6)."""
    return value if isinstance(value, Moment) else Moment(value, Time(0, 0, 0, 0, 0))


def from_python(value: Any) -> Any:
    """A date, datetime, time or timedelta of Python as FEEL's."""
    if isinstance(value, datetime):
        return Moment(from_python(value.date()), _time_from(value, value.tzinfo, value.utcoffset()))
    if isinstance(value, date):
        return Date(value.year, value.month, value.day)
    if isinstance(value, time):
        return _time_from(value, value.tzinfo, value.utcoffset())
    return DaysTime((value.days * 86_400 + value.seconds) * SECOND_NS + value.microseconds * 1_000)


def _time_from(shown: datetime | time, zone: Any, offset: timedelta | None) -> Time:
    named = zone.key if isinstance(zone, ZoneInfo) and zone.key else None
    seconds = None if offset is None else int(offset.total_seconds())
    return Time(shown.hour, shown.minute, shown.second, shown.microsecond * 1_000, named or seconds)
