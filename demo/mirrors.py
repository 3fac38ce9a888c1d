"""What the mirrors of other authorities say on the day of the sample data, of enterprises and of class 1 (7.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from demo.enterprises import BY_KEY, CHANGED, ENTERPRISES
from demo.people import number_of, sample_id, sample_people


def enterprise_rows(at: datetime) -> Iterator[dict[str, Any]]:
    """The qualification data: of E05, E06, E07 and E12 newer than their certificates (R-1.8-1)."""
    for each in ENTERPRISES:
        now = replace(each, **CHANGED.get(str(each.key), {}))
        yield {
            "uscc": now.uscc,
            "org_code": now.org_code,
            "name": now.name,
            "registered_address": now.registered_address,
            "district": now.district,
            "legal_representative": now.legal_representative,
            "enterprise_type": now.enterprise_type,
            "cancelled": now.cancelled,
            "synced_at": at,
        }


def ministry_rows(day: date, at: datetime) -> Iterator[dict[str, Any]]:
    """P22 is a class-1 constructor of E07 under its old name (R-2.4-1)."""
    holder = next(each for each in sample_people() if each.key == "P22")
    employer = BY_KEY["E07"]
    yield {
        "id": sample_id("ministry", "P22"),
        "kind": "class1",
        "name": holder.name,
        "id_number": holder.id_number,
        "registration_no": f"京111{day.year - 2}{number_of('P22'):05}",
        "specialties": "building",
        "enterprise_name": employer.name,
        "uscc": employer.uscc,
        "expiry_date": day + timedelta(days=330),
        "synced_at": at,
    }
