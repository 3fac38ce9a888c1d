"""`GET /healthz`: ready to serve means that the database answers."""

from __future__ import annotations

from flask import jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from web.access import public as everybody
from web.public import public
from web.services import services


@public.get("/healthz")
@everybody
def healthz() -> ResponseReturnValue:
    with services().database.read() as connection:
        connection.execute(text("select 1"))
    return jsonify(status="ok")
