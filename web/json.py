"""JSON of the web by orjson: several times faster, and Chinese stays readable."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from flask.json.provider import JSONProvider


class Json(JSONProvider):
    """Flask's port for JSON; what `orjson` does not know is a fault."""

    def dumps(self, obj: Any, **options: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **options: Any) -> Any:
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        found = orjson.dumps(self._prepare_response_obj(args, kwargs))
        return Response(found, mimetype="application/json")
