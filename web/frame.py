"""What every template may use: actor, navigation, language, theme, demo bar, filters for texts and dates, assets."""

from __future__ import annotations

import hashlib
import uuid
from functools import cache
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, Flask, g, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue

from kernel.actors import Actor
from kernel.identifiers import mask_id_number, shown_org_code
from kernel.texts import Text
from registry.labels import DISTRICTS, SPECIALTIES, label_of
from web import i18n, navigation, texts
from web.access import current_actor, public
from web.problems import next_step
from web.services import services

THEME_COOKIE = "theme"
STATIC = Path(__file__).parent / "static"

frame = Blueprint("frame", __name__, template_folder="templates")


def register(app: Flask) -> None:
    app.register_blueprint(frame)
    app.context_processor(_context)
    app.jinja_env.filters.update(
        t=_in_language,
        long_date=lambda value: texts.long_date(value, i18n.language()),
        iso_date=texts.iso_date,
        iso_moment=texts.iso_moment,
        whole_dates=texts.whole_dates,
        clock_time=texts.clock_time,
        short_moment=texts.short_moment,
        file_size=texts.file_size,
        total=texts.total,
        mask_id=mask_id_number,
        org_code=shown_org_code,
        specialty=lambda value: _in_language(label_of(SPECIALTIES, value)),
        district=lambda value: _in_language(label_of(DISTRICTS, value)),
        unit=lambda value: _in_language(texts.unit_name(value or "")),
    )
    app.jinja_env.globals.update(
        asset=asset, page_url=page_url, command_id=lambda: uuid.uuid4().hex, next_step=next_step
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


@frame.get("/assets/<path:filename>")
@public
def static(filename: str) -> ResponseReturnValue:
    """A file of `web/static`; an address with a version names one content for ever."""
    response = send_from_directory(STATIC, filename)
    if "v" in request.args:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def asset(name: str) -> str | None:
    """The address of a file of `web/static`, None when it is not installed; it changes with the content."""
    return _address(name, request.script_root)


def stylesheets() -> list[str]:
    """Bootstrap if it is installed, then tokens, then our components in their order (UI.md)."""
    return [url for name in _stylesheets() if (url := asset(name))]


# Looked at once: what is changed under a running service is served by its next start, as its templates are.


@cache
def _stylesheets() -> tuple[str, ...]:
    components = sorted(f"components/{path.name}" for path in (STATIC / "components").glob("*.css"))
    return ("vendor/bootstrap.min.css", "tokens.css", *components)


@cache
def _address(name: str, script_root: str) -> str | None:
    """Made once where the service is mounted: a page names its icons dozens of times."""
    version = _version(name)
    return url_for("frame.static", filename=name, v=version) if version else None


@cache
def _version(name: str) -> str | None:
    path = STATIC / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else None


def page_url(**changes: Any) -> str:
    """This page with other filters: None drops a parameter."""
    values: dict[str, Any] = {**request.args.to_dict(), **(request.view_args or {}), **changes}
    return url_for(cast(str, request.endpoint), **{name: value for name, value in values.items() if value is not None})


def _in_language(value: Text | str | None) -> str:
    """A Text in the language of the page; a string stays as it is."""
    if isinstance(value, Text):
        return value.in_(i18n.language())
    return value or ""


def theme() -> str:
    """`light`, `dark`, or empty when the device decides."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in ("light", "dark") else ""


def _context() -> dict[str, Any]:
    bare = bool(g.get("bare"))
    actor: Actor | None = None if bare else current_actor()
    return {
        "actor": actor,
        "staff": navigation.is_staff(actor),
        "nav": [] if bare else navigation.navigation(actor),
        "unread": 0 if bare else navigation.unread(actor),
        "language": i18n.language(),
        "theme": theme(),
        "stylesheets": stylesheets(),
        "settings": services().settings,
        "business_now": None if bare else services().clock.now(),
        "statuses": texts.STATUSES,
        "roles": texts.ROLES,
    }
