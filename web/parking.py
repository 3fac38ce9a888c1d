"""Entries that arrived without a valid session wait here until their owner is signed in again.

Nothing that was typed is lost when a session expires mid-form: the fields are parked for the account that had the
session, and the form's page shows them after sign-in of that same account. Files are not parked.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import cast

from flask import current_app, request, url_for
from sqlalchemy import delete, insert, select
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from store.tables.people import parked_form
from web.services import services

KEPT_FOR = timedelta(hours=24)
MAX_BYTES = 200_000
# What belongs to one rendering of a page is not an entry.
NOT_ENTRIES = frozenset({"csrf_token", "command_id"})


def page_of_request() -> str:
    """The page on which the entries of this request can be shown again, else the home page."""
    view = current_app.view_functions.get(request.endpoint or "")
    endpoint = getattr(view, "__parks_at__", None)
    if endpoint:
        return url_for(endpoint, **(request.view_args or {}))
    try:
        request_adapter = current_app.create_url_adapter(request)
        if request_adapter is not None:
            request_adapter.match(request.path, method="GET")
            return request.path
    except (HTTPException, RequestRedirect):
        return "/home"
    return "/home"


def park(account_id: str | None) -> bool:
    """Keep the posted fields for an account; tells whether there was anything to keep.

    `account_id` comes from the signed cookie of the old session, never from the request's fields.
    """
    fields = {name: request.form.getlist(name) for name in request.form if name not in NOT_ENTRIES}
    if not account_id or not fields or sum(len(v) for values in fields.values() for v in values) > MAX_BYTES:
        return False
    now = services().system_clock.now()
    with services().database.write() as work:
        work.connection.execute(delete(parked_form).where(parked_form.c.created_at < now - KEPT_FOR))
        work.connection.execute(
            insert(parked_form).values(
                id=secrets.token_hex(16),
                account_id=account_id,
                path=page_of_request(),
                fields=fields,
                created_at=now,
            )
        )
    return True


def take(account_id: str) -> MultiDict[str, str] | None:
    """The entries parked for this account at the page now asked for; they are handed out once."""
    with services().database.read() as connection:
        row = connection.execute(
            select(parked_form.c.fields)
            .where(parked_form.c.account_id == account_id, parked_form.c.path == request.path)
            .order_by(parked_form.c.created_at.desc())
            .limit(1)
        ).first()
    if row is None:
        return None
    with services().database.write() as work:
        work.connection.execute(
            delete(parked_form).where(parked_form.c.account_id == account_id, parked_form.c.path == request.path)
        )
    return MultiDict(
        [(name, value) for name, values in cast("dict[str, list[str]]", row.fields).items() for value in values]
    )
