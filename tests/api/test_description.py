"""The description that other systems' tools read: valid, and complete for each route."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import validate

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture
def description(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/api/openapi.json")
    assert answer.status_code == 200
    return dict(answer.get_json())


def operations(description: dict[str, Any]) -> Iterator[Operation]:
    for path, of_path in description["paths"].items():
        for method, operation in of_path.items():
            if method != "parameters":
                yield method, path, operation


def test_it_is_valid_openapi(description: dict[str, Any]) -> None:
    validate(description)


def test_each_route_of_the_interface_is_described(app: Flask, description: dict[str, Any]) -> None:
    described = {(method.upper(), path) for method, path, _ in operations(description)}
    served = {
        (method, re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/engine-rest")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert described == served


def test_each_route_has_a_summary_a_resource_and_its_answers(description: dict[str, Any]) -> None:
    lacking = []
    tags = {tag["name"] for tag in description["tags"] if tag.get("description")}
    for method, path, operation in operations(description):
        answers = operation["responses"]
        wanted = {"401", "403", "429"}
        wanted |= {"404"} if "{" in path else set()
        wanted |= {"400"} if "requestBody" in operation or operation.get("parameters") else set()
        succeeds = any(status in answers for status in ("200", "204"))
        if not (operation.get("summary") and set(operation["tags"]) <= tags and wanted <= set(answers) and succeeds):
            lacking.append(f"{method} {path}")

    assert lacking == []


def test_signing_in_is_described(description: dict[str, Any]) -> None:
    schemes = description["components"]["securitySchemes"]

    assert {name: scheme["scheme"] for name, scheme in schemes.items()} == {"basic": "basic", "bearer": "bearer"}
    assert description["security"] == [{"basic": []}, {"bearer": []}]
