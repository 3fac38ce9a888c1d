"""Forced deregistration as the city commission sees and does it: rounds, selection, the list (2.16, DOC-15)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Select, or_, select

from applications.forced_candidates import LINE, STATUSES, Candidate, candidates
from applications.views import Page
from applications.working import Working
from exports.forced_deregistration_list import forced_deregistration_list
from kernel.actors import Actor
from kernel.clock import Clock, day_of
from kernel.errors import NotFound
from kernel.permissions import Action, authorize
from kernel.settings import Settings
from processes.definitions import Definitions
from processes.starting import Starting
from store.paging import keyset_page
from store.tables import forced_deregistration, instance, task
from store.tables.engine import RUNNING
from store.unit_of_work import Database

SELECT_CANDIDATES = "select_candidates"
_of = forced_deregistration.c


@dataclass(frozen=True, slots=True)
class Certificate:
    """The candidates on one certificate."""

    registration_id: str
    registration_no: str
    name: str
    employer_name: str
    candidates: tuple[Candidate, ...]

    @property
    def selectable(self) -> tuple[Candidate, ...]:
        return tuple(each for each in self.candidates if each.refusal is None)


@dataclass(frozen=True, slots=True)
class Round:
    """A round that waits for the selection: the task, since when, and whom it lists."""

    task_id: str
    opened_at: datetime
    certificates: tuple[Certificate, ...]

    @property
    def selectable(self) -> int:
        return sum(len(each.selectable) for each in self.certificates)

    @property
    def total(self) -> int:
        return sum(len(each.candidates) for each in self.certificates)


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of the list of all that were ever candidates."""

    registration_no: str
    name: str
    specialty: str
    expired_on: date
    employer_name: str
    status: str
    reason: str
    announcement_no: str | None
    announced_on: date | None
    closed_on: date | None


class ForcedDeregistration:
    """What the pages of the city commission call; who else calls is refused."""

    def __init__(
        self,
        database: Database,
        definitions: Definitions,
        starting: Starting,
        working: Working,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._database = database
        self._definitions = definitions
        self._starting = starting
        self._working = working
        self._clock = clock
        self._settings = settings

    @property
    def more_than_days(self) -> int:
        """A candidate has been expired for more than so many days (G-08)."""
        return self._settings.forced_dereg_days

    def start(self, *, by: Actor, command_id: str) -> bool:
        """List the candidates of today: in a new round, or in the one that waits. Tells whether there are any.

        Raises:
            NotAllowed: the actor is no reviewer of the city.
        """
        authorize(by, Action.FORCE_DEREGISTRATION)
        with self._database.read() as connection:
            definition_id = self._definitions.active_id(connection, LINE)
        key = f"FD{day_of(self._clock.now()):%Y%m%d}"
        self._starting.start(definition_id, {}, business_key=key, by=by, command_id=command_id)
        with self._database.read() as connection:
            waiting = self.round(connection, by)
        return waiting is not None and waiting.total > 0

    def select(
        self,
        task_id: str,
        candidates: Collection[str],
        certificates: Collection[str],
        reason: str,
        *,
        by: Actor,
        command_id: str,
    ) -> None:
        """Deregister by force the chosen candidates, and of the chosen certificates all that can be selected.

        Raises:
            NotAllowed, NotFound: the task is not the actor's.
            InvalidInput: nothing was chosen, or no reason given.
            Refused: a chosen one has a business in progress, or is no candidate (R-1.7-2, R-1.7-3).
            StateConflict: TASK_ALREADY_DONE.
        """  # fmt: skip
        authorize(by, Action.FORCE_DEREGISTRATION)
        chosen = set(candidates)
        with self._database.read() as connection:
            _refuse_other_task(connection, task_id)
            waiting = self.round(connection, by)
        for each in waiting.certificates if waiting and waiting.task_id == task_id else ():
            if each.registration_id in certificates:
                chosen |= {one.id for one in each.selectable}
        values = {"candidates": sorted(chosen), "reason": reason}
        self._working.complete_task(task_id, values, by=by, command_id=command_id)

    def round(self, connection: Connection, actor: Actor) -> Round | None:
        """The round that waits for its selection, if any.

        Raises:
            NotAllowed: the actor is no reviewer of the city.
        """
        authorize(actor, Action.FORCE_DEREGISTRATION)
        query = (
            select(task.c.id, task.c.instance_id, task.c.opened_at)
            .join(instance, instance.c.id == task.c.instance_id)
            .where((instance.c.line == LINE) & instance.c.status.in_(RUNNING))
            .where((task.c.element_id == SELECT_CANDIDATES) & (task.c.status == "open"))
            .where(task.c.scope.in_(actor.scopes))
            .order_by(task.c.opened_at)
            .limit(1)
        )
        found = connection.execute(query).first()
        if found is None:
            return None
        today = day_of(self._clock.now())
        listed = candidates(connection, self._definitions, found.instance_id, today, self.more_than_days)
        return Round(found.id, found.opened_at, _by_certificate(listed))

    def page(self, connection: Connection, actor: Actor, status: str, text: str, cursor: str | None) -> Page[Listed]:
        """All that were ever listed, those that came last first.

        Raises:
            NotAllowed: the actor is no reviewer of the city.
        """
        authorize(actor, Action.FORCE_DEREGISTRATION)
        found = keyset_page(connection, _filtered(status, text), _of.listed_at, _of.id, cursor)
        return Page(tuple(_listed(row) for row in found.rows), found.total, found.before, found.after)

    def sheet(self, connection: Connection, actor: Actor, status: str, text: str) -> bytes:
        """The list as an Excel file (DOC-15), under the same filters.

        Raises:
            NotAllowed: the actor is no reviewer of the city.
        """
        authorize(actor, Action.FORCE_DEREGISTRATION)
        query = _filtered(status, text).order_by(_of.expired_on, _of.registration_no, _of.specialty)
        rows = connection.execute(query)
        note = "；".join(part for part in (STATUSES[status].zh if status in STATUSES else "", text.strip()) if part)
        return forced_deregistration_list((_on_paper(row) for row in rows), note)


def _refuse_other_task(connection: Connection, task_id: str) -> None:
    query = select(task.c.id).join(instance, instance.c.id == task.c.instance_id)
    if connection.execute(query.where((task.c.id == task_id) & (instance.c.line == LINE))).first() is None:
        raise NotFound(detail=f"no round of forced deregistration has a task {task_id}")


def _by_certificate(listed: Sequence[Candidate]) -> tuple[Certificate, ...]:
    """The certificate with the longest expired specialty first; the order within stays."""
    places: dict[str, int] = {}
    for each in listed:
        places.setdefault(each.registration_id, len(places))
    together = sorted(listed, key=lambda each: places[each.registration_id])
    groups = [tuple(of) for _, of in groupby(together, key=lambda each: each.registration_id)]
    return tuple(
        Certificate(of[0].registration_id, of[0].registration_no, of[0].name, of[0].employer_name, of) for of in groups
    )


def _filtered(status: str, text: str) -> Select[Any]:
    query = select(forced_deregistration)
    if status in STATUSES:
        query = query.where(_of.status == status)
    if word := text.strip():
        query = query.where(
            or_(_of.name.contains(word, autoescape=True), _of.registration_no.contains(word, autoescape=True))
        )
    return query


def _listed(row: Any) -> Listed:
    return Listed(
        registration_no=row.registration_no,
        name=row.name,
        specialty=row.specialty,
        expired_on=row.expired_on,
        employer_name=row.employer_name,
        status=row.status,
        reason=row.reason or "",
        announcement_no=row.announcement_no,
        announced_on=row.announced_on,
        closed_on=row.closed_on,
    )


def _on_paper(row: Row[Any]) -> Mapping[str, Any]:
    return {**row._mapping, "employer": row.employer_name}
