"""The accounts page: find, create, give roles, disable, set a new password (DESIGN.md 12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from identity.accounts import Accounts, NewAccount
from identity.interface import ApiTokens
from kernel.actors import Role
from kernel.errors import InvalidInput, Reason, Refused
from kernel.texts import Text
from registry.enterprises import Enterprises
from registry.labels import DISTRICTS
from registry.people import People
from web.access import needs, signed_in_actor
from web.admin import admin
from web.admin.room import accounts_read, accounts_write
from web.services import services

# Roles that this release has pages for; the others come with their lines.
GIVEN_ROLES = (
    Role.INDIVIDUAL,
    Role.ENTERPRISE_ADMIN,
    Role.ENTERPRISE_USER,
    Role.DISTRICT_REVIEWER,
    Role.CITY_REVIEWER,
    Role.TRADING_CENTRE,
    Role.REGISTRATION_CENTRE,
    Role.SYSTEM_ADMIN,
    Role.ANALYST,
    Role.OPS,
    Role.SERVICE,
)


@admin.get("/admin/accounts")
@needs(Role.SYSTEM_ADMIN)
def accounts() -> ResponseReturnValue:
    words = request.args.get("q", "").strip()[:100]
    with accounts_read() as room:
        page = room.search(words, request.args.get("page", 1, type=int))
    return render_template("admin/accounts.html", page=page, words=words)


@admin.get("/admin/accounts/new")
@needs(Role.SYSTEM_ADMIN)
def new_account() -> ResponseReturnValue:
    return _new_page(MultiDict())


@admin.post("/admin/accounts/new")
@needs(Role.SYSTEM_ADMIN)
def create() -> ResponseReturnValue:
    """Create an account; what was typed stays on the page when it is refused, but for the password."""
    posted = request.form
    uscc = posted.get("enterprise", "").strip().upper()
    with services().database.read() as connection:
        person = People(connection).by_id_number(posted.get("id_number", ""))
        is_known = not uscc or Enterprises(connection).find(uscc) is not None
    if not is_known:
        unknown = Reason("FIELD_INVALID", {"field": Text("统一社会信用代码", "Credit code")}, field="enterprise")
        return _new_page(posted, [unknown]), InvalidInput.http_status
    new = NewAccount(
        username=posted.get("username", ""),
        name=posted.get("name", ""),
        unit=posted.get("unit", ""),
        roles=_roles(posted),
        person_id=person.id if person else None,
        enterprise=uscc or None,
        district=posted.get("district") or None,
    )
    try:
        with accounts_write() as room:
            created = room.create(new, posted.get("password", ""), posted.get("repeat", ""), by=signed_in_actor())
    except (InvalidInput, Refused) as refusal:
        return _new_page(posted, [_at_its_field(reason) for reason in refusal.reasons]), refusal.http_status
    flash(_("已创建账号 %(username)s", username=created.username), "good")
    return redirect(url_for("admin.account", account_id=created.id), 303)


@admin.get("/admin/accounts/<account_id>")
@needs(Role.SYSTEM_ADMIN)
def account(account_id: str) -> ResponseReturnValue:
    return account_page(account_id)


@admin.post("/admin/accounts/<account_id>/roles")
@needs(Role.SYSTEM_ADMIN)
def set_roles(account_id: str) -> ResponseReturnValue:
    try:
        with accounts_write() as room:
            room.set_roles(account_id, _roles(request.form), by=signed_in_actor())
    except (InvalidInput, Refused) as refusal:
        return account_page(account_id, refusal.reasons), refusal.http_status
    flash(_("角色已更改，这个账号要重新登录"), "good")
    return redirect(url_for("admin.account", account_id=account_id), 303)


@admin.post("/admin/accounts/<account_id>/disable")
@needs(Role.SYSTEM_ADMIN)
def disable(account_id: str) -> ResponseReturnValue:
    try:
        with accounts_write() as room:
            room.disable(account_id, by=signed_in_actor())
    except (InvalidInput, Refused) as refusal:
        return account_page(account_id, refusal.reasons), refusal.http_status
    flash(_("账号已停用，已登录的也已退出"), "good")
    return redirect(url_for("admin.account", account_id=account_id), 303)


@admin.post("/admin/accounts/<account_id>/enable")
@needs(Role.SYSTEM_ADMIN)
def enable(account_id: str) -> ResponseReturnValue:
    with accounts_write() as room:
        room.enable(account_id, by=signed_in_actor())
    flash(_("账号可以登录了"), "good")
    return redirect(url_for("admin.account", account_id=account_id), 303)


@admin.post("/admin/accounts/<account_id>/password")
@needs(Role.SYSTEM_ADMIN)
def reset_password(account_id: str) -> ResponseReturnValue:
    try:
        with accounts_write() as room:
            room.reset_password(
                account_id, request.form.get("password", ""), request.form.get("repeat", ""), by=signed_in_actor()
            )
    except (InvalidInput, Refused) as refusal:
        return account_page(account_id, refusal.reasons), refusal.http_status
    flash(_("已设置新密码，请当面或电话告诉本人"), "good")
    return redirect(url_for("admin.account", account_id=account_id), 303)


def _roles(posted: MultiDict[str, str]) -> frozenset[Role]:
    """The ticked roles; a value that is no role of ours is not given."""
    known = {str(role): role for role in GIVEN_ROLES}
    return frozenset(known[value] for value in posted.getlist("role") if value in known)


def _at_its_field(reason: Reason) -> Reason:
    """The person of an account is entered by ID number, so what is wrong with the person stands there."""
    return replace(reason, field="id_number") if reason.field == "person_id" else reason


def _new_page(posted: MultiDict[str, str], reasons: Sequence[Reason] = ()) -> str:
    return render_template(
        "admin/new_account.html", posted=posted, reasons=reasons, given=GIVEN_ROLES, districts=DISTRICTS
    )


def account_page(account_id: str, reasons: Sequence[Reason] = (), token: str = "") -> str:
    """The page of an account; `token` is shown on it when it has just been issued."""
    with services().database.read() as connection:
        found = Accounts(connection, services().system_clock, services().passwords).get(account_id)
        tokens = ApiTokens(connection, services().system_clock).of_account(account_id)
    return render_template(
        "admin/account.html",
        account=found,
        reasons=reasons,
        given=GIVEN_ROLES,
        tokens=tokens,
        token=token,
        now=services().system_clock.now(),
        posted=request.form,
    )
