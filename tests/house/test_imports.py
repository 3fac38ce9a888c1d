"""The import contracts of pyproject.toml are the ones that DESIGN.md draws, and they bite."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.code import ROOMS

ROOT = Path(__file__).resolve().parent.parent.parent
LINT = Path(sys.executable).parent / "lint-imports"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Empty rooms under the project's own contracts."""
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    for room in ROOMS:
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text("")
        (tmp_path / room / "inside.py").write_text("")
    return tmp_path


def test_imports_that_go_down_are_allowed(house: Path) -> None:
    (house / "web" / "inside.py").write_text(
        "import jobs.inside, handlers.inside, applications.inside, kernel.inside\n"
    )
    (house / "applications" / "inside.py").write_text("import forms.inside, exports.inside, processes.inside\n")
    (house / "processes" / "inside.py").write_text("import store.inside, rules.inside\n")

    kept, report = lint(house)

    assert kept, report


@pytest.mark.parametrize(
    ("room", "imported"),
    [
        ("kernel", "store"),
        ("store", "rules"),
        ("rules", "store"),
        ("rules", "processes"),
        ("store", "applications"),
        ("processes", "registry"),
        ("registry", "identity"),
        ("processes", "forms"),
        ("processes", "handlers"),
        ("identity", "applications"),
        ("forms", "exports"),
        ("exports", "applications"),
        ("forms", "applications"),
        ("applications", "handlers"),
        ("handlers", "jobs"),
        ("jobs", "web"),
        ("web", "demo"),
        ("demo", "web"),
    ],
)
def test_an_import_that_goes_up_or_aside_is_found(house: Path, room: str, imported: str) -> None:
    (house / room / "inside.py").write_text(f"def late():\n    import {imported}.inside\n")

    kept, report = lint(house)

    assert not kept
    assert f"{room}.inside -> {imported}.inside" in report


def lint(folder: Path) -> tuple[bool, str]:
    result = subprocess.run([LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode in (0, 1), result.stdout + result.stderr
    return result.returncode == 0, result.stdout
