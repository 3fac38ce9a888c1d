"""What was posted, as the services take it: every value of every name."""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import MultiDict


def posted_fields(form: MultiDict[str, str] | None = None) -> dict[str, list[str]]:
    source = request.form if form is None else form
    return {name: source.getlist(name) for name in source}
