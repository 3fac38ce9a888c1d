"""The web: views parse, call one command and render (STYLE.md 17). `register` puts the pages onto a Flask application.

Flask is imported here and in `app.py` only; below, everything comes in through constructors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from kernel.logs import configure_logs
from web import frame, i18n, problems, security
from web.json import Json
from web.services import EXTENSION
from web.turns import Turns

if TYPE_CHECKING:
    from wiring import Services


def register(app: Flask, services: Services) -> None:
    """Put every page, the languages, CSRF protection, headers and error pages onto the application."""
    from web import api
    from web.admin import admin
    from web.console import console
    from web.desk import desk
    from web.portal import portal
    from web.public import public
    from web.workbench import workbench

    configure_logs(services.settings)
    app.json = Json(app)
    app.extensions[EXTENSION] = services
    security.register(app, services.settings)
    i18n.register(app)
    problems.register(app)
    frame.register(app)
    for room in (public, portal, desk, console, workbench, admin):
        app.register_blueprint(room)
    api.register(app, services.settings)
    app.wsgi_app = Turns(app.wsgi_app)  # type: ignore[method-assign]
