"""Commands through the services, without the web: permission, form, engine, business record, trail, one commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from applications.views import InboxFilters
from bench.crowd import LINE, Crowd
from bench.figures import Counter, Figures, timed
from kernel.actors import Actor

DECISION = {"decision": ["pass"], "opinion": ["材料齐全，同意。"]}


class CommandBench:
    """One worker that completes and starts, one command after the other."""

    def __init__(self, name: str, crowd: Crowd, copies: Iterator[int], newcomers: Iterator[Actor]) -> None:
        self._name = name
        self._crowd = crowd
        self._copies = copies
        self._newcomers = newcomers
        self._form = {"new_employer": [crowd.uscc("E02")]}
        self._counter = Counter(crowd.services.database.engine)

    def round(self, figures: Figures, completions: int, starts: int) -> None:
        self._measure(figures, "completions", completions, self._complete)
        self._measure(figures, "starts", starts, self._start)

    def inbox(self, figures: Figures, label: str) -> None:
        """The list of 20 with its total, and the three counts of the queues, as the inbox page asks for them."""
        inbox, officer = self._crowd.services.inbox, self._crowd.officer

        def look() -> None:
            with self._crowd.services.database.read() as connection:
                assert len(inbox.page(connection, officer, "todo", InboxFilters()).items) == 20
                inbox.counts(connection, officer)

        figures.add_latencies(f"{self._name}_inbox_queries_{label}_open", timed(15, look))

    def _measure(self, figures: Figures, what: str, times: int, command: Callable[[], None]) -> None:
        statements, commits = self._counter.statements, self._counter.commits
        began = time.perf_counter()
        spent = timed(times, command)
        elapsed = time.perf_counter() - began
        figures.add(f"{self._name}_service_{what}_per_s", times / elapsed)
        figures.add_latencies(f"{self._name}_service_{what}", spent)
        figures.add(f"{self._name}_service_{what}_statements", (self._counter.statements - statements) / times)
        figures.add(f"{self._name}_service_{what}_commits", (self._counter.commits - commits) / times)

    def _complete(self) -> None:
        copy = next(self._copies)
        self._crowd.services.applications.complete(
            self._crowd.task_id(copy), DECISION, by=self._crowd.officer, command_id=f"service-{copy}"
        )

    def _start(self) -> None:
        person = next(self._newcomers)
        self._crowd.services.applications.start(LINE, self._form, by=person, command_id=f"start-{person.person_id}")
