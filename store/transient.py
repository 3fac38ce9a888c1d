"""Which errors of the database ask for the same again, because nothing was wrong with what was asked."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from kernel.errors import ConcurrentChange

_SERIALIZATION, _DEADLOCK, _LOCK_NOT_AVAILABLE = "40001", "40P01", "55P03"
_BUSY = ("database is locked", "database table is locked")


def is_transient(error: BaseException) -> bool:
    """Whether a conflict with another command, or a lost connection, is the cause: it counts as no attempt."""
    if isinstance(error, ConcurrentChange):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return (
        error.connection_invalidated
        or state in (_SERIALIZATION, _DEADLOCK, _LOCK_NOT_AVAILABLE)
        or any(words in str(error.orig) for words in _BUSY)
    )
