"""What `flask create-admin` does on a new installation (DESIGN.md 12)."""

from __future__ import annotations

from identity.accounts import Account, Accounts, NewAccount
from identity.passwords import Passwords
from kernel.actors import SYSTEM, Role
from kernel.clock import Clock
from store.unit_of_work import UnitOfWork


def create_admin(work: UnitOfWork, username: str, password: str, *, clock: Clock, passwords: Passwords) -> Account:
    """Create the system administrator, who creates the other accounts.

    Raises:
        InvalidInput: the user name is not valid or taken, or the password is weak (R-V-09).
    """
    admin = NewAccount(username, "系统管理员", "系统管理", frozenset({Role.SYSTEM_ADMIN}))
    return Accounts(work.connection, clock, passwords).create(admin, password, password, by=SYSTEM)
