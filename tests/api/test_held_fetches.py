"""Fetches that wait for work: answered as soon as there is some, few at once, and without a storm on the database."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event
from typing import Any

import pytest
from sqlalchemy import event

from kernel.actors import Role
from tests.api.assessing import Assessments
from tests.api.caller import Caller
from web.api.held import BRIEF_S, LOOK_EVERY_S, Held
from wiring import Services

Make = Callable[..., Caller]
LONG_MS = 20_000
TOPIC = {"topicName": "assess", "lockDuration": 60_000}


@pytest.fixture
def assessments(services: Services) -> Assessments:
    return Assessments(services)


@pytest.fixture
def worker(caller: Make) -> Caller:
    return caller(Role.SERVICE)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def waiting(threads: ThreadPoolExecutor, worker: Caller, timeout_ms: int, **topic: Any) -> Future[Any]:
    body = {"workerId": "w", "maxTasks": 1, "asyncResponseTimeout": timeout_ms, "topics": [TOPIC | topic]}
    return threads.submit(worker.post, "/external-task/fetchAndLock", body)


def test_a_fetch_is_answered_when_a_task_begins_to_wait(
    assessments: Assessments, worker: Caller, threads: ThreadPoolExecutor
) -> None:
    began = time.monotonic()
    found = waiting(threads, worker, LONG_MS)
    other = waiting(threads, worker, 2_000, businessKey="another")
    time.sleep(0.3)
    instance_id = assessments.start()

    (task,) = found.result()

    assert task["processInstanceId"] == instance_id
    assert time.monotonic() - began < LONG_MS / 2000
    assert other.result() == []


def test_a_fetch_ends_with_nothing_when_its_time_is_over(
    assessments: Assessments, worker: Caller, threads: ThreadPoolExecutor
) -> None:
    began = time.monotonic()

    assert waiting(threads, worker, 700).result() == []

    assert time.monotonic() - began >= 0.7


def test_who_finds_no_place_waits_a_moment_and_the_next_not_at_all() -> None:
    held = Held(most=2)
    with ExitStack() as all_of_them:
        places = [all_of_them.enter_context(held.place(["a"], lambda topics: False)).most_s for _ in range(4)]
    with held.place(["a"], lambda topics: False) as later:
        assert places == [math.inf, math.inf, BRIEF_S, 0]
        assert later.most_s == math.inf


def test_pages_are_answered_while_every_place_is_taken(
    assessments: Assessments, worker: Caller, services: Services
) -> None:
    """Twice as many wait as may work at once, and nobody of the others waits for them."""
    with ThreadPoolExecutor(12) as threads:
        held = [waiting(threads, worker, 3_000) for _ in range(8 + 4)]
        time.sleep(0.5)
        began = time.monotonic()

        assert worker.get("/version")

        assert time.monotonic() - began < 1
        assert [one.result() for one in held] == [[]] * 12


def test_waiting_costs_two_looks_a_second_however_many_wait() -> None:
    held, looks = Held(most=3), []

    def has_any(topics: Any) -> bool:
        looks.append(topics)
        return len(looks) > 3

    with held.place(["a"], has_any) as first, held.place(["b", "a"], has_any) as second:
        for place in (first, second):
            assert place.rung.wait(LOOK_EVERY_S * 20)
    assert ["a", "b"] in looks
    assert len(looks) < 10
    time.sleep(LOOK_EVERY_S * 2)
    seen = len(looks)
    time.sleep(LOOK_EVERY_S * 2)
    assert len(looks) == seen  # nobody waits, nobody looks


def test_no_statement_is_sent_for_a_fetch_between_looks(
    assessments: Assessments, worker: Caller, threads: ThreadPoolExecutor, services: Services
) -> None:
    statements: list[str] = []
    began, engine = Event(), services.database.engine

    @event.listens_for(engine, "before_cursor_execute")
    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        if began.is_set() and statement.startswith("SELECT"):
            statements.append(statement)

    held = [waiting(threads, worker, 3_000) for _ in range(2)]
    time.sleep(0.7)
    began.set()
    time.sleep(2.0)
    began.clear()

    assert 2 <= len(statements) <= 2.0 / LOOK_EVERY_S + 1
    assert [one.result() for one in held] == [[], []]
