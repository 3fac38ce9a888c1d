"""Values of the books in the words of a printed form; nothing is an empty text, never a word for nothing (R-2.7-1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kernel.identifiers import shown_org_code
from registry.labels import (
    DEGREES,
    EDUCATIONS,
    EMPLOYER_FIELDS,
    ENTERPRISE_TYPES,
    GENDERS,
    ID_TYPES,
    PERSON_FIELDS,
    label_of,
)

_PERSON_LABELS = {"gender": GENDERS, "id_type": ID_TYPES, "education": EDUCATIONS, "degree": DEGREES}
_DAYS = ("birth_date", "graduation_date")


def text_of(value: object) -> str:
    """A value as text: nothing of nothing, but 0 of 0."""
    return "" if value is None else str(value)


def long_day(iso: str | None) -> str:
    """2026年6月1日 of an ISO day; nothing of nothing."""
    if not iso:
        return ""
    year, month, day = iso[:10].split("-")
    return f"{int(year)}年{int(month)}月{int(day)}日"


def period(start: str, end: str) -> str:
    """`start`至`end`, with room to write the one that is missing; nothing if both are."""
    return f"{start}至{end}" if start or end else ""


def joined(sign: str, *parts: str) -> str:
    """The parts that say something."""
    return sign.join(part for part in parts if part)


def person_in_words(person: Mapping[str, Any]) -> dict[str, str]:
    """FS-PERSON, and `education_and_degree` and `school_and_major`."""
    words = {name: text_of(person.get(name)) for name in PERSON_FIELDS}
    words |= {name: label_of(labels, person.get(name)).zh for name, labels in _PERSON_LABELS.items()}
    words |= {name: long_day(person.get(name)) for name in _DAYS}
    degree = "" if person.get("degree") == "none" else words["degree"]
    words["education_and_degree"] = joined("，", words["education"], degree)
    words["school_and_major"] = joined("，", words["school"], words["major"])
    return words


def employer_in_words(employer: Mapping[str, Any]) -> dict[str, str]:
    """FS-EMPLOYER, and `qualification` (category and grade, its number below) and `contact` (person and telephone)."""
    words = {name: text_of(employer.get(name)) for name in EMPLOYER_FIELDS if name != "licence_merged"}
    words["org_code"] = shown_org_code(words["org_code"]) if words["org_code"] else ""
    words["enterprise_type"] = label_of(ENTERPRISE_TYPES, employer.get("enterprise_type")).zh
    words["qualification"] = joined("\n", words["qualification_category_grade"], words["qualification_no"])
    words["contact"] = joined(" ", words["contact_person"], words["contact_phone"])
    return words
