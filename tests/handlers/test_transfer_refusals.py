"""Who may apply for an employer transfer (REQUIREMENTS.md 2.14, 3.6 `transfer_eligibility`)."""

from datetime import date

import pytest

from handlers.line_rules import refusals as refusals_of
from kernel.texts import Text
from registry.calendar import same_day_next_year
from rules.tables import Decisions, model_of

FREE = {
    "today": date(2026, 6, 15),
    "verified": True,
    "valid_count": 1,
    "transfer_allowed_from": None,
    "same_employer": False,
    "open_business": None,
    "employer_found": True,
    "employer_has_district": True,
    "employer_missing": None,
    "enterprise_change_open": False,
    "submitting": False,
}
BUSY = {"line": {"zh": "延续注册", "en": "Continuation"}, "number": "BJ1"}
NAMES = ("transfer_eligibility", "applicant_eligibility", "employer_eligibility")
TABLES = {name: model_of(Decisions().xml(name)) for name in NAMES}


def but(**facts):
    return FREE | facts


def refusals(facts):
    return refusals_of(facts, TABLES)


def codes(facts):
    return [reason.code for reason in refusals(facts)]


def test_nothing_forbids_a_transfer():
    assert codes(FREE) == []


@pytest.mark.parametrize(
    ("last", "today", "allowed"),
    [
        (date(2025, 3, 10), date(2026, 3, 9), False),
        (date(2025, 3, 10), date(2026, 3, 10), True),
        (date(2024, 2, 29), date(2025, 2, 28), False),
        (date(2024, 2, 29), date(2025, 3, 1), True),
        (date(2025, 6, 15), date(2026, 6, 15), True),
        (date(2025, 6, 16), date(2026, 6, 15), False),
    ],
)
def test_a_year_passes_between_two_transfers(last, today, allowed):
    """R-1.5-2"""
    facts = but(today=today, transfer_allowed_from=same_day_next_year(last))
    assert codes(facts) == ([] if allowed else ["TRANSFER_WITHIN_ONE_YEAR"])


def test_the_refusal_names_the_first_day():
    """R-1.5-2"""
    [reason] = refusals(but(transfer_allowed_from=date(2026, 6, 16)))
    assert reason.rule == "R-1.5-2"
    assert reason.message == Text(
        "距上次执业企业变更公告日不满一年，2026-06-16起可申请",
        "Less than one year since the last announced transfer; possible from 2026-06-16",
    )


@pytest.mark.parametrize(
    ("facts", "code", "rule", "field"),
    [
        (but(same_employer=True), "SAME_EMPLOYER", "R-1.5-3", "new_employer"),
        (but(employer_has_district=False), "NO_SUPERVISING_DISTRICT", "R-2.1-1", "new_employer"),
        (
            but(employer_missing={"zh": "联系电话", "en": "Contact phone"}),
            "EMPLOYER_INFO_INCOMPLETE",
            "R-2.7-1",
            "new_employer",
        ),
        (but(employer_found=False), "EMPLOYER_NOT_FOUND", "R-000-02", "new_employer"),
        (
            but(open_business=BUSY),
            "BUSINESS_IN_PROGRESS",
            "R-1.9-1",
            None,
        ),
        (but(valid_count=0), "NO_VALID_REGISTRATION", "R-000-16", None),
        (but(verified=False), "NOT_VERIFIED", "R-000-23", None),
        (but(enterprise_change_open=True, submitting=True), "ENTERPRISE_CHANGE_OPEN", "R-1.8-5", None),
    ],
)
def test_each_rule_refuses_alone(facts, code, rule, field):
    [reason] = refusals(facts)
    assert (reason.code, reason.rule, reason.field) == (code, rule, field)
    assert "{" not in reason.message.zh + reason.message.en


def test_a_draft_may_be_saved_while_the_employer_changes_its_information():
    """R-1.8-5"""
    assert codes(but(enterprise_change_open=True)) == []


def test_missing_fields_are_named_in_both_languages():
    """R-2.7-1"""
    [reason] = refusals(but(employer_missing={"zh": "注册地址、联系电话", "en": "Registered address, Contact phone"}))
    assert reason.message.zh == "企业信息不完整：注册地址、联系电话，请企业完善后重新申请"
    assert reason.message.en == "Enterprise information incomplete: Registered address, Contact phone"


def test_the_business_in_progress_is_named_with_its_number():
    """R-1.9-1"""
    [reason] = refusals(but(open_business=BUSY))
    assert "延续注册 BJ1" in reason.message.zh
    assert "Continuation BJ1" in reason.message.en


def test_all_failing_rules_come_together_in_catalogue_order():
    """R-D-01"""
    facts = but(
        verified=False,
        valid_count=0,
        transfer_allowed_from=date(2026, 6, 16),
        open_business=BUSY,
        same_employer=True,
        employer_has_district=False,
        employer_missing={"zh": "联系电话", "en": "Contact phone"},
    )
    assert codes(facts) == [
        "BUSINESS_IN_PROGRESS",
        "EMPLOYER_INFO_INCOMPLETE",
        "NOT_VERIFIED",
        "NO_SUPERVISING_DISTRICT",
        "NO_VALID_REGISTRATION",
        "SAME_EMPLOYER",
        "TRANSFER_WITHIN_ONE_YEAR",
    ]
