"""The OpenAPI description of the interface (`/api/openapi.json`)."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue

from web.access import public

blueprint = Blueprint("api", __name__)


@blueprint.get("/api/openapi.json")
@public
def openapi() -> ResponseReturnValue:
    """What other systems can call, for their tools to read."""
    return jsonify(cast(Any, current_app.extensions["interface"]).spec.to_dict())
