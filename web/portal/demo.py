"""The demo bar: other accounts to sign in as, and the business clock to move forward (DESIGN.md 12)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import Connection

from identity.accounts import Account, Accounts
from identity.sessions import Sessions
from kernel.actors import ENTERPRISE_ROLES, STAFF_ROLES, Role
from kernel.errors import NotFound
from kernel.texts import Text
from store.business_clock import BusinessClock
from web.access import public as everybody
from web.access import session_cookie
from web.links import local_path
from web.portal import portal
from web.public.sign_in import let_in
from web.services import services
from web.texts import iso_moment

MOST_HOURS = 24 * 400
# Who plays in the tour of the README, in the order of their entrance.
CAST = (
    "p04", "p16", "e01_admin", "e02_admin", "district_chaoyang", "city_a", "city_b", "analyst", "ops", "admin",
)  # fmt: skip
GROUPS = (
    (Text("个人", "Individuals"), frozenset({Role.INDIVIDUAL})),
    (Text("企业", "Enterprises"), ENTERPRISE_ROLES),
    (Text("工作人员", "Staff"), STAFF_ROLES),
)


@portal.get("/demo")
@everybody
def demo() -> ResponseReturnValue:
    _only_in_demo()
    with services().database.read() as connection:
        accounts = list(_accounts(connection))
    cast = sorted((one for one in accounts if one.username in CAST), key=lambda one: CAST.index(one.username))
    others = [one for one in accounts if one.username not in CAST]
    groups = [(Text("先试这几个", "Start with these"), cast)]
    groups += [(label, [one for one in others if one.roles & roles]) for label, roles in GROUPS]
    return render_template("portal/demo.html", groups=[group for group in groups if group[1]])


@portal.post("/demo/switch")
@everybody
def switch_account() -> ResponseReturnValue:
    """Sign in as a sample account without its password."""
    _only_in_demo()
    clock = services().system_clock
    with services().database.write() as work:
        chosen = Accounts(work.connection, clock, services().passwords).by_username(request.form.get("username", ""))
        if chosen.disabled:
            raise NotFound(detail="a disabled account was chosen in the demo bar")
        sessions = Sessions(work.connection, clock)
        held = request.cookies.get(session_cookie())
        if held:
            sessions.close(held)
        token = sessions.open(chosen.id, ip=request.remote_addr or "")
    return let_in(token, url_for("public.hall"))


@portal.post("/demo/clock")
@everybody
def move_clock() -> ResponseReturnValue:
    """Move the business clock forward by `days` and `hours`; it never goes back."""
    _only_in_demo()
    hours = _number("days") * 24 + _number("hours")
    clock = services().clock
    if 0 < hours <= MOST_HOURS and isinstance(clock, BusinessClock):
        clock.advance(timedelta(hours=hours))
        flash(gettext("业务时钟已到 %(moment)s", moment=iso_moment(clock.now())), "good")
    return redirect(local_path(request.form.get("next")), 303)


def _only_in_demo() -> None:
    if not services().settings.demo:
        raise NotFound(detail="the demo bar was asked for outside the demo")


def _accounts(connection: Connection) -> Iterator[Account]:
    accounts = Accounts(connection, services().system_clock, services().passwords)
    number, left = 1, True
    while left:
        page = accounts.search("", number)
        yield from (one for one in page.items if not one.disabled)
        left = bool(page.items)
        number += 1


def _number(name: str) -> int:
    value = request.form.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 5 else 0
