"""Signing in by password: by ID number, organisation code or user name (F-AUTH-1…4, R-003-01)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, literal, or_, select, union_all, update

from identity.actors import actor_of
from identity.attempts import MOST_TRIES, Attempts
from identity.captcha import CaptchaAnswer, Captchas
from identity.passwords import Passwords
from identity.sessions import SessionLimits, Sessions
from kernel.actors import STAFF_ROLES, Role
from kernel.clock import Clock
from kernel.errors import InvalidInput, NotAllowed, Reason
from kernel.identifiers import normalised_id_number, normalised_org_code
from store.tables import account, account_role, enterprise, person
from store.unit_of_work import Database

_WITH_CAPTCHA = STAFF_ROLES | {Role.TRAINING_POINT}  # F-AUTH-2


@dataclass(frozen=True, slots=True)
class _Candidate:
    """The account that a name leads to."""

    id: str
    password_hash: str


class SignIn:
    """Passwords in, session tokens out. The clock is the system's."""

    def __init__(
        self, database: Database, clock: Clock, passwords: Passwords, limits: SessionLimits | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._limits = limits or SessionLimits()

    def by_password(
        self, name: str, password: str, *, ip: str, captcha: CaptchaAnswer | None = None, replaces: str | None = None
    ) -> str:
        """The token of a new session for whoever knows the password.

        `captcha` is what was typed on the entry of officers, staff and training points; their accounts do not get
        in without, and nobody does while `asks_for_captcha`. `replaces` is the token that the browser held before:
        it ends, so that nobody can have planted it. Unknown, disabled and captcha-less accounts and wrong passwords
        look and last the same.

        Raises:
            InvalidInput: CAPTCHA_WRONG; the password was not looked at, and the picture is used up.
            NotAllowed: LOGIN_FAILED, or LOGIN_LOCKED from the fifth wrong password on for 15 minutes.
        """
        candidate, tries = self._count_try(name, ip, captcha)
        matches = self._passwords.matches(candidate.password_hash if candidate else None, password)
        if candidate is not None and matches:
            token = self._open(candidate, password, ip, with_captcha=captcha is not None, replaces=replaces)
            if token is not None:
                return token
        with self._database.write() as work:
            attempts = Attempts(work.connection, self._clock.now())
            attempts.address_failed(ip)
            attempts.anybody_failed()
        raise NotAllowed(Reason("LOGIN_LOCKED" if tries >= MOST_TRIES else "LOGIN_FAILED", rule="F-AUTH-4"))

    def asks_for_captcha(self) -> bool:
        """Whether every entry asks for a captcha now, because passwords are being guessed at large."""
        with self._database.read() as connection:
            return Attempts(connection, self._clock.now()).is_guessing()

    def _count_try(self, name: str, ip: str, captcha: CaptchaAnswer | None) -> tuple[_Candidate | None, int]:
        """The account of the name and how many tries there were, this one included."""
        with self._database.write() as work:
            connection = work.connection
            attempts = Attempts(connection, self._clock.now())
            if captcha is None:
                has_read = not attempts.is_guessing()
            else:
                has_read = Captchas(connection, self._clock).accept(captcha)
            candidate = _find(connection, name) if has_read else None
            tries = None
            if has_read and not attempts.address_is_locked(ip):
                tries = attempts.of_account(candidate.id) if candidate else attempts.of_unknown(_folded(name))
        if not has_read:
            raise InvalidInput(Reason("CAPTCHA_WRONG", rule="F-CAPTCHA", field="captcha"))
        if tries is None:
            raise NotAllowed(Reason("LOGIN_LOCKED", rule="F-AUTH-4"))
        return candidate, tries.failed

    def _open(
        self, candidate: _Candidate, password: str, ip: str, *, with_captcha: bool, replaces: str | None
    ) -> str | None:
        """The session, unless the account may not sign in this way or its password was changed meanwhile."""
        renewed = candidate.password_hash
        if self._passwords.is_outdated(renewed):
            renewed = self._passwords.hash(password)
        with self._database.write() as work:
            connection = work.connection
            actor = actor_of(connection, candidate.id)
            if actor is None or (actor.has(*_WITH_CAPTCHA) and not with_captcha):
                return None
            unchanged = connection.execute(
                update(account)
                .where(account.c.id == candidate.id, account.c.password_hash == candidate.password_hash)
                .values(password_hash=renewed)
            ).rowcount
            if not unchanged and not self._is_right_still(connection, candidate, password):
                return None
            Attempts(connection, self._clock.now()).clear(candidate.id)
            sessions = Sessions(connection, self._clock, self._limits)
            if replaces is not None:
                sessions.close(replaces)
            return sessions.open(candidate.id, ip=ip)

    def _is_right_still(self, connection: Connection, candidate: _Candidate, password: str) -> bool:
        """Whether the hash that came meanwhile is of the same password: another sign-in has renewed it, then."""
        now = connection.execute(select(account.c.password_hash).where(account.c.id == candidate.id)).scalar()
        return self._passwords.matches(now, password)


def _folded(name: str) -> str:
    return name.strip().lower()


def _find(connection: Connection, name: str) -> _Candidate | None:
    """The account of an ID number, else of an organisation or credit code, else of a user name.

    In this order, so that a user name that looks like somebody's number never stands before that person.
    """
    code = normalised_org_code(name)
    by_person = _accounts(0, Role.INDIVIDUAL).join(person, person.c.id == account.c.person_id)
    by_enterprise = _accounts(1, Role.ENTERPRISE_ADMIN).join(enterprise, enterprise.c.uscc == account.c.enterprise)
    by_username = select(account.c.id, account.c.password_hash, account.c.created_at, literal(2).label("place"))
    found = union_all(
        by_person.where(person.c.id_number == normalised_id_number(name)),
        by_enterprise.where(or_(enterprise.c.org_code == code, enterprise.c.uscc == code)),
        by_username.where(account.c.username == _folded(name)),
    ).subquery()
    row = connection.execute(select(found).order_by(found.c.place, found.c.created_at, found.c.id).limit(1)).first()
    return None if row is None else _Candidate(row.id, row.password_hash)


def _accounts(place: int, role: Role) -> Select[Any]:
    return (
        select(account.c.id, account.c.password_hash, account.c.created_at, literal(place).label("place"))
        .join_from(account, account_role, account_role.c.account_id == account.c.id)
        .where(account_role.c.role == role)
    )
