"""What the code of the service may not do, whatever the linters say."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

from kernel.reasons import CATALOGUE
from tests.house.code import calls, imported_modules, service_files

LONGEST_FILE = 600
WRITTEN_BY_HAND = (".py", ".html", ".css", ".js", ".ts", ".sh", ".bpmn")

# Where a request, a job, a process or an outside call ends: there, and only there, anything may be caught.
BORDERS = {
    "applications/service.py",
    "jobs/outside.py",
    "jobs/pump.py",
    "processes/advancing.py",
    "web/problems.py",
    "worker.py",
}
_MACHINE_TIME = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "dt.datetime.now",
    "datetime.datetime.now", "datetime.date.today",
}  # fmt: skip


def flask_outside_the_web(root: Path) -> list[str]:
    """Flask is imported under `web/` and in `app.py` only; `store` may hold the Flask-SQLAlchemy handle."""
    allowed = {"flask_sqlalchemy"}
    return [
        f"{name}: imports {module}"
        for path in service_files(root)
        if not (name := _name(path, root)).startswith("web/") and name != "app.py"
        for module in sorted(imported_modules(path))
        if (module == "flask" or module.startswith("flask_") or module == "werkzeug")
        and not (name.startswith("store/") and module in allowed)
    ]


def wiring_inside_the_rooms(root: Path) -> list[str]:
    """Only the two programs, the tools and the tests put the service together."""
    return [
        f"{_name(path, root)}: imports wiring"
        for path in service_files(root)
        if _name(path, root) not in ("app.py", "worker.py", "wiring.py") and "wiring" in imported_modules(path)
    ]


def commits_of_ones_own(root: Path) -> list[str]:
    """A transaction is committed in one place, the unit of work and the pipeline that it sends by (STYLE.md 9)."""
    return _calls_outside(
        root, {"store/unit_of_work.py", "store/pipeline.py"}, lambda called: called.endswith(".commit")
    )


def clocks_of_ones_own(root: Path) -> list[str]:
    """The machine is asked for the time in one place (STYLE.md 8)."""
    return _calls_outside(root, {"kernel/clock.py"}, lambda called: called in _MACHINE_TIME)


def catches_of_everything(root: Path, borders: frozenset[str] = frozenset(BORDERS)) -> list[str]:
    """`except Exception` stands only where a job or a request ends (STYLE.md 13)."""
    return [
        f"{_name(path, root)}:{found.lineno}: catches everything"
        for path in service_files(root)
        if _name(path, root) not in borders
        for found in ast.walk(ast.parse(path.read_text()))
        if isinstance(found, ast.ExceptHandler)
        and (found.type is None or {"Exception", "BaseException"} & _names(found.type))
        and not _raises_again(found)
    ]


def files_that_are_too_long(root: Path) -> list[str]:
    """A file has one subject; past 600 lines it has several (STYLE.md 5)."""
    folders = [root / name for name in ("bench", "bpmn", "tests", "tools", "web")]
    files = {
        *service_files(root),
        *(path for folder in folders for suffix in WRITTEN_BY_HAND for path in folder.rglob(f"*{suffix}")),
    }
    return [
        f"{_name(path, root)}: {lines} lines"
        for path in sorted(files)
        if not {"vendor", "dist", "node_modules"} & set(path.parts) and path.suffix != ".bpmn"
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    ]


def reasons_outside_the_catalogue(root: Path) -> list[str]:
    """Every reason code that the code gives has a text in both languages (R-P-10)."""
    problems = []
    for path in service_files(root):
        for call, called in calls(path):
            if called.rpartition(".")[2] == "Reason" and call.args and isinstance(call.args[0], ast.Constant):
                problems += _unless_known(str(call.args[0].value), f"{_name(path, root)}:{call.lineno}")
        for found in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(found, ast.Assign)
                and any(isinstance(name, ast.Name) and name.id == "default_code" for name in found.targets)
                and isinstance(found.value, ast.Constant)
            ):
                problems += _unless_known(str(found.value.value), f"{_name(path, root)}:{found.lineno}")
    return problems


def _calls_outside(root: Path, places: set[str], forbidden: Callable[[str], bool]) -> list[str]:
    return [
        f"{_name(path, root)}:{call.lineno}: {called}()"
        for path in service_files(root)
        if _name(path, root) not in places
        for call, called in calls(path)
        if forbidden(called)
    ]


def _unless_known(code: str, where: str) -> list[str]:
    return [] if code in CATALOGUE else [f"{where}: {code}"]


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """A handler that cleans up and lets the error go on catches nothing."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _names(node: ast.AST) -> set[str]:
    return {found.id for found in ast.walk(node) if isinstance(found, ast.Name)}


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
