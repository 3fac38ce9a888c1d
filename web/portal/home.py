"""The home pages of applicants and of enterprises, and messages (F-ENT-HOME, F-MSG)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from applications.statuses import ENDED
from applications.views import ApplicationFilters, LineCard
from kernel.actors import Actor
from kernel.clock import day_of
from kernel.texts import Text
from registry.enterprises import Enterprises
from registry.labels import SPECIALTIES, label_of
from registry.registrations import Registration, Registrations
from web.access import needs, signed_in_actor
from web.portal import APPLICANTS, portal
from web.portal.enterprise_home import enterprise_home
from web.portal.progress import steps_of
from web.portal.ruler import Ruler, Validity, ruler
from web.services import services

IN_YOUR_HANDS = ("draft", "returned")
SHOWN = 5
CONTINUATION = "class2_continuation"


@dataclass(frozen=True, slots=True)
class Due:
    """A continuation that can be started today; late is the day after `closes_on` (R-1.4-1)."""

    line: str
    title: Text
    specialties: tuple[Text, ...]
    closes_on: date
    days_left: int


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
            if row.status not in (*IN_YOUR_HANDS, *ENDED)
        ]
        lines = services().cases.lines(connection, actor)
        registration = Registrations(connection).of_person(actor.person_id or "")
        employer = Enterprises(connection).find(registration.employer) if registration else None
    shown = ruler(_validities(registration, today), today)
    return render_template(
        "portal/home.html",
        due=_due(shown, lines, today),
        todo=[row for row in rows if row.status in IN_YOUR_HANDS],
        running=[(case, steps_of(case)) for case in running],
        over=[row for row in rows if row.status in ENDED][:SHOWN],
        employer=employer.name if employer else "",
        ruler=shown,
        may=[card for card in lines if card.may_start],
        may_not=[card for card in lines if not card.may_start],
    )


def _due(shown: Ruler | None, lines: Sequence[LineCard], today: date) -> Due | None:
    """The continuation of the specialties whose window is open, unless something is in its way."""
    card = next((one for one in lines if one.line == CONTINUATION and one.may_start), None)
    bars = [bar for bar in shown.bars if bar.window_is_open] if shown else []
    if card is None or not bars:
        return None
    closes_on = bars[0].window_closes  # the bars stand in the order of their end
    names = tuple(bar.of.name for bar in bars)
    return Due(card.line, card.title, names, closes_on, (closes_on - today).days)


def _validities(registration: Registration | None, today: date) -> list[Validity]:
    if registration is None:
        return []
    return [
        Validity(label_of(SPECIALTIES, one.specialty), registration.registration_no, one.issue_date, one.expiry_date)
        for one in registration.specialties
        if one.state_on(today) == "valid"
    ]
