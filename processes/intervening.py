"""What operators do to a running instance itself: change its variables, move its tokens, let it stand
still and go on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import insert, update

from kernel.actors import Actor
from kernel.errors import Reason, StateConflict
from processes.advancing import refuse_suspended
from processes.exchange import Exchange, naming
from processes.modification import Instruction
from processes.scripting import as_json
from processes.synchronise import Opened
from store.jobs import Jobs
from store.statements import Record
from store.tables import history, instance
from store.tables.engine import RUNNING
from store.unit_of_work import UnitOfWork


class Intervening(Exchange):
    """Commands that no diagram draws; each leaves an entry in the history of the instance, with who gave it."""

    def change_variables(
        self,
        work: UnitOfWork,
        instance_id: str,
        values: Mapping[str, Any],
        removed: Collection[str],
        *,
        by: Actor,
        deferred: frozenset[str],
    ) -> None:
        """Set and remove variables of the root process.

        Raises:
            NotFound: there is no such instance.
            StateConflict: it does not run.
        """
        row = self._running(work, instance_id)
        row = self._note(work, row, "variables_changed", {"set": as_json(values), "removed": sorted(removed)}, by)
        with naming(instance_id, row.line):
            execution, before = self._load(row)
            execution.change_variables(values, removed)
            self._advance(work, row, execution, before, by, deferred)

    def modify(
        self,
        work: UnitOfWork,
        instance_id: str,
        instructions: Sequence[Instruction],
        annotation: str,
        *,
        by: Actor,
        deferred: frozenset[str],
    ) -> None:
        """Move the tokens of an instance by hand.

        Raises:
            NotFound: there is no such instance.
            StateConflict: it does not run.
            InvalidInput: an instruction cannot be done correctly.
        """
        row = self._running(work, instance_id)
        told = {"instructions": [one.to_json() for one in instructions], "annotation": annotation}
        row = self._note(work, row, "modified", told, by)
        with naming(instance_id, row.line):
            execution, before = self._load(row)
            execution.modify(instructions)
            self._advance(work, row, execution, before, by, deferred)

    def suspend(self, work: UnitOfWork, instance_id: str, *, by: Actor) -> None:
        """Let an instance stand still: commands on it are refused, and what is due in it waits. Again does nothing.

        Raises:
            NotFound: there is no such instance.
            StateConflict: it has ended.
        """
        row = self._not_ended(work, instance_id)
        if row.status == "active":
            self._note(work, row, "suspended", {}, by, status="suspended")
            Jobs(work).hold(instance_id)

    def activate(self, work: UnitOfWork, instance_id: str, *, by: Actor, deferred: frozenset[str]) -> None:
        """Let a suspended instance go on: what fell due is done, and messages that came meanwhile are delivered.

        Raises: as `suspend`.
        """
        row = self._not_ended(work, instance_id)
        if row.status == "suspended":
            row = self._note(work, row, "activated", {}, by, status="active")
            Jobs(work).let_go(instance_id)
            with naming(instance_id, row.line):
                execution, before = self._load(row)
                if self._take_buffered(work, row, execution, Opened.none()):
                    self._advance(work, row, execution, before, by, deferred)

    # -- inside

    def _not_ended(self, work: UnitOfWork, instance_id: str) -> Record:
        row = self._lock(work, instance_id)
        if row.status not in RUNNING:
            detail = f"Expected instance {instance_id} to run, but it is {row.status}"
            raise StateConflict(Reason("STATE_CONFLICT"), detail=detail)
        return row

    def _running(self, work: UnitOfWork, instance_id: str) -> Record:
        """An instance that goes on, locked."""
        row = self._not_ended(work, instance_id)
        refuse_suspended(row)
        return row

    def _note(
        self, work: UnitOfWork, row: Record, event: str, data: Mapping[str, Any], by: Actor, **changed: Any
    ) -> Record:
        """Write an entry of the history that is about the instance as a whole, and what it changes of its row."""
        seq = row.history_seq + 1
        values = {"history_seq": seq, "revision": row.revision + 1, **changed}
        work.connection.execute(update(instance).where(instance.c.id == row.id).values(values))
        entry = {
            "instance_id": row.id,
            "seq": seq,
            "event": event,
            "path": row.line,
            "element_id": row.line,
            "actor": by.id,
            "at": self._clock.now(),
            "data": dict(data),
        }
        work.connection.execute(insert(history).values(entry))
        return self._lock(work, row.id)
