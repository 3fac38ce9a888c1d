"""The appeal (REQUIREMENTS.md 2.18, R-2.5-2 to R-2.5-5, T-07): upheld, dismissed, its period, who decides."""

from __future__ import annotations

import pytest

from demo.load import sample_scan
from kernel.errors import InvalidInput, Refused
from tests.scenarios.case import APPEAL, CITY, Case


def not_passed(case: Case) -> Case:
    case.applied(by="p04", to="E02").passed_to_city()
    return case.completed(CITY, by="city_a", decision="not_pass", opinion="合同不符合要求")


def test_an_upheld_appeal_makes_it_a_pass(case: Case) -> None:
    not_passed(case).appealed().has_status("appealing").waits_at(APPEAL)
    case.completed(APPEAL, by="city_b", decision="uphold", opinion="申诉理由成立").has_status("publicity").waits_at()
    case.after(days=10).has_status("closed").has_ended_at("closed")
    assert case.registration().employer == case.uscc("E02")


def test_a_dismissed_appeal_leaves_it_not_passed(case: Case) -> None:
    not_passed(case).appealed().completed(APPEAL, by="city_b", decision="dismiss", opinion="维持原意见")
    case.has_status("publicity").after(days=10).has_status("rejected").has_ended_at("rejected")


def test_the_end_of_publicity_waits_for_an_open_appeal(case: Case) -> None:
    """2.0.4: C6 waits for it."""
    not_passed(case).after(days=9).appealed().after(days=20).has_status("appealing").waits_at(APPEAL)
    case.completed(APPEAL, by="city_b", decision="uphold", opinion="申诉理由成立").has_status("closed")


def test_who_decided_does_not_decide_the_appeal(case: Case) -> None:
    """R-D-12."""
    not_passed(case).appealed()
    with pytest.raises(Refused) as refusal:
        case.completed(APPEAL, by="city_a", decision="dismiss", opinion="维持原意见")
    assert refusal.value.code == "SAME_REVIEWER"
    case.waits_at(APPEAL)


def test_an_appeal_is_possible_from_the_first_to_the_last_day(case: Case) -> None:
    """R-2.5-3: opened 15 June, so 24 June is allowed and 25 June is not."""
    not_passed(case).after(days=9).appealed().has_status("appealing")


def test_the_day_after_the_period_is_too_late(case: Case) -> None:
    not_passed(case).after(days=10)
    with pytest.raises(Refused) as refusal:
        case.appealed()
    assert refusal.value.code == "APPEAL_NOT_IN_PUBLICITY"


def test_before_the_period_is_too_early(case: Case) -> None:
    case.applied(by="p04", to="E02")
    with pytest.raises(Refused) as refusal:
        case.appealed()
    assert refusal.value.code == "APPEAL_NOT_IN_PUBLICITY"


def test_a_pass_cannot_be_appealed(case: Case) -> None:
    """R-2.5-4."""
    case.applied(by="p04", to="E02").passed_to_city().completed(CITY, by="city_a", decision="pass")
    with pytest.raises(Refused) as refusal:
        case.appealed()
    assert refusal.value.code == "APPEAL_NOT_REJECTED"


def test_there_is_one_appeal_for_a_decision(case: Case) -> None:
    """R-2.5-5."""
    not_passed(case).appealed().completed(APPEAL, by="city_b", decision="dismiss", opinion="维持原意见")
    with pytest.raises(Refused) as refusal:
        case.appealed()
    assert refusal.value.code == "APPEAL_ALREADY_FILED"


def test_an_appeal_needs_grounds(case: Case) -> None:
    not_passed(case)
    with pytest.raises(InvalidInput):
        case.appealed("")
    case.has_status("publicity")


def test_evidence_comes_with_the_appeal_or_not_at_all(case: Case) -> None:
    """AT-14, R-V-10: a file that may not come in refuses the appeal, and the next try brings it."""
    not_passed(case)
    with pytest.raises(InvalidInput) as refusal:
        case.appealed(evidence=[("证据.pdf", sample_scan("1")), ("证据.exe", b"MZ")])
    assert [(reason.code, reason.field) for reason in refusal.value.reasons] == [("FILE_TYPE_INVALID", "AT-14")]
    with pytest.raises(InvalidInput):
        case.appealed(evidence=[(f"{number}.pdf", sample_scan("1")) for number in range(6)])
    case.has_status("publicity")

    case.appealed(evidence=[("证据.pdf", sample_scan("1")), ("补充.pdf", sample_scan("2"))]).has_status("appealing")
    attached = [(file.kind, file.file_name) for file in case.detail("city_b").attachments]
    assert attached[-2:] == [("AT-14", "证据.pdf"), ("AT-14", "补充.pdf")]
