"""The demo bar: other accounts to sign in as, and the business clock to move forward (DESIGN.md 12)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from kernel.errors import NotFound
from web.access import public as everybody
from web.links import local_path
from web.portal import portal
from web.public.sign_in import set_session_cookie
from web.services import services
from web.texts import iso_moment

MAX_HOURS = 24 * 400


def _only_in_demo() -> None:
    if not services().settings.demo:
        raise NotFound(detail="the demo bar was asked for outside the demo")


@portal.get("/demo")
@everybody
def demo() -> ResponseReturnValue:
    _only_in_demo()
    with services().database.read() as connection:
        accounts = services().accounts.demo_accounts(connection)
    return render_template("portal/demo.html", accounts=accounts)


@portal.post("/demo/switch")
@everybody
def switch_account() -> ResponseReturnValue:
    _only_in_demo()
    token, actor = services().sign_in.switch(request.form.get("username", ""), ip=request.remote_addr or "")
    session.clear()
    session["account_id"] = actor.id
    response = redirect(url_for("public.hall"), 303)
    set_session_cookie(response, token)
    return response


@portal.post("/demo/clock")
@everybody
def move_clock() -> ResponseReturnValue:
    """Move the business clock forward by `days` and `hours`; it never goes back."""
    _only_in_demo()
    hours = _number("days") * 24 + _number("hours")
    if 0 < hours <= MAX_HOURS:
        services().demo.forward(hours=hours)
        flash(gettext("业务时钟已到 %(moment)s", moment=iso_moment(services().clock.now())), "good")
    return redirect(local_path(request.form.get("next")), 303)


def _number(name: str) -> int:
    value = request.form.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 5 else 0
