"""What the pages promise: who may call them, and both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from flask import Flask

# What the pages are written with: Jinja's `_()` and `{% trans %}`, Flask-Babel's functions in views.
_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "npgettext": (2, 3), "pgettext": (2,),
}  # fmt: skip


def routes_without_access(app: Flask) -> list[str]:
    """Every route says who may call it, by `@public`, `@signed_in` or `@needs(...)` of `web/access.py` (STYLE.md 17)."""
    return sorted(
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "__access__", None) is None
    )


def texts_without_english(root: Path) -> list[str]:
    """Texts of templates and views that no catalogue of `web/translations/en` translates."""
    known = {message.id for _, catalogue in _catalogues(root) for message in catalogue if message.string}
    known |= {identifier[0] for identifier in known if isinstance(identifier, tuple)}
    return [f"{where}: {text}" for where, text in _texts(root) if text not in known]


def english_without_a_text(root: Path) -> list[str]:
    """Translations of texts that no page has any more."""
    used = {text for _, text in _texts(root)}
    return [
        f"{path.name}: {identifier}"
        for path, catalogue in _catalogues(root)
        for message in catalogue
        if message.id and (identifier := _singular(message.id)) not in used
    ]


def contradicting_english(root: Path) -> list[str]:
    """Texts that two catalogues translate differently."""
    first: dict[object, tuple[object, str]] = {}
    problems = []
    for path, catalogue in _catalogues(root):
        for message in catalogue:
            if not message.id or not message.string:
                continue
            string, origin = first.setdefault(_singular(message.id), (message.string, path.name))
            if string != message.string:
                problems.append(
                    f"{_singular(message.id)!r} is {string!r} in {origin}, {message.string!r} in {path.name}"
                )
    return problems


def _texts(root: Path) -> Iterator[tuple[str, str]]:
    options = {"silent": "false"}
    for method, pattern in (("python", "*.py"), ("jinja2", "*.html")):
        for path in sorted((root / "web").rglob(pattern)):
            for line, found, _, _ in extract_from_file(method, path, keywords=_KEYWORDS, options=options):
                yield f"{path.relative_to(root)}:{line}", _singular(found)


def _catalogues(root: Path) -> list[tuple[Path, Catalog]]:
    found = []
    for path in sorted((root / "web" / "translations" / "en").glob("*.po")):
        with path.open("rb") as file:
            found.append((path, read_po(file, locale="en")))
    return found


def _singular(identifier: str | list[str] | tuple[str, ...]) -> str:
    return identifier if isinstance(identifier, str) else identifier[0]
