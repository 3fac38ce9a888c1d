"""What other systems do with user tasks: complete them, whether or not their instance carries an application."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypedDict

from sqlalchemy import Connection, or_, select, update

from applications import records
from applications.deciding import OPINION, Deciding, refuse_same_decider
from forms import as_posted
from kernel.actors import Actor, Role
from kernel.errors import InvalidInput, NotAllowed, NotFound, Refused, ServiceError
from kernel.permissions import Action, authorize
from processes.advancing import run_command
from processes.runtime import LockedTask
from store.tables import account, task
from store.unit_of_work import UnitOfWork
from store.writing import CommandOnce


class TaskChanges(TypedDict, total=False):
    """What of an open task operators may change."""

    priority: int
    due_at: datetime | None


class Working(Deciding):
    """Commands on user tasks in the words of the interface: variables instead of the texts of a page."""

    def complete_task(
        self, task_id: str, values: Mapping[str, Any], *, by: Actor, command_id: str = "", tell: bool = False
    ) -> dict[str, Any]:
        """Complete a task with variables, which are the answers of its form where it has one.

        A task of an application is decided by the rules of `complete`. With `command_id` it happens once however often
        it is sent. Returns the variables of the instance afterwards if it is to `tell` them.

        Raises:
            as `complete`.
        """
        try:
            return run_command(lambda deferred: self._work_off(task_id, values, by, command_id, tell, deferred))
        except NotFound:
            raise
        except ServiceError as refusal:
            self._record_refusal_of_task(task_id, refusal, by)
            raise

    def assign(self, task_id: str, user: str | None, *, by: Actor) -> None:
        """Give an open task to the account with this id or user name, or to nobody: operators anyhow, others only to
        and from themselves.

        Raises:
            NotAllowed: the actor is no operator, and the account another one.
            InvalidInput: there is no such account.
            NotFound, StateConflict: as of `claim`.
        """
        if by.has(Role.OPS):
            with self._rooms.database.write() as work:
                locked = self._rooms.processes.lock_task(work, task_id).still_open()
                self._rooms.processes.assign(work, locked, None if user is None else _account(work.connection, user))
        elif user is None:
            self.unclaim(task_id, by=by)
        else:
            with self._rooms.database.read() as connection:
                if user != by.id and _account(connection, user) != by.id:
                    raise NotAllowed(detail=f"Expected {by.id} to take task {task_id} for nobody else")
            self.claim(task_id, by=by)

    def throw_at_task(
        self, task_id: str, event: Literal["error", "escalation"], code: str, data: Mapping[str, Any], *, by: Actor
    ) -> None:
        """Throw an error or escalation at an open task, for the event of its diagram that catches it.

        Raises:
            InvalidInput: the diagram catches no such thing there.
            Refused: the task is one of an application, which is decided with its form.
            NotFound, NotAllowed, StateConflict: as of `complete`.
        """

        def throw(deferred: frozenset[str]) -> None:
            with self._rooms.database.write() as work:
                locked = self._own_task(work, task_id, by)
                if records.if_any(work, locked.instance.id) is not None:
                    raise Refused(detail=f"Task {task_id} is one of an application, which is decided with its form")
                self._refuse_claimed(work, locked, by)
                self._rooms.processes.throw_at(work, locked, event, code, data, by=by, deferred=deferred)

        run_command(throw)

    def change_task(self, task_id: str, changes: TaskChanges, *, by: Actor) -> None:
        """Set the priority and due date of an open task.

        Raises:
            NotAllowed: the actor is no operator.
            NotFound: there is no such task.
            StateConflict: TASK_ALREADY_DONE.
        """
        authorize(by, Action.REPAIR_INSTANCES)
        with self._rooms.database.write() as work:
            self._rooms.processes.lock_task(work, task_id).still_open()
            work.connection.execute(update(task).where(task.c.id == task_id).values(**changes))

    # -- inside

    def _work_off(
        self,
        task_id: str,
        values: Mapping[str, Any],
        by: Actor,
        command_id: str,
        tell: bool,
        deferred: frozenset[str],
    ) -> dict[str, Any]:
        with self._rooms.database.write() as work:
            request = ["complete_task", task_id, dict(values), tell]
            now, next = self._rooms.clock.now(), self._questions_on(task_id, by)
            once = CommandOnce(work, command_id, actor=by.id, request=request, at=now, next=next)
            if not once.is_new:
                return dict(once.response)
            locked = self._own_task(work, task_id, by)
            row = records.if_any(work, locked.instance.id)
            if row is None:
                self._complete_alone(work, locked, values, by, deferred)
            else:
                self._decide(work, row, locked, as_posted(values), by, deferred)
            told = self._rooms.processes.look(work.connection, locked.instance.id).variables() if tell else {}
            once.answer(told)
        return told

    def _complete_alone(
        self, work: UnitOfWork, locked: LockedTask, values: Mapping[str, Any], by: Actor, deferred: frozenset[str]
    ) -> None:
        """Complete a task of an instance that carries no application; without a form any variables are its answers."""
        refuse_same_decider(work, locked, by)
        self._refuse_claimed(work, locked, by)
        answers = self._answers(work, locked, as_posted(values)) if locked.form else dict(values)
        variables = {key: value for key, value in answers.items() if not locked.form or key != OPINION}
        self._rooms.processes.complete(work, locked, answers, variables=variables, by=by, deferred=deferred)

    def _record_refusal_of_task(self, task_id: str, refusal: ServiceError, by: Actor) -> None:
        with self._rooms.database.read() as connection:
            try:
                row = records.of_task(connection, task_id)
            except NotFound:
                return  # its instance carries no application, and so no trail
        self._record_refusal(row.id, "complete", refusal, by)


def _account(connection: Connection, user: str) -> str:
    known = or_(account.c.id == user, account.c.username == user.strip().lower()) & ~account.c.disabled
    found: str | None = connection.execute(select(account.c.id).where(known)).scalar()
    if found is None:
        raise InvalidInput(detail=f"Expected an account that is not disabled, but {user} is none")
    return found
