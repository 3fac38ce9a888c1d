"""What certificates a person holds, what each is worth today, and which line helps (F-MYCERT, R-1.4-1, R-D-20)."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from kernel.actors import Role
from kernel.clock import day_of
from registry.certificates import LINES, certificate_of
from registry.enterprises import Enterprises
from registry.labels import SPECIALTIES
from registry.ministry import KINDS, MinistryMirror
from registry.people import People
from web.access import needs, signed_in_actor
from web.portal import portal
from web.services import services

CLASS2 = "class2"


@portal.get("/certificates")
@needs(Role.INDIVIDUAL)
def certificates() -> ResponseReturnValue:
    actor = signed_in_actor()
    today = day_of(services().clock.now())
    kind = request.args.get("kind", "")
    kind = kind if kind == CLASS2 or kind in KINDS else ""
    with services().database.read() as connection:
        own = certificate_of(connection, actor.person_id or "", today) if kind in ("", CLASS2) else None
        employer = Enterprises(connection).find(own.registration.employer) if own else None
        person = People(connection).get(actor.person_id or "")
        mirrored = MinistryMirror(connection).of_id_number(person.id_number)
        cards = {card.line: card for card in services().cases.lines(connection, actor)} if own else {}
    return render_template(
        "portal/certificates.html",
        certificate=own,
        employer=employer,
        mirrored=[one for one in mirrored if kind in ("", one.kind)],
        kind=kind,
        kinds=KINDS,
        specialties=SPECIALTIES,
        today=today,
        # The line that helps, where it is offered and may be begun now.
        helps={hint: cards[line] for hint, line in LINES.items() if line in cards and cards[line].may_start},
    )
