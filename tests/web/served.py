"""An application on services that a test has built; templates are compiled once for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from app import create_app
from wiring import Services


class KeptTemplates(BytecodeCache):
    """Compiled templates in memory. Compiling was half of what a test of pages took; a changed source is compiled anew."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


def app_on(services: Services) -> Flask:
    application = create_app(services=services)
    application.jinja_env.bytecode_cache = _kept()
    return application


def page_rules(app: Flask) -> Iterator[Rule]:
    """The routes that people call; those of the interface have tests of their own."""
    for rule in app.url_map.iter_rules():
        access: Any = getattr(app.view_functions[rule.endpoint], "__access__", None)
        if access is None or not access.interface:
            yield rule


@cache
def _kept() -> KeptTemplates:
    return KeptTemplates()
