"""Accounts with their roles and scopes: created, changed and disabled by administrators (DESIGN.md 10, 12)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from identity.attempts import Attempts
from identity.passwords import Passwords, check_new_password
from identity.sessions import Sessions
from kernel.actors import ENTERPRISE_ROLES, Actor, Role
from kernel.clock import Clock
from kernel.errors import InvalidInput, NotFound, Reason, Refused
from kernel.permissions import Action, authorize
from kernel.texts import Text
from store.statements import Statement
from store.tables import account, account_role
from store.unit_of_work import ask_on

PAGE_SIZE = 20
LAST_PAGE = 1_000_000  # what an address may ask for; databases count no farther than they store
_USERNAME = re.compile(r"[a-z0-9][a-z0-9_.-]{2,63}")
_USERNAME_LABEL = Text("登录帐号", "Account name")
_NAME_LABEL = Text("姓名", "Name")
_ROLES_LABEL = Text("角色", "Roles")
_PERSON_LABEL = Text("人员", "Person")
_ENTERPRISE_LABEL = Text("企业", "Enterprise")
_DISTRICT_LABEL = Text("区县", "District")
_PREFERENCES = Statement(select(account.c.preferences).where(account.c.id == bindparam("account_id")))


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account is created with: `person_id`, `enterprise` (USCC) and `district` are the scopes of its roles."""

    username: str
    name: str
    unit: str
    roles: frozenset[Role]
    person_id: str | None = None
    enterprise: str | None = None
    district: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it stands; its password hash stays in the table."""

    id: str
    username: str
    name: str
    unit: str
    created_at: datetime
    roles: frozenset[Role] = field(default_factory=frozenset)
    person_id: str | None = None
    enterprise: str | None = None
    district: str | None = None
    disabled: bool = False
    failed_attempts: int = 0
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountPage:
    items: tuple[Account, ...]
    total: int
    page: int


_COLUMNS = tuple(column for column in account.c if column.name not in ("password_hash", "preferences"))


class Accounts:
    """The accounts; the clock is the system's."""

    def __init__(self, connection: Connection, clock: Clock, passwords: Passwords) -> None:
        self._connection = connection
        self._clock = clock
        self._passwords = passwords
        self._sessions = Sessions(connection, clock)

    def get(self, account_id: str) -> Account:
        """
        Raises:
            NotFound: no account has this id.
        """
        return self._one(account.c.id == account_id)

    def by_username(self, username: str) -> Account:
        """
        Raises:
            NotFound: no account has this name.
        """
        return self._one(account.c.username == username.strip().lower())

    def search(self, words: str, page: int = 1) -> AccountPage:
        """Accounts whose user name, name or unit holds the words, by user name, 20 a page; none behind the last."""
        page, words = min(max(1, page), LAST_PAGE), words.strip()
        query = select(*_COLUMNS)
        if words:
            columns = (account.c.username, account.c.name, account.c.unit)
            query = query.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
        total = self._connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        rows = self._connection.execute(
            query.order_by(account.c.username).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
        ).all()
        roles = self._roles_of([row.id for row in rows])
        return AccountPage(tuple(Account(**row._mapping, roles=roles[row.id]) for row in rows), total, page)

    def create(self, new: NewAccount, password: str, repeat: str, *, by: Actor) -> Account:
        """Create an account that can sign in at once.

        Raises:
            NotAllowed: the actor manages no accounts.
            InvalidInput: all that is wrong with names, roles, scopes and password; or the user name, or the
                person's place as an individual, is taken.
        """
        authorize(by, Action.MANAGE_ACCOUNTS)
        username = new.username.strip().lower()
        reasons = [*_username_reasons(username), *_missing(new.name, _NAME_LABEL, "name"), *_role_reasons(new)]
        if reasons:
            raise InvalidInput(*reasons)
        check_new_password(password, repeat, username=username)
        self._check_not_taken(new, username)
        created = Account(
            id=str(uuid.uuid4()),
            username=username,
            name=new.name.strip(),
            unit=new.unit.strip(),
            created_at=self._clock.now(),
            roles=new.roles,
            person_id=new.person_id,
            enterprise=new.enterprise,
            district=new.district,
        )
        try:
            self.enter([created], self._passwords.hash(password))
        except IntegrityError as error:  # somebody else took the name since the check
            raise InvalidInput(Reason("ACCOUNT_TAKEN", field="username")) from error
        return created

    def enter(self, accounts: Sequence[Account], password_hash: str) -> None:
        """Write accounts that were checked elsewhere, all with the same password."""
        rows = [
            {column.name: getattr(each, column.name) for column in _COLUMNS}
            | {"password_hash": password_hash, "preferences": {}}
            for each in accounts
        ]
        if rows:
            self._connection.execute(insert(account), rows)
            self._enter_roles({each.id: each.roles for each in accounts})

    def change_own_password(self, account_id: str, old: str, new: str, repeat: str, *, token: str) -> None:
        """Change one's password; every other session of the account ends (F-PASSWORD).

        Raises:
            InvalidInput: the old password is wrong (R-004-12), or the new one weak or not typed alike (R-V-09).
        """
        row = self._connection.execute(
            select(account.c.username, account.c.password_hash).where(account.c.id == account_id)
        ).one()
        if not self._passwords.matches(row.password_hash, old):
            raise InvalidInput(Reason("OLD_PASSWORD_WRONG", rule="R-004-12", field="old_password"))
        check_new_password(new, repeat, username=row.username)
        self._update(account_id, password_hash=self._passwords.hash(new))
        self._sessions.close_all(account_id, but=token)

    def reset_password(self, account_id: str, new: str, repeat: str, *, by: Actor) -> None:
        """Give an account a new password and unlock it; all its sessions end.

        Raises:
            NotAllowed: the actor manages no accounts.
            NotFound: no account has this id.
            InvalidInput: the password is weak or not typed alike (R-V-09).
        """
        authorize(by, Action.MANAGE_ACCOUNTS)
        check_new_password(new, repeat, username=self.get(account_id).username)
        self._update(account_id, password_hash=self._passwords.hash(new))
        Attempts(self._connection, self._clock.now()).clear(account_id)
        self._sessions.close_all(account_id)

    def set_roles(self, account_id: str, roles: frozenset[Role], *, by: Actor) -> Account:
        """Give an account other roles; all its sessions end, so that none keeps what was taken away.

        Raises:
            NotAllowed: the actor manages no accounts.
            NotFound: no account has this id.
            InvalidInput: a role lacks its scope.
            Refused: nobody would be left to manage accounts.
        """
        authorize(by, Action.MANAGE_ACCOUNTS)
        now = self.get(account_id)
        wanted = NewAccount(now.username, now.name, now.unit, roles, now.person_id, now.enterprise, now.district)
        reasons = _role_reasons(wanted)
        if reasons:
            raise InvalidInput(*reasons)
        if Role.SYSTEM_ADMIN not in roles:
            self._keep_an_admin(without=account_id)
        self._connection.execute(delete(account_role).where(account_role.c.account_id == account_id))
        self._enter_roles({account_id: roles})
        self._sessions.close_all(account_id)
        return self.get(account_id)

    def disable(self, account_id: str, *, by: Actor) -> None:
        """Shut an account out at once: its sessions end, its open commands are refused.

        Raises:
            NotAllowed: the actor manages no accounts.
            NotFound: no account has this id.
            Refused: nobody would be left to manage accounts.
        """
        authorize(by, Action.MANAGE_ACCOUNTS)
        self._keep_an_admin(without=account_id)
        self._update(account_id, disabled=True)
        self._sessions.close_all(account_id)

    def enable(self, account_id: str, *, by: Actor) -> None:
        """Let an account in again, also before a lock is over.

        Raises:
            NotAllowed: the actor manages no accounts.
            NotFound: no account has this id.
        """
        authorize(by, Action.MANAGE_ACCOUNTS)
        self._update(account_id, disabled=False)
        Attempts(self._connection, self._clock.now()).clear(account_id)

    def preferences(self, account_id: str) -> dict[str, Any]:
        """What the person has chosen for the pages: language, theme, stock opinions."""
        (rows,) = ask_on(self._connection, _PREFERENCES(account_id=account_id))
        return dict(rows[0].preferences or {}) if rows else {}

    def prefer(self, account_id: str, **choices: Any) -> None:
        """Remember choices beside those already made."""
        self._update(account_id, preferences=self.preferences(account_id) | choices)

    def _keep_an_admin(self, *, without: str) -> None:
        """The rows of all administrators are locked, so that two cannot remove each other at the same moment."""
        admins = self._connection.execute(
            select(account.c.id)
            .join_from(account, account_role, account_role.c.account_id == account.c.id)
            .where(account_role.c.role == Role.SYSTEM_ADMIN, account.c.disabled.is_(False))
            .order_by(account.c.id)
            .with_for_update(of=account)
        ).scalars()
        if set(admins) == {without}:
            raise Refused(Reason("LAST_ADMIN"))

    def _check_not_taken(self, new: NewAccount, username: str) -> None:
        if self._connection.execute(select(account.c.id).where(account.c.username == username)).first():
            raise InvalidInput(Reason("ACCOUNT_TAKEN", field="username"))
        if Role.INDIVIDUAL not in new.roles:
            return
        query = select(account.c.id).join_from(account, account_role, account_role.c.account_id == account.c.id)
        same_person = (account.c.person_id == new.person_id) & (account_role.c.role == Role.INDIVIDUAL)
        if self._connection.execute(query.where(same_person)).first():
            raise InvalidInput(Reason("ACCOUNT_EXISTS", rule="R-000-20", field="person_id"))

    def _update(self, account_id: str, **values: Any) -> None:
        changed = self._connection.execute(update(account).where(account.c.id == account_id).values(**values))
        if not changed.rowcount:
            raise NotFound(detail=f"no account {account_id}")

    def _enter_roles(self, roles: dict[str, frozenset[Role]]) -> None:
        rows = [{"account_id": account_id, "role": str(role)} for account_id, some in roles.items() for role in some]
        if rows:
            self._connection.execute(insert(account_role), rows)

    def _one(self, condition: Any) -> Account:
        row = self._connection.execute(select(*_COLUMNS).where(condition)).one_or_none()
        if row is None:
            raise NotFound(detail="no such account")
        return Account(**row._mapping, roles=self._roles_of([row.id])[row.id])

    def _roles_of(self, account_ids: Collection[str]) -> dict[str, frozenset[Role]]:
        query = select(account_role).where(account_role.c.account_id.in_(account_ids))
        found: dict[str, set[Role]] = {account_id: set() for account_id in account_ids}
        for row in self._connection.execute(query):
            found[row.account_id].add(Role(row.role))
        return {account_id: frozenset(roles) for account_id, roles in found.items()}


def _username_reasons(username: str) -> list[Reason]:
    if _USERNAME.fullmatch(username):
        return []
    return [Reason("FIELD_INVALID", {"field": _USERNAME_LABEL}, field="username")]


def _role_reasons(new: NewAccount) -> list[Reason]:
    """What the roles lack: at least one, and each the scope it works in."""
    reasons = _missing(new.roles, _ROLES_LABEL, "roles")
    if Role.INDIVIDUAL in new.roles:
        reasons += _missing(new.person_id, _PERSON_LABEL, "person_id")
    if new.roles & ENTERPRISE_ROLES:
        reasons += _missing(new.enterprise, _ENTERPRISE_LABEL, "enterprise")
    if Role.DISTRICT_REVIEWER in new.roles:
        reasons += _missing(new.district, _DISTRICT_LABEL, "district")
    return reasons


def _missing(value: object, label: Text, name: str) -> list[Reason]:
    is_there = bool(value.strip() if isinstance(value, str) else value)
    return [] if is_there else [Reason("FIELD_REQUIRED", {"field": label}, field=name)]
