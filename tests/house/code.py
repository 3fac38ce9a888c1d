"""Reading Python files for the rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOMS = (
    "applications", "demo", "exports", "forms", "handlers", "identity", "jobs", "kernel", "processes", "registry",
    "rules", "store", "web",
)  # fmt: skip
ENTRANCES = ("app.py", "worker.py", "wiring.py")
_GENERATED = ("store/migrations/versions",)


def python_files(folder: Path) -> list[Path]:
    """The Python files below a folder that people write."""
    return [
        path
        for path in sorted(folder.rglob("*.py"))
        if "node_modules" not in path.parts and not any(part in path.as_posix() for part in _GENERATED)
    ]


def service_files(root: Path) -> list[Path]:
    """The Python files that the running service consists of."""
    return [
        *(root / name for name in ENTRANCES if (root / name).exists()),
        *(path for room in ROOMS for path in python_files(root / room)),
    ]


def imported_modules(path: Path) -> set[str]:
    """The top-level packages that a file imports anywhere, except for its types only."""
    tree = ast.parse(path.read_text())
    for_types = {
        inner for block in ast.walk(tree) if _is_for_types(block) for inner in ast.walk(block) if inner is not block
    }
    found: set[str] = set()
    for statement in ast.walk(tree):
        if statement in for_types:
            continue
        if isinstance(statement, ast.Import):
            found.update(name.name.partition(".")[0] for name in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            found.add(statement.module.partition(".")[0])
    return found


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    """Every call in a file, with what is called written out: `datetime.now`."""
    for found in ast.walk(ast.parse(path.read_text())):
        if isinstance(found, ast.Call):
            yield found, ast.unparse(found.func)


def literal_strings(path: Path) -> set[str]:
    return {
        found.value
        for found in ast.walk(ast.parse(path.read_text()))
        if isinstance(found, ast.Constant) and isinstance(found.value, str)
    }


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
