"""Word documents from templates: A4 in SimSun, one file a form, no code a line (REQUIREMENTS.md 4.4, DESIGN.md 11).

A template is a Word file with tags of Jinja, as docxtpl reads them: `{{ person.name }}` prints a value and
`{%tr for each in … %}` repeats a row of a table. `context.py` says which names there are.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import segno
from docx.opc.constants import RELATIONSHIP_TYPE
from docxtpl import DocxTemplate
from jinja2 import ChainableUndefined, Environment, Template, Undefined

DIRECTORY = Path(__file__).parent / "templates"
TEMPLATES = frozenset(path.stem for path in DIRECTORY.glob("*.docx"))

_QR = "qr.png"  # the name of the picture in the templates that becomes the code of the number
# XML has no place for them, and \f would be a page break.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def render(template: str, values: Mapping[str, Any], printed_at: datetime | None) -> bytes:
    """The Word document (OOXML) that a template makes of the values of `context`.

    Raises:
        KeyError: there is no such template.
    """
    document = DocxTemplate(io.BytesIO(_file(template)))
    document.render(dict(values), _environment(), autoescape=True)
    if values["number"]:
        document.allow_missing_pics = True  # a template need not show the code
        document.replace_pic(_QR, io.BytesIO(qr_png(values["number"])))
    else:
        _remove_unused_pictures(document)
    properties = document.core_properties
    properties.title = values["title"]
    if printed_at is not None:
        properties.created = properties.modified = printed_at
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def qr_png(content: str) -> bytes:
    """The QR code as a black and white PNG that prints sharply at 2 cm."""
    out = io.BytesIO()
    segno.make(content, error="m", micro=False).save(out, kind="png", scale=10, border=1)
    return out.getvalue()


@lru_cache
def _file(template: str) -> bytes:
    if template not in TEMPLATES:
        raise KeyError(f"Expected one of the templates {sorted(TEMPLATES)}, found {template}")
    return (DIRECTORY / f"{template}.docx").read_bytes()


class _Environment(Environment):
    """Jinja that compiles each part of each template once; there are few, for only our own templates come here."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._compiled: dict[str, Template] = {}

    def from_string(self, source: Any, *rest: Any, **options: Any) -> Template:
        found = self._compiled.get(source)
        if found is None:
            found = self._compiled[source] = super().from_string(source, *rest, **options)
        return found


@lru_cache
def _environment() -> Environment:
    return _Environment(undefined=ChainableUndefined, finalize=_printable, autoescape=True)


def _printable(value: object) -> object:
    """What a tag prints of a value."""
    if value is None or isinstance(value, Undefined):
        return ""
    return _UNPRINTABLE.sub("", value) if isinstance(value, str) else value


def _remove_unused_pictures(document: DocxTemplate) -> None:
    """Take out what no page shows: the code of the number, in a form that has none."""
    part = document.docx.part
    shown = set(part.element.xpath("//@r:embed"))
    pictures = [key for key, relation in part.rels.items() if relation.reltype == RELATIONSHIP_TYPE.IMAGE]
    for key in pictures:
        if key not in shown:
            del part.rels[key]
