"""The steps of a request to release a flag: who decides on it, and telling the source (2.27, R-1.10-3, R-1.10-4)."""

from __future__ import annotations

from applications import records
from applications.deciding import last_completer
from applications.flag_releases import find_releasable
from applications.trail import Trail
from handlers.catalogue import NOTHING, Job, Outputs, handler
from kernel.clock import day_of
from kernel.errors import Reason, Refused
from registry.exchange.releasing import release
from registry.flags import IN_CONSTRUCTION


@handler("find_releasing_body")
def find_releasing_body(job: Job) -> Outputs:
    """Find who releases what was chosen: the district of the project is that of the application from now on.

    Reads: application_id. Writes: flag_is_in_construction. Refuses: FLAG_NOT_PRESENT. Safe to repeat.
    """
    found = find_releasable(job.connection, job.row.document["flag"])
    if found is None:
        reason = Reason("FLAG_NOT_PRESENT", rule="R-1.10-3", field="flag")
        raise Refused(reason, detail=f"nothing stands behind the flag of {job.row.number}")
    what, _ = found
    records.change(job.call.work, job.row.id, supervising_district=what.district)
    return {"flag_is_in_construction": what.flag == IN_CONSTRUCTION}


@handler("mark_released")
def mark_released(job: Job) -> Outputs:
    """Tell the source that the lock or entry is released; the flag clears in the comparison of the next day.

    Reads: application_id. Writes: nothing. Refuses: FLAG_NOT_PRESENT, the source no longer has it.
    Safe to repeat: the source is told once.
    """
    flag, _, source_id = job.row.document["flag"].partition(":")
    today = day_of(job.clock.now())
    release(
        job.call.work, flag, source_id, on=today, by=_decided_by(job), note=job.row.document.get("explanation") or ""
    )
    job.tell("released")
    return NOTHING


def _decided_by(job: Job) -> str:
    """The account that has decided: in the command of its decision, whose answers are not stored yet, or before."""
    act = Trail.of(job.call.work).person_s_act()
    if act is not None and act.by is not None and act.element_id in ("release_lock", "release_abnormal"):
        return act.by.id
    element = "release_lock" if job.call.variables["flag_is_in_construction"] else "release_abnormal"
    return last_completer(job.connection, job.row.instance_id, element) or ""
