"""Passwords are kept as argon2id hashes and checked in the same time whether the account exists or not."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kernel.errors import InvalidInput, Reason
from kernel.identifiers import is_strong_password


def check_new_password(password: str, repeat: str, *, username: str) -> None:
    """A new password is strong and typed twice alike (R-V-09).

    Raises:
        InvalidInput: one or both are not so.
    """
    reasons = []
    if not is_strong_password(password, account=username):
        reasons.append(Reason("PASSWORD_WEAK", rule="R-V-09", field="password"))
    if password != repeat:
        reasons.append(Reason("PASSWORD_MISMATCH", rule="R-V-09", field="repeat"))
    if reasons:
        raise InvalidInput(*reasons)


class Passwords:
    """Hashing and checking; one object a process, because the hash for nobody is made at its start."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_urlsafe(24))

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the right one; without a hash it works as long and says no (no user enumeration)."""
        try:
            right = self._hasher.verify(password_hash or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return right and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other costs than today's and is to be made anew."""
        return self._hasher.check_needs_rehash(password_hash)
