"""gunicorn's worker with threads, for processes that share their connections evenly.

A worker takes connections as fast as it can, and keeps them: of 8 or 32 clients that come at once, often one process
gets nearly all, and the other processors have nothing to do.
"""

from __future__ import annotations

import time
from multiprocessing import RawArray
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

_MOST_PROCESSES = 64
_ABSENT = -1
_LEAVES_IT_S = 0.002

# Made before the processes are forked, so that all see the same: how many connections each has.
_connections: Any = RawArray("i", [_ABSENT] * _MOST_PROCESSES)


class EvenWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Leaves a new connection to a process that has fewer, for as long as one needs that is not too busy to take it."""

    @property
    def nr_conns(self) -> int:
        """How many connections it has, as gunicorn counts them; told to the others with each change."""
        return int(_connections[self._place])

    @nr_conns.setter
    def nr_conns(self, count: int) -> None:
        _connections[self._place] = count

    @property
    def _place(self) -> int:
        return int(self.age) % _MOST_PROCESSES

    def accept(self, server: Any, listener: Any) -> None:
        if any(_ABSENT < others < self.nr_conns for others in _connections):
            time.sleep(_LEAVES_IT_S)
        super().accept(server, listener)


def forget(worker: EvenWorker) -> None:
    """A process has ended: nothing is to be left to it."""
    worker.nr_conns = _ABSENT
