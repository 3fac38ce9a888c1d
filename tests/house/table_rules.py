"""A decision is one name as well: its file, the decision in it, and whoever uses it (STYLE.md 1, DESIGN.md 3)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from kernel.reasons import CATALOGUE
from tests.house.code import literal_strings, python_files
from tests.house.diagrams import diagrams


def tables_that_nothing_uses(root: Path) -> list[str]:
    """Tables that no diagram and no handler names and that no line to come waits for.

    `FOR_LINES_TO_COME` in `rules/tables.py` is the one place for the latter, and may name nothing else.
    """
    tables = {path.stem for path in (root / "rules").glob("*.dmn")}
    used = {value for diagram in diagrams(root) for _, value in diagram.attribute_values("decisionRef")}
    asked = [
        value
        for diagram in diagrams(root)
        for name in ("eligibility", "choice_rules")
        for _, value in diagram.property_values(name)
    ]
    used |= {name.strip() for value in asked for name in value.split(",")}
    used |= tables & {text for path in python_files(root / "handlers") for text in literal_strings(path)}
    to_come = _for_lines_to_come(root)
    return [
        *(f"rules/{name}.dmn: no diagram or handler uses it" for name in sorted(tables - used - to_come)),
        *(f"rules/tables.py: {name} is used by now" for name in sorted(to_come & used)),
        *(f"rules/tables.py: there is no table {name}" for name in sorted(to_come - tables)),
    ]


def tables_named_otherwise(root: Path) -> list[str]:
    """A decision file is named like the decision that it is for."""
    return [
        f"{path.name}: holds the decisions {names}"
        for path in sorted((root / "rules").glob("*.dmn"))
        if path.stem not in (names := [str(node.get("id")) for node in _named(path, "decision")])
    ]


def codes_of_tables_outside_the_catalogue(root: Path) -> list[str]:
    """What a table gives as `code` has a text in both languages."""
    return [
        f"{path.name}: {code}"
        for path in sorted((root / "rules").glob("*.dmn"))
        for table in _named(path, "decisionTable")
        for code in sorted(_codes(table) - CATALOGUE.keys())
    ]


def _codes(table: etree._Element) -> set[str]:
    names = [output.get("name") for output in table if etree.QName(output).localname == "output"]
    if "code" not in names:
        return set()
    rules = [rule for rule in table if etree.QName(rule).localname == "rule"]
    found = set()
    for rule in rules:
        cells = [cell for cell in rule if etree.QName(cell).localname == "outputEntry"]
        found.add("".join(str(text) for text in cells[names.index("code")].itertext()).strip().strip('"'))
    return found - {"", "null"}


def _named(path: Path, name: str) -> Iterator[etree._Element]:
    return (node for node in etree.parse(path).iter(etree.Element) if etree.QName(node).localname == name)


def _for_lines_to_come(root: Path) -> set[str]:
    path = root / "rules" / "tables.py"
    if not path.exists():
        return set()
    return {
        str(key.value)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AnnAssign | ast.Assign) and isinstance(node.value, ast.Dict)
        for target in ([node.target] if isinstance(node, ast.AnnAssign) else node.targets)
        if isinstance(target, ast.Name) and target.id == "FOR_LINES_TO_COME"
        for key in node.value.keys
        if isinstance(key, ast.Constant)
    }
