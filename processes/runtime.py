"""Commands on process instances: complete, claim, fire timer, run service; the start of them is `Advancing`'s.

Each takes the unit of work of the command it belongs to: lock the root instance, address the task by its id,
advance in memory, write what changed (RELIABILITY.md 2.3). Nothing here commits, and no line is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, select, update

from kernel.actors import SYSTEM, Actor
from kernel.errors import InvalidInput, NotFound, Reason, StateConflict
from kernel.failpoints import failpoint
from processes.advancing import effect_key, refuse_suspended
from processes.exchange import naming
from processes.execution import Execution, OpenTask
from processes.faults import UnhandledOutcome
from processes.intervening import Intervening
from processes.paths import element_at, step_at
from processes.ports import Answer, InstanceRef, OutsideCall
from store.statements import Question, Record, Statement
from store.tables import account, instance, task
from store.unit_of_work import UnitOfWork
from store.writing import locking

_INSTANCE = locking(select(task.c.instance_id).where(task.c.id == bindparam("task_id")).scalar_subquery())
_TASK = Statement(select(task).where(task.c.id == bindparam("task_id")))


@dataclass(frozen=True, slots=True)
class LockedTask:
    """A user task whose instance this command holds."""

    id: str
    status: str
    instance: InstanceRef
    element_id: str
    path: str
    name: str
    name_en: str
    form: str
    form_sha256: str
    scope: str
    candidate_groups: tuple[str, ...]
    assignee: str | None
    separate_from: str | None
    row: Record  # of the instance, as this command has locked it

    def still_open(self) -> LockedTask:
        """
        Raises:
            StateConflict: (TASK_ALREADY_DONE) it has been completed or cancelled.
            InstanceSuspended: its instance is to stand still.
        """
        if self.status != "open":
            raise StateConflict(
                Reason("TASK_ALREADY_DONE"), detail=f"Expected task {self.id} to be open, but it is {self.status}"
            )
        refuse_suspended(self.row)
        return self


class Processes(Intervening):
    """The engine on the database."""

    def pinned_form(self, connection: Connection, instance_id: str, form: str) -> str:
        """The content hash of the version of a form that an instance goes on with, whatever its file says by now."""
        query = select(instance.c.definition_id).where(instance.c.id == instance_id)
        return self._definitions.pinned_forms(connection.execute(query).scalar_one())[form]

    def look(self, connection: Connection, instance_id: str) -> Execution:
        """An instance as it is stored, to be looked at and dropped."""
        row = connection.execute(select(instance).where(instance.c.id == instance_id)).one()
        return self._load(row)[0]

    def questions_on(self, task_id: str) -> tuple[Question, ...]:
        """What `lock_task` asks, for a command that asks it ahead."""
        return _INSTANCE(task_id=task_id), _TASK(task_id=task_id)

    def lock_task(self, work: UnitOfWork, task_id: str) -> LockedTask:
        """Lock the instance of a user task, open or not.

        Raises:
            NotFound: there is no such task.
        """
        instances, tasks = work.ask(*self.questions_on(task_id))
        if not tasks:
            raise NotFound(detail=f"no task {task_id}")
        row, open_task = instances[0], tasks[0]
        definition = self._definitions.get(row.definition_id)
        step = step_at(definition, open_task.path)
        return LockedTask(
            id=task_id,
            status=open_task.status,
            instance=InstanceRef(row.id, row.line, row.business_key),
            element_id=open_task.element_id,
            path=open_task.path,
            name=step.name,
            name_en=step.properties.get("name_en", step.name),
            form=open_task.form,
            form_sha256=open_task.form_sha256,
            scope=open_task.scope,
            candidate_groups=tuple(open_task.candidate_groups.strip(",").split(",")),
            assignee=open_task.assignee,
            separate_from=element_at(definition, open_task.path).properties.get("separate_from"),
            row=row,
        )

    def complete(
        self,
        work: UnitOfWork,
        locked: LockedTask,
        answers: dict[str, Any],
        *,
        variables: dict[str, Any],
        by: Actor,
        deferred: frozenset[str],
    ) -> None:
        """Complete a locked user task and advance.

        `answers` are kept with the task; `variables` is the part of them that the diagram may decide by. Long texts
        do not belong there: they would stay in the state of the instance.
        """
        with naming(locked.instance.id, locked.element_id):
            execution, before = self._load(locked.row)
            failpoint("complete.loaded")
            execution.complete(locked.id, variables)
            self._advance(work, locked.row, execution, before, by, deferred, answers={locked.id: answers})

    def throw_at(
        self,
        work: UnitOfWork,
        locked: LockedTask,
        event: Literal["error", "escalation"],
        code: str,
        data: Mapping[str, Any],
        *,
        by: Actor,
        deferred: frozenset[str],
    ) -> None:
        """Throw an error or escalation at a locked user task, for the event that catches it.

        Raises:
            InvalidInput: the diagram draws none that does.
        """
        with naming(locked.instance.id, locked.element_id):
            execution, before = self._load(locked.row)
            uncaught = InvalidInput(detail=f"Expected an {event} event that catches {code} at task {locked.id}")
            if event == "error":
                try:
                    execution.throw_error(locked.id, code, data)
                except UnhandledOutcome:
                    raise uncaught from None
            elif not execution.throw_escalation(locked.id, code, data):
                raise uncaught
            self._advance(work, locked.row, execution, before, by, deferred)

    def claim(self, work: UnitOfWork, locked: LockedTask, *, by: Actor) -> None:
        """Give an open task to one person, so that nobody else works on it.

        Raises:
            StateConflict: (TASK_CLAIMED) someone else holds it.
        """
        if locked.assignee not in (None, by.id):
            raise StateConflict(Reason("TASK_CLAIMED", {"holder": self.holder_name(work, locked)}))
        values = {"assignee": by.id, "assigned_at": self._clock.now()}
        work.connection.execute(update(task).where(task.c.id == locked.id).values(values))

    def unclaim(self, work: UnitOfWork, locked: LockedTask, *, by: Actor) -> None:
        """Put a claimed task back for everybody.

        Raises:
            StateConflict: (TASK_CLAIMED) someone else holds it.
        """
        if locked.assignee not in (None, by.id):
            raise StateConflict(Reason("TASK_CLAIMED", {"holder": self.holder_name(work, locked)}))
        work.connection.execute(update(task).where(task.c.id == locked.id).values(assignee=None, assigned_at=None))

    def assign(self, work: UnitOfWork, locked: LockedTask, holder: str | None) -> None:
        """Give an open task to an account or to nobody, whoever holds it."""
        values = {"assignee": holder, "assigned_at": None if holder is None else self._clock.now()}
        work.connection.execute(update(task).where(task.c.id == locked.id).values(values))

    def holder_name(self, work: UnitOfWork, locked: LockedTask) -> str:
        name = work.connection.execute(select(account.c.name).where(account.c.id == locked.assignee)).scalar()
        return name or ""

    def fire_timer(
        self, work: UnitOfWork, instance_id: str, timer_id: str, occurrence: int, deferred: frozenset[str]
    ) -> bool:
        """Fire one occurrence of a timer; false when it waits no more, which is no error: somebody was faster."""
        row, execution, before = self._active(work, instance_id)
        if execution is None:
            return False
        if not any(timer.id == timer_id and timer.occurrence == occurrence for timer in execution.timers()):
            return False
        execution.fire(timer_id, self._clock.now())
        self._advance(work, row, execution, before, SYSTEM, deferred)
        return True

    def run_service(self, work: UnitOfWork, instance_id: str, task_id: str, deferred: frozenset[str]) -> bool:
        """Run the handler of a service task that was left as a job, and advance; false when it waits no more."""
        row, execution, before = self._active(work, instance_id)
        if execution is None:
            return False
        waiting = _service_task(execution, task_id)
        if waiting is None:
            return False
        self._run_handler(work, row, execution, waiting, SYSTEM)
        self._advance(work, row, execution, before, SYSTEM, deferred)
        return True

    def outside_call(
        self, connection: Connection, instance_id: str, task_id: str, *, attempt: int, note: Callable[[str], None]
    ) -> OutsideCall | None:
        """What the handler of a waiting service task is called with, outside of any transaction; none when it waits
        no more."""
        row = connection.execute(select(instance).where(instance.c.id == instance_id)).one()
        refuse_suspended(row)
        if row.status != "active":
            return None
        execution, _ = self._load(row)
        waiting = _service_task(execution, task_id)
        if waiting is None:
            return None
        return OutsideCall(
            instance=InstanceRef(row.id, row.line, row.business_key),
            topic=waiting.element.attributes["topic"],
            element=waiting.element,
            path=waiting.path,
            variables=execution.variables(task_id),
            effect_key=effect_key(row, waiting),
            attempt=attempt,
            note=note,
        )

    def settle_service(
        self,
        work: UnitOfWork,
        instance_id: str,
        task_id: str,
        answer: Answer,
        deferred: frozenset[str],
        by: Actor = SYSTEM,
    ) -> bool:
        """Take in what the outside answered to a service task, and advance; false when it waits no more."""
        row, execution, before = self._active(work, instance_id)
        if execution is None:
            return False
        waiting = _service_task(execution, task_id)
        if waiting is None:
            return False
        if answer.error_code is not None:
            execution.throw_error(task_id, answer.error_code, answer.outputs)
        else:
            if waiting.element.attributes["topic"] in self._handlers.topics():
                self._handlers.keep(self._call(work, row, execution, waiting, by), answer.outputs)
            execution.complete(task_id, dict(answer.outputs))
        self._advance(work, row, execution, before, by, deferred)
        return True


def _service_task(execution: Execution, task_id: str) -> OpenTask | None:
    return next((found for found in execution.service_tasks() if found.id == task_id), None)
