"""The verbs of `registry_effect`: each is a function of its name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy import Connection

from applications.records import ApplicationRow

Effect = Callable[[Connection, ApplicationRow, date], None]
"""Given the application and the day it takes effect: that of its announcement, or of its closing without one."""

EFFECTS: dict[str, Effect] = {}


def effect(function: Effect) -> Effect:
    """Make a function the effect of its name. It is safe to repeat: the registry refuses to do the same twice."""
    EFFECTS[function.__name__] = function
    return function
