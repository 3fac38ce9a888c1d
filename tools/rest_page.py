"""The reference of the interface for other systems: its routes, who may call them, what they do."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask

from kernel.settings import Settings
from web import api
from web.api.prefix import PREFIX

_HEAD = """# Routes of the interface

{note} Each stands below `{prefix}`.

Roles are those of the calling account; "any" is every account that has a token, and every service account. Whoever may
call a route sees and does no more than the account's scope allows. `/api` on a running service describes parameters,
bodies and answers, and lets one try them; `/api/openapi.json` is for tools.
"""


def rest_page(note: str) -> str:
    app = Flask("docs")
    api.register(app, Settings.from_environment({}))
    description = app.extensions["interface"].description()
    roles = _roles_by_route(app)
    parts = [_HEAD.format(note=note, prefix=PREFIX)]
    for tag in description["tags"]:
        rows = [
            f"| {method.upper()} | `{path.removeprefix(PREFIX)}` | {roles[method.upper(), path]} | {found['summary']} |"
            for path, of_path in description["paths"].items()
            for method, found in of_path.items()
            if method != "parameters" and found["tags"] == [tag["name"]]
        ]
        if rows:
            table = "\n".join(["| Method | Path | Roles | What it does |", "|---|---|---|---|", *rows])
            parts.append(f"## {tag['name']}\n\n{tag['description']}.\n\n{table}\n")
    return "\n".join(parts)


def _roles_by_route(app: Flask) -> dict[tuple[str, str], str]:
    found = {}
    for rule in app.url_map.iter_rules():
        access: Any = getattr(app.view_functions[rule.endpoint], "__access__", None)
        if access is not None and access.interface:
            path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
            for method in rule.methods or ():
                found[method, path] = ", ".join(sorted(access.roles)) or "any"
    return found
