"""The language of a page: Chinese unless the reader chose English (cookie, account) or asks for it (Accept-Language).

Chinese texts are the message ids; `web/translations/en/*.po` hold the English. The catalogues are read as they are at
start-up, so nothing has to be compiled.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any, cast

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale

from kernel.texts import Language

LANGUAGE_COOKIE = "lang"
CATALOGUES = Path(__file__).parent / "translations"


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
    if not has_request_context():
        return "zh"
    if "language" not in g:  # asked for every text of a page
        locale: Any = get_locale()
        g.language = "en" if locale is not None and locale.language == "en" else "zh"
    return cast("Language", g.language)


def select_language() -> str:
    """Which locale this request is answered in."""
    chosen = request.cookies.get(LANGUAGE_COOKIE) or g.get("preferred_language")
    if chosen not in ("zh", "en"):
        chosen = request.accept_languages.best_match(["zh-CN", "zh", "en"], "zh")
    return "en" if chosen == "en" else "zh_CN"


def register(app: Flask) -> None:
    babel = Babel()
    babel.init_app(app, default_locale="zh_CN", default_timezone="Asia/Shanghai", locale_selector=select_language)
    babel.domain_instance = Catalogues()
