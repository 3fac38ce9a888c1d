"""The commands of operators on running instances, each a transaction of its own (F-OPS)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from kernel.actors import Actor
from kernel.permissions import Action, authorize
from processes.advancing import run_command
from processes.runtime import Processes
from store.unit_of_work import Database


class Repairs:
    """For operators only: NotAllowed for everybody else."""

    def __init__(self, database: Database, processes: Processes) -> None:
        self._database = database
        self._processes = processes

    def change_variables(
        self, instance_id: str, values: Mapping[str, Any], removed: Collection[str] = (), *, by: Actor
    ) -> None:
        """Set and remove variables of the root process; the history keeps who changed them to what.

        Raises:
            NotFound: there is no such instance.
            StateConflict: it does not run.
        """
        authorize(by, Action.REPAIR_INSTANCES)

        def change(deferred: frozenset[str]) -> None:
            with self._database.write() as work:
                self._processes.change_variables(work, instance_id, values, removed, by=by, deferred=deferred)

        run_command(change)
