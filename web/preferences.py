"""What a person has chosen for the pages, kept with the account: language, stock opinions, shortcut keys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from identity.accounts import Accounts
from kernel.actors import Actor
from web.services import services


def preferences_of(actor: Actor, connection: Connection | None = None) -> dict[str, Any]:
    """Everything the person has chosen; a page that asks for more gives its connection."""
    if connection is None:
        with services().database.read() as own:
            return preferences_of(actor, own)
    return Accounts(connection, services().system_clock, services().passwords).preferences(actor.id)


def save_preference(actor: Actor, name: str, value: Any) -> None:
    """Remember one choice; it stands beside those already made."""
    with services().database.write() as work:
        Accounts(work.connection, services().system_clock, services().passwords).prefer(actor.id, **{name: value})
