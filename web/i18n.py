"""The language of a page: Chinese unless the reader chose English (cookie, account) or asks for it (Accept-Language).

Chinese texts are the message ids; `web/translations/en/*.po` hold the English. The catalogues are read as they are at
start-up, so nothing has to be compiled.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale
from markupsafe import Markup

from kernel.texts import Language

LANGUAGE_COOKIE = "lang"
CATALOGUES = Path(__file__).parent / "translations"
_LOCALES: Mapping[Language, Locale] = {"zh": Locale.parse("zh_CN"), "en": Locale.parse("en")}  # slow to make


class Catalogues(Domain):  # type: ignore[misc]  # Flask-Babel has no types
    """Every `.po` file of English, merged; Chinese needs none."""

    def __init__(self) -> None:
        super().__init__()
        self._english = _read_all(CATALOGUES / "en")
        self._none = NullTranslations()

    def get_translations(self) -> NullTranslations:
        return self._english if language() == "en" else self._none


@cache
def _read_all(folder: Path) -> Translations:
    merged = Translations()
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as source:
            catalogue = read_po(source, locale="en")
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        part = Translations(compiled)
        merged.plural = part.plural  # merge() forgets it
        merged.merge(part)
    return merged


def language() -> Language:
    """The language of this request, `zh` or `en`."""
    try:  # asked for every text of a page
        known: Language | None = g.get("language")
    except RuntimeError:  # outside of the application
        return "zh"
    if known is None:
        if not has_request_context():
            return "zh"
        locale: Any = get_locale()
        g.language = known = "en" if locale is not None and locale.language == "en" else "zh"
    return known


def select_language() -> Locale:
    """Which locale this request is answered in."""
    chosen = request.cookies.get(LANGUAGE_COOKIE) or g.get("preferred_language")
    if chosen not in ("zh", "en"):
        chosen = request.accept_languages.best_match(["zh-CN", "zh", "en"], "zh")
    return _LOCALES["en" if chosen == "en" else "zh"]


def register(app: Flask) -> None:
    babel = Babel()
    babel.init_app(app, default_locale="zh_CN", default_timezone="Asia/Shanghai", locale_selector=select_language)
    babel.domain_instance = catalogues = Catalogues()
    in_pages = _InPages(catalogues)
    app.jinja_env.globals.update(gettext=in_pages, _=in_pages)


class _InPages:
    """`_` of the templates, which are all HTML: as Jinja's own, but each text is looked up and marked once, not a
    hundred times a page."""

    def __init__(self, catalogues: Catalogues) -> None:
        self._catalogues = catalogues
        self._known: dict[Language, dict[str, Markup]] = {"zh": {}, "en": {}}

    def __call__(self, message: str, **variables: Any) -> Markup:
        if variables:
            return self._marked(message) % variables
        known = self._known[language()]
        found = known.get(message)
        if found is None:  # a percent sign is written twice with and without variables
            found = known[message] = self._marked(message) % {}
        return found

    def _marked(self, message: str) -> Markup:
        return Markup(self._catalogues.get_translations().gettext(message))  # noqa: S704 - a text of a template
