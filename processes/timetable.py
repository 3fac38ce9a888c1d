"""The slots of timers that processes begin by: a moment, a span, an interval, or the five fields of cron.

Slots are reckoned from the slot before, never from the moment at which somebody looked: a daily timer stays at its
hour. Slots that have passed unnoticed are one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from croniter import croniter

from kernel.clock import BEIJING
from processes.model import TimerKind
from processes.timers import Cycle, Duration, TimerNotUnderstood, parse_cycle, parse_date, parse_duration

_FIELDS = 5


@dataclass(frozen=True, slots=True)
class Cron:
    """Minute, hour, day, month, day of the week, read in Asia/Shanghai."""

    fields: str

    def after(self, moment: datetime) -> datetime:
        """The first slot after a moment, as UTC."""
        found: datetime = croniter(self.fields, moment.astimezone(BEIJING)).get_next(datetime)
        return found.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot to come, and how many are left with it; None: without end."""

    at: datetime
    left: int | None


def parse_start(kind: TimerKind, text: str) -> datetime | Duration | Cycle | Cron:
    """Read a timer of a start event: as every timer, and a cycle also as five cron fields.

    Raises:
        TimerNotUnderstood: another form, or a cron that never comes.
    """
    if kind == "cycle" and len(text.split()) == _FIELDS:
        if not croniter.is_valid(text):
            raise TimerNotUnderstood(f"Expected five cron fields, found {text!r}")
        return Cron(text)
    if kind == "date":
        return parse_date(text)
    return parse_duration(text) if kind == "duration" else parse_cycle(text)


def first_slot(kind: TimerKind, text: str, armed_at: datetime) -> Slot | None:
    """The first slot of a timer that begins to count at a moment; none for a date that has passed by then."""
    timer = parse_start(kind, text)
    if isinstance(timer, datetime):
        return Slot(timer, 1) if timer > armed_at else None
    if isinstance(timer, Cron):
        return Slot(timer.after(armed_at), None)
    if isinstance(timer, Cycle):
        return Slot(timer.every.after(armed_at), timer.times)
    return Slot(timer.after(armed_at), 1)


def next_slot(kind: TimerKind, text: str, slot: Slot, now: datetime) -> Slot | None:
    """The slot after one that is due and all others that have passed by now; none after the last."""
    timer = parse_start(kind, text)
    if isinstance(timer, Cron):
        return Slot(timer.after(max(slot.at, now)), None)
    if not isinstance(timer, Cycle):
        return None
    at, left = slot.at, slot.left
    if timer.every.months == 0:
        passed = max((now - at) // timer.every.span, 0)
        at, left = at + passed * timer.every.span, None if left is None else left - passed
    while left is None or left > 1:
        at, left = timer.every.after(at), None if left is None else left - 1
        if at > now:
            return Slot(at, left)
    return None
