"""Continuation, from the form to the register (REQUIREMENTS.md 2.12): T-04, R-1.4-1 … R-1.4-3, G-05."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from kernel.errors import InvalidInput, Refused, StateConflict
from store.tables import document, message
from tests.scenarios.case import CITY, DISTRICT, EMPLOYER, Case

LINE = "class2_continuation"


def applied(case: Case, by: str, *specialties: str) -> Case:
    return case.applied(by=by, specialties=list(specialties or ["building"]))


def submitted_again(case: Case) -> Case:
    """Submitted with a contract that begins today or later: that of the first submit may have begun long ago."""
    return case.submitted(**{key: str(value) for key, value in case.contract().items()})


def expiries(case: Case) -> dict[str, date]:
    return {each.specialty: each.expiry_date for each in case.registration().specialties}


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [reason.code for reason in refused.value.reasons]


def announced(case: Case, district: str = "district_haidian") -> Case:
    """Confirmed, passed by both commissions, and the period of publicity over."""
    case.confirmed(by="e01_admin").has_status("declared").after(days=1).cleared()
    case.completed(DISTRICT, by=district, decision="pass").has_status("city_review").waits_at(CITY)
    case.completed(CITY, by="city_a", decision="pass").has_status("publicity")
    return case.after(days=9).has_status("publicity").after(days=1)


def test_the_chosen_specialty_is_continued_for_three_years(case: Case) -> None:
    """2.12, T-04 (N = 30): old expiry + 3 years, whatever the day; the other specialty and the employer stay."""
    before = applied(case, "p07").registration()
    announced(case).has_status("closed").has_ended_at("closed")
    case.has_passed("check_start", "declare", "publicity_timer", "announce", "apply_registry", "notify_closed")

    assert expiries(case) == {"building": date(2029, 7, 15), "municipal": date(2027, 3, 1)}
    after = case.registration()
    assert (after.version, after.employer, after.state) == (before.version + 1, before.employer, "valid")
    with case.services.database.read() as connection:
        assert connection.execute(select(document.c.kind).distinct()).scalars().all() == ["DOC-06"]


@pytest.mark.parametrize("person", ["p05", "p07"])
def test_the_window_is_open_on_its_first_and_on_its_last_day(case: Case, person: str) -> None:
    """T-04, R-1.4-1: N = 90 and N = 30."""
    applied(case, person).has_status("pending_confirmation").waits_at(EMPLOYER)


@pytest.mark.parametrize(
    ("person", "code"),
    [
        ("p06", "CONTINUATION_TOO_EARLY"),  # N = 91
        ("p09", "CONTINUATION_TOO_LATE"),  # N = 29
        ("p10", "CONTINUATION_TOO_LATE"),  # N = 0: still valid on the day
        ("p11", "REGISTRATION_EXPIRED"),  # N = -1
        ("p15", "NO_VALID_REGISTRATION"),  # all deregistered
        ("p01", "NO_VALID_REGISTRATION"),  # never registered
    ],
)
def test_outside_of_the_window_nothing_is_started(case: Case, person: str, code: str) -> None:
    """T-04, R-1.4-1, R-1.4-2; on the page before anything is chosen, and when it is saved nonetheless."""
    with case.services.database.read() as connection:
        line = case.services.cases.lines(connection, case.actor(person))
    (offered,) = (each for each in line if each.line == LINE)
    assert [reason.code for reason in offered.refusals] == [code]

    with pytest.raises(Refused) as refused:
        case.saved(by=person, specialties="building")
    assert code in codes(refused)


def test_too_early_tells_the_first_day_and_too_late_the_way_out(case: Case) -> None:
    """3.5, 2.12: P06 may come from tomorrow on; P09 is told that only deregistration is left."""
    with pytest.raises(Refused) as early:
        case.saved(by="p06", specialties="building")
    assert "2026-06-16起开放" in early.value.reasons[0].message.zh
    with pytest.raises(Refused) as late:
        case.saved(by="p09", specialties="building")
    assert "只能办理注销注册" in late.value.reasons[0].message.zh


def test_a_specialty_outside_of_the_window_is_shown_but_cannot_be_chosen(case: Case) -> None:
    """2.12: P07's second specialty expires in 259 days."""
    case.saved(by="p07", specialties="building")
    with case.services.database.read() as connection:
        offered = case.services.cases.options(connection, LINE, case.actor("p07"), case.detail("p07"))["specialties"]
    found = {each.value: each.refusal and each.refusal.code for each in offered}
    assert found == {"building": None, "municipal": "CONTINUATION_TOO_EARLY"}

    case.attached("AT-01")
    with pytest.raises(Refused) as refused:
        case.submitted(specialties=["building", "municipal"])
    assert codes(refused) == ["CONTINUATION_TOO_EARLY"]
    case.has_status("draft")


def test_what_is_submitted_in_time_goes_on_although_the_window_closes(case: Case) -> None:
    """R-1.4-3: submitted at N = 30, the employer confirms at N = 25."""
    applied(case, "p07").after(days=5)
    announced(case).has_status("closed")
    assert expiries(case)["building"] == date(2029, 7, 15)


def test_a_returned_application_is_submitted_again_until_the_expiry_date(case: Case) -> None:
    """R-1.4-3, G-05: returned at N = 25, submitted again at N = 20; and on the very last day."""
    applied(case, "p07").after(days=5)
    case.completed(EMPLOYER, by="e01_admin", decision="return", opinion="请补充合同").has_status("returned")
    case.after(days=5).submitted().has_status("pending_confirmation")
    case.completed(EMPLOYER, by="e01_admin", decision="return", opinion="请补充合同").after(days=20)
    submitted_again(case).has_status("pending_confirmation")  # N = 0


def test_a_returned_application_is_not_submitted_again_after_the_expiry_date(case: Case) -> None:
    """R-1.4-3, G-05: N = -1 is expired, whatever else the registration holds."""
    applied(case, "p07")
    case.completed(EMPLOYER, by="e01_admin", decision="return", opinion="请补充合同").after(days=31)
    with pytest.raises(Refused) as refused:
        submitted_again(case)
    assert codes(refused) == ["REGISTRATION_EXPIRED"]
    case.has_status("returned")


def test_with_all_expired_the_reason_is_told_once(case: Case) -> None:
    """R-D-01, R-1.4-3: the registration and the chosen specialty have expired, for one and the same reason."""
    applied(case, "p05")
    case.completed(EMPLOYER, by="e01_admin", decision="return", opinion="请补充合同").after(days=91)
    with pytest.raises(Refused) as refused:
        submitted_again(case)
    assert [(reason.code, reason.field) for reason in refused.value.reasons] == [
        ("REGISTRATION_EXPIRED", "specialties")
    ]


def test_after_the_own_withdrawal_the_window_applies_again(case: Case) -> None:
    """R-1.4-3, G-05: withdrawn, N = 29 is too late."""
    applied(case, "p07").withdrawn().has_status("draft").submitted().has_status("pending_confirmation")
    case.withdrawn().after(days=1)
    with pytest.raises(Refused) as refused:
        case.submitted()
    assert codes(refused) == ["CONTINUATION_TOO_LATE"]
    case.has_status("draft").deleted().has_ended_at("deleted")


def test_a_return_is_forgotten_when_the_applicant_withdraws(case: Case) -> None:
    """R-1.4-3, G-43: returned, then taken back by the applicant: the window applies."""
    applied(case, "p07")
    case.completed(EMPLOYER, by="e01_admin", decision="return", opinion="请补充合同").withdrawn().after(days=1)
    with pytest.raises(Refused) as refused:
        case.submitted()
    assert codes(refused) == ["CONTINUATION_TOO_LATE"]


def test_a_specialty_must_be_chosen(case: Case) -> None:
    """2.12, R-D-14: at least one yes, already to save."""
    with pytest.raises(InvalidInput) as refused:
        case.saved(by="p05")
    assert [(reason.code, reason.field) for reason in refused.value.reasons] == [("SPECIALTY_REQUIRED", "specialties")]


def test_the_contract_is_part_of_the_form_and_its_scan_is_not_required(case: Case) -> None:
    """2.12, FS-CONTRACT, 2.0.3: AT-03 optional."""
    case.saved(by="p05", specialties="building")
    assert case.required_attachments() == ["AT-01"]
    with pytest.raises(InvalidInput) as refused:
        case.attached("AT-01").submitted(contract_type="", contract_start="", contract_end="")
    assert {reason.field for reason in refused.value.reasons} >= {"contract_type", "contract_start"}


def test_one_business_at_a_time(case: Case) -> None:
    """R-1.9-1: a draft of another line stands in the way, and is named."""
    other = Case(case.services, case._clock, "class2_deregistration")
    other.saved(by="p05", specialties="building", applicant="individual", reason="contract_ended")
    with pytest.raises(Refused) as refused:
        case.saved(by="p05", specialties="building")
    assert codes(refused) == ["BUSINESS_IN_PROGRESS"]
    assert other.number in refused.value.reasons[0].message.en
    other.deleted()
    case.saved(by="p05", specialties="building").has_status("draft")


def test_the_district_returns_and_the_city_refuses(case: Case) -> None:
    """2.0.5, R-2.5-1: not passed by the city ends it after the publicity; nothing is continued."""
    applied(case, "p05").confirmed(by="e01_admin").after(days=1)
    case.completed(DISTRICT, by="district_haidian", decision="return", opinion="合同不清晰").has_status("returned")
    case.submitted().confirmed(by="e01_admin").after(days=1).cleared()
    case.completed(DISTRICT, by="district_haidian", decision="pass")
    with pytest.raises(StateConflict):
        case.withdrawn()
    case.completed(CITY, by="city_a", decision="not_pass", opinion="材料不实").has_status("publicity")
    case.after(days=10).has_status("rejected").has_ended_at("rejected")
    assert expiries(case) == {"building": date(2026, 9, 13)}


def test_both_parties_are_told_of_the_close(case: Case) -> None:
    """2.0.5, F-MSG"""
    announced(applied(case, "p05")).has_status("closed").after(seconds=1)
    with case.services.database.read() as connection:
        rows = connection.execute(select(message.c.recipient, message.c.title)).all()
    told = {row.recipient.split(":")[0] for row in rows if row.title["zh"].startswith("已办结")}
    assert told == {"person", "enterprise"}
