"""Replacement of a lost or damaged seal, from the form to the end."""

from __future__ import annotations

import io

import pytest
from docx import Document

from kernel.errors import Refused
from tests.scenarios.case import Case

LINE = "seal_replacement"
DATA = {"reason": "lost", "explanation": "搬家时遗失"}
REVIEW = "review_by_district"


def test_a_seal_is_replaced(case: Case) -> None:
    case.applied(by="p04", **DATA).has_status("declared").waits_at(REVIEW)
    case.completed(REVIEW, by="district_haidian", decision="pass").has_status("closed").has_ended_at("closed")


def test_the_district_returns_it_and_the_applicant_takes_it_back(case: Case) -> None:
    case.applied(by="p04", **DATA)
    case.completed(REVIEW, by="district_haidian", decision="return", opinion="请说明遗失经过").has_status("returned")
    case.submitted(explanation="2026年6月1日搬家时遗失").has_status("declared")
    case.withdrawn().has_status("draft").submitted().completed(
        REVIEW, by="district_haidian", decision="return", opinion="不清楚"
    )
    case.withdrawn().has_status("draft").deleted().has_ended_at("deleted")


def test_without_a_valid_specialty_there_is_no_seal(case: Case) -> None:
    with pytest.raises(Refused) as refused:
        case.saved(by="p11", **DATA)
    assert [reason.code for reason in refused.value.reasons] == ["NO_VALID_REGISTRATION"]


def test_the_form_is_printed(case: Case) -> None:
    case.saved(by="p04", **DATA)
    with case.services.database.read() as connection:
        name, file = case.services.applications.export_document(connection, case.number, case.actor("p04"))
    table = Document(io.BytesIO(file)).tables[0]
    assert name.startswith("执业印章补办申请表")
    assert {"吴思齐", "遗失", "搬家时遗失"} <= {cell.text for row in table.rows for cell in row.cells}
