"""The releasing body begins the release of a lock or entry on its own account, without a request (2.27)."""

from __future__ import annotations

from sqlalchemy import select

from applications import records
from applications.applicants import Applicant
from applications.drafting import Drafting
from applications.flag_releases import RELEASE_LINE, find_releasable, may_release
from applications.lines import active_line
from forms import Posted
from kernel.actors import Actor
from kernel.errors import NotAllowed, Reason, StateConflict
from kernel.permissions import Action, authorize
from processes.advancing import run_command
from store.tables import task
from store.unit_of_work import UnitOfWork
from store.writing import CommandOnce


class ReleasingFlags(Drafting):
    """Commands of the bodies that release flags; deciding on a request is deciding a task like any other."""

    def begin_release(self, value: str, posted: Posted, *, by: Actor, command_id: str) -> str:
        """Begin and submit the release of what the form calls `value`, for the person whose flag it is.

        Returns the id of the task in which the body then decides.

        Raises:
            NotAllowed: the actor releases no flags; or (NOT_RELEASING_BODY) this one is released by another body.
            StateConflict: (FLAG_NOT_PRESENT) no standing flag has it, or it has been released.
            InvalidInput: with the fields that are wrong.
        """
        authorize(by, Action.RELEASE_FLAG)
        return run_command(lambda deferred: self._begin_release(value, posted, by, command_id, deferred))

    def _begin_release(self, value: str, posted: Posted, by: Actor, command_id: str, deferred: frozenset[str]) -> str:
        with self._rooms.database.write() as work:
            now = self._rooms.clock.now()
            request = ["begin_release", value, {key: list(values) for key, values in posted.items()}]
            once = CommandOnce(work, command_id, actor=by.id, request=request, at=now)
            if not once.is_new:
                return str(once.response)
            person_id = self._check(work, value, by)
            line = active_line(self._rooms.definitions, work.connection, RELEASE_LINE)
            form = self._rooms.forms.current(line.form)
            document = self._valid(form, {**posted, "flag": [value]}, {}, "submit")
            number = self._begin(work, line, document, Applicant(person_id=person_id), by, deferred)
            row = records.lock(work, number)
            self._hand_in(work, row, by, deferred)
            opened = (task.c.instance_id == row.instance_id) & (task.c.status == "open")
            found = str(work.connection.execute(select(task.c.id).where(opened)).scalar_one())
            once.answer(found)
        return found

    def _check(self, work: UnitOfWork, value: str, by: Actor) -> str:
        """Whose flag it is, if the actor's body releases it."""
        found = find_releasable(work.connection, value)
        if found is None:
            raise StateConflict(Reason("FLAG_NOT_PRESENT", rule="R-1.10-3"), detail=f"no standing flag has {value}")
        what, person_id = found
        if not may_release(by, what.flag, what.district):
            raise NotAllowed(Reason("NOT_RELEASING_BODY", rule="R-1.10-3"), detail=f"actor {by.id} and {value}")
        return person_id
