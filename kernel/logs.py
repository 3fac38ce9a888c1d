"""How the processes log: one line an event on standard error, JSON in production; tracebacks without local values.

Values of local variables hold what people typed, so they never reach a log (RELIABILITY.md 4, error leaks).
"""

from __future__ import annotations

import sys

import structlog

from kernel.settings import Settings


def configure_logs(settings: Settings) -> None:
    """Set up logging of this process, unless it is set up already."""
    if structlog.is_configured():
        return
    renderer: structlog.types.Processor
    if settings.production:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if settings.production else []),
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
