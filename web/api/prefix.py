"""Clients may name the engine in the path: `/engine-rest/engine/default/task` is `/engine-rest/task`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

ENGINE = "default"
PREFIX = "/engine-rest"
_NAMED = f"{PREFIX}/engine/{ENGINE}"


class EngineName:
    """Takes the name of the one engine out of the path."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(f"{_NAMED}/"):
            environ["PATH_INFO"] = PREFIX + path[len(_NAMED) :]
        return self._application(environ, start_response)
