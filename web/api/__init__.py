"""The interface for other systems: `/engine-rest` in the shapes of Camunda 7, described at `/api/openapi.json`.

Each resource is a module with a blueprint of its own (`resource.py`); what a list can be asked stands in
`processes/queries`. Signing in, refusals and limits are one place each: `access.py`, `errors.py`, `limits.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

from flask import Flask
from flask_smorest import Api

from kernel.settings import Settings
from web.api import errors, limits
from web.api.fields import CommaList, Moment
from web.api.prefix import EngineName
from web.security import csrf

TITLE = "Permitflow"
VERSION = "7.21"  # of Camunda's interface, whose shapes these are


class Interface(Api):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest's collector of routes, which leaves errors to us.

    Routes are described when the description is first asked for: that takes longer than all else of a start.
    """

    ERROR_SCHEMA = errors.ErrorSchema
    DEFAULT_ERROR_RESPONSE_NAME = None  # each route names its refusals (`resource.py`)

    def __init__(self, app: Flask) -> None:
        self._undescribed: list[Callable[[], None]] = []
        self._describing = Lock()
        super().__init__(app)

    def describe_later(self, describe: Callable[[], None]) -> None:
        """Keep what describes the routes of a resource."""
        self._undescribed.append(describe)

    def description(self) -> dict[str, Any]:
        """What other systems can call, as OpenAPI 3 says it."""
        with self._describing:
            while self._undescribed:
                self._undescribed.pop(0)()
        described: dict[str, Any] = self.spec.to_dict()
        return described

    def _register_error_handlers(self) -> None:
        """The handlers stand at the blueprints of the interface; pages answer their errors as pages."""


def register(app: Flask, settings: Settings) -> None:
    from web.api import (
        decision_definition,
        deployment,
        description,
        engine,
        execution,
        external_task,
        held,
        history,
        incident,
        job,
        message,
        process_definition,
        process_instance,
        signal,
        task,
        task_comment,
    )

    app.config.update(
        API_TITLE=TITLE,
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX=None,  # `description.py` serves it
    )
    app.wsgi_app = EngineName(app.wsgi_app)  # type: ignore[method-assign]
    interface = Interface(app)
    interface.register_field(Moment, "string", "moment")
    interface.register_field(CommaList, "string", None)
    for scheme, about in (("basic", "User name and password of a service account"), ("bearer", "A token")):
        interface.spec.components.security_scheme(scheme, {"type": "http", "scheme": scheme, "description": about})
    interface.spec.options["security"] = [{"basic": []}, {"bearer": []}]
    held.register(app, settings)
    limits.register(app, settings)
    for resource in (
        decision_definition,
        deployment,
        engine,
        execution,
        external_task,
        history,
        incident,
        job,
        message,
        process_definition,
        process_instance,
        signal,
        task,
        task_comment,
    ):
        csrf.exempt(resource.blueprint)  # no cookie opens the interface, so no other site's page can misuse one
        interface.register_blueprint(resource.blueprint)
    app.register_blueprint(description.blueprint)
    errors.handle_unknown(app)
    app.extensions["interface"] = interface
