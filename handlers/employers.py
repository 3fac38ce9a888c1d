"""What happens around the confirmation by an employer: reminders, and one that is no more (2.0.4, G-06)."""

from __future__ import annotations

from handlers.catalogue import NOTHING, Job, Outputs, handler
from registry.enterprises import Enterprises


@handler("remind_employer")
def remind_employer(job: Job) -> Outputs:
    """Remind an employer that has not answered; the service never decides in its place (G-06).

    Reads: application_id, employer. Writes: nothing. Safe to repeat: one notice for each visit.
    """
    employer = job.call.variables["employer"]
    job.notices.reminder(job.call.work, job.row, employer, job.call.effect_key)
    name = Enterprises(job.connection).get(employer).name
    job.tell("reminded", about=name, data={"employer": employer})
    return NOTHING


@handler("note_skipped_employer")
def note_skipped_employer(job: Job) -> Outputs:
    """Note for the reviewers that a cancelled employer was not asked (G-06).

    Reads: application_id, employer. Writes: nothing. Safe to repeat: the visit's trail row is part of its commit.
    """
    employer = job.call.variables["employer"]
    name = Enterprises(job.connection).get(employer).name
    job.tell("skipped_employer", about=name, data={"employer": employer})
    return NOTHING
