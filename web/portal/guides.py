"""The service guide of a line (办事指南), generated from its diagram, form and rules (DESIGN.md 9)."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from web.access import current_actor
from web.access import public as everybody
from web.portal import APPLICANTS, portal
from web.portal.progress import picture_of_line
from web.services import services


@portal.get("/lines/<line>")
@everybody
def guide(line: str) -> ResponseReturnValue:
    actor = current_actor()
    with services().database.read() as connection:
        found = services().cases.guide(connection, line)
        cards = services().cases.lines(connection, actor)
    applicant = actor is not None and actor.has(*APPLICANTS)
    card = next((one for one in cards if one.line == line), None) if applicant else None
    return render_template("portal/guide.html", guide=found, card=card, picture=picture_of_line(found))
