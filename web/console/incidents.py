"""Incidents: the list, one with its cause and every attempt, and what an operator decides about it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from identity.accounts import Accounts
from kernel.errors import InvalidInput, Reason, StateConflict
from kernel.texts import Text
from web.access import needs, signed_in_actor
from web.console import OPERATORS, WATCHERS, console
from web.console.instances import names_of
from web.services import services

STATUSES = ("open", "resolved")
MAX_NOTE = 500


@console.get("/console/incidents")
@needs(*WATCHERS)
def incidents() -> ResponseReturnValue:
    """Open incidents, or those resolved with who decided and why."""
    status = request.args.get("status", "")
    status = status if status in STATUSES else STATUSES[0]
    with services().database.read() as connection:
        page = services().incidents.page(connection, status=status, cursor=request.args.get("cursor") or None)
        accounts = Accounts(connection, services().system_clock, services().passwords)
        people = names_of(accounts, [one.resolved_by or "" for one in page.items])
    return render_template("console/incidents.html", page=page, status=status, people=people)


@console.get("/console/incidents/<incident_id>")
@needs(*WATCHERS)
def incident(incident_id: str) -> ResponseReturnValue:
    return _page(incident_id)


@console.post("/console/incidents/retry")
@needs(*OPERATORS)
def retry() -> ResponseReturnValue:
    """Run the jobs of an incident, or of a whole group, once more; of a group, what has moved on is left alone."""
    actor, job_ids = signed_in_actor(), request.form.getlist("job")
    note = request.form.get("note", "").strip()[:MAX_NOTE]
    retried = 0
    for job_id in job_ids:
        try:
            services().incidents.retry(job_id, by=actor, note=note)
        except StateConflict:
            if len(job_ids) == 1:
                raise
        else:
            retried += 1
    flash(ngettext("已重新排队 %(num)s 个作业", "已重新排队 %(num)s 个作业", retried), "good")
    instance = request.form.get("instance")
    return redirect(url_for("console.instance", instance_id=instance) if instance else url_for("console.overview"), 303)


@console.post("/console/incidents/<incident_id>/decide")
@needs(*OPERATORS)
def decide(incident_id: str) -> ResponseReturnValue:
    """Say whether the outside has done what was asked, or close what needs no other attempt; the note says why."""
    note, choice = request.form.get("note", "").strip(), request.form.get("choice", "")
    if len(note) > MAX_NOTE:
        too_long = Reason("TOO_LONG", {"field": Text("说明", "Note"), "max": MAX_NOTE}, field="note")
        return _page(incident_id, note, too_long), 422
    try:
        if choice == "give_up":
            services().incidents.give_up(incident_id, note, by=signed_in_actor())
        elif choice in ("done", "again"):
            services().incidents.decide(
                incident_id, "done" if choice == "done" else "again", note, by=signed_in_actor()
            )
        else:
            raise InvalidInput(Reason("REASON_REQUIRED", field="note"))
    except InvalidInput as refused:
        return _page(incident_id, note, refused.reasons[0]), 422
    flash(_("已处理，记录在这个事件里"), "good")
    return redirect(url_for("console.incident", incident_id=incident_id), 303)


def _page(incident_id: str, typed: str = "", refusal: Reason | None = None) -> str:
    with services().database.read() as connection:
        view = services().incidents.view(connection, incident_id)
        accounts = Accounts(connection, services().system_clock, services().passwords)
        people = names_of(accounts, [view.row.resolved_by or ""])
    return render_template(
        "console/incident.html",
        view=view,
        people=people,
        may_act=signed_in_actor().has(*OPERATORS),
        typed=typed,
        refusal=refusal,
        longest=MAX_NOTE,
    )
