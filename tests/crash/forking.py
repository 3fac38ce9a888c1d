"""Processes that are forked from one that has everything in memory, and end without any clean-up."""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import suppress

_POLL_S = 0.001


def forked(run: Callable[[], None]) -> int:
    """Run in a process of its own; returns its id."""
    pid = os.fork()
    if pid == 0:
        try:
            run()
        except BaseException:  # noqa: BLE001 - where the process ends
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return pid


def waited(pid: int, seconds: float, *, until_stopped: bool = False) -> int | None:
    """How a process ended, or that it was stopped; None when it had to be ended because it hangs."""
    status = ended_within(pid, seconds, until_stopped=until_stopped)
    if status is None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return status


def ended_within(pid: int, seconds: float, *, until_stopped: bool = False) -> int | None:
    """How a process ended or was stopped; None when it still runs."""
    deadline = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG | (os.WUNTRACED if until_stopped else 0))
        if ended:
            return status
        if time.monotonic() > deadline:
            return None
        time.sleep(_POLL_S)
