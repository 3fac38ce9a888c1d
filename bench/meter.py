"""What clients meet and what it costs, over one run of them or several."""

from __future__ import annotations

from collections.abc import Sequence

from bench.clients import run
from bench.figures import Figures
from bench.site import Site
from bench.web import cpu_seconds


class Meter:
    """Adds up runs of clients: their requests' times, and the processor time of the service and of themselves."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._seconds: list[float] = []
        self._elapsed_s = self._cpu_s = self._client_cpu_s = 0.0

    def run(self, queues: Sequence[Sequence[bytes]], *, expected: int, keep: bool = False) -> list[bytes]:
        """Let the clients send their requests; the bodies of the answers if they are to be kept."""
        before = cpu_seconds(self._site.processes)
        load, bodies = run(self._site.web.port, queues, expected=expected, keep=keep)
        self._cpu_s += cpu_seconds(self._site.processes) - before
        self._seconds += load.seconds
        self._elapsed_s += load.elapsed_s
        self._client_cpu_s += load.client_cpu_s
        return bodies

    def note(self, figures: Figures, what: str) -> None:
        """Figures of all these runs: how many a second, and those of each."""
        figures.add(f"{self._site.name}_{what}s_per_s", len(self._seconds) / self._elapsed_s)
        self.note_times(figures, what)

    def note_times(self, figures: Figures, what: str) -> None:
        """Percentiles, and milliseconds of processor time each."""
        times = len(self._seconds)
        name = f"{self._site.name}_{what}"
        figures.add_latencies(name, self._seconds)
        figures.add(f"{name}_cpu_ms", self._cpu_s / times * 1000)
        figures.add(f"{name}_cpu_of_client_ms", self._client_cpu_s / times * 1000)


def in_words(clients: int) -> str:
    return f"{clients}_client{'s' if clients > 1 else ''}"
