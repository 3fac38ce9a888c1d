"""The threads of one worker process: each runs a pump, so that what takes long keeps nobody else from being in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Thread

from jobs.claims import LANES
from jobs.pump import Pump
from store.jobs import Lane

SECONDS_TO_STOP = 30.0


class Background:
    """One thread for what runs inside transactions, timers among it, and some for what waits on the outside."""

    def __init__(self, pump: Callable[[], Pump], *, outside_threads: int) -> None:
        self.stop = Event()
        lanes: list[Sequence[Lane]] = [LANES[:1], *[LANES[1:]] * outside_threads]
        self._rung = [Event() for _ in lanes]
        self._threads = [
            Thread(
                target=pump().run_forever,
                args=(self.stop,),
                kwargs={"lanes": lane, "rung": rung},
                name=f"pump-{lane[0]}-{number}",
                daemon=True,
            )
            for number, (lane, rung) in enumerate(zip(lanes, self._rung, strict=True))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Have every pump look at once."""
        for rung in self._rung:
            rung.set()

    def end(self, seconds: float = SECONDS_TO_STOP) -> bool:
        """Stop; what is claimed by now is finished first. False when something takes longer than that."""
        self.stop.set()
        self.wake()
        for thread in self._threads:
            thread.join(seconds)
        return not any(thread.is_alive() for thread in self._threads)
