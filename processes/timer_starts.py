"""Timer start events: the rows that say when a process begins by itself, and the jobs that begin it (ADR 0013).

The active version of a process has a row for each of its timers; whatever takes the version out of use takes the rows
with it. They follow the business clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import etree
from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from kernel.clock import BEIJING, Clock
from kernel.texts import Text
from processes.model import TimerKind
from processes.timetable import Slot, first_slot, next_slot
from processes.titles import title_of
from processes.xml import BPMN
from rules.feel import compile_expression, to_plain
from store.jobs import Jobs
from store.tables import definition, timer_start
from store.unit_of_work import Database, UnitOfWork

KINDS: dict[str, TimerKind] = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


@dataclass(frozen=True, slots=True)
class TimerStart:
    """A timer that a process begins by: the start event, and its timer as literal text."""

    element_id: str
    kind: TimerKind
    expression: str


@dataclass(frozen=True, slots=True)
class StartSlot:
    """A timer start as operators see it."""

    key: str
    title: Text
    expression: str
    next_at: datetime
    last_at: datetime | None


def timer_starts_of(root: etree._Element) -> Iterator[TimerStart]:
    """The timer start events of the process in a file that was found fit to run."""
    for event in root.iterfind(f"{{{BPMN}}}process/{{{BPMN}}}startEvent"):
        for part in event.iterfind(f"{{{BPMN}}}timerEventDefinition/*"):
            kind = KINDS.get(etree.QName(part).localname)
            if kind is not None:
                yield TimerStart(event.get("id", ""), kind, _literal("".join(map(str, part.itertext())).strip()))


def arm(work: UnitOfWork, definition_id: str, root: etree._Element, *, at: datetime) -> None:
    """Let the timers of a version count from a moment; those that count already go on."""
    known = select(timer_start.c.element_id).where(timer_start.c.definition_id == definition_id)
    there = set(work.connection.execute(known).scalars())
    for start in timer_starts_of(root):
        if start.element_id in there:
            continue
        slot = first_slot(start.kind, start.expression, at)
        row = {
            "definition_id": definition_id,
            "element_id": start.element_id,
            "kind": start.kind,
            "expression": start.expression,
            "next_at": slot.at if slot else None,
            "slots_left": slot.left if slot else 0,
        }
        work.connection.execute(insert(timer_start).values(row))


def disarm(work: UnitOfWork, definition_ids: Sequence[str]) -> None:
    """Let the timers of versions count no more."""
    work.connection.execute(delete(timer_start).where(timer_start.c.definition_id.in_(definition_ids)))


def disarm_others(work: UnitOfWork, key: str, definition_id: str) -> None:
    """Let only the timers of one version of a process count."""
    others = select(definition.c.id).where((definition.c.key == key) & (definition.c.id != definition_id))
    work.connection.execute(delete(timer_start).where(timer_start.c.definition_id.in_(others)))


class TimerStarts:
    """Makes a job of each slot, exactly once however many workers look."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def leave_due_jobs(self) -> None:
        """Make a job of each timer that is due; of several slots that have passed, one."""
        now = self._clock.now()
        due = timer_start.c.next_at <= now
        with self._database.read() as connection:
            if connection.execute(select(timer_start.c.definition_id).where(due).limit(1)).first() is None:
                return
        with self._database.write() as work:
            for row in work.connection.execute(select(timer_start).where(due).with_for_update(skip_locked=True)).all():
                slot = row.next_at.astimezone(UTC)
                Jobs(work).add(
                    "start",
                    key=f"start:{row.definition_id}:{row.element_id}:{slot.isoformat()}",
                    payload={
                        "definition_id": row.definition_id,
                        "element_id": row.element_id,
                        "key": f"{slot.astimezone(BEIJING):%Y-%m-%d %H:%M}",
                    },
                    due_at=row.next_at,
                    created_at=now,
                )
                later = next_slot(row.kind, row.expression, Slot(row.next_at, row.slots_left), now)
                values = {
                    "next_at": later.at if later else None,
                    "slots_left": later.left if later else 0,
                    "last_at": row.next_at,
                }
                same = _is(row.definition_id, row.element_id)
                work.connection.execute(update(timer_start).where(same).values(values))

    def agree(self) -> None:
        """Reckon anew what lies further ahead than its next slot: the business clock was set back."""
        now = self._clock.now()
        with self._database.read() as connection:
            waiting = select(timer_start).where((timer_start.c.kind == "cycle") & (timer_start.c.next_at > now))
            rows = connection.execute(waiting).all()
        ahead = [(row, slot) for row in rows if (slot := _earlier(row, now)) is not None]
        if not ahead:
            return
        with self._database.write() as work:
            for row, slot in ahead:
                same = _is(row.definition_id, row.element_id) & (timer_start.c.next_at == row.next_at)
                work.connection.execute(update(timer_start).where(same).values(next_at=slot.at))

    def listed(self, connection: Connection) -> list[StartSlot]:
        """The timers that count, the next one first."""
        query = (
            select(timer_start, definition.c.key, definition.c.xml)
            .join(definition, definition.c.id == timer_start.c.definition_id)
            .where(timer_start.c.next_at.is_not(None))
            .order_by(timer_start.c.next_at)
        )
        return [
            StartSlot(row.key, title_of(bytes(row.xml)), row.expression, row.next_at, row.last_at)
            for row in connection.execute(query)
        ]


def _literal(text: str) -> str:
    """The timer as it is written, or as its FEEL expression, which reads no variable, says."""
    return str(to_plain(compile_expression(text[1:]).evaluate({}))) if text.startswith("=") else text


def _earlier(row: Row[Any], now: datetime) -> Slot | None:
    """The next slot from now on, when it comes before the one that is waited for."""
    slot = first_slot(row.kind, row.expression, now)
    return slot if slot is not None and slot.at < row.next_at else None


def _is(definition_id: str, element_id: str) -> ColumnElement[bool]:
    return (timer_start.c.definition_id == definition_id) & (timer_start.c.element_id == element_id)
