"""Who may do what to which object (REQUIREMENTS.md 1, R-A-00, R-A-01)."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest

from kernel.actors import SYSTEM, Actor, Role
from kernel.districts import DISTRICTS
from kernel.errors import NotAllowed, NotFound, Refused
from kernel.permissions import (
    DECLARED_OR_LATER,
    FLAG_RELEASE,
    Action,
    authorize,
    may_see_application,
    refuse_own_case,
)
from registry.labels import DISTRICTS as LABELS

E01, E02, E12 = "91110000XA0000015W", "91110000XA0000023P", "91110000XA000012XX"
STATUSES = frozenset(
    {"draft", "pending_confirmation", "returned", "deleted", "terminated"} | DECLARED_OR_LATER | FLAG_RELEASE
)


@dataclass(frozen=True)
class Application:
    person_id: str | None = "p4"
    old_employer: str | None = E01
    new_employer: str | None = E02
    supervising_district: str | None = "朝阳区"
    status: str = "declared"
    first_submitted_at: datetime | None = datetime(2026, 6, 1, tzinfo=UTC)
    declared_on: date | None = date(2026, 6, 2)


@dataclass(frozen=True)
class Task:
    candidate_groups: frozenset[str] = frozenset({"enterprise_admin", "enterprise_user"})
    scope: str = f"enterprise:{E02}"


@dataclass(frozen=True)
class Line:
    candidate_groups: frozenset[str] = frozenset({"individual"})


@dataclass(frozen=True)
class Enterprise:
    uscc: str


def actor(role, **scope):
    return Actor(id=f"a-{role}", name=str(role), roles=frozenset({role}), **scope)


APPLICANT = actor(Role.INDIVIDUAL, person_id="p4")
OTHER_PERSON = actor(Role.INDIVIDUAL, person_id="p16")
OLD = actor(Role.ENTERPRISE_ADMIN, enterprise=E01)
NEW = actor(Role.ENTERPRISE_USER, enterprise=E02)
OTHER_ENTERPRISE = actor(Role.ENTERPRISE_ADMIN, enterprise=E12)
CHAOYANG = actor(Role.DISTRICT_REVIEWER, district="朝阳区")
HAIDIAN = actor(Role.DISTRICT_REVIEWER, district="海淀区")
CITY = actor(Role.CITY_REVIEWER)
TRADING = actor(Role.TRADING_CENTRE)
CENTRE = actor(Role.REGISTRATION_CENTRE)
ADMIN = actor(Role.SYSTEM_ADMIN)
ANALYST = actor(Role.ANALYST)
OPS = actor(Role.OPS)

EVERYTHING = STATUSES
NOTHING: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("who", "statuses"),
    [
        (APPLICANT, STATUSES - {"deleted"}),
        (OTHER_PERSON, NOTHING),
        (OLD, STATUSES - {"deleted"}),
        (NEW, STATUSES - {"deleted"}),
        (OTHER_ENTERPRISE, NOTHING),
        (CHAOYANG, DECLARED_OR_LATER | FLAG_RELEASE | {"returned", "terminated"}),
        (HAIDIAN, NOTHING),
        (CITY, DECLARED_OR_LATER - {"declared"}),
        (TRADING, FLAG_RELEASE),
        (CENTRE, EVERYTHING),
        (ADMIN, EVERYTHING),
    ],
    ids=lambda value: value.id if isinstance(value, Actor) else "",
)
def test_each_party_sees_the_application_at_its_stages(who, statuses):
    seen = {status for status in STATUSES if may_see_application(who, Application(status=status))}
    assert seen == statuses


def test_the_trading_centre_scope_is_the_projects_of_all_districts():
    """R-1.10-3: and a commission that of its own; a review of the district is none of the trading centre's."""
    assert set(TRADING.scopes) == {f"project:{district}" for district in DISTRICTS}
    assert set(HAIDIAN.scopes) == {"district:海淀区", "project:海淀区"}
    assert not may_see_application(TRADING, Application(status="applied", supervising_district=None))
    with pytest.raises(NotFound):
        authorize(TRADING, Action.WORK_ON_TASK, Task(frozenset({"trading_centre"}), "district:海淀区"))


def test_the_districts_are_those_of_the_labels():
    assert set(DISTRICTS) == {*LABELS}


def test_employers_and_district_do_not_see_what_has_not_reached_them():
    draft = Application(status="draft", first_submitted_at=None, declared_on=None)
    assert may_see_application(APPLICANT, draft)
    assert not any(may_see_application(who, draft) for who in (OLD, NEW, CHAOYANG, CITY))
    returned_by_an_employer = Application(status="returned", declared_on=None)
    assert not may_see_application(CHAOYANG, returned_by_an_employer)


def test_a_scope_without_its_role_opens_nothing():
    stray = Actor(id="x", name="x", roles=frozenset({Role.OPS}), person_id="p4", enterprise=E01, district="朝阳区")
    assert not may_see_application(stray, Application())


def test_somebody_elses_application_is_not_found():
    """R-A-00"""
    for action in (Action.VIEW_APPLICATION, Action.CHANGE_APPLICATION):
        authorize(APPLICANT, action, Application())
        with pytest.raises(NotFound):
            authorize(OTHER_PERSON, action, Application())
    with pytest.raises(NotFound):
        authorize(HAIDIAN, Action.VIEW_APPLICATION, Application())


def test_an_action_without_the_role_is_not_allowed():
    """R-A-00"""
    for who in (CHAOYANG, CITY, ANALYST, OPS):
        with pytest.raises(NotAllowed) as refusal:
            authorize(who, Action.CHANGE_APPLICATION, Application())
        assert refusal.value.code == "ROLE_NOT_ALLOWED"
    for who in (ANALYST, OPS):
        with pytest.raises(NotAllowed):
            authorize(who, Action.VIEW_APPLICATION, Application())


def test_a_line_is_started_by_the_roles_that_it_names():
    authorize(APPLICANT, Action.START_APPLICATION, Line())
    authorize(NEW, Action.START_APPLICATION, Line(frozenset({"enterprise_user"})))
    for who in (OLD, CHAOYANG, CITY, ANALYST):
        with pytest.raises(NotAllowed):
            authorize(who, Action.START_APPLICATION, Line())


def test_an_application_of_an_enterprise_is_its_own():
    """2.17"""
    own = Application(person_id=None, old_employer=None, status="draft", first_submitted_at=None)
    authorize(NEW, Action.CHANGE_APPLICATION, own)
    assert may_see_application(NEW, own)
    for who in (OLD, APPLICANT):
        with pytest.raises(NotFound):
            authorize(who, Action.CHANGE_APPLICATION, own)
        assert not may_see_application(who, own)


def test_an_employer_does_not_change_the_application_of_a_person():
    """R-A-00"""
    for who in (OLD, NEW):
        with pytest.raises(NotFound):
            authorize(who, Action.CHANGE_APPLICATION, Application())


@pytest.mark.parametrize("who", [CENTRE, ADMIN])
def test_administrators_handle_no_business(who):
    """R-A-01"""
    for action, on in (
        (Action.START_APPLICATION, Line()),
        (Action.CHANGE_APPLICATION, Application()),
        (Action.WORK_ON_TASK, Task()),
        (Action.CHANGE_ENTERPRISE, Enterprise(E01)),
    ):
        with pytest.raises(NotAllowed) as refusal:
            authorize(who, action, on)
        assert refusal.value.code == "ROLE_NO_BUSINESS"


def test_a_task_is_for_its_roles_in_its_scope():
    authorize(NEW, Action.WORK_ON_TASK, Task())
    with pytest.raises(NotFound):
        authorize(OLD, Action.WORK_ON_TASK, Task())
    for who in (APPLICANT, CITY, ANALYST):
        with pytest.raises(NotAllowed):
            authorize(who, Action.WORK_ON_TASK, Task())
    admin_only = Task(candidate_groups=frozenset({"enterprise_admin"}))
    with pytest.raises(NotAllowed):
        authorize(NEW, Action.WORK_ON_TASK, admin_only)
    city_task = Task(candidate_groups=frozenset({"city_reviewer"}), scope="city")
    authorize(CITY, Action.WORK_ON_TASK, city_task)


def test_an_enterprise_changes_its_own_data_only():
    authorize(OLD, Action.CHANGE_ENTERPRISE, Enterprise(E01))
    with pytest.raises(NotFound):
        authorize(OLD, Action.CHANGE_ENTERPRISE, Enterprise(E02))


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        (Action.VIEW_TASKS, [APPLICANT, OLD, NEW, CHAOYANG, CITY, TRADING, CENTRE]),
        (Action.RELEASE_FLAG, [CHAOYANG, TRADING, CENTRE]),
        (Action.VIEW_INSTANCES, [OPS, ADMIN]),
        (Action.REPAIR_INSTANCES, [OPS]),
        (Action.VIEW_DEFINITIONS, [ANALYST, OPS, ADMIN]),
        (Action.DEPLOY_DEFINITIONS, [ANALYST]),
        (Action.MANAGE_ACCOUNTS, [ADMIN]),
    ],
)
def test_actions_without_an_object_ask_for_the_role(action, allowed):
    everybody = [APPLICANT, OLD, NEW, CHAOYANG, CITY, TRADING, CENTRE, ADMIN, ANALYST, OPS]
    found = []
    for who in everybody:
        try:
            authorize(who, action)
        except NotAllowed:
            continue
        found.append(who)
    assert found == [who for who in everybody if who in allowed]


def test_every_action_has_a_rule():
    for action in Action:
        authorize(SYSTEM, action)
        with pytest.raises(NotAllowed):
            authorize(Actor(id="nobody", name="nobody"), action, Task())


def test_a_reviewer_does_not_decide_about_himself():
    """R-D-11"""
    refuse_own_case(CITY, Application())
    with pytest.raises(Refused) as refusal:
        refuse_own_case(replace(CITY, person_id="p4"), Application())
    assert refusal.value.code == "OWN_CASE"
