"""Starting instances for other systems: of processes that have no business record (DESIGN.md 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from sqlalchemy import select

from kernel.actors import Actor
from kernel.clock import Clock
from kernel.errors import InvalidInput, NotFound, Reason, StateConflict
from processes.advancing import run_command
from processes.definition import Definition
from processes.definitions import Definitions
from processes.execution import Execution
from processes.faults import EngineFault
from processes.history import state_of
from processes.runtime import Processes
from processes.timers import TimerDefinition
from store.tables import definition, instance
from store.unit_of_work import Database
from store.writing import CommandOnce


@dataclass(frozen=True, slots=True)
class Started:
    """An instance as its start has left it."""

    id: str
    definition_id: str
    definition_key: str
    business_key: str
    ended: bool
    variables: Mapping[str, Any]


class Starting:
    """Starts instances of deployed versions. Lines begin in the portal, with their form and their rules."""

    def __init__(self, database: Database, definitions: Definitions, processes: Processes, clock: Clock) -> None:
        self._database = database
        self._definitions = definitions
        self._processes = processes
        self._clock = clock

    def start(
        self,
        definition_id: str,
        variables: Mapping[str, Any],
        *,
        business_key: str = "",
        by: Actor,
        command_id: str = "",
    ) -> Started:
        """Start an instance of this version, once for a `command_id` however often that comes.

        Raises:
            NotFound: there is no such version.
            StateConflict: (STARTS_IN_PORTAL) the process has a business record, or belongs to one that has.
            InvalidInput: (START_FAILED) it has no start event of no type, nor just one timer, or cannot go on with
                these variables; or the `command_id` came with another request.
        """
        definition = self._definitions.get(definition_id)
        _refuse_lines(definition)
        _refuse_other_starts(definition)
        try:
            instance_id = run_command(
                lambda deferred: self._start(definition_id, variables, business_key, by, command_id, deferred)
            )
        except EngineFault as fault:  # nothing was started, so nobody but the caller can do something about it
            raise InvalidInput(Reason("START_FAILED"), detail=f"{definition.key} cannot start: {fault}") from fault
        return self._started(instance_id)

    def _start(
        self,
        definition_id: str,
        variables: Mapping[str, Any],
        business_key: str,
        by: Actor,
        command_id: str,
        deferred: frozenset[str],
    ) -> str:
        key = self._definitions.get(definition_id).key
        request = ["start", definition_id, business_key, dict(variables)]
        with self._database.write() as work:
            once = CommandOnce(work, command_id, actor=by.id, request=request, at=self._clock.now())
            if not once.is_new:
                return str(once.response["instance_id"])
            ref = self._processes.create(work, key, business_key, by=by, definition_id=definition_id)
            try:
                self._processes.begin(work, ref, variables, by=by, deferred=deferred)
            except NotFound as missing:  # what a handler or a scope looks for
                raise StateConflict(Reason("NO_APPLICATION"), detail=f"{key}: {missing.detail}") from missing
            once.answer({"instance_id": ref.id})
        return ref.id

    def _started(self, instance_id: str) -> Started:
        with self._database.read() as connection:
            query = select(instance, definition.c.pattern).join(definition).where(instance.c.id == instance_id)
            row = connection.execute(query).one()
        execution = Execution.load(self._definitions.get(row.definition_id), state_of(row))
        return Started(
            id=row.id,
            definition_id=row.definition_id,
            definition_key=row.line,
            business_key=row.business_key,
            ended=execution.is_completed,
            variables=execution.variables(),
        )


def _refuse_lines(definition: Definition) -> None:
    if not definition.properties.keys().isdisjoint(("portal", "starter_roles")):
        raise StateConflict(
            Reason("STARTS_IN_PORTAL"), detail=f"{definition.key} begins in the portal, with its form and its rules"
        )


def _refuse_other_starts(definition: Definition) -> None:
    starts = [start.event_definition for start in definition.specs[definition.key].starts.values()]
    timers = [start for start in starts if isinstance(start, TimerDefinition)]
    if len(timers) != 1 and not any(isinstance(start, NoneEventDefinition) for start in starts):
        raise InvalidInput(
            Reason("START_FAILED"), detail=f"{definition.key} has no start event of no type; send what begins it"
        )
