"""The steps of lines that the registration centre decides (2.19)."""

from __future__ import annotations

from applications import records
from handlers.catalogue import NOTHING, Job, Outputs, handler
from kernel.clock import day_of


@handler("report_to_centre")
def report_to_centre(job: Job) -> Outputs:
    """Stamp the day of the declaration; from now on the registration centre has the application.

    Reads: application_id. Writes: nothing. Safe to repeat: sets the same day.
    """
    records.change(job.call.work, job.row.id, declared_on=day_of(job.clock.now()))
    job.tell("declared")
    return NOTHING
