"""The background service: pumps for timers, notices, documents and deferred service tasks, woken by the bell."""

from __future__ import annotations

import os
import signal

import structlog

from jobs.background import Background
from jobs.bell import listen
from jobs.runners import follow_the_handlers
from kernel.logs import configure_logs
from kernel.settings import Settings
from store.migrate import upgrade
from wiring import build

_log = structlog.get_logger("worker")


def main() -> None:
    """Work until SIGTERM or SIGINT; what is claimed then is finished first."""
    settings = Settings.from_environment(os.environ)
    configure_logs(settings)
    upgrade(settings.database_url)
    services = build(settings)
    follow_the_handlers(services.database, services.processes)
    services.schedules.agree()
    background = Background(services.another_pump, outside_threads=settings.outside_threads)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: background.stop.set())
    background.start()
    _log.info("worker.started", bell=bool(settings.redis_url))
    if settings.redis_url:
        listen(settings.redis_url, background.wake, background.stop)
    else:
        background.stop.wait()
    if not background.end():
        _log.warning("worker.cut_off")  # its leases run out, and another worker takes over
    _log.info("worker.stopped")


if __name__ == "__main__":
    main()
