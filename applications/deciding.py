"""What employers and officers do with a task: claim it, decide it, decide several at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from applications import records
from applications.decisions import DECISIONS, PASS, REVIEW_BY_DISTRICT
from applications.lines import FILL_APPLICATION
from applications.rooms import Commands
from applications.trail import Entry, Trail
from applications.views import BatchResult
from forms import Posted, validate
from kernel.actors import Actor, Role
from kernel.clock import day_of
from kernel.errors import InvalidInput, NotFound, Reason, Refused, ServiceError, StateConflict
from kernel.permissions import Action, authorize, refuse_own_case
from kernel.texts import Text
from processes.advancing import run_command
from processes.runtime import LockedTask
from registry import flags
from store.statements import Question
from store.tables import application, task
from store.unit_of_work import UnitOfWork
from store.writing import CommandOnce

OPINION = "opinion"


@dataclass(frozen=True, slots=True)
class Completed:
    """What a decision led to."""

    number: str
    status: str


class Deciding(Commands):
    """Commands on the tasks of employers and officers."""

    def complete(self, task_id: str, posted: Posted, *, by: Actor, command_id: str) -> Completed:
        """Complete a task with the answers of its form.

        Raises:
            NotFound: the task is not in the actor's scope.
            NotAllowed: the actor's role may not decide it.
            Refused: OWN_CASE (R-D-11), SAME_REVIEWER (R-D-12); FLAG_BLOCKS, FLAG_NOT_COMPARED, OPINION_REQUIRED when
                the district passes (R-1.10-6).
            InvalidInput: with the fields that are wrong (REASON_REQUIRED, R-D-10).
            StateConflict: TASK_ALREADY_DONE (R-P-11), or TASK_CLAIMED by somebody else.
        """
        try:
            return run_command(lambda deferred: self._complete(task_id, posted, by, command_id, deferred))
        except NotFound:
            raise
        except ServiceError as refusal:
            with self._rooms.database.read() as connection:
                row = records.of_task(connection, task_id)
            self._record_refusal(row.id, "complete", refusal, by)
            raise

    def complete_batch(
        self, task_ids: Sequence[str], posted: Posted, *, by: Actor, command_id: str
    ) -> list[BatchResult]:
        """Give several tasks the same answers, each in a transaction of its own, with a result for each.

        Raises:
            InvalidInput: NOTHING_SELECTED, BATCH_TOO_LARGE.
        """
        if not task_ids:
            raise InvalidInput(Reason("NOTHING_SELECTED"))
        if len(task_ids) > self._rooms.settings.batch_max:
            raise InvalidInput(Reason("BATCH_TOO_LARGE", {"max": self._rooms.settings.batch_max}, rule="R-001-18"))
        return [
            self._one_of_batch(task_id, posted, by, f"{command_id}:{place}")
            for place, task_id in enumerate(dict.fromkeys(task_ids))
        ]

    def claim(self, task_id: str, *, by: Actor) -> None:
        """Give an open task to the actor, so that nobody else works on it.

        Raises:
            StateConflict: TASK_ALREADY_DONE, or TASK_CLAIMED by somebody else.
        """
        with self._rooms.database.write() as work:
            locked = self._own_task(work, task_id, by)
            self._rooms.processes.claim(work, locked, by=by)

    def unclaim(self, task_id: str, *, by: Actor) -> None:
        """Put a task back for everybody."""
        with self._rooms.database.write() as work:
            locked = self._own_task(work, task_id, by)
            self._rooms.processes.unclaim(work, locked, by=by)

    # -- inside

    def _one_of_batch(self, task_id: str, posted: Posted, by: Actor, command_id: str) -> BatchResult:
        try:
            with self._rooms.database.read() as connection:
                row = records.of_task(connection, task_id)
        except NotFound as refusal:
            return BatchResult(task_id, "", "", False, tuple(refusal.reasons))
        try:
            self.complete(task_id, posted, by=by, command_id=command_id)
        except NotFound as refusal:
            return BatchResult(task_id, "", "", False, tuple(refusal.reasons))
        except ServiceError as refusal:
            return BatchResult(task_id, row.number, row.applicant_name, False, tuple(refusal.reasons))
        return BatchResult(task_id, row.number, row.applicant_name, True)

    def _complete(
        self, task_id: str, posted: Posted, by: Actor, command_id: str, deferred: frozenset[str]
    ) -> Completed:
        with self._rooms.database.write() as work:
            now = self._rooms.clock.now()
            request = ["complete", task_id, {key: list(values) for key, values in posted.items()}]
            once = CommandOnce(
                work, command_id, actor=by.id, request=request, at=now, next=self._questions_on(task_id, by)
            )
            if not once.is_new:
                return Completed(**once.response)
            locked = self._own_task(work, task_id, by)
            row = records.of_command(work, locked.instance.id)
            self._decide(work, row, locked, posted, by, deferred)
            completed = Completed(row.number, records.of_command(work, locked.instance.id).status)
            once.answer({"number": completed.number, "status": completed.status})
        return completed

    def _decide(
        self,
        work: UnitOfWork,
        row: records.ApplicationRow,
        locked: LockedTask,
        posted: Posted,
        by: Actor,
        deferred: frozenset[str],
    ) -> None:
        check_decider(work, locked, row, by)
        self._refuse_claimed(work, locked, by)
        answers = self._answers(work, locked, posted)
        self._refuse_flagged(work, locked, answers)
        self._tell(work, row, locked, answers, by)
        variables = {key: value for key, value in answers.items() if key != OPINION}
        self._rooms.processes.complete(work, locked, answers, variables=variables, by=by, deferred=deferred)

    def _refuse_claimed(self, work: UnitOfWork, locked: LockedTask, by: Actor) -> None:
        if locked.assignee not in (None, by.id):
            raise StateConflict(Reason("TASK_CLAIMED", {"holder": self._rooms.processes.holder_name(work, locked)}))

    def _refuse_flagged(self, work: UnitOfWork, locked: LockedTask, answers: Mapping[str, Any]) -> None:
        """The district passes nothing that has a blocking flag, or one not compared yet (R-1.10-6)."""
        if locked.element_id != REVIEW_BY_DISTRICT or answers.get("decision") != PASS:
            return
        (rows,) = work.ask(flags.question_on_task(locked.id))
        opinion = str(answers.get(OPINION) or "")
        refusals = flags.pass_refusals(rows, opinion, today=day_of(self._rooms.clock.now()))
        if refusals:
            raise Refused(*refusals, detail=f"flags of the application of {locked.instance.id}")

    def _questions_on(self, task_id: str, by: Actor) -> tuple[Question, ...]:
        """What a command on a task asks, whatever it finds: its instance, locked, the task itself, its application,
        and for the district the flags of that."""
        of_flags = (flags.question_on_task(task_id),) if by.has(Role.DISTRICT_REVIEWER) else ()
        return (*self._rooms.processes.questions_on(task_id), records.question_on(task_id), *of_flags)

    def _own_task(self, work: UnitOfWork, task_id: str, by: Actor) -> LockedTask:
        """A task of the actor's scope and role, locked.

        The applicant's own form is completed by submitting it, never here.
        """
        locked = self._rooms.processes.lock_task(work, task_id)
        if locked.element_id == FILL_APPLICATION:
            raise NotFound(detail=f"no task {task_id} to decide")
        authorize(by, Action.WORK_ON_TASK, locked)
        records.read_ahead(work, task_id, locked.instance.id)
        return locked.still_open()

    def _answers(self, work: UnitOfWork, locked: LockedTask, posted: Posted) -> dict[str, Any]:
        form = self._rooms.forms.pinned(work.connection, locked.form, locked.form_sha256)
        return validate(form, posted, mode="submit", today=day_of(self._rooms.clock.now())).or_refuse()

    def _tell(
        self, work: UnitOfWork, row: records.ApplicationRow, locked: LockedTask, answers: Mapping[str, Any], by: Actor
    ) -> None:
        decision = str(answers.get("decision", ""))
        known = DECISIONS.get(decision)
        Trail.of(work).add(
            Entry(
                application_id=row.id,
                at=self._rooms.clock.now(),
                action=known.action if known else "completed",
                step=Text(locked.name, locked.name_en),
                element_id=locked.element_id,
                by=by,
                decision=decision or None,
                opinion=answers.get(OPINION),
                data={"path": locked.path},
            )
        )


def check_decider(work: UnitOfWork, locked: LockedTask, row: records.ApplicationRow, by: Actor) -> None:
    """Four eyes: nobody decides on their own application, nor on an appeal against their own decision.

    Raises:
        Refused: OWN_CASE (R-D-11), SAME_REVIEWER (R-D-12).
    """
    refuse_own_case(by, row)
    refuse_same_decider(work, locked, by)


def refuse_same_decider(work: UnitOfWork, locked: LockedTask, by: Actor) -> None:
    """
    Raises:
        Refused: SAME_REVIEWER (R-D-12).
    """
    if locked.separate_from and last_completer(work.connection, locked.instance.id, locked.separate_from) == by.id:
        raise Refused(Reason("SAME_REVIEWER", rule="R-D-12"))


def number_of_decided(connection: Connection, task_id: str, by: Actor) -> str | None:
    """The business number of a task that the actor has completed; none if it was not the actor."""
    query = (
        select(application.c.number)
        .join(task, task.c.instance_id == application.c.instance_id)
        .where((task.c.id == task_id) & (task.c.ended_by == by.id) & (task.c.status == "completed"))
    )
    found: str | None = connection.execute(query).scalar()
    return found


def last_opinion(connection: Connection, instance_id: str, element_id: str) -> str:
    """The opinion given with the latest completion of an element."""
    query = (
        select(task.c.answers)
        .where((task.c.instance_id == instance_id) & (task.c.element_id == element_id) & (task.c.status == "completed"))
        .order_by(task.c.ended_at.desc(), task.c.opened_at.desc())
        .limit(1)
    )
    answers: dict[str, Any] | None = connection.execute(query).scalar()
    return str((answers or {}).get(OPINION) or "")


def last_completer(connection: Connection, instance_id: str, element_id: str) -> str | None:
    """Who completed an element last, anywhere under the root instance (`separate_from`, DESIGN.md 4)."""
    query = (
        select(task.c.ended_by)
        .where((task.c.instance_id == instance_id) & (task.c.element_id == element_id) & (task.c.status == "completed"))
        .order_by(task.c.ended_at.desc(), task.c.opened_at.desc())
        .limit(1)
    )
    found: str | None = connection.execute(query).scalar()
    return found
