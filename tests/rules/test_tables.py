"""Every boundary of the project's decision tables (REQUIREMENTS.md 3.6; STYLE.md 19)."""

from datetime import date, timedelta

import pytest

from registry.calendar import same_day_next_year
from rules.dmn import DecisionFailed, DmnRefused, check
from rules.tables import FOR_LINES_TO_COME, Decisions, checked, model_of, reasons_of

DECISIONS = Decisions()
TODAY = date(2026, 6, 15)


def eligible(**facts):
    free = {"valid_count": 1, "today": date(2026, 6, 15), "transfer_allowed_from": None, "same_employer": False}
    return codes(free | facts)


def codes(facts):
    table = model_of(DECISIONS.xml("transfer_eligibility"))
    return [reason.code for reason in reasons_of(table, "transfer_eligibility", facts)]


def test_the_tables_of_the_rules_book_are_there_and_sound():
    """R-P-12"""
    of_lines = {
        *("transfer_eligibility", "applicant_eligibility", "employer_eligibility"),
        *("class2_line_selection", "continuation_window"),
        *("flag_lines", "social_insurance_months", "flag_release_eligibility"),
        *("personal_info_change", "enterprise_info_change", "qualification_correction"),
    }
    assert set(DECISIONS) == of_lines | FOR_LINES_TO_COME.keys()
    for key in DECISIONS:
        assert check(model_of(DECISIONS.xml(key))) == []
        assert len(DECISIONS.sha256(key)) == 64


@pytest.mark.parametrize(("number", "found"), [(0, ["FLAG_NOT_PRESENT"]), (1, []), (2, [])])
def test_a_release_needs_a_flag_that_can_be_released(number, found):
    """2.27, R-1.10-3"""
    table = model_of(DECISIONS.xml("flag_release_eligibility"))
    reasons = reasons_of(table, "flag_release_eligibility", {"releasable_flags": number})
    assert [reason.code for reason in reasons] == found


@pytest.mark.parametrize(
    ("cell", "planted", "said"),
    [
        ("[30..90]", "[31..90]", "The UNIQUE table has a gap: no row applies when days_to_expiry (距到期天数) = 30"),
        (
            "[30..90]",
            "[29..90]",
            "The UNIQUE table overlaps: rows 2, 3 all apply when days_to_expiry (距到期天数) = 29",
        ),
        ("&gt; 90", "&gt; 91", "The UNIQUE table has a gap: no row applies when days_to_expiry (距到期天数) = 91"),
        ("&lt; 0", "&lt;= 0", "The UNIQUE table overlaps: rows 3, 5 all apply when days_to_expiry (距到期天数) = 0"),
    ],
)
def test_a_table_with_a_planted_gap_or_overlap_is_refused_with_the_day(tmp_path, cell, planted, said):
    """R-P-12"""
    file = DECISIONS.xml("continuation_window").decode()
    assert file.count(f"<text>{cell}</text>") == 1
    wrong = file.replace(f"<text>{cell}</text>", f"<text>{planted}</text>").encode()
    (tmp_path / "continuation_window.dmn").write_bytes(wrong)

    for opened in (lambda: checked(wrong), lambda: Decisions(tmp_path)):
        with pytest.raises(DmnRefused) as caught:
            opened()
        assert [one.text.en for one in caught.value.findings] == [f"{said}, resubmission (退回后重新提交) = false"]
        assert all(one.text.zh and one.line for one in caught.value.findings)


# -- transfer_eligibility


def test_nothing_forbids_a_transfer():
    assert eligible() == []


@pytest.mark.parametrize(("valid", "codes"), [(0, ["NO_VALID_REGISTRATION"]), (1, []), (2, [])])
def test_a_transfer_needs_a_valid_specialty(valid, codes):
    """R-000-16"""
    assert eligible(valid_count=valid) == codes


@pytest.mark.parametrize(
    ("last", "today", "codes"),
    [
        (date(2025, 3, 10), date(2026, 3, 9), ["TRANSFER_WITHIN_ONE_YEAR"]),
        (date(2025, 3, 10), date(2026, 3, 10), []),
        (date(2024, 2, 29), date(2025, 2, 28), ["TRANSFER_WITHIN_ONE_YEAR"]),
        (date(2024, 2, 29), date(2025, 3, 1), []),
    ],
)
def test_a_year_passes_between_two_transfers(last, today, codes):
    """R-1.5-2"""
    assert eligible(today=today, transfer_allowed_from=same_day_next_year(last)) == codes


@pytest.mark.parametrize(("same", "codes"), [(True, ["SAME_EMPLOYER"]), (False, [])])
def test_the_new_employer_is_another_one(same, codes):
    """R-1.5-3"""
    assert eligible(same_employer=same) == codes


def test_all_reasons_come_together():
    """R-D-01"""
    assert eligible(valid_count=0, transfer_allowed_from=date(2026, 6, 16), same_employer=True) == [
        "TRANSFER_WITHIN_ONE_YEAR",
        "SAME_EMPLOYER",
        "NO_VALID_REGISTRATION",
    ]


@pytest.mark.parametrize("facts", [{"valid_count": "1"}, {"today": "soon"}, {"same_employer": 0}])
def test_a_fact_of_another_type_is_never_a_pass(facts):
    """R-P-12"""
    with pytest.raises(DecisionFailed):
        eligible(**facts)


def test_a_fact_that_is_missing_is_never_a_pass():
    """R-P-12"""
    with pytest.raises(DecisionFailed, match="same_employer"):
        codes({"valid_count": 1, "today": "2026-06-15", "transfer_allowed_from": None})


def test_a_day_may_come_as_text_because_process_variables_are_json():
    assert eligible(today="2026-06-15", transfer_allowed_from="2026-06-16") == ["TRANSFER_WITHIN_ONE_YEAR"]


# -- continuation_window


@pytest.mark.parametrize(
    ("days", "code", "code_again"),
    [
        (91, "CONTINUATION_TOO_EARLY", "CONTINUATION_TOO_EARLY"),
        (90, None, None),
        (60, None, None),
        (30, None, None),
        (29, "CONTINUATION_TOO_LATE", None),
        (0, "CONTINUATION_TOO_LATE", None),
        (-1, "REGISTRATION_EXPIRED", "REGISTRATION_EXPIRED"),
    ],
)
def test_continuation_is_open_from_day_90_to_day_30(days, code, code_again):
    """R-1.4-1, R-1.4-2; R-1.4-3: `code_again` of a returned application, up to the expiry date"""
    expiry = TODAY + timedelta(days=days)
    facts = {"days_to_expiry": days, "expiry_date": expiry, "resubmission": False}
    for found, expected in (
        (DECISIONS.evaluate("continuation_window", facts), code),
        (DECISIONS.evaluate("continuation_window", facts | {"resubmission": True}), code_again),
    ):
        assert (found["open"], found["code"]) == (expected is None, expected)


def test_too_early_tells_the_day_on_which_continuation_opens():
    """R-1.4-1, 3.5: 91 days before the expiry, from tomorrow on"""
    facts = {"days_to_expiry": 91, "expiry_date": TODAY + timedelta(days=91), "resubmission": False}
    assert DECISIONS.evaluate("continuation_window", facts)["date"] == (TODAY + timedelta(days=1)).isoformat()


# -- renewal_window


@pytest.mark.parametrize(
    ("today", "due", "code"),
    [
        (date(2026, 2, 27), False, "RENEWAL_TOO_EARLY"),
        (date(2026, 2, 28), True, None),
        (date(2026, 5, 31), True, None),
        (date(2026, 6, 1), False, "RENEWAL_EXPIRED"),
    ],
)
def test_renewal_is_open_for_three_months_before_expiry(today, due, code):
    """R-1.13-1, R-2.11-2: expiry 2026-05-31, so the window opens on 2026-02-28 (clamped to the month's end)"""
    facts = {
        "has_expiry": True,
        "days_to_expiry": (date(2026, 5, 31) - today).days,
        "days_to_window_open": (date(2026, 2, 28) - today).days,
    }
    assert DECISIONS.evaluate("renewal_window", facts) == {"due": due, "code": code}


def test_a_certificate_without_expiry_is_never_renewed():
    """R-D-21"""
    facts = {"has_expiry": False, "days_to_expiry": None, "days_to_window_open": None}
    assert DECISIONS.evaluate("renewal_window", facts) == {"due": False, "code": "POSITION_WITHOUT_EXPIRY"}


def test_an_expiry_that_is_not_known_is_never_a_pass():
    """R-P-12"""
    with pytest.raises(DecisionFailed, match="no row applies"):
        DECISIONS.evaluate("renewal_window", {"has_expiry": True, "days_to_expiry": None, "days_to_window_open": None})


# -- unit_change_limit


@pytest.mark.parametrize(
    ("position", "changes", "before", "after", "allowed"),
    [
        ("A", 4, None, None, True),  # it becomes the fifth
        ("A", 5, None, None, False),
        ("C", 6, True, True, False),
        ("A", 5, False, True, False),  # the exception is for project managers
        ("B", 4, True, False, True),
        ("B", 5, False, True, True),
        ("B", 5, True, True, False),
        ("B", 5, False, False, False),
        ("B", 5, True, False, False),
        ("B", 9, False, True, True),
    ],
)
def test_a_unit_changes_five_times_a_year_except_to_match(position, changes, before, after, allowed):
    """R-1.12-4, R-1.12-5"""
    facts = {"position_type": position, "changes_12m": changes, "match_before": before, "match_after": after}
    assert DECISIONS.evaluate("unit_change_limit", facts) == {
        "allowed": allowed,
        "code": None if allowed else "CHANGE_LIMIT_EXCEEDED",
    }


# -- enterprise_certification


@pytest.mark.parametrize(
    ("has_lock", "usable", "equal", "kind"),
    [
        (False, None, None, "on_site"),
        (False, False, True, "on_site"),
        (True, False, True, "on_site"),
        (True, False, False, "on_site"),
        (True, True, True, "identity_lock"),
        (True, True, False, "on_site_association"),
    ],
)
def test_the_lock_and_the_name_choose_the_certification(has_lock, usable, equal, kind):
    """R-004-04, G-19"""
    facts = {"has_lock": has_lock, "lock_usable": usable, "name_equal": equal}
    assert DECISIONS.evaluate("enterprise_certification", facts) == kind


# -- flag_lines, social_insurance_months

INDIVIDUAL_LINES = (
    "class2_initial_registration",
    "class2_re_registration",
    "class2_specialty_addition",
    "class2_continuation",
    "class2_employer_transfer",
    "class2_deregistration",
)
INFO_CHANGE = "class2_personal_info_change"
OTHER_LINES = ("class2_enterprise_info_change", "practitioner_enterprise_info_change", "class2_appeal")
PRACTITIONER_LINES = (
    "practitioner_certificate_change",
    "practitioner_certificate_cancellation",
    "practitioner_certificate_move_out",
    "practitioner_certificate_renewal",
    "practitioner_additional_a_certificate",
    "practitioner_certificate_move_in",
)


def flag(line, name):
    found = DECISIONS.evaluate("flag_lines", {"line": line, "flag": name})
    return found["raised"], found["blocks"]


@pytest.mark.parametrize("line", INDIVIDUAL_LINES)
def test_locks_and_abnormal_registrations_block_and_insurance_does_not(line):
    """R-1.10-1, R-1.10-6, G-18"""
    assert flag(line, "in_construction") == flag(line, "abnormal_registration") == (True, True)
    assert flag(line, "social_insurance") == (True, False)


def test_a_change_of_personal_data_is_blocked_by_an_abnormal_registration_only():
    """R-1.10-6"""
    assert flag(INFO_CHANGE, "abnormal_registration") == (True, True)
    assert flag(INFO_CHANGE, "in_construction") == flag(INFO_CHANGE, "social_insurance") == (True, False)


@pytest.mark.parametrize("line", [*OTHER_LINES, *PRACTITIONER_LINES])
def test_other_lines_have_no_flags(line):
    """R-1.10-1"""
    for name in ("social_insurance", "in_construction", "abnormal_registration"):
        assert flag(line, name) == (False, False)


@pytest.mark.parametrize(
    ("lines", "months"),
    [
        ((*INDIVIDUAL_LINES[:4], INFO_CHANGE), 3),
        (PRACTITIONER_LINES, 3),  # information only
        (("class2_employer_transfer",), 1),
        (("class2_deregistration", *OTHER_LINES), 0),
    ],
)
def test_months_of_social_insurance_by_line(lines, months):
    """R-1.10-5, G-18"""
    assert {DECISIONS.evaluate("social_insurance_months", {"line": line}) for line in lines} == {months}
