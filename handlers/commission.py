"""The steps of the commissions: declaration, publicity, announcement, registry, certificate, close (2.0.4)."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import insert, select, update

from applications import records
from applications.deciding import last_opinion
from applications.taking_back import current_publicity
from applications.trail import Trail
from handlers.catalogue import NOTHING, Job, Outputs, handler
from kernel.clock import day_of, end_of
from registry.enterprise_changes import EnterpriseChanges
from registry.flags import raise_flags, request_insurance
from registry.numbers import NumberSeries
from store.statements import Statement
from store.tables import announcement, publicity

_OPENED = Statement(insert(publicity), ("id", "application_id", "decision", "opinion", "opens_on", "last_on"))


@handler("declare")
def declare(job: Job) -> Outputs:
    """C1: stamp the day of the declaration and raise the anomaly flags; the district is that of the snapshot (R-2.1-2).

    What the line says of flags and social insurance stands in `flag_lines` and `social_insurance_months` (R-1.10-1).
    Reads: application_id. Writes: nothing. Safe to repeat: sets the same day, and raises the same flags.
    """
    row, work, today = job.row, job.call.work, day_of(job.clock.now())
    records.change(work, row.id, declared_on=today)
    flags = job.flags.of_line(work, row.line)
    raise_flags(work, row.id, flags.raised, today=today)
    if flags.months_required:
        request_insurance(work, row.id, row.applicant_id_number, today=today)
    job.tell("declared")
    return NOTHING


@handler("open_publicity")
def open_publicity(job: Job) -> Outputs:
    """C4: list the city's opinion publicly, whether pass or not pass, for `PUBLICITY_DAYS`, the last one included.

    Reads: application_id, review_by_city. Writes: publicity_until (ISO date-time at which the last day is over).
    Safe to repeat: its row is part of its commit.
    """
    decided = job.call.variables["review_by_city"]
    today = day_of(job.clock.now())
    last_on = today + timedelta(days=int(job.call.variables["publicity_days"]) - 1)
    values = {
        "id": str(uuid4()),
        "application_id": job.row.id,
        "decision": decided["decision"],
        "opinion": _opinion_of_city(job),
        "opens_on": today,
        "last_on": last_on,
    }
    job.call.work.write(_OPENED, values)
    job.tell("publicity_opened", data={"opens_on": today.isoformat(), "last_on": last_on.isoformat()})
    return {"publicity_until": end_of(last_on).isoformat()}


def _opinion_of_city(job: Job) -> str:
    """What the city wrote: in the command of its decision, whose answers are not stored yet, or before."""
    act = Trail.of(job.call.work).person_s_act()
    if act is not None and act.element_id == "review_by_city":
        return act.opinion or ""
    return last_opinion(job.connection, job.row.instance_id, "review_by_city")


@handler("close_publicity")
def close_publicity(job: Job) -> Outputs:
    """End the publicity and say what the final decision is: the city's, or pass after an upheld appeal (G-33).

    Reads: application_id, review_by_city, appeal_decision. Writes: final_decision (pass | not_pass).
    Safe to repeat: says the same again.
    """
    now = job.clock.now()
    period = current_publicity(job.connection, job.row.id)
    if period is not None:
        job.connection.execute(update(publicity).where(publicity.c.id == period.id).values(closed_at=now))
    upheld = job.call.variables.get("appeal_decision") == "uphold"
    final = "pass" if upheld else job.call.variables["review_by_city"]["decision"]
    job.tell("publicity_closed", decision=final)
    return {"final_decision": final}


@handler("announce")
def announce(job: Job) -> Outputs:
    """C6: give the announcement its number and day.

    Reads: application_id. Writes: announced_on (ISO date). Safe to repeat: an application is announced once.
    """
    today = day_of(job.clock.now())
    known = select(announcement.c.announced_on).where(announcement.c.application_id == job.row.id)
    announced_on = job.connection.execute(known).scalar()
    if announced_on is None:
        announced_on = today
        number = NumberSeries(job.connection).announcement_number(today)
        row = {"id": str(uuid4()), "application_id": job.row.id, "number": number, "announced_on": today}
        job.connection.execute(insert(announcement).values(row))
        job.tell("announced", data={"announcement_no": number})
    return {"announced_on": announced_on.isoformat()}


@handler("apply_registry")
def apply_registry(job: Job) -> Outputs:
    """C7: do to the registry what the line is for.

    Reads: application_id. Writes: nothing. Safe to repeat: the registry refuses to do the same change twice.
    """
    known = select(announcement.c.announced_on).where(announcement.c.application_id == job.row.id)
    announced_on = job.connection.execute(known).scalar()  # none on lines without publicity
    job.lines.apply_registry(job.connection, job.row, announced_on or day_of(job.clock.now()))
    job.tell("registry_updated")
    return NOTHING


@handler("issue_certificate")
def issue_certificate(job: Job) -> Outputs:
    """C8: the new version of the certificate, which the registry keeps since the change, is in force.

    Reads: application_id. Writes: nothing. The e-certificate follows with the certificate lines (R-1.16-2).
    """
    job.tell("certificate_issued")
    return NOTHING


@handler("notify_closed")
def notify_closed(job: Job) -> Outputs:
    """C9: the status `closed` of this element tells the applicant and the employers; note it in the trail. Where an
    enterprise has applied, the holders of its certificates are told that these have been renewed (2.17).

    Reads: application_id. Writes: nothing. Safe to repeat: one notice for each visit.
    """
    row = job.row
    if row.person_id is None:
        holders = EnterpriseChanges(job.connection).holders(row.new_employer, day_of(job.clock.now()))
        job.notices.reissued(job.call.work, row, [each.person_id for each in holders], job.call.effect_key)
    job.tell("closed")
    return NOTHING
