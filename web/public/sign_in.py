"""Sign-in, sign-out and the captcha of staff (F-AUTH-1, 2, 4; F-CAPTCHA)."""

from __future__ import annotations

from flask import Response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from kernel.errors import ServiceError
from web.access import current_actor, session_cookie
from web.access import public as everybody
from web.links import local_path
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
    username = request.form.get("username", "").strip()
    try:
        token, actor = services().sign_in.sign_in(
            username,
            request.form.get("password", ""),
            staff=entry == "staff",
            captcha_id=request.form.get("captcha_id"),
            captcha_answer=request.form.get("captcha"),
            ip=request.remote_addr or "",
        )
    except ServiceError as error:
        return _page(entry=entry, username=username, error=error), error.http_status
    # A new signed cookie: a CSRF token that somebody planted before sign-in is worth nothing afterwards.
    session.clear()
    session["account_id"] = actor.id
    response = redirect(local_path(request.form.get("next"), url_for("public.hall")), 303)
    set_session_cookie(response, token)
    return response


@public.post("/sign-out")
@everybody
def sign_out() -> ResponseReturnValue:
    token = request.cookies.get(session_cookie(), "")
    if token:
        services().sessions.end(token)
    session.clear()
    response = redirect(url_for("public.hall"), 303)
    response.delete_cookie(session_cookie(), httponly=True, samesite="Lax", secure=services().settings.production)
    return response


@public.get("/captcha/<captcha_id>.png")
@everybody
def captcha(captcha_id: str) -> ResponseReturnValue:
    picture = services().captchas.picture(captcha_id)
    return Response(picture, mimetype="image/png", headers={"Cache-Control": "no-store"})


def set_session_cookie(response: object, token: str) -> None:
    assert hasattr(response, "set_cookie")
    response.set_cookie(
        session_cookie(), token, httponly=True, samesite="Lax", secure=services().settings.production, path="/"
    )


def _page(*, entry: str, username: str = "", error: ServiceError | None = None) -> str:
    entry = entry if entry in ENTRIES else "individual"
    return render_template(
        "public/sign_in.html",
        entry=entry,
        username=username,
        error=error,
        captcha_id=services().captchas.create() if entry == "staff" else None,
        next=local_path(request.values.get("next"), ""),
        expired=bool(request.values.get("expired")),
        entries=(
            ("individual", gettext("个人")),
            ("enterprise", gettext("企业")),
            ("staff", gettext("工作人员")),
        ),
    )
