"""Signed-in sessions, kept on the server: the browser holds a random token, the database its hash (F-AUTH-4)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update

from kernel.clock import Clock
from store.tables import session

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=8)
_TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lasts without a request, and at most."""

    idle: timedelta = IDLE
    longest: timedelta = LONGEST


@dataclass(frozen=True, slots=True)
class Session:
    """A session in force. `is_stale` says that its last request is to be noted again (at most once a minute)."""

    token: str
    account_id: str
    created_at: datetime
    seen_at: datetime
    is_stale: bool


class Sessions:
    """The sessions; the clock is the system's, whatever the business clock says."""

    def __init__(self, connection: Connection, clock: Clock, limits: SessionLimits | None = None) -> None:
        self._connection = connection
        self._clock = clock
        self._limits = limits or SessionLimits()

    def open(self, account_id: str, *, ip: str) -> str:
        """Begin a session and return its token, which is told nobody else and never again."""
        token = secrets.token_urlsafe(32)
        now = self._clock.now()
        self._connection.execute(
            insert(session).values(
                token_sha256=digest_of(token), account_id=account_id, created_at=now, seen_at=now, ip=ip
            )
        )
        return token

    def find(self, token: str) -> Session | None:
        """The session in force of a token; none if it is unknown, revoked, idle too long or too old. Only reads."""
        row = self._connection.execute(select(session).where(session.c.token_sha256 == digest_of(token))).one_or_none()
        if row is None:
            return None
        return in_force(token, row.account_id, row.created_at, row.seen_at, self._clock.now(), self._limits)

    def touch(self, token: str) -> None:
        """Note a request of the session, so that it is not idle; called for a stale one only."""
        self._connection.execute(
            update(session).where(session.c.token_sha256 == digest_of(token)).values(seen_at=self._clock.now())
        )

    def close(self, token: str) -> None:
        """Sign out."""
        self._connection.execute(delete(session).where(session.c.token_sha256 == digest_of(token)))

    def close_all(self, account_id: str, *, but: str | None = None) -> None:
        """Revoke every session of an account, perhaps but the one that asks for it."""
        revoked = delete(session).where(session.c.account_id == account_id)
        if but is not None:
            revoked = revoked.where(session.c.token_sha256 != digest_of(but))
        self._connection.execute(revoked)

    def forget_expired(self) -> int:
        """Delete the rows of sessions whose time is over; tells how many."""
        now = self._clock.now()
        over = or_(session.c.seen_at <= now - self._limits.idle, session.c.created_at <= now - self._limits.longest)
        return self._connection.execute(delete(session).where(over)).rowcount


def in_force(
    token: str, account_id: str, created_at: datetime, seen_at: datetime, now: datetime, limits: SessionLimits
) -> Session | None:
    """The session of a row, unless its time is over."""
    if now - seen_at >= limits.idle or now - created_at >= limits.longest:
        return None
    return Session(token, account_id, created_at, seen_at, is_stale=now - seen_at >= _TOUCH_EVERY)


def digest_of(token: str) -> str:
    """What the database knows of a token: who reads the table cannot sign in with it."""
    return hashlib.sha256(token.encode()).hexdigest()
