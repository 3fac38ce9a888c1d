"""Pages of applicants and enterprises: home, guides, applications, forms, messages, account, demo bar."""

from __future__ import annotations

from flask import Blueprint

portal = Blueprint("portal", __name__)

from web.portal import (  # noqa: E402, F401 - they add their routes
    account,
    actions,
    applications,
    demo,
    forms,
    guides,
    home,
    uploads,
)
