"""The description of the interface: for tools at `/api/openapi.json`, for people at `/api`."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, abort, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue

from web.access import public
from web.api.reading import Group, groups_of

blueprint = Blueprint("api", __name__)


@blueprint.get("/api/openapi.json")
@public
def openapi() -> ResponseReturnValue:
    """What other systems can call, for their tools to read."""
    return jsonify(_description())


@blueprint.get("/api")
@public
def overview() -> ResponseReturnValue:
    """All routes by resource."""
    return render_template("api/overview.html", groups=_groups())


@blueprint.get("/api/<operation_id>")
@public
def operation(operation_id: str) -> ResponseReturnValue:
    """One route: what it takes and answers, and a form to try it."""
    found = next((one for group in _groups() for one in group.operations if one.id == operation_id), None)
    if found is None:
        abort(404)
    return render_template("api/operation.html", operation=found)


def _description() -> dict[str, Any]:
    description: dict[str, Any] = cast(Any, current_app.extensions["interface"]).description()
    return description


def _groups() -> tuple[Group, ...]:
    """Read once: the routes of a process do not change."""
    extensions = current_app.extensions
    if "interface_groups" not in extensions:
        extensions["interface_groups"] = groups_of(_description())
    return cast(tuple[Group, ...], extensions["interface_groups"])
