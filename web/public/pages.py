"""The hall, the public lists (F-PUBLICITY), the menu of narrow screens and the reader's preferences."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from kernel.clock import day_of
from web.access import current_actor
from web.access import public as everybody
from web.frame import THEME_COOKIE
from web.i18n import LANGUAGE_COOKIE
from web.links import local_path
from web.navigation import start_page
from web.preferences import save_preference
from web.public import public
from web.services import services

YEAR_S = 365 * 24 * 3600


@public.get("/")
@everybody
def hall() -> ResponseReturnValue:
    """The service hall for who is not signed in; everybody else goes to their own start page."""
    actor = current_actor()
    if actor is not None:
        return redirect(start_page(actor), 303)
    with services().database.read() as connection:
        lines = services().cases.lines(connection, None)
        items = services().cases.publicity(connection, day_of(services().clock.now()), "", None)
        announcements = services().cases.announcements(connection, "", None)
    return render_template("public/hall.html", lines=lines, publicity=items, announcements=announcements)


@public.get("/publicity")
@everybody
def publicity() -> ResponseReturnValue:
    text = request.args.get("text", "").strip()[:100]
    with services().database.read() as connection:
        page = services().cases.publicity(connection, day_of(services().clock.now()), text, request.args.get("cursor"))
    return render_template("public/publicity.html", page=page, text=text)


@public.get("/announcements")
@everybody
def announcements() -> ResponseReturnValue:
    text = request.args.get("text", "").strip()[:100]
    with services().database.read() as connection:
        page = services().cases.announcements(connection, text, request.args.get("cursor"))
    return render_template("public/announcements.html", page=page, text=text)


@public.get("/menu")
@everybody
def menu() -> ResponseReturnValue:
    """The navigation as a page: what the menu link of narrow screens leads to."""
    return render_template("public/menu.html")


@public.post("/preferences")
@everybody
def preferences() -> ResponseReturnValue:
    """Language and theme; kept in cookies of this browser, the language also with the account."""
    response = redirect(local_path(request.form.get("next")), 303)
    secure = services().settings.production
    language = request.form.get("language")
    if language in ("zh", "en"):
        actor = current_actor()
        if actor is not None:
            save_preference(actor, "language", language)
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_S, httponly=True, samesite="Lax", secure=secure)
    theme = request.form.get("theme")
    if theme in ("light", "dark"):
        response.set_cookie(THEME_COOKIE, theme, max_age=YEAR_S, httponly=True, samesite="Lax", secure=secure)
    elif theme == "auto":
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response
