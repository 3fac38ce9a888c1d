"""Fetches that wait for external tasks (long polling), with one look at the database for all of a process.

Each keeps a thread of its web process, though no turn (`web/turns.py`): so `HELD_FETCHES` may wait for as long as they
ask. Half as many more wait for a second, because some clients ask again at once; what comes then is answered at once.
A thread of its own looks every half second while anybody waits, and ends with the last of them.
"""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import TypeVar, cast

import structlog
from flask import Flask, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from kernel.settings import Settings
from web.services import services
from web.turns import without_turn

Found = TypeVar("Found")

LOOK_EVERY_S = 0.5
BRIEF_S = 1.0
_CHECK_EVERY_S = 1.0
_EXTENSION = "interface_held"

log = structlog.get_logger()


def register(app: Flask, settings: Settings) -> None:
    app.extensions[_EXTENSION] = Held(most=settings.held_fetches)


def wait_for(topics: Sequence[str], seconds: float, fetch: Callable[[], Sequence[Found]]) -> Sequence[Found]:
    """What `fetch` finds as soon as there may be something for one of the topics; nothing when the time is over, no
    place to wait is free, the caller has hung up, or this process ends."""
    held = cast(Held, current_app.extensions[_EXTENSION])
    with held.place(topics, services().fetching.has_any) as place:
        until = time.monotonic() + min(seconds, place.most_s)
        while (left := until - time.monotonic()) > 0:
            with without_turn():
                is_rung = place.rung.wait(min(left, _CHECK_EVERY_S))
            if _has_hung_up() or not threading.main_thread().is_alive():
                break
            if is_rung:
                place.rung.clear()
                if found := fetch():
                    return found
    return ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where one fetch waits, for so long at most, until it is rung for."""

    most_s: float
    rung: Event


class Held:
    """The places to wait of this process."""

    def __init__(self, *, most: int) -> None:
        self._free = {math.inf: most, BRIEF_S: most // 2}
        self._lock = Lock()
        self._waiting: dict[Event, Collection[str]] = {}
        self._is_looking = False

    @contextmanager
    def place(self, topics: Collection[str], has_any: Callable[[Sequence[str]], bool]) -> Iterator[Place]:
        """A place that is rung for when there may be something for the topics; one for no time when none is free."""
        rung = Event()
        with self._lock:
            most_s = next((kind for kind, free in self._free.items() if free), 0.0)
            if most_s:
                self._free[most_s] -= 1
                self._waiting[rung] = topics
                if not self._is_looking:
                    Thread(target=self._look, args=(has_any,), name="held-fetches", daemon=True).start()
                    self._is_looking = True
        try:
            yield Place(most_s, rung)
        finally:
            if most_s:
                with self._lock:
                    self._free[most_s] += 1
                    del self._waiting[rung]

    def _look(self, has_any: Callable[[Sequence[str]], bool]) -> None:
        while True:
            with self._lock:
                waiting = list(self._waiting.items())
                if not waiting:
                    self._is_looking = False
                    return
            try:
                if has_any(sorted({topic for _, topics in waiting for topic in topics})):
                    for rung, _ in waiting:
                        rung.set()
            except SQLAlchemyError:  # the next look may reach the database again
                log.exception("held.blind")
            time.sleep(LOOK_EVERY_S)


def _has_hung_up() -> bool:
    """Whether the caller has closed its connection, as far as the web server lets us see it."""
    connection = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if connection is None:
        return False
    try:
        return bool(connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"")
    except BlockingIOError:
        return False
    except OSError:
        return True
