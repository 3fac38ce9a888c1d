"""The clock of everything legal and due: real time plus an offset that all processes share."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from sqlalchemy import select, update

from kernel.clock import Clock
from store.tables import setting
from store.unit_of_work import Database
from store.writing import insert_once

_KEY = "business_clock_offset_s"
_KEPT_S = 0.5


class BusinessClock:
    """Real time plus the offset in the database, which only the demonstration moves.

    The offset is read at most twice a second in one process; a move is seen by the others within that time.
    """

    def __init__(self, database: Database, system: Clock) -> None:
        self._database = database
        self._system = system
        self._offset = timedelta()
        self._read_at = float("-inf")

    def now(self) -> datetime:
        if time.monotonic() - self._read_at > _KEPT_S:
            self._offset = self._stored()
            self._read_at = time.monotonic()
        return self._system.now() + self._offset

    def advance(self, by: timedelta) -> None:
        """Move the clock forward for all processes.

        Raises:
            ValueError: the clock would go back, and what has happened would lie in the future.
        """
        if by < timedelta():
            raise ValueError(f"Expected to move the business clock forward, but got {by}")
        self._store(self._stored() + by)

    def set(self, at: datetime) -> None:
        """Set the moment from which the clock runs on; for the start of sample data."""
        self._store(at - self._system.now())

    def _stored(self) -> timedelta:
        with self._database.read() as connection:
            value = connection.execute(select(setting.c.value).where(setting.c.key == _KEY)).scalar()
        return timedelta(seconds=value or 0)

    def _store(self, offset: timedelta) -> None:
        seconds = offset.total_seconds()
        with self._database.write() as work:
            if not insert_once(work, setting, {"key": _KEY, "value": seconds}):
                work.connection.execute(update(setting).where(setting.c.key == _KEY).values(value=seconds))
        self._offset, self._read_at = offset, time.monotonic()
