"""An application on services that a test has built; templates and addresses are compiled once for all tests of a
process, which was most of what a test of pages took."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from app import create_app
from wiring import Services

_compile_builder: Callable[[Rule, bool], Any] = Rule._compile_builder
_builders: dict[object, Any] = {}


class KeptTemplates(BytecodeCache):
    """Compiled templates in memory; a changed source is compiled anew."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


def app_on(services: Services) -> Flask:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", _kept_builder)
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


def _kept_builder(rule: Rule, append_unknown: bool = True) -> Any:
    """What builds addresses of a rule: a function of how the rule is written, which gets the rule itself when called."""
    written = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
    if written not in _builders:
        _builders[written] = _compile_builder(rule, append_unknown)
    return _builders[written]
