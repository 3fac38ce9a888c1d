"""Who calls the interface: other systems, by bearer token or HTTP Basic, with the rights of an account (DESIGN.md 9).

A token is issued by an administrator for one account and told once. The password of an account opens the interface
only when the account is one for systems (`Role.SERVICE`): people sign in on the pages, where a captcha stands.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update

from identity.actors import accounts_with_roles, actor_in
from identity.attempts import Attempts
from identity.passwords import Passwords
from identity.sessions import digest_of
from kernel.actors import Actor, Role
from kernel.clock import Clock
from kernel.errors import InvalidInput, NotFound, Reason
from kernel.permissions import Action, authorize
from kernel.texts import Text
from store.statements import Statement
from store.tables import account, api_token
from store.unit_of_work import Database

_TOUCH_EVERY = timedelta(minutes=1)
_MOST_PROVED = 1_000
LONGEST_NAME = 100

# Asked in every request.
_BY_TOKEN = Statement(
    accounts_with_roles()
    .add_columns(api_token.c.id.label("token_id"), api_token.c.used_at)
    .join(api_token, api_token.c.account_id == account.c.id)
    .where(
        api_token.c.token_sha256 == bindparam("token_sha256"),
        api_token.c.revoked_at.is_(None),
        or_(api_token.c.expires_at.is_(None), api_token.c.expires_at > bindparam("now")),
    )
)
_BY_NAME = Statement(
    accounts_with_roles().add_columns(account.c.password_hash).where(account.c.username == bindparam("username"))
)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as lists show it; `used_at` is exact to a minute."""

    id: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


class InterfaceSignIn:
    """Credentials of one request in, the actor out; None for all that does not open. The clock is the system's."""

    def __init__(self, database: Database, clock: Clock, passwords: Passwords) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        # Argon2 is slow on purpose, and clients send the password with each request: one that was right stays so
        # while the stored hash is the same. What is kept is a keyed hash that leaves with this process.
        self._pepper = secrets.token_bytes(32)
        self._proved: dict[str, tuple[str, bytes]] = {}

    def by_token(self, token: str, *, ip: str) -> Actor | None:
        """The actor of a bearer token that is neither expired nor revoked, as its account stands now."""
        now = self._clock.now()
        (rows,) = self._database.ask(_BY_TOKEN(token_sha256=digest_of(token), now=now))
        if rows and (rows[0].used_at is None or now - rows[0].used_at >= _TOUCH_EVERY):
            with self._database.write() as work:
                used = update(api_token).where(api_token.c.id == rows[0].token_id).values(used_at=now)
                work.connection.execute(used)
        return actor_in(rows, ip)

    def by_password(self, username: str, password: str, *, ip: str) -> Actor | None:
        """The actor of a service account; wrong passwords are counted and lock, as on the pages (F-AUTH-4)."""
        (rows,) = self._database.ask(_BY_NAME(username=username.strip().lower()))
        actor = actor_in(rows, ip)
        if actor is not None and not actor.has(Role.SERVICE):
            actor = None
        stored = rows[0].password_hash if actor else None
        proof = hmac.digest(self._pepper, password.encode(), "sha256")
        if actor is not None and self._is_proved(actor.id, stored, proof):
            return actor
        if not self._may_try(actor, username, ip):
            return None
        if not self._passwords.matches(stored, password) or actor is None:
            with self._database.write() as work:
                Attempts(work.connection, self._clock.now()).address_failed(ip)
            return None
        with self._database.write() as work:
            Attempts(work.connection, self._clock.now()).clear(actor.id)
        if len(self._proved) >= _MOST_PROVED:
            self._proved.clear()
        self._proved[actor.id] = (str(stored), proof)
        return actor

    def _is_proved(self, account_id: str, stored: str | None, proof: bytes) -> bool:
        known = self._proved.get(account_id)
        return known is not None and known[0] == stored and hmac.compare_digest(known[1], proof)

    def _may_try(self, actor: Actor | None, username: str, ip: str) -> bool:
        with self._database.write() as work:
            attempts = Attempts(work.connection, self._clock.now())
            if attempts.address_is_locked(ip):
                return False
            name = username.strip().lower()
            return (attempts.of_account(actor.id) if actor else attempts.of_unknown(name)) is not None


class ApiTokens:
    """The tokens of accounts, as administrators see and issue them."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def of_account(self, account_id: str) -> Sequence[ApiToken]:
        """All tokens that an account ever had, newest first."""
        query = select(api_token).where(api_token.c.account_id == account_id).order_by(api_token.c.created_at.desc())
        return [_token(row) for row in self._connection.execute(query)]

    def issue(self, account_id: str, name: str, days: int | None, *, by: Actor) -> str:
        """A new token, good for so many days or until it is revoked; told this once and never again.

        Raises:
            NotAllowed: the actor manages no accounts.
            NotFound: no account has this id.
            InvalidInput: the name is missing or too long, or the days are not from 1 to 3650.
        """
        authorize(by, Action.MANAGE_ACCOUNTS)
        if not self._connection.execute(select(account.c.id).where(account.c.id == account_id)).first():
            raise NotFound(detail=f"no account {account_id}")
        name = name.strip()
        if not name or len(name) > LONGEST_NAME:
            raise InvalidInput(Reason("FIELD_REQUIRED", {"field": Text("用途", "What it is for")}, field="token_name"))
        if days is not None and not 1 <= days <= 3650:
            raise InvalidInput(Reason("FIELD_INVALID", {"field": Text("有效天数", "Days")}, field="token_days"))
        token, now = f"pf_{secrets.token_urlsafe(32)}", self._clock.now()
        row = {
            "id": str(uuid4()),
            "account_id": account_id,
            "name": name,
            "token_sha256": digest_of(token),
            "created_at": now,
            "created_by": by.id,
            "expires_at": None if days is None else now + timedelta(days=days),
        }
        self._connection.execute(insert(api_token).values(row))
        return token

    def revoke(self, account_id: str, token_id: str, *, by: Actor) -> None:
        """End a token at once; ending it again changes nothing.

        Raises:
            NotAllowed: the actor manages no accounts.
        """
        authorize(by, Action.MANAGE_ACCOUNTS)
        own = (api_token.c.id == token_id) & (api_token.c.account_id == account_id) & api_token.c.revoked_at.is_(None)
        self._connection.execute(update(api_token).where(own).values(revoked_at=self._clock.now()))


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(row.id, row.name, row.created_at, row.expires_at, row.used_at, row.revoked_at)
