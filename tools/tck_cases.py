"""Reads the test files of the DMN Technology Compatibility Kit: inputs and expected results as FEEL values.

Nothing of the kit belongs to this project; it is read where it lies (`TCK_DIR`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from lxml import etree

from rules.feel.temporal_text import date_from, duration_from, moment_from, time_from

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_NUMBERS = frozenset({"decimal", "double", "float", "integer", "int", "long", "short"})


@dataclass(frozen=True)
class Untyped:
    """A value that the test file gives no type: what it is, the model says."""

    text: str


@dataclass(frozen=True)
class Result:
    """One result node: what is asked, and what is expected."""

    name: str
    kind: str
    expected: Any
    is_error: bool


@dataclass(frozen=True)
class TestCase:
    """One test case: its inputs and results."""

    __test__ = False  # not a test of pytest

    id: str
    inputs: dict[str, Any]
    results: tuple[Result, ...]
    invocable: str | None = None
    kind: str = "decision"


@dataclass(frozen=True)
class Suite:
    """One test file and the models in its folder."""

    folder: Path
    model: Path
    others: tuple[Path, ...]
    cases: tuple[TestCase, ...] = field(repr=False)


def suites(level: Path) -> Iterator[Suite]:
    """All test files under one level of the kit."""
    for folder in sorted(path for path in level.iterdir() if path.is_dir()):
        models = sorted(folder.glob("*.dmn"))
        for file in sorted(folder.glob("*.xml")):
            root = etree.parse(file, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
            model = folder / (root.findtext("{*}modelName") or f"{folder.name}.dmn").strip()
            others = tuple(path for path in models if path != model)
            yield Suite(folder, model, others, tuple(_case(case) for case in root.iterfind("{*}testCase")))


def _case(case: Any) -> TestCase:
    return TestCase(
        id=case.get("id", ""),
        inputs={node.get("name"): _value(node) for node in case.iterfind("{*}inputNode")},
        results=tuple(_result(node) for node in case.iterfind("{*}resultNode")),
        invocable=case.get("invocableName"),
        kind=case.get("type", "decision"),
    )


def _result(node: Any) -> Result:
    expected = node.find("{*}expected")
    return Result(
        name=node.get("name"),
        kind=node.get("type", "decision"),
        expected=_value(expected) if expected is not None else None,
        is_error=node.get("errorResult") == "true",
    )


def _value(node: Any) -> Any:
    """A value, a list or a context; what is marked as nil is null."""
    if node.get(f"{_XSI}nil") == "true":
        return None
    single = node.find("{*}value")
    if single is not None:
        return _scalar(single)
    items = node.find("{*}list")
    if items is not None:
        return None if items.get(f"{_XSI}nil") == "true" else [_value(item) for item in items.iterfind("{*}item")]
    components = node.findall("{*}component")
    return {part.get("name"): _value(part) for part in components} if components else None


def _scalar(node: Any) -> Any:
    if node.get(f"{_XSI}nil") == "true":
        return None
    text = node.text or ""
    if node.get(f"{_XSI}type") is None:
        return Untyped(text)
    return value_of(text, node.get(f"{_XSI}type").rpartition(":")[2])


def value_of(text: str, kind: str) -> Any:
    """The value that a text stands for in a type of XML Schema; null when it stands for none."""
    if kind == "string":
        return text
    text = text.strip()
    if kind in _NUMBERS:
        return _number(text)
    if kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text)
    readers = {"date": date_from, "time": time_from, "dateTime": moment_from}
    return readers.get(kind, duration_from)(text) if text else None


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
