"""Wrong passwords are counted, and too many lock: for an account, a name that is none, an address (F-AUTH-4).

Of the whole service they are counted too, for guesses that come from everywhere and try each account once. Too many
of those lock nobody out, or guessing would close the service to all: everybody is asked for a captcha instead.

A try is counted before the password is looked at, in a transaction of its own: a hundred guesses at the same
moment then count as a hundred, not as one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from store.tables import account, sign_in_attempt

MOST_TRIES = 5
MOST_TRIES_OF_ADDRESS = 50  # many people of an enterprise share one
MOST_TRIES_OF_ALL = 500  # in a quarter of an hour; a busy morning has a tenth of that
LOCK = timedelta(minutes=15)
_FORGET_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tries:
    """The wrong passwords so far and how long that locks."""

    failed: int
    locked_until: datetime | None

    def is_locked(self, now: datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until

    def with_another(self, now: datetime, most: int = MOST_TRIES) -> Tries:
        """One more; a lock that is over starts the count anew."""
        failed = 1 if self.locked_until is not None else self.failed + 1
        return Tries(failed, now + LOCK if failed >= most else None)


class Attempts:
    """The counters; `now` is always of the system's clock."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def of_account(self, account_id: str) -> Tries | None:
        """Count a try for an account before its password is looked at; none while the account is locked."""
        locked = select(account.c.failed_attempts, account.c.locked_until).where(account.c.id == account_id)
        row = self._connection.execute(locked.with_for_update()).one()
        before = Tries(row.failed_attempts, row.locked_until)
        if before.is_locked(self._now):
            return None
        return self._set_account(account_id, before.with_another(self._now))

    def of_unknown(self, name: str) -> Tries | None:
        """The same for a name that is no account's, so that a lock does not tell which names exist."""
        return self._count(f"name:{hashlib.sha256(name.encode()).hexdigest()}", MOST_TRIES)

    def address_is_locked(self, ip: str) -> bool:
        row = self._connection.execute(
            select(sign_in_attempt.c.locked_until).where(sign_in_attempt.c.key == f"ip:{ip}")
        ).one_or_none()
        return row is not None and Tries(0, row.locked_until).is_locked(self._now)

    def address_failed(self, ip: str) -> None:
        """Count a wrong password from an address; a quarter of an hour without one starts the count anew."""
        self._count(f"ip:{ip}", MOST_TRIES_OF_ADDRESS, within=LOCK)

    def anybody_failed(self) -> None:
        """Count a wrong password of the whole service, by quarters of an hour."""
        self._count(f"all:{self._quarter}", MOST_TRIES_OF_ALL)

    def is_guessing(self) -> bool:
        """Whether there were too many wrong passwords in this quarter of an hour or the one before."""
        keys = [f"all:{quarter}" for quarter in (self._quarter, self._quarter - 1)]
        locks = self._connection.execute(
            select(sign_in_attempt.c.locked_until).where(sign_in_attempt.c.key.in_(keys))
        ).scalars()
        return any(Tries(0, locked_until).is_locked(self._now) for locked_until in locks)

    @property
    def _quarter(self) -> int:
        return int(self._now.timestamp() // LOCK.total_seconds())

    def clear(self, account_id: str) -> None:
        """The right password was given, or an administrator unlocks."""
        self._set_account(account_id, Tries(0, None))

    def _set_account(self, account_id: str, tries: Tries) -> Tries:
        self._connection.execute(
            update(account)
            .where(account.c.id == account_id)
            .values(failed_attempts=tries.failed, locked_until=tries.locked_until)
        )
        return tries

    def _count(self, key: str, most: int, within: timedelta = _FORGET_AFTER) -> Tries | None:
        self._connection.execute(
            delete(sign_in_attempt).where(sign_in_attempt.c.failed_at <= self._now - _FORGET_AFTER)
        )
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        new = dialect.insert(sign_in_attempt).values(key=key, failed_attempts=0, failed_at=self._now)
        self._connection.execute(new.on_conflict_do_nothing())
        row = self._connection.execute(
            select(sign_in_attempt).where(sign_in_attempt.c.key == key).with_for_update()
        ).one()
        before = Tries(row.failed_attempts, row.locked_until)
        if before.is_locked(self._now):
            return None
        if row.failed_at <= self._now - within:
            before = Tries(0, None)
        tries = before.with_another(self._now, most)
        self._connection.execute(
            update(sign_in_attempt)
            .where(sign_in_attempt.c.key == key)
            .values(failed_attempts=tries.failed, locked_until=tries.locked_until, failed_at=self._now)
        )
        return tries
