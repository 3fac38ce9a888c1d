"""The overview: a verdict in a sentence, incidents by cause, queues, and where instances wait."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from web.access import needs, signed_in_actor
from web.console import OPERATORS, WATCHERS, console
from web.services import services


@console.get("/console")
@needs(*WATCHERS)
def overview() -> ResponseReturnValue:
    operations = services().operations
    with services().database.read() as connection:
        incidents = services().incidents.groups(connection)
        figures = operations.figures(connection)
    return render_template(
        "console/overview.html",
        incidents=incidents,
        open_instances=figures["open_instances"],
        waiting=figures["waiting"],
        jobs=figures["jobs"],
        seen_at=services().system_clock.now(),
        may_act=signed_in_actor().has(*OPERATORS),
    )


@console.post("/console/incidents/retry")
@needs(*OPERATORS)
def retry() -> ResponseReturnValue:
    """Run the jobs of an incident, or of a whole group, once more."""
    actor = signed_in_actor()
    job_ids = request.form.getlist("job")
    for job_id in job_ids:
        services().incidents.retry(job_id, by=actor)
    flash(ngettext("已重新排队 %(num)s 个作业", "已重新排队 %(num)s 个作业", len(job_ids)), "good")
    instance = request.form.get("instance")
    return redirect(url_for("console.instance", instance_id=instance) if instance else url_for("console.overview"), 303)
