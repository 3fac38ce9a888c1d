"""Pages of applicants and enterprises: home, guides, applications, forms, messages, account, demo bar."""

from __future__ import annotations

from flask import Blueprint

from kernel.actors import Role

APPLICANTS = (Role.INDIVIDUAL, Role.ENTERPRISE_ADMIN, Role.ENTERPRISE_USER)

portal = Blueprint("portal", __name__)

from web.portal import (  # noqa: E402, F401 - they add their routes
    account,
    actions,
    applications,
    certificates,
    demo,
    enterprise,
    forms,
    guides,
    home,
    lists,
    ministry,
    uploads,
)
