"""The README's tour is walked by a browser test, step by step and name by name."""

from __future__ import annotations

import ast
import re
from pathlib import Path

_TOUR = re.compile(r"^## [^\n]*(?:tour|导览)[^\n]*\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_STEP = re.compile(r"^\d+\. \*\*(.+?)\*\*", re.MULTILINE)


def steps_of_the_readme(root: Path) -> list[str]:
    """The bold names of the numbered steps under the heading with the word "tour"."""
    readme = root / "README.md"
    section = _TOUR.search(readme.read_text()) if readme.exists() else None
    return _STEP.findall(section.group(1)) if section else []


def steps_of_the_browser_test(root: Path) -> list[str]:
    """The names given to `step("…")` in `tests/browser/test_tour.py`, in their order."""
    test = root / "tests" / "browser" / "test_tour.py"
    if not test.exists():
        return []
    found = [
        (call.lineno, str(call.args[0].value))
        for call in ast.walk(ast.parse(test.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "step"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    ]
    return [name for _, name in sorted(found)]


def tour_and_test_differ(root: Path) -> list[str]:
    told, walked = steps_of_the_readme(root), steps_of_the_browser_test(root)
    if told == walked:
        return [] if told else ["README.md has no tour"]
    problems = [
        f"README.md tells {name!r}, tests/browser/test_tour.py does not walk it" for name in told if name not in walked
    ]
    problems += [
        f"tests/browser/test_tour.py walks {name!r}, README.md does not tell it" for name in walked if name not in told
    ]
    return problems or ["README.md and tests/browser/test_tour.py have the steps in different orders"]


def links_that_lead_nowhere(root: Path) -> list[str]:
    """Relative links and pictures of README.md and docs/ that name no file."""
    pages = [*root.glob("*.md"), *sorted((root / "docs").rglob("*.md"))]
    return [
        f"{page.relative_to(root)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists()
    ]
