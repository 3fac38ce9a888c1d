"""The overview: a verdict in a sentence, incidents by cause, queues, and where instances wait."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

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
        schedules = services().schedules.listed(connection)
    return render_template(
        "console/overview.html",
        incidents=incidents,
        open_instances=figures["open_instances"],
        waiting=figures["waiting"],
        jobs=figures["jobs"],
        schedules=schedules,
        seen_at=services().system_clock.now(),
        may_act=signed_in_actor().has(*OPERATORS),
    )
