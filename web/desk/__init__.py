"""The desk: the inbox of enterprises and officers (F-INBOX, UI.md page pattern 4)."""

from __future__ import annotations

from flask import Blueprint

from kernel.actors import ENTERPRISE_ROLES, OFFICER_ROLES, Role

DESK_ROLES = tuple(sorted(ENTERPRISE_ROLES | OFFICER_ROLES | {Role.REGISTRATION_CENTRE}))

desk = Blueprint("desk", __name__)

from web.desk import batch, forced_deregistration, inbox, settings  # noqa: E402, F401 - the views hang themselves on the blueprint
