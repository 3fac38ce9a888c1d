"""The bell on a real Redis: rings are heard at once, and nothing but delay depends on them (R1-R15, I13)."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from threading import Event, Thread

import pytest
from redis import Redis
from rq import Queue
from rq.exceptions import StopRequested
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer

from jobs import bell
from jobs.bell import ENOUGH, QUEUE, WAKE, Listener, RqBell, listen
from tests.redis_server import RedisServer

SECONDS = 15


class Ears:
    """A worker's listening thread, and how often it was woken."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        # Only the main thread may take signals; the worker process itself is tested as a process.
        monkeypatch.setattr(Listener, "_install_signal_handlers", lambda self: None)
        self.heard = 0
        self.stop = Event()
        self._woken = Event()
        self._thread = Thread(target=listen, args=(url, self._hear, self.stop), kwargs={"rest_s": 0.2}, daemon=True)
        self._thread.start()

    def _hear(self) -> None:
        self.heard += 1
        self._woken.set()

    def end(self, monkeypatch: pytest.MonkeyPatch, server: RedisServer) -> None:
        """Leave no thread behind: without Redis it goes round once more, and then ends."""

        def stop_here(listener: Listener, *_: object) -> None:
            raise StopRequested

        self.stop.set()
        monkeypatch.setattr(Listener, "heartbeat", stop_here)
        server.stop()
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()

    def waits_for_a_ring(self, seconds: float = SECONDS) -> float:
        """How long it took until the next ring was heard."""
        began = time.monotonic()
        assert self._woken.wait(seconds), "Expected a ring, but none was heard"
        self._woken.clear()
        return time.monotonic() - began


@pytest.fixture
def ears(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ears]:
    monkeypatch.setattr(bell.Listener, "death_penalty_class", _no_timer())
    monkeypatch.setattr(bell.Listener, "max_connection_wait_time", 0.2)
    found = Ears(redis_server.url, monkeypatch)
    _until(lambda: listeners(redis_server) == 1)
    yield found
    found.end(monkeypatch, redis_server)


def _no_timer() -> type:
    from rq.timeouts import TimerDeathPenalty

    return TimerDeathPenalty


def _until(true: object, seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, "Expected this to become true"
        time.sleep(0.02)


def listeners(server: RedisServer) -> int:
    with server.connect() as connection:
        return int(connection.scard("rq:workers"))


def queue(connection: Redis) -> Queue:
    return Queue(QUEUE, connection=connection, serializer=JSONSerializer)


def test_a_ring_is_heard_at_once_and_leaves_nothing_behind(ears: Ears, redis_server: RedisServer):
    RqBell(redis_server.url).ring()

    assert ears.waits_for_a_ring() < 2
    with redis_server.connect() as connection:
        _until(lambda: not connection.keys("rq:job:*"))
        assert queue(connection).count == 0
        assert FailedJobRegistry(queue=queue(connection)).count == 0


def test_many_rings_of_one_moment_are_few(ears: Ears, redis_server: RedisServer):
    ringing = RqBell(redis_server.url)
    began = time.monotonic()
    for _ in range(5000):
        ringing.ring()
    spent = time.monotonic() - began

    ears.waits_for_a_ring()
    time.sleep(0.5)
    assert ears.heard <= 1 + spent / bell.PAUSE_S + 1
    assert spent < 5, "ringing costs a command nothing"


def test_nothing_is_pickled(redis_server: RedisServer):
    RqBell(redis_server.url).ring()
    with redis_server.connect() as connection:
        _until(lambda: queue(connection).count == 1)
        for key in connection.keys("*"):
            stored = connection.dump(key)
            assert stored is not None
            assert not [mark for mark in (b"\x80\x04", b"\x80\x05") if mark in stored], key


def test_the_queue_stays_short_when_nobody_listens(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bell, "PAUSE_S", 0.0)
    ringing = RqBell(redis_server.url)
    with redis_server.connect() as connection:
        for _ in range(4 * ENOUGH):
            ringing.ring()
            time.sleep(0.003)
        _until(lambda: queue(connection).count == ENOUGH)
        time.sleep(0.2)
        assert queue(connection).count == ENOUGH
        ttl = connection.ttl(connection.keys("rq:job:*")[0])
    assert 0 < ttl <= 60


def test_only_the_ring_is_called(ears: Ears, redis_server: RedisServer, tmp_path):
    """Whoever writes to Redis can name a function; it is not run."""
    with redis_server.connect() as connection:
        queue(connection).enqueue("os.mkdir", str(tmp_path / "made"))
        RqBell(redis_server.url).ring()
        ears.waits_for_a_ring()
        _until(lambda: queue(connection).count == 0)
    assert not (tmp_path / "made").exists()


def test_the_ring_says_nothing(redis_server: RedisServer):
    """R14: no state, no arguments, so nothing of a case is ever in Redis."""
    RqBell(redis_server.url).ring()
    with redis_server.connect() as connection:
        _until(lambda: queue(connection).count == 1)
        (job,) = queue(connection).jobs
        assert (job.func_name, list(job.args), job.kwargs) == (WAKE, [], {})
        assert (job.result_ttl, job.failure_ttl, job.retries_left) == (0, 3600, None)


def test_a_worker_hears_again_when_redis_is_back(ears: Ears, redis_server: RedisServer):
    redis_server.stop()
    ringing = RqBell(redis_server.url, rest_s=0.1)
    ringing.ring()
    time.sleep(0.5)
    redis_server.start()

    ringing.ring()

    assert ears.waits_for_a_ring() < 10


def test_a_worker_hears_after_everything_was_flushed(ears: Ears, redis_server: RedisServer):
    with redis_server.connect() as connection:
        connection.flushall()

    RqBell(redis_server.url).ring()

    ears.waits_for_a_ring()


@pytest.mark.parametrize("kind", ["nobody listens", "it accepts and is silent", "no such host"])
def test_a_dead_redis_costs_a_command_nothing(kind: str):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if kind == "it accepts and is silent":
            silent.listen()
        port = silent.getsockname()[1]
        host = "redis.invalid" if kind == "no such host" else "127.0.0.1"
        ringing = RqBell(f"redis://{host}:{port}/0")
        spent = []
        for _ in range(200):
            began = time.monotonic()
            ringing.ring()
            spent.append(time.monotonic() - began)
            time.sleep(0.001)
        assert sorted(spent)[180] < 0.02, "however busy this machine is, a single try to connect takes longer"
