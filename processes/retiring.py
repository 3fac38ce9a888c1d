"""Taking versions out of use: suspended for a while, or deleted with their deployment; history stays."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Table, func, select, update

from kernel.actors import Actor
from kernel.clock import Clock
from kernel.errors import NotFound, Reason, StateConflict
from processes import timer_starts
from processes.definitions import Definitions
from processes.releasing import Release
from processes.supplies import ANALYST, REPOSITORY, DeployedSupplies
from processes.xml import parse
from store.tables import decision_definition, definition, deployment, instance
from store.unit_of_work import Database, UnitOfWork
from store.writing import DEPLOYMENT, one_at_a_time


class Stopping(Protocol):
    """Ends a running instance for good."""

    def terminate(self, instance_id: str, reason: str, *, by: Actor) -> None: ...


def version(definition_id: str) -> ColumnElement[bool]:
    """One version, for the commands below."""
    return definition.c.id == definition_id


def versions_of(key: str) -> ColumnElement[bool]:
    """All versions of a process."""
    return definition.c.key == key


class Retiring:
    """Commands on versions that are deployed."""

    def __init__(self, database: Database, definitions: Definitions, stopping: Stopping, clock: Clock) -> None:
        self._database = database
        self._definitions = definitions
        self._stopping = stopping
        self._clock = clock

    def suspend(self, which: ColumnElement[bool], *, suspended: bool) -> None:
        """Let no more instances start on these versions, or let them again; those that run go on.

        The timers of a version that may start again count from now on: what would have begun meanwhile does not.

        Raises:
            NotFound: there is no such version.
        """
        with self._database.write() as work:
            ids = _locked(work, which)
            work.connection.execute(update(definition).where(definition.c.id.in_(ids)).values(is_suspended=suspended))
            if suspended:
                timer_starts.disarm(work, ids)
            else:
                self._arm(work, ids)

    def delete(self, which: ColumnElement[bool], *, by: Actor, cascade: bool) -> None:
        """Delete versions; the version before an active one is active then. `cascade` ends their instances first.

        Raises:
            NotFound: there is no such version.
            StateConflict: (IN_USE) instances run on them, or something that stays active names them;
                (PART_OF_SERVICE) they are the project's own.
        """
        self._retire(which, None, by, cascade)

    def delete_deployment(self, deployment_id: str, *, by: Actor, cascade: bool) -> None:
        """Delete a deployment with its definitions and decisions, as `delete` does."""
        self._retire(definition.c.deployment_id == deployment_id, deployment_id, by, cascade)

    # -- inside

    def _retire(self, which: ColumnElement[bool], deployment_id: str | None, by: Actor, cascade: bool) -> None:
        if cascade:
            self._end_instances(which, deployment_id, by)
        with self._database.write() as work:
            one_at_a_time(work, DEPLOYMENT)
            ids = self._held(work, which, deployment_id)
            running = work.connection.execute(select(func.count()).select_from(instance).where(_runs(ids))).scalar_one()
            if running:
                raise StateConflict(Reason("IN_USE"), detail=f"Expected no running instances, but there are {running}")
            self._delete(work, ids, deployment_id, by)

    def _end_instances(self, which: ColumnElement[bool], deployment_id: str | None, by: Actor) -> None:
        """One command each: a deployment may have thousands. Suspended versions get no new ones meanwhile."""
        with self._database.write() as work:
            one_at_a_time(work, DEPLOYMENT)
            ids = self._held(work, which, deployment_id)
            with work.connection.begin_nested() as trial:  # nothing ends for a deletion that would be refused
                self._delete(work, ids, deployment_id, by)
                trial.rollback()
            work.connection.execute(update(definition).where(definition.c.id.in_(ids)).values(is_suspended=True))
            timer_starts.disarm(work, ids)
        with self._database.read() as connection:
            running = connection.execute(select(instance.c.id).where(_runs(ids))).scalars().all()
        for instance_id in running:
            with suppress(StateConflict):  # it has ended meanwhile
                self._stopping.terminate(instance_id, "The deployment was deleted", by=by)

    def _arm(self, work: UnitOfWork, ids: Sequence[str]) -> None:
        active = select(definition.c.id, definition.c.xml).where(definition.c.id.in_(ids) & definition.c.is_active)
        for row in work.connection.execute(active).all():
            timer_starts.arm(work, row.id, parse(bytes(row.xml)), at=self._clock.now())

    def _held(self, work: UnitOfWork, which: ColumnElement[bool], deployment_id: str | None) -> Sequence[str]:
        if deployment_id is None:
            return _locked(work, which)
        there = (deployment.c.id == deployment_id) & deployment.c.deleted_at.is_(None)
        if work.connection.execute(select(deployment.c.id).where(there)).first() is None:
            raise NotFound(detail=f"Deployment with id '{deployment_id}' does not exist")
        return _locked(work, which, may_be_none=True)

    def _delete(self, work: UnitOfWork, ids: Sequence[str], deployment_id: str | None, by: Actor) -> None:
        _refuse_project_s(work, definition, definition.c.id.in_(ids))
        if deployment_id is not None:
            owned = decision_definition.c.deployment_id == deployment_id
            _refuse_project_s(work, decision_definition, owned)
            now = self._clock.now()
            work.connection.execute(update(decision_definition).where(owned).values(deleted_at=now))
            work.connection.execute(update(deployment).where(deployment.c.id == deployment_id).values(deleted_at=now))
        connection = work.connection
        these = definition.c.id.in_(ids)
        was_active = connection.execute(select(definition.c.key).where(these & definition.c.is_active)).scalars().all()
        gone = {"deleted_at": self._clock.now(), "is_active": False}
        connection.execute(update(definition).where(these).values(gone))
        timer_starts.disarm(work, ids)
        release = self._release(work, by)
        for key in was_active:
            left = (definition.c.key == key) & definition.c.deleted_at.is_(None)
            before = select(definition.c.id).where(left).order_by(definition.c.version.desc()).limit(1)
            last = connection.execute(before).scalar()
            if last is not None:
                release.activate(key, last)
        self._refuse_gaps(work)
        release.redeploy_callers(was_active)

    def _release(self, work: UnitOfWork, by: Actor) -> Release:
        supplies = DeployedSupplies(self._definitions.project, work.connection)
        return Release(work, supplies, origin=ANALYST, by=by, at=self._clock.now(), name="deletion", source=None)

    def _refuse_gaps(self, work: UnitOfWork) -> None:
        """Whatever stays active still finds what its diagram names."""
        supplies = DeployedSupplies(self._definitions.project, work.connection)
        columns = (definition.c.key, definition.c.pins)
        active = work.connection.execute(select(*columns).where(definition.c.is_active)).all()
        keys = {row.key for row in active}
        for row in active:
            missing = [
                *(key for key in row.pins["process"] if key not in keys),
                *(key for key in row.pins["form"] if not supplies.form_exists(key)),
                *(key for key in row.pins["decision"] if not supplies.decision_exists(key)),
            ]
            if missing:
                raise StateConflict(Reason("IN_USE"), detail=f"process {row.key} uses {', '.join(missing)}")


def _locked(work: UnitOfWork, which: ColumnElement[bool], *, may_be_none: bool = False) -> Sequence[str]:
    """The ids of versions, held so that no instance starts on them before the command ends."""
    there = which & definition.c.deleted_at.is_(None)
    query = select(definition.c.id).where(there).order_by(definition.c.id).with_for_update()
    found: Sequence[Any] = work.connection.execute(query).scalars().all()
    if not found and not may_be_none:
        raise NotFound(detail="No matching process definition")
    return found


def _refuse_project_s(work: UnitOfWork, table: Table, which: ColumnElement[bool]) -> None:
    own = which & (table.c.source == REPOSITORY)
    if work.connection.execute(select(table.c.id).where(own)).first() is not None:
        raise StateConflict(Reason("PART_OF_SERVICE"), detail="It is one of the project's own files")


def _runs(ids: Sequence[str]) -> ColumnElement[bool]:
    return instance.c.definition_id.in_(ids) & instance.c.ended_at.is_(None)
