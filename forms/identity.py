"""What the fields of one identity document say of each other (R-V-01, R-V-14)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from kernel.errors import Reason
from kernel.identifiers import birth_date_of, gender_of, is_id_number

_RESIDENT = "resident_id"


def identity_reasons(answers: Mapping[str, Any], *, today: date) -> list[Reason]:
    """Check the answers of a group of the type `identity`: the number is one of its kind, and the gender and the birth
    date are those of a resident ID number. What has not been filled in yet is not compared.

    Source: REQUIREMENTS.md 3.4, R-V-01 and R-V-14.
    """
    kind, number = answers.get("new_id_type"), answers.get("new_id_number")
    if kind is None or number is None:
        return []
    if not is_id_number(number, id_type=kind, today=today):
        return [Reason("ID_NUMBER_INVALID", rule="R-V-01", field="new_id_number")]
    if kind != _RESIDENT:
        return []
    told = {"new_gender": gender_of(number), "new_birth_date": birth_date_of(number)}
    return [
        Reason("ID_DATA_MISMATCH", rule="R-V-14", field=key)
        for key, value in told.items()
        if answers.get(key) not in (None, value)
    ]
