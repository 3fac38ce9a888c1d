"""The background service: the pump that runs timers, notices, documents and deferred service tasks."""

from __future__ import annotations

import os
import signal
from threading import Event

import structlog

from kernel.logs import configure_logs
from kernel.settings import Settings
from store.migrate import upgrade
from wiring import build

_log = structlog.get_logger("worker")


def main() -> None:
    """Pump until SIGTERM or SIGINT; what is claimed then is finished first."""
    settings = Settings.from_environment(os.environ)
    configure_logs(settings)
    upgrade(settings.database_url)
    services = build(settings)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    _log.info("worker.started")
    services.pump.run_forever(stop)
    _log.info("worker.stopped")


if __name__ == "__main__":
    main()
