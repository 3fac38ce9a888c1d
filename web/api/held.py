"""Fetches that wait for external tasks (long polling): few at once, and one look at the database for all of them.

Each holds a thread of its web process, so only `HELD_FETCHES` may wait there; one more is answered at once. A thread
of its own looks every half second while anybody waits, and ends with the last of them.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore, Event, Lock, Thread
from typing import TypeVar, cast

import structlog
from flask import Flask, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from kernel.settings import Settings
from web.services import services

Found = TypeVar("Found")

LOOK_EVERY_S = 0.5
_CHECK_EVERY_S = 1.0
_EXTENSION = "interface_held"

log = structlog.get_logger()


def register(app: Flask, settings: Settings) -> None:
    app.extensions[_EXTENSION] = Held(most=settings.held_fetches)


def wait_for(topics: Sequence[str], seconds: float, fetch: Callable[[], Sequence[Found]]) -> Sequence[Found]:
    """What `fetch` finds as soon as there may be something for one of the topics; nothing when the time is over, no
    place to wait is free, the caller has hung up, or this process ends."""
    held = cast(Held, current_app.extensions[_EXTENSION])
    until = time.monotonic() + seconds
    with held.place(topics, services().fetching.has_any) as rung:
        while rung is not None and (left := until - time.monotonic()) > 0:
            is_rung = rung.wait(min(left, _CHECK_EVERY_S))
            if _has_hung_up() or not threading.main_thread().is_alive():
                break
            if is_rung:
                rung.clear()
                if found := fetch():
                    return found
    return ()


class Held:
    """The places to wait of this process."""

    def __init__(self, *, most: int) -> None:
        self._places = BoundedSemaphore(most) if most else None
        self._lock = Lock()
        self._waiting: dict[Event, Collection[str]] = {}
        self._is_looking = False

    @contextmanager
    def place(self, topics: Collection[str], has_any: Callable[[Sequence[str]], bool]) -> Iterator[Event | None]:
        """A place whose event is set when there may be something for the topics; None when all places are taken."""
        if self._places is None or not self._places.acquire(blocking=False):
            yield None
            return
        rung = Event()
        try:
            with self._lock:
                self._waiting[rung] = topics
                if not self._is_looking:
                    Thread(target=self._look, args=(has_any,), name="held-fetches", daemon=True).start()
                    self._is_looking = True
            yield rung
        finally:
            with self._lock:
                del self._waiting[rung]
            self._places.release()

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
