"""The account page: who I am, and a new password (F-PASSWORD)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from identity.accounts import Accounts
from kernel.errors import ServiceError
from web.access import session_cookie, signed_in, signed_in_actor
from web.portal import portal
from web.services import services


@portal.get("/account")
@signed_in
def account() -> ResponseReturnValue:
    return render_template("portal/account.html", error=None)


@portal.post("/account/password")
@signed_in
def change_password() -> ResponseReturnValue:
    try:
        with services().database.write() as work:
            Accounts(work.connection, services().system_clock, services().passwords).change_own_password(
                signed_in_actor().id,
                request.form.get("old_password", ""),
                request.form.get("password", ""),
                request.form.get("repeat", ""),
                token=request.cookies[session_cookie()],
            )
    except ServiceError as error:
        return render_template("portal/account.html", error=error), error.http_status
    flash(gettext("密码已修改，其他设备上的登录已退出"), "good")
    return redirect(url_for("portal.account"), 303)
