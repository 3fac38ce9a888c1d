"""The review by the commissions (REQUIREMENTS.md 2.0.4, C1 to C9): publicity, its last day, announcement."""

from __future__ import annotations

from datetime import date

import pytest

from kernel.errors import NotFound
from tests.scenarios.case import CITY, DISTRICT, Case


def in_publicity(case: Case, decision: str = "pass") -> Case:
    opinion = "" if decision == "pass" else "材料不符合要求"
    return (
        case.applied(by="p04", to="E02")
        .passed_to_city()
        .completed(CITY, by="city_a", decision=decision, opinion=opinion)
    )


def test_publicity_lasts_ten_days_with_its_last_day(case: Case) -> None:
    """C4: opened on 15 June, the last day is 24 June; at its end the case goes on."""
    in_publicity(case)
    assert case.detail("p04").publicity_until == date(2026, 6, 24)
    case.after(days=9, hours=14, minutes=59).has_status("publicity")
    case.after(minutes=1).has_status("closed")


def test_everybody_can_read_what_is_in_publicity_with_the_number_masked(case: Case) -> None:
    """F-PUBLICITY."""
    in_publicity(case)
    with case.services.database.read() as connection:
        page = case.services.cases.publicity(connection, case.today())
        assert [item.number for item in page.items] == [case.number]
        assert page.items[0].id_number_masked == "110000********9047"
        assert case.services.cases.announcements(connection).total == 0
    case.after(days=10)
    with case.services.database.read() as connection:
        assert case.services.cases.publicity(connection, case.today()).total == 0
        assert [item.number for item in case.services.cases.announcements(connection).items] == [case.number]


def test_a_district_sees_and_decides_only_its_own(case: Case) -> None:
    """R-A-00, 1.1: E02 is supervised by 朝阳区."""
    case.applied(by="p04", to="E02").confirmed("new", by="e02_admin").confirmed("old", by="e01_admin")
    with pytest.raises(NotFound):
        case.completed(DISTRICT, by="district_haidian", decision="pass")
    with case.services.database.read() as connection:
        counts = {
            name: case.services.inbox.counts(connection, case.actor(name)).todo
            for name in ("district_chaoyang", "district_haidian", "city_a")
        }
    assert counts == {"district_chaoyang": 1, "district_haidian": 0, "city_a": 0}


def test_the_trail_tells_every_transition(case: Case) -> None:
    """F-AUDIT, R-000-10."""
    in_publicity(case).after(days=10)
    actions = [entry.action for entry in reversed(case.detail("p04").trail)]
    assert actions == [
        "saved",
        "submitted",
        "agreed",
        "agreed",
        "declared",
        "passed",
        "passed",
        "publicity_opened",
        "publicity_closed",
        "announced",
        "registry_updated",
        "certificate_issued",
        "closed",
    ]
    statuses = [entry.status_after for entry in reversed(case.detail("p04").trail)]
    assert statuses[:3] == ["draft", "pending_confirmation", "pending_confirmation"]
    assert statuses[-1] == "closed"
