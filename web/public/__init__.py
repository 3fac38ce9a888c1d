"""Pages that need no session: service hall, sign-in, publicity, announcements, captcha, health, preferences."""

from __future__ import annotations

from flask import Blueprint

public = Blueprint("public", __name__)

from web.public import health, notices, pages, sign_in  # noqa: E402, F401 - they add their routes
