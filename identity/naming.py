"""What accounts are called when the books change: the name of their person, the unit of their enterprise."""

from __future__ import annotations

from sqlalchemy import Connection, update

from store.tables import account


def rename_person(connection: Connection, person_id: str, name: str) -> None:
    """A person's accounts follow the person's name; the ID number they sign in by is that of the books anyway."""
    connection.execute(update(account).where(account.c.person_id == person_id).values(name=name))


def rename_enterprise(connection: Connection, uscc: str, name: str) -> None:
    """The accounts of an enterprise follow its name."""
    connection.execute(update(account).where(account.c.enterprise == uscc).values(unit=name))
