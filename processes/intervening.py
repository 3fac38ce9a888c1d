"""What operators do to a running instance itself: change its variables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Row, insert, update

from kernel.actors import Actor
from kernel.errors import Reason, StateConflict
from processes.exchange import Exchange, naming
from processes.scripting import as_json
from store.tables import history, instance
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

    # -- inside

    def _running(self, work: UnitOfWork, instance_id: str) -> Row[Any]:
        """An instance that goes on, locked."""
        row = self._lock(work, instance_id)
        if row.status != "active":
            raise StateConflict(
                Reason("STATE_CONFLICT"), detail=f"Expected {instance_id} to run, but it is {row.status}"
            )
        return row

    def _note(
        self, work: UnitOfWork, row: Row[Any], event: str, data: Mapping[str, Any], by: Actor, **changed: Any
    ) -> Row[Any]:
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
