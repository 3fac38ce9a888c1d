"""The commands of operators on running instances, each a transaction of its own (F-OPS)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import select

from kernel.actors import Actor
from kernel.errors import InvalidInput, StateConflict
from kernel.permissions import Action, authorize
from processes.advancing import run_command
from processes.faults import EngineFault
from processes.modification import Instruction
from processes.runtime import Processes
from store.tables import instance
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

    def modify(self, instance_id: str, instructions: Sequence[Instruction], annotation: str = "", *, by: Actor) -> None:
        """Move the tokens of an instance by hand; the history keeps who moved them how.

        Raises:
            NotFound: there is no such instance.
            StateConflict: it does not run.
            InvalidInput: an instruction cannot be done correctly.
        """
        authorize(by, Action.REPAIR_INSTANCES)

        def move(deferred: frozenset[str]) -> None:
            with self._database.write() as work:
                self._processes.modify(work, instance_id, instructions, annotation, by=by, deferred=deferred)

        try:
            run_command(move)
        except EngineFault as fault:  # what the operator asked for is what the diagram cannot go on from
            raise InvalidInput(detail=f"The process cannot go on from there: {fault}") from fault

    def suspend(self, instance_id: str, *, by: Actor) -> None:
        """Let an instance stand still until it is activated: nobody works on it, nothing is due in it.

        Raises:
            NotFound: there is no such instance.
            StateConflict: it has ended.
        """
        authorize(by, Action.REPAIR_INSTANCES)
        with self._database.write() as work:
            self._processes.suspend(work, instance_id, by=by)

    def activate(self, instance_id: str, *, by: Actor) -> None:
        """Let a suspended instance go on, with what came and fell due meanwhile.

        Raises: as `suspend`.
        """
        authorize(by, Action.REPAIR_INSTANCES)

        def go_on(deferred: frozenset[str]) -> None:
            with self._database.write() as work:
                self._processes.activate(work, instance_id, by=by, deferred=deferred)

        run_command(go_on)

    def suspend_all(
        self, suspended: bool, *, by: Actor, definition_id: str | None = None, line: str | None = None
    ) -> None:
        """Suspend or activate every running instance of a version or of all versions of a process, one by one."""
        authorize(by, Action.REPAIR_INSTANCES)
        which = (instance.c.status == ("active" if suspended else "suspended")) & (
            instance.c.line == line if definition_id is None else instance.c.definition_id == definition_id
        )
        with self._database.read() as connection:
            found = connection.execute(select(instance.c.id).where(which).order_by(instance.c.id)).scalars().all()
        for instance_id in found:
            with suppress(StateConflict):  # it has ended in the meantime
                (self.suspend if suspended else self.activate)(instance_id, by=by)
