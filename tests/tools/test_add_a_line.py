"""What docs/how-to/add-a-line.md tells is done to the letter in a copy of the project, and works."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "how-to" / "add-a-line.md"
ROW = re.compile(r"^\| \[([^\]]+)\]\((add-a-line/[^)]+)\) \| `([^`]+)` \|", re.M)
COMMAND = re.compile(r"^    \.venv/bin/python (-m pytest .+)$", re.M)
LEFT = (
    "var",
    ".git",
    "node_modules",
    "vendor",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the project; the installed packages stay where they are."""
    copy = tmp_path / "house"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT, ".venv"))
    return copy


def test_the_line_of_the_page_is_added_without_python(house: Path) -> None:
    """Principle 1: the files go where the table says, and the command of step 6 is green."""
    page = PAGE.read_text()
    rows = ROW.findall(page)
    assert len(rows) == len(list((PAGE.parent / "add-a-line").iterdir()))
    for name, file, folder in rows:
        target = house / folder / name
        assert not target.exists(), f"{folder}{name} is there before the line is added"
        shutil.copy(PAGE.parent / file, target)
        assert target.suffix != ".py" or folder.startswith("tests/"), "a line takes no Python of its own"
    [command] = COMMAND.findall(page)

    # The environment of this run would make the inner one a worker of it.
    done = subprocess.run(
        [sys.executable, *command.split(), "-q", "-n", "0", "-p", "no:cacheprovider"],
        cwd=house,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(house)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
