"""pgbench in the rounds: the statements of one kind of completion, repeated by 1 and by 8 clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bench.bare import Pgbench
from bench.copies import Original
from bench.figures import Figures
from bench.meter import in_words
from bench.site import Site
from bench.wire import Statement

EACH = 250
CLIENTS = (1, 8)
WARM_UP = 8  # what is recorded is what a worker does that has done it before


class Replay:
    """Records completions of copies of a case, and repeats the last one on copies that nobody has decided."""

    def __init__(self, site: Site, name: str, case: Original) -> None:
        assert site.cluster is not None
        self._site = site
        self._name = name
        self._case = case
        self._numbers = site.copies(case, WARM_UP + site.rounds * sum(CLIENTS) * EACH)
        folder = site.folder / name
        folder.mkdir()
        self._pgbench = Pgbench(site.cluster.program("pgbench"), site.office.services.database.engine, folder)

    def record(self, complete: Callable[[int], Sequence[Statement]]) -> None:
        """`complete` decides the copy of a number and gives the statements of that."""
        recorded = [(copy, complete(copy)) for copy in (next(self._numbers) for _ in range(WARM_UP))]
        self._pgbench.write(self._case, recorded[-1], recorded[-2][1])

    def round(self, figures: Figures) -> None:
        for clients in CLIENTS:
            first = next(self._skip(clients * EACH))
            rate = self._pgbench.per_second(clients=clients, each=EACH, first=first)
            figures.add(f"{self._site.name}_{self._name}_{in_words(clients)}_per_s", rate)

    def _skip(self, many: int) -> Iterator[int]:
        return iter([next(self._numbers) for _ in range(many)])
