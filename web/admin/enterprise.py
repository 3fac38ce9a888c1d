"""The page on which an enterprise says which district commission supervises it (R-2.1-1, R-2.1-2)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from kernel.actors import ENTERPRISE_ROLES
from kernel.errors import InvalidInput, NotFound, Reason
from kernel.permissions import Action, authorize
from registry.enterprises import Enterprises
from registry.labels import DISTRICTS, EMPLOYER_FIELDS, ENTERPRISE_TYPES
from web.access import needs, signed_in_actor
from web.admin import admin
from web.services import services


@admin.get("/enterprise")
@needs(*ENTERPRISE_ROLES)
def enterprise() -> ResponseReturnValue:
    return _page()


@admin.post("/enterprise/supervising-district")
@needs(*ENTERPRISE_ROLES)
def choose_district() -> ResponseReturnValue:
    """Set the supervising district of one's own enterprise; open applications keep the one they began with."""
    actor = signed_in_actor()
    try:
        with services().database.write() as work:
            enterprises = Enterprises(work.connection)
            own = enterprises.get(actor.enterprise or "")
            authorize(actor, Action.CHANGE_ENTERPRISE, own)
            enterprises.choose_supervising_district(own.uscc, request.form.get("supervising_district", ""))
    except InvalidInput as refusal:
        return _page(refusal.reasons), refusal.http_status
    flash(_("监管区县已保存，以后的新申请送到这里"), "good")
    return redirect(url_for("admin.enterprise"), 303)


def _page(reasons: Sequence[Reason] = ()) -> str:
    actor = signed_in_actor()
    with services().database.read() as connection:
        own = Enterprises(connection).find(actor.enterprise or "")
    if own is None:
        raise NotFound(detail=f"account {actor.id} belongs to no enterprise of the books")
    return render_template(
        "admin/enterprise.html",
        enterprise=own,
        facts=own.snapshot(),
        labels=EMPLOYER_FIELDS,
        types=ENTERPRISE_TYPES,
        districts=DISTRICTS,
        reasons=reasons,
    )
