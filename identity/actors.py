"""The actor behind a request, read fresh from the database each time: a right that is taken away is gone at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from identity.sessions import Session, SessionLimits, digest_of, in_force
from kernel.actors import Actor, Role
from kernel.clock import Clock
from store.statements import Question, Record, Statement
from store.tables import account, account_role, session


def actor_of(connection: Connection, account_id: str, *, ip: str = "") -> Actor | None:
    """The actor of an account as it stands now; none if it is disabled or gone."""
    rows = connection.execute(accounts_with_roles().where(account.c.id == account_id)).all()
    return actor_in(rows, ip)


def signed_in(
    ask: Callable[[Question], list[list[Record]]],
    token: str,
    *,
    clock: Clock,
    limits: SessionLimits | None = None,
    ip: str = "",
) -> tuple[Actor, Session] | None:
    """The actor and session of a request in one statement; none if the session is over or the account disabled."""
    (rows,) = ask(_SIGNED_IN(token_sha256=digest_of(token)))
    actor = actor_in(rows, ip)
    if actor is None:
        return None
    found = in_force(token, rows[0].id, rows[0].opened_at, rows[0].seen_at, clock.now(), limits or SessionLimits())
    return None if found is None else (actor, found)


def accounts_with_roles() -> Select[Any]:
    """One row a role; an account without roles has one row without."""
    return (
        select(
            account.c.id,
            account.c.name,
            account.c.unit,
            account.c.person_id,
            account.c.enterprise,
            account.c.district,
            account_role.c.role,
        )
        .join_from(account, account_role, account_role.c.account_id == account.c.id, isouter=True)
        .where(account.c.disabled.is_(False))
    )


_SIGNED_IN = Statement(
    accounts_with_roles()
    .add_columns(session.c.created_at.label("opened_at"), session.c.seen_at)
    .join(session, session.c.account_id == account.c.id)
    .where(session.c.token_sha256 == bindparam("token_sha256"))
)


def actor_in(rows: Sequence[Record], ip: str) -> Actor | None:
    """The actor of the rows of one account; none when there are none."""
    if not rows:
        return None
    first = rows[0]
    return Actor(
        id=first.id,
        name=first.name,
        roles=frozenset(Role(row.role) for row in rows if row.role),
        person_id=first.person_id,
        enterprise=first.enterprise,
        district=first.district,
        unit=first.unit,
        ip=ip,
    )
