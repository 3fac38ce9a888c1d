"""Loads the sample data from the command line."""

from __future__ import annotations

from demo.load import load_demo
from kernel.settings import Settings
from wiring import build


def load(settings: Settings) -> None:
    """Load the sample data as of the service's today; what is already there is left as it is."""
    services = build(settings)
    try:
        load_demo(services)
    finally:
        services.database.engine.dispose()
