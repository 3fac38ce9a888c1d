"""The bell on RQ and Redis: a ring wakes a worker at once, and losing one costs a poll of the pump (RELIABILITY.md 1).

A ring is a job of RQ that says nothing but "look": no state, no arguments, no retry, and its result is kept nowhere.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from threading import Event, Lock, Thread

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer

QUEUE = "permitflow"
WAKE = "jobs.bell.wake"
PAUSE_S = 0.05  # the rings of so many seconds are one
REST_S = 5.0  # after an error: nobody waits meanwhile, the pumps look by themselves
ENOUGH = 50  # with so many rings unheard another one would change nothing
_CONNECT_S, _ANSWER_S = 0.5, 2.0

_log = structlog.get_logger("bell")


def wake() -> None:
    """What is asked of a worker: to look for jobs. Hearing it is all (`Listener`)."""


class RqBell:
    """Rings through Redis from a thread of its own, so that no command ever waits for Redis.

    Errors are logged, once an outage, and never raised.
    """

    def __init__(self, redis_url: str, *, rest_s: float = REST_S) -> None:
        self._redis_url = redis_url
        self._rest_s = rest_s
        self._rung = Event()
        self._lock = Lock()
        self._thread_of = 0  # the process that has the thread: a fork has none
        self._is_broken = False

    def ring(self) -> None:
        self._rung.set()
        if self._thread_of != os.getpid():
            with self._lock:
                if self._thread_of != os.getpid():
                    Thread(target=self._ring_forever, name="bell", daemon=True).start()
                    self._thread_of = os.getpid()

    def _ring_forever(self) -> None:
        queue = Queue(QUEUE, connection=_connect(self._redis_url), serializer=JSONSerializer)
        while True:
            self._rung.wait()
            self._rung.clear()
            try:
                if queue.count < ENOUGH:
                    queue.enqueue(WAKE, result_ttl=0, failure_ttl=3600, ttl=60, job_timeout=60)
                self._is_broken = False
                time.sleep(PAUSE_S)
            except (RedisError, OSError) as error:
                if not self._is_broken:
                    _log.warning("bell.broken", error=str(error)[:200])
                self._is_broken = True
                time.sleep(self._rest_s)


class Listener(SimpleWorker):
    """A worker of RQ that hears the bell: it runs in this process and forks nothing, so nothing outlives it.

    It listens to one queue only: from several RQ takes a job in a way that a kill loses. Whoever writes to Redis can
    name any function; nothing but `wake` is called.
    """

    max_connection_wait_time = REST_S

    def __init__(self, redis_url: str, heard: Callable[[], None], stop: Event) -> None:
        connection = _connect(redis_url)
        super().__init__(
            [Queue(QUEUE, connection=connection, serializer=JSONSerializer)],
            connection=connection,
            serializer=JSONSerializer,
            log_job_description=False,
        )
        self.log_result_lifespan = False
        self._heard = heard
        self._stop = stop

    def execute_job(self, job: Job, queue: Queue) -> None:
        if job.func_name != WAKE:
            _log.warning("bell.stranger", name=str(job.func_name)[:100])
            job.delete()
            return
        self._heard()
        super().execute_job(job, queue)

    def subscribe(self) -> None:
        """Take no commands over Redis: RQ would let whoever writes to it stop workers."""

    def unsubscribe(self) -> None:
        return None

    def request_stop(self, signum: int, frame: object) -> None:
        self._stop.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def listen(redis_url: str, heard: Callable[[], None], stop: Event, *, rest_s: float = REST_S) -> None:
    """Hear the bell until told to stop; without Redis wait for it to come back.

    Raises nothing of Redis: the pump goes on in any case.
    """
    try:
        _listen_until_stopped(redis_url, heard, stop, rest_s)
    except StopRequested:
        return  # the signal came while it listened to nothing


def _listen_until_stopped(redis_url: str, heard: Callable[[], None], stop: Event, rest_s: float) -> None:
    is_broken = False
    while not stop.is_set():
        try:
            Listener(redis_url, heard, stop).work(logging_level="WARNING")
            is_broken = False
        except (RedisError, OSError) as error:
            if not is_broken:
                _log.warning("bell.deaf", error=str(error)[:200])
            is_broken = True
        stop.wait(rest_s)


def _connect(redis_url: str) -> Redis:
    return Redis.from_url(redis_url, socket_connect_timeout=_CONNECT_S, socket_timeout=_ANSWER_S)
