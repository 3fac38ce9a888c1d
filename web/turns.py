"""How many requests one process works on at once: the quick ones one after the other, beside a few that take long.

Threads of Python take the interpreter from each other, so that requests worked on together cost more and end later than
one after the other. But nobody is to wait for a slow one: it loses its turn after a while and goes on beside the next.
A request that waits for something to happen elsewhere lets go of its turn meanwhile.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, cast

from flask import request

MOST = 4  # of a process: the quick one and the slow ones beside it
TURN_S = 0.05
_TURN = "permitflow.turn"


class Turns:
    """The WSGI application behind its turns, which are taken in the order in which requests come."""

    def __init__(self, application: Callable[..., Iterable[bytes]], most: int = MOST, turn_s: float = TURN_S) -> None:
        self._application = application
        self._most = most
        self._turn_s = turn_s
        self._lock = Lock()  # of all below
        self._working = 0
        self._holder: Turn | None = None
        self._waiting: deque[Turn] = deque()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        turn = environ[_TURN] = Turn(self)
        turn.take()
        try:
            return self._application(environ, start_response)
        finally:
            turn.give_back()

    def take(self, turn: Turn) -> None:
        with self._lock:
            self._waiting.append(turn)
            self._call_next()
        while not turn.called.acquire(timeout=self._turn_s):
            with self._lock:
                self._call_next()

    def give_back(self, turn: Turn) -> None:
        with self._lock:
            self._working -= 1
            if self._holder is turn:
                self._holder = None
            self._call_next()

    def _call_next(self) -> None:
        """Call who waits longest, if nobody has a turn who has just begun."""
        now = time.monotonic()
        is_free = self._holder is None or self._holder.until <= now
        if self._waiting and is_free and self._working < self._most:
            self._holder = self._waiting.popleft()
            self._holder.until = now + self._turn_s
            self._working += 1
            self._holder.called.release()


class Turn:
    """That of one request."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.until = 0.0
        self.called = Lock()
        self.called.acquire()

    def take(self) -> None:
        self._turns.take(self)

    def give_back(self) -> None:
        self._turns.give_back(self)


@contextmanager
def without_turn() -> Iterator[None]:
    """Let others have this request's turn while the block waits."""
    turn = cast(Turn, request.environ[_TURN])
    turn.give_back()
    try:
        yield
    finally:
        turn.take()
