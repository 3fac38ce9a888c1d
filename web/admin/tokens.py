"""The tokens by which other systems use an account: issued, shown once, revoked."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from identity.interface import ApiTokens
from kernel.actors import Role
from kernel.errors import InvalidInput, Reason
from kernel.texts import Text
from web.access import needs, parks_at, signed_in_actor
from web.admin import admin
from web.admin.accounts import account_page
from web.services import services


@admin.post("/admin/accounts/<account_id>/tokens")
@needs(Role.SYSTEM_ADMIN)
@parks_at("admin.account")
def issue_token(account_id: str) -> ResponseReturnValue:
    """Issue a token and show it, in this answer only: it is neither kept nor sent through the cookie of messages."""
    name, days = request.form.get("token_name", ""), request.form.get("token_days", "").strip()
    try:
        if days and not days.isdecimal():
            raise InvalidInput(
                Reason("FIELD_INVALID", {"field": Text("有效天数", "Days it is good for")}, field="token_days")
            )
        with services().database.write() as work:
            tokens = ApiTokens(work.connection, services().system_clock)
            token = tokens.issue(account_id, name, int(days) if days else None, by=signed_in_actor())
    except InvalidInput as refusal:
        return account_page(account_id, refusal.reasons), refusal.http_status
    return account_page(account_id, token=token)


@admin.post("/admin/accounts/<account_id>/tokens/<token_id>/revoke")
@needs(Role.SYSTEM_ADMIN)
@parks_at("admin.account")
def revoke_token(account_id: str, token_id: str) -> ResponseReturnValue:
    with services().database.write() as work:
        ApiTokens(work.connection, services().system_clock).revoke(account_id, token_id, by=signed_in_actor())
    flash(_("令牌已作废，用它的系统立即不能再调用"), "good")
    return redirect(url_for("admin.account", account_id=account_id), 303)
