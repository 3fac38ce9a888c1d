"""Administration of a real installation: accounts and policy notices."""

from __future__ import annotations

from flask import Blueprint

admin = Blueprint("admin", __name__)

from web.admin import accounts, notices, tokens  # noqa: E402, F401 - the views hang themselves on the blueprint
