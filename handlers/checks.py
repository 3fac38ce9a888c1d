"""The checks at the start and at every submit of a line (2.0.5, steps 1 and 3)."""

from __future__ import annotations

from applications.applicants import Applicant
from handlers.catalogue import Job, Outputs, handler
from kernel.errors import Refused


@handler("check_start")
def check_start(job: Job) -> Outputs:
    """Ask the line's rules whether this person may start it now; a refusal creates nothing.

    Reads: application_id, line. Writes: the variables of the line. Refuses: the codes of the line.
    Safe to repeat: only asks.
    """
    return _check(job, submitting=False)


@handler("check_submit")
def check_submit(job: Job) -> Outputs:
    """Ask the same rules once more, as things stand on the day of the submit (R-D-03).

    Reads: application_id, line. Writes: the variables of the line, which follow what the form says now.
    Refuses: the codes of the line; the submit is rolled back. Safe to repeat: only asks.
    """
    return _check(job, submitting=True)


def _check(job: Job, *, submitting: bool) -> Outputs:
    row = job.row
    refusals = job.lines.refusals(
        job.connection, row.line, Applicant.of_row(row), document=row.document, row=row, submitting=submitting
    )
    if refusals:
        raise Refused(*refusals, detail=f"line {row.line} refuses {row.number}")
    return job.lines.variables(job.connection, row)
