"""Incidents: what the service could not do by itself, with its cause, and what operators decide about it.

Each decision asks for the state it was made on: of two operators, or an operator and a worker, one is told that the
thing has moved on (RELIABILITY.md 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Connection, Row, insert, select, update

from kernel.actors import Actor
from kernel.clock import Clock
from kernel.errors import Fault, InvalidInput, NotFound, Reason, StateConflict
from kernel.texts import Text
from processes.titles import title_of
from store.paging import keyset_page
from store.tables import attempt, definition, incident, instance, job
from store.unit_of_work import Database, UnitOfWork
from store.writing import lock_instance

TOLD_DONE: Mapping[str, Any] = {"told_done": True}  # the result of a job whose effect an operator vouches for
NEEDED = ("timer", "service")  # jobs that a process waits for: given up, it would wait for ever
_LONGEST_MESSAGE = 4000

Outcome = Literal["done", "again"]


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident in a list."""

    id: str
    kind: str  # failed | outcome_unknown | command
    line: str
    business_key: str
    instance_id: str | None
    job_id: str | None
    element_id: str
    message: str
    status: str
    opened_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class IncidentPage:
    items: tuple[IncidentRow, ...]
    total: int
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class IncidentGroup:
    """Incidents with one cause: the same message at the same element of one line. `job_ids` can be retried at once."""

    message: str
    element_id: str
    line: str
    kind: str
    count: int
    job_ids: tuple[str, ...]
    first_id: str
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One attempt that did not end well."""

    started_at: datetime | None
    ended_at: datetime
    outcome: str  # failed | lost | unknown | too_late
    worker: str
    error: str
    trace: str
    log: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class StuckJob:
    """The job of an incident."""

    id: str
    kind: str
    lane: str
    topic: str | None
    key: str
    state: str
    path: str
    attempt: int
    max_attempts: int
    created_at: datetime
    intended_at: datetime | None


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident with its job and every attempt; `actions` are those that are possible now."""

    row: IncidentRow
    line_title: Text | None
    job: StuckJob | None
    attempts: tuple[AttemptRow, ...]
    actions: tuple[str, ...]  # retry | done | again | give_up


class Incidents:
    """Queries and commands about incidents; business data are never edited here."""

    def __init__(self, database: Database, system: Clock) -> None:
        self._database = database
        self._clock = system

    # -- queries

    def groups(self, connection: Connection) -> list[IncidentGroup]:
        """Open incidents grouped by cause, the largest group first."""
        query = _incidents().where(incident.c.status == "open").order_by(incident.c.opened_at).limit(2000)
        found: dict[tuple[str, str, str, str], list[Row[Any]]] = {}
        for row in connection.execute(query):
            found.setdefault((row.message, row.element_id or "", row.line or "", row.kind), []).append(row)
        groups = [
            IncidentGroup(
                *cause,
                count=len(rows),
                job_ids=tuple(r.job_id for r in rows if r.job_id and r.kind == "failed"),
                first_id=rows[0].id,
                oldest_at=rows[0].opened_at,
            )
            for cause, rows in found.items()
        ]
        return sorted(groups, key=lambda group: -group.count)

    def page(self, connection: Connection, *, status: str = "open", cursor: str | None = None) -> IncidentPage:
        """Incidents, newest first."""
        query = _incidents().where(incident.c.status == status)
        found = keyset_page(connection, query, incident.c.opened_at, incident.c.id, cursor)
        return IncidentPage(tuple(_row(row) for row in found.rows), found.total, found.before, found.after)

    def of_instance(self, connection: Connection, instance_id: str) -> list[IncidentRow]:
        """The incidents of an instance, open and resolved, oldest first."""
        query = _incidents().where(incident.c.instance_id == instance_id).order_by(incident.c.opened_at)
        return [_row(row) for row in connection.execute(query)]

    def view(self, connection: Connection, incident_id: str) -> IncidentView:
        """One incident with the whole story of its job.

        Raises:
            NotFound: there is none.
        """
        row = connection.execute(_incidents().where(incident.c.id == incident_id)).one_or_none()
        if row is None:
            raise NotFound(detail=f"no incident {incident_id}")
        stuck = _stuck_job(connection, row.job_id)
        return IncidentView(
            row=_row(row),
            line_title=_title(connection, row.definition_id),
            job=stuck,
            attempts=_attempts(connection, row.job_id),
            actions=_actions(row, stuck),
        )

    # -- commands

    def retry(self, job_id: str, *, by: Actor, note: str = "") -> None:
        """Let a job that became an incident run again; its attempts start anew.

        Raises:
            NotFound: there is no such job.
            StateConflict: it is no incident any more, or it must be decided whether its effect has happened.
        """
        with self._database.write() as work:
            stuck = self._lock(work, job_id)
            if self._kind_of(work, job_id) == "outcome_unknown":
                raise StateConflict(Reason("STATE_CONFLICT"), detail=f"job {job_id} may have had its effect")
            self._ready(work, stuck)
            self._resolve(work, incident.c.job_id == job_id, "retried", note, by)

    def decide(self, incident_id: str, outcome: Outcome, note: str, *, by: Actor) -> None:
        """State whether the outside has done what was asked, where the service cannot know: go on, or do it again.

        Raises:
            InvalidInput: no note says how this is known.
            NotFound: there is no such incident.
            StateConflict: it is decided, or there is nothing to decide.
        """
        _check_note(note)
        with self._database.write() as work:
            row = self._open(work, incident_id)
            if row.kind != "outcome_unknown" or row.job_id is None:
                raise StateConflict(Reason("STATE_CONFLICT"), detail=f"incident {incident_id} needs no decision")
            stuck = self._lock(work, row.job_id)
            if outcome == "done":
                self._ready(work, stuck, result=dict(TOLD_DONE))
            else:
                self._ready(work, stuck, intended_at=None)
            self._resolve(work, incident.c.id == incident_id, outcome, note, by)

    def give_up(self, incident_id: str, note: str, *, by: Actor) -> None:
        """Close an incident that needs no other attempt; a job behind it is cancelled.

        Raises:
            InvalidInput: no note says why.
            NotFound: there is no such incident.
            StateConflict: it is resolved, or a process waits for its job and would wait for ever.
        """
        _check_note(note)
        with self._database.write() as work:
            row = self._open(work, incident_id)
            if row.job_id is not None:
                stuck = self._lock(work, row.job_id)
                if stuck.kind in NEEDED:
                    raise StateConflict(
                        Reason("STATE_CONFLICT"), detail=f"a process waits for job {stuck.id}; retry it or terminate"
                    )
                given_up = {"state": "cancelled", "fence": stuck.fence + 1, "ended_at": self._clock.now()}
                work.connection.execute(update(job).where(job.c.id == stuck.id).values(given_up))
            self._resolve(work, incident.c.id == incident_id, "given_up", note, by)

    def annotate(self, incident_id: str, note: str) -> None:
        """Note something about an open incident; an empty text takes the note away.

        Raises:
            NotFound: there is no such incident.
            StateConflict: it is resolved.
        """
        with self._database.write() as work:
            row = self._open(work, incident_id)
            noted = update(incident).where(incident.c.id == row.id).values(note=note.strip() or None)
            work.connection.execute(noted)

    def report(self, fault: Fault) -> None:
        """Open an incident for a person's command that a fault took back; the same again is one incident."""
        message = f"{type(fault).__name__}: {fault}"[:_LONGEST_MESSAGE]
        same = (
            (incident.c.instance_id == fault.instance_id)
            & (incident.c.kind == "command")
            & (incident.c.element_id == fault.element_id)
            & (incident.c.message == message)
            & (incident.c.status == "open")
        )
        with self._database.write() as work:
            if fault.instance_id is None or lock_instance(work, fault.instance_id) is None:
                return  # its instance was taken back with it
            if work.connection.execute(select(incident.c.id).where(same)).first() is not None:
                return
            row = {
                "id": str(uuid4()),
                "instance_id": fault.instance_id,
                "kind": "command",
                "element_id": fault.element_id,
                "message": message,
                "status": "open",
                "opened_at": self._clock.now(),
            }
            work.connection.execute(insert(incident).values(row))

    # -- inside

    def _open(self, work: UnitOfWork, incident_id: str) -> Row[Any]:
        row = work.connection.execute(select(incident).where(incident.c.id == incident_id)).one_or_none()
        if row is None:
            raise NotFound(detail=f"no incident {incident_id}")
        if row.instance_id is not None:
            lock_instance(work, row.instance_id)
        query = select(incident).where(incident.c.id == incident_id).with_for_update()
        row = work.connection.execute(query).one()
        if row.status != "open":
            raise StateConflict(Reason("STATE_CONFLICT"), detail=f"incident {incident_id} is {row.status}")
        return row

    def _lock(self, work: UnitOfWork, job_id: str) -> Row[Any]:
        """The job of an incident, held, in the order of all commands: its instance first."""
        owner = work.connection.execute(select(job.c.instance_id).where(job.c.id == job_id)).one_or_none()
        if owner is None:
            raise NotFound(detail=f"no job {job_id}")
        if owner.instance_id is not None:
            lock_instance(work, owner.instance_id)
        stuck = work.connection.execute(select(job).where(job.c.id == job_id).with_for_update()).one()
        if stuck.state != "incident":
            raise StateConflict(Reason("STATE_CONFLICT"), detail=f"job {job_id} is {stuck.state}, no incident")
        return stuck

    def _kind_of(self, work: UnitOfWork, job_id: str) -> str | None:
        query = select(incident.c.kind).where((incident.c.job_id == job_id) & (incident.c.status == "open"))
        return work.connection.execute(query).scalar()

    def _ready(self, work: UnitOfWork, stuck: Row[Any], **changed: Any) -> None:
        # Its due moment stays as it is: past, by the clock that the job is told by.
        values = {"state": "ready", "attempt": 0, "fence": stuck.fence + 1, **changed}
        work.connection.execute(update(job).where(job.c.id == stuck.id).values(values))
        work.ring_after_commit()

    def _resolve(self, work: UnitOfWork, which: Any, resolution: str, note: str, by: Actor) -> None:
        values = {
            "status": "resolved",
            "resolved_at": self._clock.now(),
            "resolved_by": by.id,
            "resolution": resolution,
            "note": note.strip() or incident.c.note,
        }
        work.connection.execute(update(incident).where(which & (incident.c.status == "open")).values(values))


def _incidents() -> Any:
    return select(incident, instance.c.line, instance.c.business_key, instance.c.definition_id).join(
        instance, instance.c.id == incident.c.instance_id, isouter=True
    )


def _row(row: Row[Any]) -> IncidentRow:
    names = [name for name in IncidentRow.__slots__ if name not in ("line", "business_key", "element_id")]
    return IncidentRow(
        **{name: getattr(row, name) for name in names},
        line=row.line or "",
        business_key=row.business_key or "",
        element_id=row.element_id or "",
    )


def _stuck_job(connection: Connection, job_id: str | None) -> StuckJob | None:
    if job_id is None:
        return None
    row = connection.execute(select(job).where(job.c.id == job_id)).one()
    names = [name for name in StuckJob.__slots__ if name not in ("key", "path")]
    return StuckJob(
        **{name: getattr(row, name) for name in names},
        key=row.dedupe_key,
        path=str(row.payload.get("path", "")),
    )


def _attempts(connection: Connection, job_id: str | None) -> tuple[AttemptRow, ...]:
    if job_id is None:
        return ()
    query = select(attempt).where(attempt.c.job_id == job_id).order_by(attempt.c.fence)
    return tuple(
        AttemptRow(
            row.started_at,
            row.ended_at,
            row.outcome,
            row.worker or "",
            row.error,
            row.trace or "",
            tuple(row.log or ()),
        )
        for row in connection.execute(query)
    )


def _title(connection: Connection, definition_id: str | None) -> Text | None:
    if definition_id is None:
        return None
    xml = connection.execute(select(definition.c.xml).where(definition.c.id == definition_id)).scalar_one()
    return title_of(bytes(xml))


def _actions(row: Row[Any], stuck: StuckJob | None) -> tuple[str, ...]:
    if row.status != "open":
        return ()
    if stuck is None:
        return ("give_up",)
    if stuck.state != "incident":
        return ()
    if row.kind == "outcome_unknown":
        return ("done", "again")
    return ("retry",) if stuck.kind in NEEDED else ("retry", "give_up")


def _check_note(note: str) -> None:
    if not note.strip():
        raise InvalidInput(Reason("REASON_REQUIRED", field="note"))
