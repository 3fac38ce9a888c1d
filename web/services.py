"""How a view reaches the services that `wiring.py` built for this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import current_app

if TYPE_CHECKING:
    from wiring import Services

EXTENSION = "permitflow"


def services() -> Services:
    """The services of the running application; they are put there by `web.register`."""
    return cast("Services", current_app.extensions[EXTENSION])
