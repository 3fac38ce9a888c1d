"""The room of accounts inside the unit of work of one page or command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from identity.accounts import Accounts
from web.services import services


@contextmanager
def accounts_read() -> Iterator[Accounts]:
    """The accounts, for a page."""
    with services().database.read() as connection:
        yield Accounts(connection, services().system_clock, services().passwords)


@contextmanager
def accounts_write() -> Iterator[Accounts]:
    """The accounts, for one command: leaving commits, an exception rolls back."""
    with services().database.write() as work:
        yield Accounts(work.connection, services().system_clock, services().passwords)
