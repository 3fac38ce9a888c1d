"""Renders the form macros with plain Jinja, as a page of the service would."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lxml import html

from forms.page import FormPage
from kernel.texts import Language, Text

TEMPLATES = Path(__file__).parents[2] / "web" / "templates"


@dataclass(frozen=True)
class File:
    """An attachment as the applications room shows it."""

    kind: str
    id: str = "f1"
    file_name: str = "劳动合同.pdf"
    size_bytes: int = 1_258_291
    uploaded_at: datetime = datetime(2026, 6, 8, 8, 40, tzinfo=UTC)


@dataclass(frozen=True)
class Employer:
    uscc: str
    name: str
    supervising_district: str | None = "海淀区"


E01 = Employer("91110000XA0000015W", "北京恒筑建设工程有限公司")
E12 = Employer("91110000XA000012XX", "北京恒筑第二建筑有限公司")

SNAPSHOT: dict[str, Any] = {
    "person": {
        "name": "雷明辉",
        "gender": "male",
        "birth_date": "1993-07-12",
        "id_type": "resident_id",
        "id_number": "110000199307129519",
        "mobile": "19900000051",
    },
    "registration": {
        "registration_no": "京211202401186",
        "seal_no": None,
        "state": "valid",
        "specialties": [
            {"specialty": "building", "issue_date": "2024-05-20", "expiry_date": "2027-05-19", "state": "valid"}
        ],
    },
    "old_employer": {
        "enterprise_name": "北京启岩建筑有限公司",
        "uscc": "91110000XA0000023P",
        "org_code": "XA0000023",
        "supervising_district": "朝阳区",
        "enterprise_type": "construction",
    },
    "new_employer": {
        "enterprise_name": E01.name,
        "uscc": E01.uscc,
        "org_code": "XA0000015",
        "supervising_district": "海淀区",
        "enterprise_type": "construction",
    },
}
DOCUMENT: dict[str, Any] = {
    "new_employer": E01.uscc,
    "contract_type": "fixed_term",
    "contract_start": "2026-06-01",
    "contract_end": None,
}


def environment(language: Language = "zh") -> Environment:
    def translated(message: str, **parameters: object) -> str:
        return message % parameters if parameters else message

    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    made.trim_blocks = made.lstrip_blocks = True
    made.globals |= {"_": translated, "asset": lambda name: f"/assets/{name}", "statuses": {}, "language": language}
    made.filters |= {
        "t": lambda text: text.in_(language) if isinstance(text, Text) else text,
        "total": str,
        "file_size": lambda size: f"{size / 1024 / 1024:.1f} MB",
        "short_moment": lambda moment: f"{moment:%m-%d %H:%M}",
    }
    return made


def rendered(source: str, page: FormPage, **context: Any) -> html.HtmlElement:
    """The macros of forms/fields.html, called by a template text; the result as a tree."""
    names = "form_sections, contents, saved_state, saved_answer, decision_fields, lookup_block, attachment_item"
    template = (
        f'{{% from "forms/fields.html" import {names} with context %}}<form id="form" method="post">{source}</form>'
    )
    made = environment(page.language).from_string(template)
    return html.fromstring(made.render(page=page, **context))


def day(text: str) -> date:
    return date.fromisoformat(text)
