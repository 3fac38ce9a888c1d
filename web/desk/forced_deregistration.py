"""Forced deregistration: the round that waits for a selection, and the list of all that were candidates (2.16)."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from applications.forced_candidates import STATUSES
from exports.spreadsheet import MEDIA_TYPE
from kernel.actors import Role
from kernel.errors import InvalidInput, Reason, Refused, StateConflict
from web import parking
from web.access import needs, parks_at, signed_in_actor
from web.desk import desk
from web.services import services

_FILE_NAME = "强制注销名单.xlsx"


@desk.get("/forced-deregistration")
@needs(Role.CITY_REVIEWER)
def forced_deregistration() -> ResponseReturnValue:
    parked = parking.take(signed_in_actor().id)
    return _page(MultiDict(parked) if parked else None)


@desk.post("/forced-deregistration/round")
@needs(Role.CITY_REVIEWER)
@parks_at("desk.forced_deregistration")
def start_forced_deregistration() -> ResponseReturnValue:
    """List the candidates of today."""
    found = services().forced_deregistration.start(by=signed_in_actor(), command_id=request.form.get("command_id", ""))
    if found:
        flash(_("名单已更新"), "good")
    else:
        flash(_("今天没有过期超过%(days)s天的专业", days=services().forced_deregistration.more_than_days), "info")
    return redirect(url_for("desk.forced_deregistration"), 303)


@desk.post("/forced-deregistration/<task_id>/selection")
@needs(Role.CITY_REVIEWER)
@parks_at("desk.forced_deregistration")
def select_forced_deregistration(task_id: str) -> ResponseReturnValue:
    """Deregister what is ticked; nothing that was entered is lost when it is refused."""
    try:
        services().forced_deregistration.select(
            task_id,
            request.form.getlist("candidates"),
            request.form.getlist("certificates"),
            request.form.get("reason", ""),
            by=signed_in_actor(),
            command_id=request.form.get("command_id", ""),
        )
    except (InvalidInput, Refused, StateConflict) as refusal:
        return _page(request.form, refusal.reasons), refusal.http_status
    flash(_("已公告并注销，本人和单位已收到通知"), "good")
    return redirect(url_for("desk.forced_deregistration"), 303)


@desk.get("/forced-deregistration/list.xlsx")
@needs(Role.CITY_REVIEWER)
def forced_deregistration_sheet() -> ResponseReturnValue:
    """DOC-15, under the filters of the page."""
    status, text = _filters()
    with services().database.read() as connection:
        data = services().forced_deregistration.sheet(connection, signed_in_actor(), status, text)
    answer = Response(data, mimetype=MEDIA_TYPE)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(_FILE_NAME)}"
    return answer


def _page(entries: MultiDict[str, str] | None = None, reasons: Sequence[Reason] = ()) -> str:
    service, actor = services().forced_deregistration, signed_in_actor()
    status, text = _filters()
    with services().database.read() as connection:
        waiting = service.round(connection, actor)
        page = service.page(connection, actor, status, text, request.args.get("cursor"))
    entered: MultiDict[str, str] = entries if entries is not None else MultiDict()
    return render_template(
        "desk/forced_deregistration.html",
        round=waiting,
        page=page,
        days=service.more_than_days,
        status=status,
        text=text,
        labels=STATUSES,
        reasons=reasons,
        ticked=frozenset(entered.getlist("candidates")),
        ticked_certificates=frozenset(entered.getlist("certificates")),
        reason=entered.get("reason", ""),
    )


def _filters() -> tuple[str, str]:
    status = request.args.get("status", "")
    return status if status in STATUSES else "", request.args.get("text", "").strip()[:100]
