"""Requests of a process are worked on one after the other, and a slow one holds nobody up."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Lock
from typing import Any

import pytest
from flask import Flask

from web.turns import Turns, without_turn

LONG_S = 20.0


class Application:
    """Tells what it works on, and goes on with a request when it is told to."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.begins = {name: Event() for name in "abcdef"}
        self.may_end = {name: Event() for name in "abcdef"}
        self._lock = Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        name = environ["name"]
        with self._lock:
            self.begun.append(name)
        self.begins[name].set()
        assert self.may_end[name].wait(LONG_S)
        if environ.get("fails"):
            raise ValueError(name)
        return [name.encode()]


class Crowd:
    """Requests in threads, which come in their order."""

    def __init__(self, application: Application, pool: ThreadPoolExecutor, **limits: float) -> None:
        self._application = application
        self._turns = Turns(application, **limits)  # type: ignore[arg-type]
        self._pool = pool

    def come(self, name: str, **more: Any) -> Future[Iterable[bytes]]:
        waiting = len(self._turns._waiting)
        found = self._pool.submit(self._turns, {"name": name, **more}, None)
        while not (self._application.begins[name].is_set() or len(self._turns._waiting) > waiting):
            time.sleep(0.001)
        return found


@pytest.fixture
def application() -> Application:
    return Application()


def test_who_comes_waits_for_a_turn_in_order(application: Application) -> None:
    with ThreadPoolExecutor() as pool:
        crowd = Crowd(application, pool, turn_s=LONG_S)
        answers = [crowd.come(name) for name in "abc"]
        assert application.begun == ["a"]

        application.may_end["a"].set()
        assert application.begins["b"].wait(LONG_S)
        assert application.begun == ["a", "b"]
        for name in "bc":
            application.may_end[name].set()

        assert [answer.result(LONG_S) for answer in answers] == [[b"a"], [b"b"], [b"c"]]
    assert application.begun == ["a", "b", "c"]


def test_a_slow_request_goes_on_beside_the_next(application: Application) -> None:
    with ThreadPoolExecutor() as pool:
        crowd = Crowd(application, pool, most=2, turn_s=0.01)
        slow, quick, third = (crowd.come(name) for name in "abc")

        assert application.begins["b"].wait(LONG_S)
        assert not slow.done()
        assert not application.begins["c"].wait(0.1), "Expected no more than two at once"
        application.may_end["b"].set()
        assert quick.result(LONG_S) == [b"b"]
        assert application.begins["c"].wait(LONG_S)
        for name in "ac":
            application.may_end[name].set()
        assert (slow.result(LONG_S), third.result(LONG_S)) == ([b"a"], [b"c"])


def test_a_slow_request_that_ends_takes_nobody_s_turn(application: Application) -> None:
    with ThreadPoolExecutor() as pool:
        crowd = Crowd(application, pool, turn_s=1.0)
        slow, quick = crowd.come("a"), crowd.come("b")
        assert application.begins["b"].wait(LONG_S)

        application.may_end["a"].set()
        slow.result(LONG_S)
        third = crowd.come("c")

        assert application.begun == ["a", "b"]
        for name in "bc":
            application.may_end[name].set()
        assert [each.result(LONG_S) for each in (quick, third)] == [[b"b"], [b"c"]]


def test_a_request_that_fails_gives_its_turn_back(application: Application) -> None:
    with ThreadPoolExecutor() as pool:
        crowd = Crowd(application, pool, turn_s=LONG_S)
        failing, next_one = crowd.come("a", fails=True), crowd.come("b")
        for name in "ab":
            application.may_end[name].set()

        assert isinstance(failing.exception(LONG_S), ValueError)
        assert next_one.result(LONG_S) == [b"b"]


def test_a_request_that_waits_lets_others_work() -> None:
    app, waits, goes_on = Flask(__name__), Event(), Event()

    @app.get("/waiting")
    def waiting() -> str:
        with without_turn():
            waits.set()
            assert goes_on.wait(LONG_S)
        return "waited"

    @app.get("/quick")
    def quick() -> str:
        return "done"

    app.wsgi_app = Turns(app.wsgi_app, most=1, turn_s=LONG_S)  # type: ignore[method-assign]
    with ThreadPoolExecutor() as pool:
        first = pool.submit(app.test_client().get, "/waiting")
        assert waits.wait(LONG_S)
        assert app.test_client().get("/quick").text == "done"
        goes_on.set()
        assert first.result(LONG_S).text == "waited"
