"""Administration of a real installation: accounts, and what an enterprise says about itself."""

from __future__ import annotations

from flask import Blueprint

admin = Blueprint("admin", __name__)

from web.admin import accounts, enterprise, tokens  # noqa: E402, F401 - the views hang themselves on the blueprint
