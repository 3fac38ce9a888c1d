"""The steps of the nightly work: copying the sources, comparing the flags, marking what expires (4.8)."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import insert, select

from applications.comparing import next_to_compare
from applications.expiry_notices import tell_holder
from handlers.catalogue import NOTHING, Outputs, OutsideServiceJob, ServiceJob, handler
from kernel.clock import day_of
from registry import expiry
from registry.comparing import compare
from registry.exchange import ports
from store.tables import comparison_run, instance
from store.tables import job as job_table

SYNCHRONISATION = "data_synchronisation"


@handler("copy_ministry_data", effects="outside", about="service")
def copy_ministry_data(job: OutsideServiceJob) -> Outputs:
    """Replace the mirror of class-1, temporary, cost and supervising engineers (R-1.1-2). As `_copy`."""
    return _copy(job, ports.MINISTRY)


@handler("copy_qualifications", effects="outside", about="service")
def copy_qualifications(job: OutsideServiceJob) -> Outputs:
    """Replace the mirror of class-2 qualifications (R-1.2-3). As `_copy`."""
    return _copy(job, ports.QUALIFICATION)


@handler("copy_enterprises", effects="outside", about="service")
def copy_enterprises(job: OutsideServiceJob) -> Outputs:
    """Replace the mirror of enterprise qualification data (R-1.8-2). As `_copy`."""
    return _copy(job, ports.ENTERPRISE)


@handler("copy_locks", effects="outside", about="service")
def copy_locks(job: OutsideServiceJob) -> Outputs:
    """Replace the mirror of in-construction locks (R-1.10-3). As `_copy`."""
    return _copy(job, ports.IN_CONSTRUCTION)


@handler("copy_abnormal_entries", effects="outside", about="service")
def copy_abnormal_entries(job: OutsideServiceJob) -> Outputs:
    """Replace the mirror of the list of abnormal registrations (R-1.10-4). As `_copy`."""
    return _copy(job, ports.ABNORMAL)


def _copy(job: OutsideServiceJob, source: str) -> Outputs:
    """Replace the mirror of one source in a transaction of its own (F-SYNC).

    Reads: nothing. Writes: nothing; the run is noted in `sync_run`. Retries: SourceFailed, then an incident of this
    source alone; its mirror stays as it was. Safe to repeat: replaces the whole.
    """
    job.note(f"{job.synchronising.copy(source)} rows")
    return NOTHING


@handler("fetch_insurance_answers", effects="outside", about="service")
def fetch_insurance_answers(job: OutsideServiceJob) -> Outputs:
    """Take in the social-insurance answers that have come back (F-SI).

    Reads: nothing. Writes: nothing. Retries: SourceFailed. Safe to repeat: a request is answered once.
    """
    job.note(f"{job.synchronising.fetch_answers()} answers")
    return NOTHING


@handler("check_sources", about="service")
def check_sources(job: ServiceJob) -> Outputs:
    """Tell whether the sources are being copied at this moment, so that the comparison waits for them.

    One that failed is waited for by nobody: its step is an incident, and its mirror as it was.
    Reads: nothing. Writes: sources_ready_now. Safe to repeat: only asks.
    """
    under_way = (instance.c.line == SYNCHRONISATION) & job_table.c.state.in_(("ready", "running"))
    query = select(job_table.c.id).join(instance, instance.c.id == job_table.c.instance_id).where(under_way).limit(1)
    return {"sources_ready_now": job.connection.execute(query).first() is None}


@handler("compare_batch", about="service")
def compare_batch(job: ServiceJob) -> Outputs:
    """Compare the flags of the next applications, as many as `COMPARISON_BATCH` (F-COMPARE, R-1.10-2).

    Reads: compared_up_to, compared. Writes: compared_up_to (the last application's id), compared (what the run has
    come to so far), comparison_done. Safe to repeat: the same data give the same verdicts.
    """
    before = job.call.variables.get("compared") or {"applications": 0, "cleared": 0, "standing": 0, "waiting": 0}
    today, most = day_of(job.clock.now()), job.settings.comparison_batch
    after = str(job.call.variables.get("compared_up_to") or "")
    months = job.flags.months_required(job.call.work)
    batch = next_to_compare(job.connection, after, today=today, most=most, months=months)
    found = compare(job.connection, batch, today=today)
    return {
        "compared_up_to": batch[-1].application_id if batch else after,
        "compared": {name: before[name] + getattr(found, name) for name in before},
        "comparison_done": len(batch) < most,
    }


@handler("note_comparison", about="service")
def note_comparison(job: ServiceJob) -> Outputs:
    """Record what the run has come to, for operators.

    Reads: compared. Writes: nothing. Safe to repeat: its row is part of its commit.
    """
    now = job.clock.now()
    row = {"id": str(uuid4()), "run_on": day_of(now), "finished_at": now, **job.call.variables["compared"]}
    job.connection.execute(insert(comparison_run).values(row))
    return NOTHING


@handler("mark_expired", about="service")
def mark_expired(job: ServiceJob) -> Outputs:
    """Mark specialties whose last day is over; nothing that a rule reads (R-D-20).

    Reads: nothing. Writes: marking_done. Safe to repeat: a specialty is marked once for an expiry date.
    """
    most = job.settings.comparison_batch
    marked = expiry.mark_expired(job.connection, today=day_of(job.clock.now()), most=most)
    return {"marking_done": marked < most}


@handler("remind_holders", about="service")
def remind_holders(job: ServiceJob) -> Outputs:
    """Tell holders 90 and 45 days before a specialty expires, once each (F-EXPIRY).

    Reads: nothing. Writes: reminding_done. Safe to repeat: a reminder that was sent is not due any more.
    """
    now, most = job.clock.now(), job.settings.comparison_batch
    due = expiry.take_reminders(job.connection, today=day_of(now), most=most)
    for reminder in due:
        tell_holder(job.call.work, reminder, now)
    return {"reminding_done": len(due) < most}
