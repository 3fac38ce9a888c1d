"""What the business record does when its instance has advanced: status, return reason, notices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from applications import records, statuses
from applications.applicants import Applicant
from applications.notices import Notices
from applications.trail import Entry, Trail
from kernel.actors import CITY_ROUNDS, SERVICE_SCOPE, Actor
from kernel.clock import Clock
from kernel.errors import Reason, StateConflict
from kernel.texts import Text
from processes.ports import InstanceRef, Progress
from registry.flags import remove_flags
from store.unit_of_work import UnitOfWork


class BusinessRecord:
    """The engine's listener port, filled by the business record."""

    def __init__(self, notices: Notices, clock: Clock) -> None:
        self._notices = notices
        self._clock = clock

    def scope_of(self, work: UnitOfWork, instance: InstanceRef, scope: str, variables: Mapping[str, Any]) -> str:
        """The scope string of a task from the `scope` property of its element.

        Raises:
            StateConflict: (NO_APPLICATION) it is that of a party to an application, and the instance carries none.
            KeyError: the diagram names a scope that nobody knows; the validator has refused such a diagram.
        """
        if scope in ("city", CITY_ROUNDS, "centre", SERVICE_SCOPE):
            return scope
        row = records.if_any(work, instance.id)
        if row is None:
            raise StateConflict(Reason("NO_APPLICATION"), detail=f"instance {instance.id} carries no application")
        if scope == "employer":
            return f"enterprise:{variables['employer']}"
        own = {
            "applicant": Applicant.of_row(row).task_scope,
            "district": f"district:{row.supervising_district}",
            "project": f"project:{row.supervising_district}",  # its commission, or the trading centre (R-1.10-3)
        }
        return own[scope]

    def advanced(self, progress: Progress) -> None:
        row = records.if_any(progress.work, progress.instance.id)
        if row is None:
            return
        entered = [
            (step.element.properties["status"], step.event.task_id or step.event.path)
            for step in progress.steps
            if step.event.kind == "entered" and step.element is not None and "status" in step.element.properties
        ]
        act = Trail.of(progress.work).person_s_act()
        if entered:
            self._enter(progress.work, row, entered[-1][0], act)
        if act is not None and act.status_after is None:
            act.status_after = entered[-1][0] if entered else row.status
        for status, visit in dict(entered).items():
            self._notices.of_status(progress.work, row, status, f"{row.id}:{visit}")

    def _enter(self, work: UnitOfWork, row: records.ApplicationRow, status: str, act: Entry | None) -> None:
        reason = row.return_reason if status == statuses.RETURNED else None
        if status == statuses.RETURNED and act is not None:
            reason = {
                "element_id": act.element_id,
                "path": (act.data or {}).get("path"),
                "unit": act.by.unit,
                "at": act.at.isoformat(),
                "text": act.opinion or "",
            }
        if row.status == statuses.DECLARED and status in statuses.EDITABLE:
            remove_flags(work, row.id)
        told = {} if reason == row.return_reason else {"return_reason": reason}
        records.enter_status(work, row, status, self._clock.now(), **told)

    def terminated(self, work: UnitOfWork, ref: InstanceRef, reason: str, by: Actor) -> None:
        """Operators stopped the instance: the application ends with their reason in its trail."""
        row = records.if_any(work, ref.id)
        if row is None:
            return
        now = self._clock.now()
        records.enter_status(work, row, statuses.TERMINATED, now)
        step = Text("终止申请", "Stopped the application")
        Trail.of(work).add(
            Entry(row.id, now, "terminated", step, by=by, opinion=reason, status_after=statuses.TERMINATED)
        )
        self._notices.of_status(work, row, statuses.TERMINATED, f"{row.id}:terminated")
