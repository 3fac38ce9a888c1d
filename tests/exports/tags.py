"""Which names the tags of a template use, and whether they are there: a misspelt tag would print nothing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import Environment, nodes

from exports.word import DIRECTORY

_PARTS = ("word/document.xml", "word/footer1.xml", "word/header1.xml")
_UNKNOWN = object()


def tree_of(template: str) -> nodes.Template:
    """All tags of a template, of its pages and of their head and foot."""
    content = (DIRECTORY / f"{template}.docx").read_bytes()
    reader = DocxTemplate(io.BytesIO(content))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = [package.read(name).decode() for name in package.namelist() if name in _PARTS]
    return Environment(autoescape=True).parse("".join(reader.patch_xml(part) for part in parts))


def used_fields(template: str) -> set[str]:
    """The fields of the form that a template prints."""
    return {
        node.attr
        for node in tree_of(template).find_all(nodes.Getattr)
        if isinstance(node.node, nodes.Name) and node.node.name in ("filled", "options")
    }


def unknown_names(tree: nodes.Node, values: Mapping[str, Any]) -> list[str]:
    """The names that none of the values has, also inside of loops and of branches not taken."""
    return list(_unknown(tree, dict(values)))


def _unknown(node: nodes.Node, known: dict[str, Any]) -> Iterator[str]:
    if isinstance(node, nodes.For):
        yield from _unknown(node.iter, known)
        items = _value(node.iter, known)
        assert isinstance(node.target, nodes.Name)
        inside = known | {node.target.name: items[0], "loop": {"index": 1, "first": True, "last": True}}
        for child in node.body:
            yield from _unknown(child, inside)
        for child in node.else_:
            yield from _unknown(child, known)
        return
    if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem) and _value(node, known) is _UNKNOWN:
        yield _said(node)
        return
    for child in node.iter_child_nodes():
        yield from _unknown(child, known)


def _value(node: nodes.Node, known: Mapping[str, Any]) -> Any:
    """What an expression stands for, as far as names go."""
    if isinstance(node, nodes.Name):
        return known.get(node.name, _UNKNOWN)
    if isinstance(node, nodes.Getattr):
        around = _value(node.node, known)
        return around.get(node.attr, _UNKNOWN) if isinstance(around, dict) else _UNKNOWN
    return _UNKNOWN


def _said(node: nodes.Node) -> str:
    if isinstance(node, nodes.Getattr):
        return f"{_said(node.node)}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) else type(node).__name__
