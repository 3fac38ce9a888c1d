"""The world outside, for the harness: clocks that all forks share, and another system that service tasks call."""

from __future__ import annotations

import mmap
import sqlite3
import struct
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from kernel.clock import BEIJING

MORNING = datetime(2026, 6, 15, 9, 0, tzinfo=BEIJING)


class SharedClock:
    """Stands still until somebody moves it forward; all forks see the move."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 8)
        self.set(MORNING)

    def now(self) -> datetime:
        return MORNING + timedelta(seconds=struct.unpack("d", self._memory[:8])[0])

    def set(self, at: datetime) -> None:
        self._memory[:8] = struct.pack("d", (at - MORNING).total_seconds())

    def move_to(self, at: datetime) -> None:
        """Two who move to the same moment move once."""
        self.set(max(at, self.now()))


@dataclass(frozen=True, slots=True)
class Effects:
    """What an instance has brought about outside, by path of the service task: effects, and keys they were asked under.

    The other system does some kinds of effect once for a key, and others as often as it is asked.
    """

    done: Counter[str]
    keys: Counter[str]


class Outside:
    """Another system, which never rolls back with us."""

    def __init__(self, file: Path) -> None:
        self._file = file
        with closing(self._open()) as outside:
            outside.executescript(
                "PRAGMA journal_mode=WAL;"
                "CREATE TABLE effect(instance, path, key, effect UNIQUE); CREATE INDEX effect_of ON effect(instance);"
                "CREATE TABLE call(instance, path); CREATE INDEX call_of ON call(instance);"
            )

    def call(self, instance_id: str, path: str, key: str, *, once_a_key: bool) -> int:
        """Bring about an effect; returns how often this task has called by now."""
        with closing(self._open()) as outside:
            effect = key if once_a_key else uuid4().hex
            outside.execute("INSERT OR IGNORE INTO effect VALUES (?, ?, ?, ?)", (instance_id, path, key, effect))
            outside.execute("INSERT INTO call VALUES (?, ?)", (instance_id, path))
            of_path = "SELECT count(*) FROM call WHERE instance = ? AND path = ?"
            count: int = outside.execute(of_path, (instance_id, path)).fetchone()[0]
            return count

    def knows(self, key: str) -> bool:
        """Whether an effect was asked for under this key."""
        with closing(self._open()) as outside:
            return outside.execute("SELECT 1 FROM effect WHERE key = ?", (key,)).fetchone() is not None

    def effects(self, instance_id: str) -> Effects:
        with closing(self._open()) as outside:
            rows = outside.execute("SELECT path, key FROM effect WHERE instance = ?", (instance_id,)).fetchall()
        return Effects(Counter(path for path, _ in rows), Counter(path for path, _ in set(rows)))

    def _open(self) -> sqlite3.Connection:
        opened = sqlite3.connect(self._file, isolation_level=None, timeout=20)
        opened.execute("PRAGMA synchronous=OFF")  # only processes die here, not the machine
        return opened
