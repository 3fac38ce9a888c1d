"""What each person sets for their own desk: stock opinions and single-key shortcuts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from web.access import needs, signed_in_actor
from web.desk import DESK_ROLES, desk
from web.desk.opinions import MAX_LENGTH, MAX_OPINIONS, PREFERENCE, default_opinions, own_opinions, read_opinions
from web.i18n import language
from web.preferences import preferences_of, save_preference

KEYS_PREFERENCE = "inbox_keys"


@desk.get("/inbox/opinions")
@needs(*DESK_ROLES)
def opinions() -> ResponseReturnValue:
    own = own_opinions(preferences_of(signed_in_actor()))
    return _opinions_page("\n".join(default_opinions(language()) if own is None else own), is_own=own is not None)


@desk.post("/inbox/opinions")
@needs(*DESK_ROLES)
def save_opinions() -> ResponseReturnValue:
    """Keep the person's own list, or go back to the defaults; nothing typed is lost when a line is refused."""
    actor = signed_in_actor()
    if "defaults" in request.form:
        save_preference(actor, PREFERENCE, None)
        flash(_("已恢复默认的常用意见"), "good")
        return redirect(url_for("desk.opinions"), 303)
    typed = request.form.get("opinions", "")
    kept, too_long = read_opinions(typed)
    if too_long or len(kept) > MAX_OPINIONS:
        return _opinions_page(typed, is_own=True, too_long=too_long, too_many=len(kept) > MAX_OPINIONS), 422
    save_preference(actor, PREFERENCE, list(kept))
    flash(_("已保存 %(count)s 条常用意见", count=len(kept)), "good")
    return redirect(url_for("desk.opinions"), 303)


@desk.get("/inbox/keys")
@needs(*DESK_ROLES)
def keys() -> ResponseReturnValue:
    return render_template("desk/keys.html", keys_on=keys_are_on(preferences_of(signed_in_actor())))


@desk.post("/inbox/keys")
@needs(*DESK_ROLES)
def switch_keys() -> ResponseReturnValue:
    """Switch the single-key shortcuts on or off (WCAG 2.1.4)."""
    save_preference(signed_in_actor(), KEYS_PREFERENCE, "on" in request.form)
    return redirect(url_for("desk.keys"), 303)


def keys_are_on(preferences: Mapping[str, Any]) -> bool:
    return bool(preferences.get(KEYS_PREFERENCE, True))


def _opinions_page(typed: str, *, is_own: bool, too_long: Sequence[str] = (), too_many: bool = False) -> str:
    return render_template(
        "desk/opinions.html",
        typed=typed,
        is_own=is_own,
        too_long=too_long,
        too_many=too_many,
        most=MAX_OPINIONS,
        longest=MAX_LENGTH,
    )
