"""A request that may be sent again when its answer was lost: the header `Idempotency-Key` makes it one command."""

from __future__ import annotations

import hashlib

from flask import request
from werkzeug.exceptions import BadRequest

from web.api.access import calling_actor

HEADER = "Idempotency-Key"
LONGEST = 255


def command_id() -> str:
    """The id of the command that the request asks for; empty when the caller names none, so that each is another.

    Each account has keys of its own, so none can meet those of others.
    """
    given = request.headers.get(HEADER, "").strip()
    if len(given) > LONGEST:
        raise BadRequest(f"Expected at most {LONGEST} characters in {HEADER}")
    return hashlib.sha256(f"{calling_actor().id}:{given}".encode()).hexdigest() if given else ""
