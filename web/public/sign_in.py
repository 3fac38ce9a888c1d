"""Sign-in, sign-out and the captcha of staff (F-AUTH-1, 2, 4; F-CAPTCHA)."""

from __future__ import annotations

import base64

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.wrappers import Response

from identity.actors import signed_in
from identity.captcha import CaptchaAnswer, Captchas
from identity.sessions import Sessions
from kernel.errors import ServiceError
from web.access import current_actor, session_cookie
from web.access import public as everybody
from web.i18n import LANGUAGE_COOKIE
from web.links import local_path
from web.preferences import preferences_of
from web.public import public
from web.services import services

ENTRIES = ("individual", "enterprise", "staff")


@public.get("/sign-in")
@everybody
def sign_in() -> ResponseReturnValue:
    if current_actor() is not None:
        return redirect(local_path(request.args.get("next"), url_for("public.hall")), 303)
    return _page(entry=request.args.get("as", "individual"))


@public.post("/sign-in")
@everybody
def sign_in_now() -> ResponseReturnValue:
    entry = request.form.get("as", "individual")
    name = request.form.get("username", "").strip()
    if "another" in request.form:  # 换一张
        return _page(entry=entry, username=name)
    captcha = None
    if entry == "staff" or "captcha_id" in request.form:
        captcha = CaptchaAnswer(request.form.get("captcha_id", ""), request.form.get("captcha", ""))
    try:
        token = services().sign_in.by_password(
            name,
            request.form.get("password", ""),
            ip=request.remote_addr or "",
            captcha=captcha,
            replaces=request.cookies.get(session_cookie()),
        )
    except ServiceError as error:
        return _page(entry=entry, username=name, error=error), error.http_status
    return let_in(token, local_path(request.form.get("next"), url_for("public.hall")))


@public.post("/sign-out")
@everybody
def sign_out() -> ResponseReturnValue:
    token = request.cookies.get(session_cookie(), "")
    if token:
        with services().database.write() as work:
            Sessions(work.connection, services().system_clock).close(token)
    session.clear()
    response = redirect(url_for("public.hall"), 303)
    response.delete_cookie(session_cookie(), httponly=True, samesite="Lax", secure=services().settings.production)
    return response


def let_in(token: str, target: str) -> Response:
    """Hand the new session to the browser and go on to `target`.

    The signed cookie begins anew: a CSRF token that somebody planted before sign-in is worth nothing afterwards.
    It remembers the account, so that entries sent after the session has expired can be kept for it.
    """
    found = signed_in(services().database.ask, token, clock=services().system_clock, limits=services().session_limits)
    session.clear()
    response = redirect(target, 303)
    secure = services().settings.production
    response.set_cookie(session_cookie(), token, httponly=True, samesite="Lax", secure=secure, path="/")
    if found is not None:
        session["account_id"] = found[0].id
        language = preferences_of(found[0]).get("language")
        if language in ("zh", "en") and LANGUAGE_COOKIE not in request.cookies:
            response.set_cookie(LANGUAGE_COOKIE, language, httponly=True, samesite="Lax", secure=secure)
    return response


def _captcha() -> tuple[str, str]:
    """A fresh captcha: its id for the form, its picture as an address that asks nothing more of the server."""
    with services().database.write() as work:
        picture = Captchas(work.connection, services().system_clock).issue()
    return picture.id, "data:image/png;base64," + base64.b64encode(picture.png).decode()


def _page(*, entry: str, username: str = "", error: ServiceError | None = None) -> str:
    entry = entry if entry in ENTRIES else "individual"
    asks = entry == "staff" or services().sign_in.asks_for_captcha()
    captcha_id, captcha_picture = _captcha() if asks else (None, None)
    return render_template(
        "public/sign_in.html",
        entry=entry,
        username=username,
        error=error,
        captcha_id=captcha_id,
        captcha_picture=captcha_picture,
        next=local_path(request.values.get("next"), ""),
        expired=bool(request.values.get("expired")),
        entries=(
            ("individual", gettext("个人")),
            ("enterprise", gettext("企业")),
            ("staff", gettext("工作人员")),
        ),
    )
