"""A worker of gunicorn leaves a new connection to one that has fewer."""

from __future__ import annotations

import pytest
from gunicorn.workers.gthread import ThreadWorker

from web import workers
from web.workers import EvenWorker, forget


@pytest.fixture
def accepted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What workers did at a new connection: whether they left it to others first."""
    found: list[str] = []
    monkeypatch.setattr(workers, "_connections", [workers._ABSENT] * workers._MOST_PROCESSES)
    monkeypatch.setattr("web.workers.time.sleep", lambda seconds: found.append("left"))
    monkeypatch.setattr(ThreadWorker, "accept", lambda *_: found.append("accepted"))
    return found


def worker(age: int, connections: int) -> EvenWorker:
    made = EvenWorker.__new__(EvenWorker)
    made.age = age
    made.nr_conns = connections
    return made


@pytest.mark.parametrize(("own", "others"), [(0, [0]), (3, [3, 4]), (3, [])])
def test_who_has_no_more_than_others_accepts_at_once(accepted: list[str], own: int, others: list[int]) -> None:
    for age, connections in enumerate(others, 2):
        worker(age, connections)

    worker(1, own).accept(None, None)

    assert accepted == ["accepted"]


def test_who_has_more_leaves_it_to_others_first(accepted: list[str]) -> None:
    worker(2, 2)

    worker(1, 3).accept(None, None)

    assert accepted == ["left", "accepted"]


def test_nothing_is_left_to_a_process_that_has_ended(accepted: list[str]) -> None:
    forget(worker(2, 0))

    worker(1, 3).accept(None, None)

    assert accepted == ["accepted"]
