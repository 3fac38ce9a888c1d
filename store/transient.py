"""Which errors of the database ask for the same again, because nothing was wrong with what was asked."""

from __future__ import annotations

from psycopg import OperationalError
from sqlalchemy.exc import DBAPIError

from kernel.errors import ConcurrentChange

_SERIALIZATION, _DEADLOCK, _LOCK_NOT_AVAILABLE = "40001", "40P01", "55P03"
_ADMIN_SHUTDOWN, _CRASH_SHUTDOWN, _CANNOT_CONNECT_NOW = "57P01", "57P02", "57P03"
_AGAIN = (_SERIALIZATION, _DEADLOCK, _LOCK_NOT_AVAILABLE, _ADMIN_SHUTDOWN, _CRASH_SHUTDOWN, _CANNOT_CONNECT_NOW)
_BUSY = ("database is locked", "database table is locked")


def is_transient(error: BaseException) -> bool:
    """Whether a conflict with another command is the cause, or a database that is away: it counts as no attempt."""
    if isinstance(error, ConcurrentChange):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return (
        error.connection_invalidated
        or state in _AGAIN
        or (isinstance(error.orig, OperationalError) and state is None)  # no server answered, so it said nothing
        or any(words in str(error.orig) for words in _BUSY)
    )
