"""Calls that start at the same moment in threads of their own, and what became of each."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Barrier, Thread
from typing import Any

from kernel.errors import ServiceError

_GIVEN = os.environ.get("RACE_ROUNDS")  # `make races` lets each race be run 200 times
ROUNDS = int(_GIVEN or 20)
FEWER_ROUNDS = int(_GIVEN or 10)  # of races that take long to prepare
FEW_ROUNDS = int(_GIVEN or 5)
SECONDS_TO_END = 60
_HEAD_START_S = 0.004


@dataclass(slots=True)
class Outcome:
    """The answer of one call, or the refusal it was told."""

    answer: Any = None
    refusal: ServiceError | None = None
    broken: BaseException | None = None

    @property
    def is_done(self) -> bool:
        return self.refusal is None

    @property
    def code(self) -> str | None:
        return self.refusal.code if self.refusal else None


def race(*calls: Callable[[], Any]) -> list[Outcome]:
    """Run all calls at once; each waits a random moment first, so that over many rounds each of them leads.

    A refusal is an outcome. Anything else that is raised (a locked database, a deadlock, a unique index) would be
    an error 500 to somebody: it is raised here.
    """
    outcomes = [Outcome() for _ in calls]
    together = Barrier(len(calls))

    def run(call: Callable[[], Any], outcome: Outcome, head_start: float) -> None:
        together.wait()
        time.sleep(head_start)
        try:
            outcome.answer = call()
        except ServiceError as refusal:
            outcome.refusal = refusal
        except BaseException as error:  # noqa: BLE001 - raised again by the thread of the test
            outcome.broken = error

    threads = [
        Thread(target=run, args=(call, outcome, random.uniform(0, _HEAD_START_S)), daemon=True)
        for call, outcome in zip(calls, outcomes, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS_TO_END)
        assert not thread.is_alive(), "Expected every call to end, but one hangs"
    for outcome in outcomes:
        if outcome.broken is not None:
            raise outcome.broken
    return outcomes


def codes(outcomes: list[Outcome]) -> list[str | None]:
    """The codes of the refusals, `None` for each call that was carried out, those first."""
    return sorted((outcome.code for outcome in outcomes), key=lambda code: code or "")
