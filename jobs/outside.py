"""Jobs that work outside of any transaction: under a stable key, with a heartbeat, settled afterwards.

What they may do again when an answer was lost depends on what the outside can (RELIABILITY.md 2.5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection

from jobs.claims import ClaimedJob, Claims
from kernel.errors import NotDone, OutcomeUnknown
from kernel.failpoints import failpoint
from processes.ports import Repeat
from store.unit_of_work import Database, UnitOfWork

BEAT_S = 15.0
LONGEST_S = 900.0  # what takes longer hangs: its lease runs out, and the job is another's
Result = Mapping[str, Any]

_log = structlog.get_logger("jobs")


@dataclass(frozen=True, slots=True)
class Outing:
    """What is to be done outside: `go` does it, `ask` asks for the result of an earlier time, None if there is none.

    Neither holds a connection of ours. A result is JSON.
    """

    repeat: Repeat
    go: Callable[[], Result]
    ask: Callable[[], Result | None] = lambda: None


class Errand(Protocol):
    """A kind of job that works outside of any transaction."""

    def prepare(self, connection: Connection, claimed: ClaimedJob) -> Outing | None:
        """Read what is needed; none when there is nothing left to do."""
        ...

    def settle(self, work: UnitOfWork, claimed: ClaimedJob, result: Result, deferred: frozenset[str]) -> None:
        """Take the result in, on the transaction that ends the job."""
        ...


class Outside:
    """Runs the outside part of jobs."""

    def __init__(self, database: Database, claims: Claims, *, beat_s: float = BEAT_S) -> None:
        self._database = database
        self._claims = claims
        self._beat_s = beat_s

    def result_of(self, errand: Errand, claimed: ClaimedJob) -> Result | None:
        """The result of the outside, now or from an attempt before; none when there is nothing left to do.

        Raises:
            OutcomeUnknown: a call that may not be made twice was begun, and nobody knows what became of it.
            NoLongerOurs: the job was taken away before a call that may not be made twice.
        """
        if claimed.result is not None:
            return claimed.result
        with self._database.read() as connection:
            outing = errand.prepare(connection, claimed)
        if outing is None:
            return None
        with self._heartbeat(claimed):
            failpoint("job.before_effect")
            result = self._go(outing, claimed)
            failpoint("job.after_effect")
            return result

    def _go(self, outing: Outing, claimed: ClaimedJob) -> Result:
        match outing.repeat:
            case Repeat.ASK if claimed.fence > 1:
                known = outing.ask()
                return outing.go() if known is None else known
            case Repeat.NEVER:
                self._claims.intend(claimed)
                try:
                    return outing.go()
                except NotDone:
                    raise
                except Exception as error:
                    raise OutcomeUnknown("the call was made and no answer came") from error
            case _:
                return outing.go()

    @contextmanager
    def _heartbeat(self, claimed: ClaimedJob) -> Iterator[None]:
        """Extend the lease while the block runs, until the job is ours no longer or seems to hang."""
        over = Event()

        def beat() -> None:
            for _ in range(int(LONGEST_S / self._beat_s)):
                if over.wait(self._beat_s):
                    return
                try:
                    if not self._claims.extend(claimed):
                        return
                except Exception:  # noqa: BLE001 - the border of a thread; the next beat may reach the database again
                    _log.exception("heartbeat.failed", job=claimed.id)

        thread = Thread(target=beat, name=f"heartbeat-{claimed.id[:8]}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
