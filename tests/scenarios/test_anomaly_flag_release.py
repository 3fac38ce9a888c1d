"""The release of flags: by request or by the releasing body itself (REQUIREMENTS.md 2.27, T-08)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import select

from applications.flag_releases import to_release_by
from kernel.errors import InvalidInput, NotAllowed, NotFound, Refused, StateConflict
from registry.flags import ABNORMAL_REGISTRATION, IN_CONSTRUCTION, SOCIAL_INSURANCE, flags_of
from store.tables import application, flag_release, message
from tests.scenarios.case import DISTRICT, Case
from wiring import Services

LINE = "anomaly_flag_release"
TRANSFER = "class2_employer_transfer"
CONTINUATION = "class2_continuation"
WHY = "项目已竣工，请解除。"


@pytest.fixture
def declared(services: Services, new_case: Callable[[], Case]) -> Case:
    """P19's transfer to E02, declared on D: a real lock and a real abnormal entry stand behind it."""
    case = new_case()
    case.line = TRANSFER
    return case.applied(by="p19", to="E02").confirmed("new", by="e02_admin").confirmed("old", by="e01_admin")


def states(case: Case) -> dict[str, str]:
    with case.services.database.read() as connection:
        return {each.flag: each.state for each in flags_of(connection, case.row().id)}


def refusals(case: Case) -> list[str]:
    """What keeps the district from passing now."""
    with pytest.raises(Refused) as refused:
        case.completed(DISTRICT, by="district_haidian", decision="pass", opinion="同意")
    return [reason.code for reason in refused.value.reasons]


def value_of(case: Case, flag: str, by: str = "p19") -> str:
    """What the form offers for a flag."""
    with case.services.database.read() as connection:
        offered = case.services.cases.options(connection, LINE, case.actor(by))["flag"]
    (found,) = [each.value for each in offered if each.value.startswith(f"{flag}:")]
    return found


def asked(case: Case, flag: str) -> Case:
    return case.applied(by="p19", flag=value_of(case, flag), explanation=WHY)


def begun(case: Case, value: str, by: str) -> str:
    return case.services.applications.begin_release(
        value, {"explanation": [WHY]}, by=case.actor(by), command_id=uuid4().hex
    )


def test_flags_from_the_day_of_the_submit_until_the_district_passes(case: Case, new_case: Callable[[], Case]) -> None:
    """T-08, R-1.10-1…6: all on D; D+1 clears the insurance only; both releases; cleared on D+2; the district passes."""
    continued = new_case()
    continued.line = CONTINUATION
    continued.applied(by="p19", specialties=["building"]).confirmed(by="e01_admin").has_status("declared")
    assert states(continued) == dict.fromkeys((SOCIAL_INSURANCE, IN_CONSTRUCTION, ABNORMAL_REGISTRATION), "raised")
    assert refusals(continued) == ["FLAG_NOT_COMPARED"]

    continued.night()
    stand = {SOCIAL_INSURANCE: "cleared", IN_CONSTRUCTION: "standing", ABNORMAL_REGISTRATION: "standing"}
    assert states(continued) == stand
    assert refusals(continued) == ["FLAG_BLOCKS"]

    lock, entry = case, new_case()
    entry.line = LINE
    asked(lock, IN_CONSTRUCTION).has_status("applied").waits_at("release_lock")
    lock.completed("release_lock", by="trading", decision="release").has_status("released").has_ended_at("released")
    asked(entry, ABNORMAL_REGISTRATION).waits_at("release_abnormal")
    entry.completed("release_abnormal", by="centre", decision="release").has_ended_at("released")
    assert states(continued) == stand  # R-1.10-3, R-1.10-4: released on D+1, both still stand then
    assert refusals(continued) == ["FLAG_BLOCKS"]

    continued.night()
    assert set(states(continued).values()) == {"cleared"}
    continued.completed(DISTRICT, by="district_haidian", decision="pass").has_status("city_review")


def test_a_refusal_ends_the_request_and_the_flag_stays(case: Case, declared: Case) -> None:
    """2.27: with a reason, which the applicant reads."""
    declared.night()
    asked(case, IN_CONSTRUCTION)
    with pytest.raises(InvalidInput) as refused:
        case.completed("release_lock", by="district_haidian", decision="refuse")
    assert [reason.code for reason in refused.value.reasons] == ["REASON_REQUIRED"]
    case.completed("release_lock", by="district_haidian", decision="refuse", opinion="项目尚未竣工。")
    case.has_status("release_refused").has_ended_at("release_refused")
    assert "项目尚未竣工。" in [entry.opinion for entry in case.detail("p19").trail]

    declared.night()
    assert states(declared)[IN_CONSTRUCTION] == "standing"
    asked(case, IN_CONSTRUCTION).has_status("applied")  # and may be asked for again


def test_only_the_releasing_bodies_decide(case: Case, declared: Case) -> None:
    """R-1.10-3, R-1.10-4, R-A-00: the district of the project or the trading centre; of an entry the centre."""
    declared.night()
    asked(case, IN_CONSTRUCTION)
    for stranger in ("district_chaoyang", "centre", "city_a"):
        with pytest.raises((NotFound, NotAllowed)):
            case.completed("release_lock", by=stranger, decision="release")
    assert case.row().supervising_district == "海淀区"
    assert case.detail("district_haidian").number == case.detail("trading").number == case.number
    with pytest.raises(NotFound):
        case.detail("district_chaoyang")
    case.completed("release_lock", by="district_haidian", decision="release").has_status("released")


def test_nothing_to_release(case: Case, declared: Case) -> None:
    """2.27: FLAG_NOT_PRESENT before the comparison, and of what has been released already."""
    with pytest.raises(Refused) as refused:
        case.saved(by="p19", flag="in_construction:nothing", explanation=WHY)
    assert {reason.code for reason in refused.value.reasons} == {"FLAG_NOT_PRESENT"}
    declared.night()
    value = value_of(case, IN_CONSTRUCTION)
    case.saved(by="p19", flag=value, explanation=WHY)
    begun(declared, value, "trading")

    other = Case(case.services, case._clock, LINE)
    other.number, other.applicant = _latest(case.services), "p19"
    other.completed("release_lock", by="trading", decision="release")
    with pytest.raises(Refused) as refused:
        case.submitted()
    assert [reason.code for reason in refused.value.reasons] == ["FLAG_NOT_PRESENT"]
    case.has_status("draft").deleted().has_ended_at("deleted")


def test_the_body_begins_by_itself(case: Case, declared: Case, services: Services) -> None:
    """2.27: the starter may be the releasing body; the request is that of the person, who is told."""
    declared.night()
    value = value_of(case, ABNORMAL_REGISTRATION)
    for stranger in ("trading", "district_haidian"):
        with pytest.raises(NotAllowed) as refused:
            begun(case, value, stranger)
        assert refused.value.reasons[0].code == "NOT_RELEASING_BODY"
    with pytest.raises(NotAllowed) as refused:
        begun(case, value_of(case, IN_CONSTRUCTION), "district_chaoyang")
    assert refused.value.reasons[0].code == "NOT_RELEASING_BODY"
    with pytest.raises(StateConflict) as gone:
        begun(case, "in_construction:nothing", "trading")
    assert gone.value.reasons[0].code == "FLAG_NOT_PRESENT"

    task_id = begun(case, value, "centre")
    services.applications.complete(
        task_id, {"decision": ["release"]}, by=case.actor("centre"), command_id=case.command_id()
    )
    case.number, case.applicant = _latest(services), "p19"
    case.has_status("released").has_ended_at("released")
    services.pump.drain()
    with services.database.read() as connection:
        assert connection.execute(select(flag_release.c.released_by)).scalar_one() == case.actor("centre").id
        told = connection.execute(select(message.c.title).where(message.c.application_id == case.row().id)).scalars()
        assert "已解除，次日比对后消除标志" in [title["zh"] for title in told]


def test_the_bodies_find_what_is_theirs(declared: Case, services: Services) -> None:
    """R-1.10-3, R-A-00: a list of each body, limited to what it releases."""
    declared.night()

    def found(username: str, flag: str) -> list[str]:
        with services.database.read() as connection:
            return [each.person for each in to_release_by(connection, declared.actor(username), flag).items]

    assert found("district_haidian", IN_CONSTRUCTION) == found("trading", IN_CONSTRUCTION) == ["彭建国"]
    assert found("centre", ABNORMAL_REGISTRATION) == ["彭建国"]
    assert found("district_chaoyang", IN_CONSTRUCTION) == found("centre", IN_CONSTRUCTION) == []
    assert found("trading", ABNORMAL_REGISTRATION) == []


def _latest(services: Services) -> str:
    with services.database.read() as connection:
        query = select(application.c.number).where(application.c.line == LINE).order_by(application.c.number.desc())
        return str(connection.execute(query.limit(1)).scalar_one())
