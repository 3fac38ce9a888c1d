"""The workbench: what analysts see of the deployed definitions, and how they deploy a file (F-BPMN, R-P-05)."""

from __future__ import annotations

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from kernel.actors import Role

VIEWERS = (Role.ANALYST, Role.OPS, Role.SYSTEM_ADMIN)
ANALYSTS = (Role.ANALYST,)
# Under the size at which the parser refuses a diagram, so that a refused file comes back whole in the report.
MAX_FILE_MB = 2

workbench = Blueprint("workbench", __name__)


@workbench.record_once
def _allow_diagrams_as_text(state: BlueprintSetupState) -> None:
    """A checked file is posted again as text; Flask's own limit of half a megabyte is below what may be deployed."""
    state.app.config["MAX_FORM_MEMORY_SIZE"] = (MAX_FILE_MB * 2 + 1) * 1024 * 1024


from web.workbench import definitions, upload  # noqa: E402, F401 - the views hang themselves on the blueprint
