"""Entries that arrived without a valid session wait here until their owner is signed in again.

Nothing that was typed or chosen is lost when a session expires mid-form: fields and files are parked for the account
that had the session, and the form's page shows them after sign-in of that same account.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app, request, url_for
from sqlalchemy import Connection, delete, insert, select
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from forms.uploads import FileRefused, check_upload
from jobs.cleaning import PARKED_FOR
from store.tables.people import parked_form
from web.services import services

MAX_BYTES = 200_000
MOST_OF_AN_ACCOUNT = 5
# What belongs to one rendering of a page is not an entry, and a secret is not kept.
NOT_ENTRIES = frozenset({"csrf_token", "command_id", "password", "old_password", "repeat", "captcha"})
# Neither are these on their own: the page knows them again.
NOT_WORTH_KEEPING = frozenset({"revision", "action"})


@dataclass(frozen=True, slots=True)
class ParkedFile:
    """A file that came along: the attachment it is for, its name, its bytes."""

    kind: str
    name: str
    content: bytes


class ParkedEntries(MultiDict[str, str]):
    """The fields as they were posted, and the files that came with them."""

    files: tuple[ParkedFile, ...] = ()


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
    """Keep the posted fields and files for an account; tells whether there was anything to keep.

    `account_id` comes from the signed cookie of the old session, never from the request's fields.
    """
    fields = {name: request.form.getlist(name) for name in request.form if name not in NOT_ENTRIES}
    chosen = [file for _, file in request.files.items(multi=True) if file.filename]
    if not account_id or not (fields.keys() - NOT_WORTH_KEEPING or chosen):
        return False
    if sum(len(value) for values in fields.values() for value in values) > MAX_BYTES:
        return False
    now = services().system_clock.now()
    with services().database.write() as work:
        _forget(work.connection, parked_form.c.created_at < now - PARKED_FOR)
        older = (
            select(parked_form.c.id)
            .where(parked_form.c.account_id == account_id)
            .order_by(parked_form.c.created_at.desc())
            .offset(MOST_OF_AN_ACCOUNT - 1)
        )
        _forget(work.connection, parked_form.c.id.in_(list(work.connection.execute(older).scalars())))
        work.connection.execute(
            insert(parked_form).values(
                id=secrets.token_hex(16),
                account_id=account_id,
                path=page_of_request(),
                fields={"entries": fields, "files": list(_stored_files())},
                created_at=now,
            )
        )
    return True


def take(account_id: str) -> ParkedEntries | None:
    """What is parked for this account at the page now asked for, the latest; it is handed out once."""
    of_this_page = (parked_form.c.account_id == account_id) & (parked_form.c.path == request.path)
    query = select(parked_form.c.fields).where(of_this_page).order_by(parked_form.c.created_at.desc()).limit(1)
    with services().database.read() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    entries: dict[str, list[str]] = row.fields["entries"]
    found = ParkedEntries([(name, value) for name, values in entries.items() for value in values])
    found.files = tuple(
        ParkedFile(file["kind"], file["name"], path.read_bytes())
        for file in row.fields["files"]
        if (path := _directory() / file["stored_name"]).is_file()
    )
    with services().database.write() as work:
        _forget(work.connection, of_this_page)
    return found


def _stored_files() -> Iterator[dict[str, str]]:
    """Write the files that may be attachments at all; the name of the input is the number of the attachment."""
    for name, file in request.files.items(multi=True):
        if not file.filename:
            continue
        content = file.stream.read()
        try:
            check_upload(file.filename, content, max_mb=services().settings.max_attachment_mb)
        except FileRefused:
            continue
        stored_name = secrets.token_hex(16)
        _directory().mkdir(parents=True, exist_ok=True)
        (_directory() / stored_name).write_bytes(content)
        yield {"kind": name, "name": file.filename, "stored_name": stored_name}


def _forget(connection: Connection, which: Any) -> None:
    rows = connection.execute(delete(parked_form).where(which).returning(parked_form.c.fields)).all()
    for row in rows:
        for file in row.fields["files"]:
            (_directory() / file["stored_name"]).unlink(missing_ok=True)


def _directory() -> Path:
    return services().settings.var_dir / "parked"
