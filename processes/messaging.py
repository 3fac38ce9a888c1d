"""Messages and signals of other systems, told to who waits for them at this moment.

What instances send each other waits for its receiver (`correlation.py`). Another system is answered at once instead:
its message has reached somebody, or it is refused and nothing has happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select

from kernel.actors import Actor
from kernel.errors import ConcurrentChange, InvalidInput, NotFound, Reason, Refused
from processes import correlation
from processes.advancing import run_command
from processes.definitions import Definitions
from processes.model import EmittedKind
from processes.queries.visibility import instances_of
from processes.runtime import Processes
from store.tables import instance, subscription
from store.unit_of_work import Database, UnitOfWork

MOST_CANDIDATES = 1_000
_TRIES = 3


class NobodyWaits(InvalidInput):
    """A message fits nobody who waits, or more than the one that it is for."""

    default_code = "MESSAGE_FITS_NOT_ONE"


@dataclass(frozen=True, slots=True)
class Told:
    """A message with what its receiver must be like; what is not given fits everybody.

    `business_key` is that of the instance, or the correlation key that its diagram gives. `keys` are variables that
    the instance must hold.
    """

    name: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    business_key: str | None = None
    instance_id: str | None = None
    keys: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Correlated:
    """What a message has reached: an instance at one of its subscriptions, or one that it has started."""

    instance_id: str
    subscription_id: str | None
    definition_id: str
    business_key: str


class Messaging:
    """Tells instances that the actor may see; those of a line with applications are told things on its pages only."""

    def __init__(self, database: Database, definitions: Definitions, processes: Processes) -> None:
        self._database = database
        self._definitions = definitions
        self._processes = processes

    def correlate(self, told: Told, *, by: Actor, to_all: bool = False) -> list[Correlated]:
        """Deliver a message to the one instance that waits for it, or start one; `to_all` who wait and can start.

        Raises:
            NobodyWaits: it fits none, or several although it is for one.
            Refused: it fits an instance that carries an application.
        """
        for left in reversed(range(_TRIES)):
            try:
                return run_command(lambda deferred: self._correlate(told, by, to_all, deferred))
            except ConcurrentChange:  # who was to receive it waits no more: look again
                if not left:
                    raise
        raise AssertionError

    def signal(self, name: str, payload: Mapping[str, Any], *, by: Actor, execution_id: str | None = None) -> None:
        """Tell a signal to everybody who waits for it, by jobs; or at once to one subscription.

        Raises:
            NotFound: the subscription waits for no such signal.
        """
        if execution_id is not None:
            self.trigger(execution_id, "signal", name, payload, by=by)
            return
        with self._database.write() as work:
            self._processes.signal(work, name, payload, among=instances_of(by))

    def waiting(self, execution_id: str, name: str, *, by: Actor) -> Row[Any] | None:
        """The subscription of an execution, or in the instance whose root it is, to a message."""
        with self._database.read() as connection:
            found = correlation.all_waiting(connection, "message", name, _at(execution_id) & instances_of(by), 1)
            if not found:
                return None
            return connection.execute(select(subscription).where(subscription.c.id == found[0].id)).one_or_none()

    def trigger(
        self, execution_id: str, kind: EmittedKind, name: str, payload: Mapping[str, Any], *, by: Actor
    ) -> None:
        """Let a message or signal happen to the subscription of an execution, or in the instance whose root it is.

        Raises:
            NotFound: it waits for no such thing.
            Refused: its instance carries an application.
        """

        def deliver(deferred: frozenset[str]) -> None:
            with self._database.write() as work:
                which = _at(execution_id) & instances_of(by)
                for found in correlation.all_waiting(work.connection, kind, name, which, 1):
                    self._refuse_lines([found])
                    if self._processes.deliver(work, found.instance_id, found.id, payload, deferred, by=by):
                        return
                raise NotFound(detail=f"Execution {execution_id} has not subscribed to {kind} {name}")

        run_command(deliver)

    # -- inside

    def _correlate(self, told: Told, by: Actor, to_all: bool, deferred: frozenset[str]) -> list[Correlated]:
        with self._database.write() as work:
            waiting = self._fitting(work.connection, told, by)
            if not to_all and len(waiting) > 1:
                raise _mismatch(told, f"{len(waiting)} executions match the correlation keys")
            reached = [self._reached(row) for row in waiting if self._deliver(work, row, told, by, to_all, deferred)]
            if (to_all or not reached) and told.instance_id is None and not told.keys:
                reached += self._start(work, told, by, deferred, to_all=to_all)
            if not reached:
                raise _mismatch(told, "No process definition or execution matches the parameters")
        return reached

    def _fitting(self, connection: Connection, told: Told, by: Actor) -> list[Row[Any]]:
        which = instances_of(by)
        if told.instance_id is not None:
            which &= instance.c.id == told.instance_id
        if told.business_key is not None:
            key = told.business_key
            which &= or_(instance.c.business_key == key, subscription.c.correlation_key == key)
        found = correlation.all_waiting(connection, "message", told.name, which, MOST_CANDIDATES + 1)
        if len(found) > MOST_CANDIDATES:
            raise _mismatch(told, f"More than {MOST_CANDIDATES} executions wait for it; name a business key")
        fitting = [row for row in found if not told.keys or self._holds(connection, row, told.keys)]
        self._refuse_lines(fitting)
        return fitting

    def _holds(self, connection: Connection, row: Row[Any], keys: Mapping[str, Any]) -> bool:
        variables = self._processes.look(connection, row.instance_id).variables()
        return all(name in variables and _equal(variables[name], value) for name, value in keys.items())

    def _refuse_lines(self, rows: list[Row[Any]]) -> None:
        for row in rows:
            if self._definitions.get(row.definition_id).has_record:
                raise Refused(
                    detail=f"Instance {row.instance_id} carries an application, which is told things on pages"
                )

    def _deliver(
        self, work: UnitOfWork, row: Row[Any], told: Told, by: Actor, to_all: bool, deferred: frozenset[str]
    ) -> bool:
        """Whether it was delivered: of all who waited, some may wait no more since the others were told."""
        delivered = self._processes.deliver(work, row.instance_id, row.id, told.payload, deferred, by=by)
        if not delivered and not to_all:
            raise ConcurrentChange(detail=f"{row.instance_id} waits for {told.name} no more")
        return delivered

    def _reached(self, row: Row[Any]) -> Correlated:
        return Correlated(row.instance_id, row.id, row.definition_id, row.business_key)

    def _start(
        self, work: UnitOfWork, told: Told, by: Actor, deferred: frozenset[str], *, to_all: bool
    ) -> list[Correlated]:
        starts = self._definitions.starts(work.connection, "message", told.name)
        starts = [one for one in starts if not self._definitions.get(one[0]).has_record]
        if not to_all and len(starts) > 1:
            raise _mismatch(told, f"{len(starts)} process definitions begin with it")
        reached, key = [], told.business_key or ""
        for definition_id, element_id in starts:
            line = self._definitions.get(definition_id).key
            ref = self._processes.create(work, line, key, by=by, definition_id=definition_id)
            begun = {told.name: told.payload}
            self._processes.begin(work, ref, begun, by=by, deferred=deferred, at=element_id)
            reached.append(Correlated(ref.id, None, definition_id, key))
        return reached


def _at(execution_id: str) -> ColumnElement[bool]:
    return or_(subscription.c.id == execution_id, subscription.c.instance_id == execution_id)


def _equal(one: Any, other: Any) -> bool:
    """As JSON: true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _mismatch(told: Told, why: str) -> NobodyWaits:
    return NobodyWaits(
        Reason("MESSAGE_FITS_NOT_ONE", {"message": told.name}),
        detail=f"Cannot correlate message '{told.name}': {why}",
    )
