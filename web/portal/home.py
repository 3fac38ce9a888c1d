"""The home pages of applicants and of enterprises, and messages (F-ENT-HOME, F-MSG)."""

from __future__ import annotations

from datetime import date

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from applications.views import ApplicationFilters
from kernel.actors import Actor
from kernel.clock import day_of
from registry.enterprises import Enterprises
from registry.labels import SPECIALTIES, label_of
from registry.registrations import Registration, Registrations
from web.access import needs, signed_in_actor
from web.portal import APPLICANTS, portal
from web.portal.enterprise_home import enterprise_home
from web.portal.progress import steps_of
from web.portal.ruler import Validity, ruler
from web.services import services

IN_YOUR_HANDS = ("draft", "returned")
OVER = ("closed", "rejected", "deleted", "terminated")
SHOWN = 5


@portal.get("/home")
@needs(*APPLICANTS)
def home() -> ResponseReturnValue:
    actor = signed_in_actor()
    return _individual(actor) if actor.person_id else enterprise_home(actor)


@portal.get("/messages")
@needs(*APPLICANTS)
def messages() -> ResponseReturnValue:
    with services().database.read() as connection:
        page = services().cases.messages(connection, signed_in_actor(), request.args.get("cursor"))
    return render_template("portal/messages.html", page=page)


@portal.post("/messages/<int(max=2147483647):message_id>")
@needs(*APPLICANTS)
def open_message(message_id: int) -> ResponseReturnValue:
    """Mark a message as read and go to what it is about."""
    services().applications.mark_read(message_id, by=signed_in_actor())
    number = request.form.get("number")
    if number:
        return redirect(url_for("portal.application", number=number), 303)
    return redirect(url_for("portal.messages"), 303)


def _individual(actor: Actor) -> str:
    today = day_of(services().clock.now())
    with services().database.read() as connection:
        rows = services().cases.mine(connection, actor, ApplicationFilters(), None).items
        running = [
            services().cases.detail(connection, row.number, actor)
            for row in rows
            if row.status not in (*IN_YOUR_HANDS, *OVER)
        ]
        lines = services().cases.lines(connection, actor)
        registration = Registrations(connection).of_person(actor.person_id or "")
        employer = Enterprises(connection).find(registration.employer) if registration else None
    return render_template(
        "portal/home.html",
        todo=[row for row in rows if row.status in IN_YOUR_HANDS],
        running=[(case, steps_of(case)) for case in running],
        over=[row for row in rows if row.status in OVER][:SHOWN],
        employer=employer.name if employer else "",
        ruler=ruler(_validities(registration, today), today),
        may=[card for card in lines if card.may_start],
        may_not=[card for card in lines if not card.may_start],
    )


def _validities(registration: Registration | None, today: date) -> list[Validity]:
    if registration is None:
        return []
    return [
        Validity(label_of(SPECIALTIES, one.specialty), registration.registration_no, one.issue_date, one.expiry_date)
        for one in registration.specialties
        if one.state_on(today) == "valid"
    ]
