"""Races around external tasks: many workers fetch, two say what came of one task, and its process ends under them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from kernel.actors import SYSTEM
from kernel.clock import FixedClock
from store.unit_of_work import Database
from tests.concurrency.racing import FEW_ROUNDS, FEWER_ROUNDS, codes, race
from tests.processes.test_external_tasks import PRINTING, Workers

WORKERS = 6
_NO_TIME = timedelta()


@pytest.fixture
def workers(database: Database, clock: FixedClock) -> Workers:
    house = Workers(database, clock)
    house.deploy(PRINTING)
    return house


def test_many_workers_fetch_at_once(workers: Workers) -> None:
    """No task is given to two, and what one leaves another one gets."""
    for _ in range(FEW_ROUNDS):
        instances = {workers.start("printing", f"A-{number}") for number in range(10)}

        outcomes = race(*(partial(workers.fetch, f"w{number}", 3) for number in range(WORKERS)))

        got = [task for outcome in outcomes for task in outcome.answer]
        got += workers.fetch("last", 10)
        assert Counter(task.row.instance_id for task in got) == dict.fromkeys(instances, 1)
        race(*(partial(workers.complete, task.row.id, task.worker) for task in got))
        assert {workers.row(each).status for each in instances} == {"completed"}


def test_one_task_is_completed_three_times_at_once(workers: Workers) -> None:
    """One counts; the others are told."""
    for _ in range(FEWER_ROUNDS):
        instance_id = workers.start("printing", "A-1")
        (task,) = workers.fetch("w")
        revision = workers.row(instance_id).revision

        outcomes = race(*(partial(workers.complete, task.row.id, "w", by_number=number) for number in range(3)))

        assert codes(outcomes) == [None, "NOT_FOUND", "NOT_FOUND"]
        row = workers.row(instance_id)
        assert (row.status, row.revision) == ("completed", revision + 1)
        (winner,) = [number for number, outcome in enumerate(outcomes) if outcome.is_done]
        assert workers.variables(instance_id) == {"by_number": winner}


def test_a_late_worker_and_the_one_that_fetched_after_it(workers: Workers, clock: FixedClock) -> None:
    """Whoever the task belongs to completes it: the late one before the other fetched, or the other one."""
    for _ in range(FEWER_ROUNDS):
        instance_id = workers.start("printing", "A-1")
        (task,) = workers.fetch("late")
        clock.advance(minutes=2)

        def fetch_and_complete() -> list[Any]:
            found = workers.fetch("other")
            for one in found:
                workers.complete(one.row.id, "other", by_whom="other")
            return found

        late, other = race(partial(workers.complete, task.row.id, "late", by_whom="late"), fetch_and_complete)

        assert workers.row(instance_id).status == "completed"
        assert late.is_done != bool(other.answer)
        assert late.code in (None, "INPUT_INVALID", "NOT_FOUND")


def test_failures_completions_and_new_retries_meet(workers: Workers) -> None:
    """Whichever comes first, no incident is left of a task that is done, and none is missing of one that failed."""
    for _ in range(FEWER_ROUNDS):
        instance_id = workers.start("printing", "A-1")
        (task,) = workers.fetch("w")
        fail = partial(workers.tasks.fail, task.row.id, "w", message="jam", details="", retries=0, retry_after=_NO_TIME)

        completed, failed, _ = race(
            partial(workers.complete, task.row.id, "w"),
            fail,
            partial(workers.tasks.set_retries, [task.row.id], 2, by=SYSTEM),
        )

        assert completed.is_done or failed.is_done
        with workers.database.read() as connection:
            incidents = workers.incidents.of_instance(connection, instance_id)
        is_open = any(one.status == "open" for one in incidents)
        if workers.row(instance_id).status == "completed":
            assert not is_open
        else:
            assert is_open or workers.fetch("again")
