"""The confirmation by one employer (REQUIREMENTS.md 2.0.4): answers, reminders, who may answer."""

from __future__ import annotations

import pytest

from kernel.errors import InvalidInput, NotAllowed, StateConflict
from tests.scenarios.case import EMPLOYERS, Case


def reminders(case: Case) -> int:
    return case.detail("p04").reminders


def test_an_employer_that_does_not_answer_is_reminded_every_three_days(case: Case) -> None:
    """G-06: reminders only, nothing is decided."""
    case.applied(by="p04", to="E02").after(days=2)
    assert reminders(case) == 0
    case.after(days=1)
    assert reminders(case) == 2  # one for each open side
    case.confirmed("old", by="e01_admin").after(days=3)
    assert reminders(case) == 3
    case.waits_at(EMPLOYERS["new"]).has_status("pending_confirmation")


def test_after_a_stop_a_cycle_reminds_once(case: Case) -> None:
    """RELIABILITY.md 2.6: a late cycle fires once and is reckoned from then."""
    case.applied(by="p04", to="E02").after(days=30)
    assert reminders(case) == 2
    case.after(days=3)
    assert reminders(case) == 4


def test_no_reminder_comes_after_the_answer(case: Case) -> None:
    case.applied(by="p04", to="E02").confirmed("old", by="e01_admin").confirmed("new", by="e02_admin")
    case.after(days=30)
    assert reminders(case) == 0


def test_a_disagreement_needs_a_reason(case: Case) -> None:
    """R-D-10: 2 to 500 characters."""
    case.applied(by="p04", to="E02")
    for opinion in ("", "否"):
        with pytest.raises(InvalidInput) as refusal:
            case.completed(EMPLOYERS["new"], by="e02_admin", decision="return", opinion=opinion)
        assert refusal.value.code == "REASON_REQUIRED"
    case.waits_at(*EMPLOYERS.values())


def test_a_sub_user_of_the_enterprise_may_answer(case: Case) -> None:
    case.applied(by="p04", to="E02").confirmed("new", by="e02_user").waits_at(EMPLOYERS["old"])


def test_a_claimed_task_is_answered_by_its_holder_only(case: Case) -> None:
    case.applied(by="p04", to="E02")
    task_id = case.task_id(EMPLOYERS["new"])
    applications = case.services.applications
    applications.claim(task_id, by=case.actor("e02_user"))
    with pytest.raises(StateConflict) as refusal:
        case.confirmed("new", by="e02_admin")
    assert refusal.value.code == "TASK_CLAIMED"
    applications.unclaim(task_id, by=case.actor("e02_user"))
    case.confirmed("new", by="e02_admin").waits_at(EMPLOYERS["old"])


def test_a_batch_gives_a_result_for_each_item(case: Case) -> None:
    """Batch agree: what can be done is done, the rest says why not."""
    case.applied(by="p04", to="E02")
    other = Case(case.services, case._clock, case.line)
    other.applied(by="p16", to="E02")
    ids = [case.task_id(EMPLOYERS["new"]), other.task_id(EMPLOYERS["new"]), case.task_id(EMPLOYERS["old"])]
    results = case.services.applications.complete_batch(
        ids, {"decision": ["agree"], "opinion": [""]}, by=case.actor("e02_admin"), command_id="batch"
    )
    assert [result.done for result in results] == [True, True, False]
    assert results[2].refusals[0].code == "NOT_FOUND"
    case.waits_at(EMPLOYERS["old"])
    other.waits_at(EMPLOYERS["old"])


def test_an_officer_cannot_answer_for_an_employer(case: Case) -> None:
    case.applied(by="p04", to="E02")
    with pytest.raises(NotAllowed):
        case.confirmed("new", by="district_chaoyang")
