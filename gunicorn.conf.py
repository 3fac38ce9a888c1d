"""How gunicorn runs the web; it finds this file by itself. Address, workers and threads are told where it is started.

The service is built once, before the workers are forked: they share its memory, and one process alone brings the
schema up to date. See docs/performance.md, "Memory of a worker".
"""

import ctypes
import gc
import sys
from typing import Any

from flask import Flask

from web.services import EXTENSION
from web.workers import EvenWorker, forget

preload_app = True
worker_class = EvenWorker

_MOST_ARENAS = -8  # M_ARENA_MAX of glibc's mallopt
if sys.platform == "linux":
    # Each thread would take memory from an arena of its own and keep what is freed there.
    ctypes.CDLL(None).mallopt(_MOST_ARENAS, 2)


def when_ready(server: Any) -> None:
    """Build what every worker would build for itself at its first requests: templates, texts, diagrams."""
    app: Flask = server.app.wsgi()
    for name in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(name)
    services = app.extensions[EXTENSION]
    with services.database.read() as connection:
        versions = services.definitions.versions(connection)
    for version in versions:
        if version.is_active:
            services.definitions.get(version.id)
    for language in ("zh", "en"):
        app.test_client().get("/", headers={"Accept-Language": language})


def pre_fork(server: Any, worker: Any) -> None:
    """Leave no connection to be shared, and have the collector not touch, and so copy, what all workers have."""
    server.app.wsgi().extensions[EXTENSION].database.engine.dispose()
    gc.collect()
    gc.freeze()


def child_exit(server: Any, worker: EvenWorker) -> None:
    forget(worker)
