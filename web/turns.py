"""How many requests one process works on at once: more would only slow each other down.

gunicorn may have more threads than that. A request that waits for something to happen elsewhere lets go of its turn
meanwhile, so that it keeps a thread but nobody from working.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any, cast

from flask import request

MOST = 4  # of a process: with the two of `make run` four times the cores of a small machine
_TURNS = "permitflow.turns"


class Turns:
    """The WSGI application behind its turns."""

    def __init__(self, application: Callable[..., Iterable[bytes]], most: int = MOST) -> None:
        self._application = application
        self._turns = BoundedSemaphore(most)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ[_TURNS] = self._turns
        with self._turns:
            return self._application(environ, start_response)


@contextmanager
def without_turn() -> Iterator[None]:
    """Let others have this request's turn while the block waits."""
    turns = cast(BoundedSemaphore, request.environ[_TURNS])
    turns.release()
    try:
        yield
    finally:
        turns.acquire()
