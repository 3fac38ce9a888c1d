"""What the releasing bodies release on their own account: the list of standing locks and entries (2.27)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from applications.flag_releases import RELEASE_LINE, find_releasable, flags_released_by, may_release, to_release_by
from forms.page import FormPage
from kernel.actors import Role
from kernel.errors import InvalidInput, NotAllowed, NotFound, Reason
from registry.flags import LABELS
from web.access import needs, signed_in_actor
from web.desk import desk
from web.i18n import language
from web.services import services

RELEASING = (Role.DISTRICT_REVIEWER, Role.TRADING_CENTRE, Role.REGISTRATION_CENTRE)


@desk.get("/flags")
@needs(*RELEASING)
def flags() -> ResponseReturnValue:
    """The locks or entries behind standing flags that the reader's body releases, limited in SQL."""
    actor = signed_in_actor()
    with services().database.read() as connection:
        lists = [
            (LABELS[flag], to_release_by(connection, actor, flag, request.args.get("cursor")))
            for flag in flags_released_by(actor)
        ]
    return render_template("desk/flags.html", lists=lists)


@desk.get("/flags/<flag>/<source_id>")
@needs(*RELEASING)
def release_flag(flag: str, source_id: str) -> ResponseReturnValue:
    return _page(flag, source_id)


@desk.post("/flags/<flag>/<source_id>")
@needs(*RELEASING)
def begin_release(flag: str, source_id: str) -> ResponseReturnValue:
    """Begin the release; the decision is then made in the inbox, as on a request."""
    explanation = request.form.get("explanation", "")
    try:
        task_id = services().applications.begin_release(
            f"{flag}:{source_id}",
            {"explanation": [explanation]},
            by=signed_in_actor(),
            command_id=request.form.get("command_id", ""),
        )
    except InvalidInput as refusal:
        return _page(flag, source_id, explanation, refusal.reasons), refusal.http_status
    return redirect(url_for("desk.task", task_id=task_id), 303)


def _page(flag: str, source_id: str, explanation: str = "", reasons: Sequence[Reason] = ()) -> str:
    """
    Raises:
        NotFound: no standing flag has it, or it has been released.
        NotAllowed: (NOT_RELEASING_BODY) another body releases it.
    """
    with services().database.read() as connection:
        found = find_releasable(connection, f"{flag}:{source_id}")
        form = services().forms.current(services().cases.line(connection, RELEASE_LINE).form)
    if found is None:
        raise NotFound(detail=f"no standing {flag} has {source_id}")
    what, _ = found
    if not may_release(signed_in_actor(), what.flag, what.district):
        raise NotAllowed(Reason("NOT_RELEASING_BODY", rule="R-1.10-3"))
    page = FormPage(form=form, language=language(), values={"explanation": explanation}, errors=reasons)
    return render_template("desk/release_flag.html", what=what, page=page, reasons=reasons)
