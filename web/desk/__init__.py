"""The desk: the inbox of enterprises and officers (F-INBOX, UI.md page pattern 4)."""

from __future__ import annotations

from flask import Blueprint

from kernel.actors import ENTERPRISE_ROLES, OFFICER_ROLES

DESK_ROLES = tuple(sorted(ENTERPRISE_ROLES | OFFICER_ROLES))

desk = Blueprint("desk", __name__)

from web.desk import (  # noqa: E402 - the views hang themselves on the blueprint
    batch,  # noqa: F401
    flags,  # noqa: F401
    forced_deregistration,  # noqa: F401
    inbox,  # noqa: F401
    settings,  # noqa: F401
)
