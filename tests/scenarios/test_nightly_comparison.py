"""The comparison of flags at night (R-1.10-1…8, F-COMPARE)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from kernel.actors import SYSTEM
from kernel.clock import FixedClock
from kernel.errors import Refused, StateConflict
from registry.exchange.releasing import release, standing_behind
from registry.flags import FlagView, flags_of, insurance_of
from store.tables import comparison_run
from tests.scenarios import nights
from tests.scenarios.case import DISTRICT, Case
from wiring import Services

PROCESS = "nightly_comparison"
ALL = ("social_insurance", "in_construction", "abnormal_registration")
PASS: dict[str, Any] = {"by": "district_chaoyang", "decision": "pass"}


def flags(case: Case) -> dict[str, FlagView]:
    with case.services.database.read() as connection:
        return {each.flag: each for each in flags_of(connection, case.row().id)}


def states(case: Case) -> dict[str, str]:
    return {flag: each.state for flag, each in flags(case).items()}


def declared(case: Case, by: str = "p04") -> Case:
    case.applied(by=by, to="E02").confirmed("new", by="e02_admin").confirmed("old", by="e01_admin")
    return case


def runs(services: Services) -> list[tuple[Any, ...]]:
    with services.database.read() as connection:
        columns = comparison_run.c
        query = select(columns.run_on, columns.applications, columns.cleared, columns.standing, columns.waiting)
        return [tuple(row) for row in connection.execute(query.order_by(columns.finished_at))]


def test_all_flags_stand_on_the_day_and_are_compared_the_next(case: Case) -> None:
    """R-1.10-1, R-1.10-2, R-1.10-6: nothing is compared on day D, and the district cannot pass then."""
    declared(case)
    assert states(case) == dict.fromkeys(ALL, "raised")
    assert {each.explanation.zh for each in flags(case).values()} == {"待次日比对"}
    with pytest.raises(Refused) as refused:
        case.completed(DISTRICT, **PASS, opinion="同意")
    assert [reason.code for reason in refused.value.reasons] == ["FLAG_NOT_COMPARED"]

    case.after(hours=14, minutes=59)  # 23:59
    assert states(case) == dict.fromkeys(ALL, "raised")
    case.night()

    # P04 is paid for at E01, and a transfer asks for the new employer's month (G-18).
    assert states(case) == {
        "social_insurance": "standing",
        "in_construction": "cleared",
        "abnormal_registration": "cleared",
    }
    with pytest.raises(Refused) as refused:
        case.completed(DISTRICT, **PASS)
    assert [reason.code for reason in refused.value.reasons] == ["OPINION_REQUIRED"]
    case.completed(DISTRICT, **PASS, opinion="社保情况已核实。").has_status("city_review")


def test_one_of_three_months_at_the_new_employer_is_enough(case: Case) -> None:
    """R-1.10-5, G-18: P16 was paid for in May at E02."""
    declared(case, by="p16").night()

    assert set(states(case).values()) == {"cleared"}
    with case.services.database.read() as connection:
        view = insurance_of(connection, case.row().id)
    assert view is not None
    assert [each.month for each in view.months] == ["2026-05"]
    case.completed(DISTRICT, **PASS).has_status("city_review")


def test_a_lock_clears_the_day_after_its_release(case: Case) -> None:
    """T-08, R-1.10-3, R-1.10-4: released on R, the flag still stands then and is cleared by the run of R+1."""
    declared(case, by="p19").night()
    found = flags(case)
    assert states(case)["in_construction"] == states(case)["abnormal_registration"] == "standing"
    assert "海淀区示例工程一标段（海淀区）" in found["in_construction"].explanation.zh
    assert "注册单位与社保单位不一致" in found["abnormal_registration"].explanation.zh
    with pytest.raises(Refused) as refused:
        case.completed(DISTRICT, **PASS, opinion="同意")
    assert [reason.code for reason in refused.value.reasons] == ["FLAG_BLOCKS"]
    assert "在施锁定、异常注册" in refused.value.reasons[0].message.zh

    released(case, "in_construction", date(2026, 6, 16))
    services = case.services
    services.synchronising.copy_all()  # also when somebody copies on the day itself
    assert states(case)["in_construction"] == "standing"

    case.night()
    assert states(case)["in_construction"] == "cleared"
    assert states(case)["abnormal_registration"] == "standing"


def released(case: Case, flag: str, on: date) -> None:
    with case.services.database.write() as work:
        (lock,) = standing_behind(work.connection, flag, case.row().applicant_id_number)
        release(work, flag, lock.id, on=on, by="trading", note="工程已竣工")
        assert standing_behind(work.connection, flag, case.row().applicant_id_number) == []


def test_what_is_not_there_is_not_released(case: Case, services: Services) -> None:
    """2.27"""
    with services.database.write() as work, pytest.raises(StateConflict) as refused:
        release(work, "in_construction", "no-such-lock", on=date(2026, 6, 15), by="trading", note="")
    assert refused.value.code == "FLAG_NOT_PRESENT"


def test_what_goes_back_has_no_flags_and_shows_all_again_when_submitted(case: Case) -> None:
    """R-1.10-7: withdrawn and returned applications are not compared; a new submit raises them anew."""
    declared(case).night()
    case.completed(DISTRICT, by="district_chaoyang", decision="return", opinion="请补充材料")
    assert flags(case) == {}

    case.submitted().confirmed("new", by="e02_admin").confirmed("old", by="e01_admin")
    assert states(case) == dict.fromkeys(ALL, "raised")
    case.withdrawn()
    assert flags(case) == {}


def test_the_same_night_twice_is_as_once(case: Case, services: Services, clock: FixedClock) -> None:
    """F-COMPARE: the same data, the same result; the run is recorded each time."""
    declared(case).night()
    first = flags(case)

    nights_run(services)

    assert flags(case) == first
    assert runs(services) == [(date(2026, 6, 16), 1, 2, 1, 0), (date(2026, 6, 16), 1, 0, 1, 0)]


def nights_run(services: Services) -> None:
    """Start the comparison by hand, as operators can (1.3)."""
    with services.database.read() as connection:
        definition_id = services.definitions.active_id(connection, PROCESS)
    services.starting.start(definition_id, {}, by=SYSTEM)
    services.pump.drain()


@pytest.mark.parametrize("batch", [2])
def test_many_are_compared_batch_by_batch(new_case: Callable[[], Case], services: Services, batch: int) -> None:
    """F-COMPARE: a transaction holds a few applications, and the run goes on until all are compared."""
    cases = [declared(new_case(), by=person) for person in ("p04", "p16", "p19")]

    cases[0].night()

    assert runs(services)[-1][1] == 3
    assert all("raised" not in states(each).values() for each in cases)


def test_it_waits_while_sources_are_being_copied(case: Case, clock: FixedClock, services: Services) -> None:
    """F-COMPARE: after F-SYNC; when the service stood still over night both are due at once."""
    declared(case)
    nights.at(services, clock, 9)  # 01:00 and 02:00 have passed
    (run,) = nights.instances(services, PROCESS)

    clock.advance(minutes=1)
    services.pump.drain()

    done = nights.completed(services, run.id)
    assert done[-1] == "comparison_noted"
    assert "raised" not in states(case).values()


def test_a_source_that_failed_clears_nothing(case: Case, services: Services, clock: FixedClock) -> None:
    """F-COMPARE: data older than the submit say nothing about it, so the flag stays as it was raised."""
    declared(case)
    (services.settings.exchange_dir / "in_construction.csv").unlink()

    case.night()

    assert states(case)["in_construction"] == "raised"
    assert "尚未同步" in flags(case)["in_construction"].explanation.zh
    assert states(case)["abnormal_registration"] == "cleared"
    with pytest.raises(Refused) as refused:
        case.completed(DISTRICT, **PASS, opinion="同意")
    assert [reason.code for reason in refused.value.reasons] == ["FLAG_NOT_COMPARED"]


def test_insurance_that_is_not_back_holds_the_district_up_for_two_working_days(
    case: Case, services: Services, clock: FixedClock
) -> None:
    """G-30: then an opinion is enough; the comparison goes on every day."""
    declared(case)
    (services.settings.exchange_dir / "social_insurance.csv").unlink()
    case.night()  # Tuesday
    assert states(case)["social_insurance"] == "raised"
    assert "待返回" in flags(case)["social_insurance"].explanation.zh
    case.night()  # Wednesday, the second working day
    with pytest.raises(Refused) as refused:
        case.completed(DISTRICT, **PASS, opinion="同意")
    assert [reason.code for reason in refused.value.reasons] == ["FLAG_NOT_COMPARED"]

    case.night()
    with pytest.raises(Refused) as refused:
        case.completed(DISTRICT, **PASS)
    assert [reason.code for reason in refused.value.reasons] == ["OPINION_REQUIRED"]
    case.completed(DISTRICT, **PASS, opinion="社保待返回，已电话核实。").has_status("city_review")
