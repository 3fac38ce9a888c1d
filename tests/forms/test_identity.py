"""What a form says of an identity document, and what its conditions see of the books (R-V-01, R-V-14, 2.13)."""

from __future__ import annotations

from datetime import date

import pytest

from forms import Forms, missing_attachments
from forms.identity import identity_reasons

TODAY = date(2026, 6, 15)
RIGHT = {
    "new_id_type": "resident_id",
    "new_id_number": "110000197909099047",
    "new_gender": "female",
    "new_birth_date": date(1979, 9, 9),
}


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, []),
        ({"new_gender": None, "new_birth_date": None}, []),
        ({"new_id_number": "110000197909099046"}, ["ID_NUMBER_INVALID"]),
        ({"new_gender": "male"}, ["ID_DATA_MISMATCH"]),
        ({"new_birth_date": date(1979, 9, 10)}, ["ID_DATA_MISMATCH"]),
        ({"new_id_type": "passport", "new_gender": "male"}, []),
        ({"new_id_type": None, "new_id_number": "E1"}, []),
    ],
)
def test_the_number_is_held_against_its_kind_and_the_data(changed: dict[str, object], codes: list[str]) -> None:
    """R-V-01, R-V-14"""
    assert [reason.code for reason in identity_reasons(RIGHT | changed, today=TODAY)] == codes


@pytest.mark.parametrize(("name", "wanted"), [("吴思齐", ["AT-01"]), ("吴思琪", ["AT-01", "AT-02", "AT-06"])])
def test_a_condition_sees_what_the_books_say_now(name: str, wanted: list[str]) -> None:
    """2.13: the proofs are asked for only where the name changes."""
    form = Forms().current("class2_personal_info")
    snapshot = {"person": {"name": "吴思齐", "id_number": RIGHT["new_id_number"]}}
    document = {"new_name": name, "new_id_number": RIGHT["new_id_number"]}
    missing = missing_attachments(form, document, frozenset(), snapshot=snapshot)
    assert [reason.field for reason in missing] == wanted
