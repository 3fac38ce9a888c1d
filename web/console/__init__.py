"""The console: what operators see and do about process instances and jobs (F-OPS, UI.md page patterns 5 and 5b)."""

from __future__ import annotations

from flask import Blueprint

from kernel.actors import Role

WATCHERS = (Role.OPS, Role.SYSTEM_ADMIN)  # an administrator looks, an operator acts (REQUIREMENTS.md 1.1, 1.3)
OPERATORS = (Role.OPS,)

console = Blueprint("console", __name__)

from web.console import incidents, instances, overview  # noqa: E402, F401 - the views hang themselves on the blueprint
