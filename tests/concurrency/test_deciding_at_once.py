"""Races on tasks (RELIABILITY.md 3): one of two wins, the other is told, and there is one record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from identity.accounts import Accounts
from kernel.actors import Actor
from kernel.errors import NotAllowed
from store.tables import audit, history, task
from tests.concurrency.racing import ROUNDS, codes, race
from tests.invariants import violations
from tests.scenarios.case import CITY, DISTRICT, EMPLOYERS, Case


def deciding(case: Case, path: str, decision: str, *, by: Actor | str, command_id: str = "") -> Callable[[], object]:
    """The command that answers an open task of the case, to be called later."""
    return partial(
        case.services.applications.complete,
        case.task_id(path),
        {"decision": [decision], "opinion": ["材料不全，请补充。"]},
        by=case.actor(by) if isinstance(by, str) else by,
        command_id=command_id or uuid4().hex,
    )


def colleague_of(officer: Actor) -> Actor:
    return replace(officer, id=str(uuid4()), name="王建国")


def records(case: Case, action: str) -> int:
    with case.services.database.read() as connection:
        own = (audit.c.application_id == case.row().id) & (audit.c.action == action)
        return connection.execute(select(func.count()).select_from(audit).where(own)).scalar_one()


def entered(case: Case, element_id: str) -> int:
    with case.services.database.read() as connection:
        own = (history.c.instance_id == case.row().instance_id) & (history.c.event == "entered")
        query = select(func.count()).select_from(history).where(own & (history.c.element_id == element_id))
        return connection.execute(query).scalar_one()


def at_district(case: Case) -> Case:
    return case.submitted().confirmed("new", by="e02_admin").confirmed("old", by="e01_admin").cleared()


def test_two_officers_decide_one_task(case: Case):
    """T-01, R-P-11: one record, and the other officer is told."""
    case.saved(by="p04", to="E02").attached("AT-01", "AT-03")
    officer = case.actor("district_chaoyang")
    for round_ in range(1, ROUNDS + 1):
        at_district(case)

        outcomes = race(
            deciding(case, DISTRICT, "return", by=officer), deciding(case, DISTRICT, "return", by=colleague_of(officer))
        )

        assert codes(outcomes) == [None, "TASK_ALREADY_DONE"]
        assert records(case, "returned") == round_
    assert records(case, "refused") == ROUNDS
    assert violations(case.services) == []


def test_the_same_decision_sent_twice(case: Case):
    case.saved(by="p04", to="E02").attached("AT-01", "AT-03")
    for round_ in range(1, ROUNDS + 1):
        at_district(case)
        decision = deciding(case, DISTRICT, "return", by="district_chaoyang", command_id=f"round-{round_}")

        first, second = race(decision, decision)

        assert first.answer == second.answer is not None
        assert records(case, "returned") == round_
    assert records(case, "refused") == 0
    assert violations(case.services) == []


def test_both_employers_agree_at_once(case: Case):
    """Both are right, the join goes on once, and the district is asked once."""
    case.saved(by="p04", to="E02").attached("AT-01", "AT-03")
    for round_ in range(1, ROUNDS + 1):
        case.submitted()

        outcomes = race(
            deciding(case, EMPLOYERS["old"], "agree", by="e01_admin"),
            deciding(case, EMPLOYERS["new"], "agree", by="e02_admin"),
        )

        assert codes(outcomes) == [None, None]
        assert entered(case, "both_employers_agreed") == round_
        case.waits_at(DISTRICT).has_status("declared")
        case.completed(DISTRICT, by="district_chaoyang", decision="return", opinion="材料不全")
    assert violations(case.services) == []


def test_one_employer_agrees_while_the_other_returns(case: Case):
    """Either both are heard or the returning one was faster; the case is returned in any order."""
    case.saved(by="p04", to="E02").attached("AT-01", "AT-03")
    for _ in range(ROUNDS):
        case.submitted()

        agreed, returned = race(
            deciding(case, EMPLOYERS["old"], "agree", by="e01_admin"),
            deciding(case, EMPLOYERS["new"], "return", by="e02_admin"),
        )

        assert returned.is_done
        assert agreed.code in (None, "TASK_ALREADY_DONE")
        case.waits_at("fill_application").has_status("returned")
    assert violations(case.services) == []


def test_two_officers_claim_one_task(case: Case):
    at_district(case.saved(by="p04", to="E02").attached("AT-01", "AT-03"))
    task_id, applications = case.task_id(DISTRICT), case.services.applications
    officer = case.actor("district_chaoyang")
    both = (officer, colleague_of(officer))
    for _ in range(ROUNDS):
        outcomes = race(*(partial(applications.claim, task_id, by=each) for each in both))

        assert codes(outcomes) == [None, "TASK_CLAIMED"]
        holder = both[0] if outcomes[0].is_done else both[1]
        with case.services.database.read() as connection:
            assert connection.execute(select(task.c.assignee).where(task.c.id == task_id)).scalar_one() == holder.id
        applications.unclaim(task_id, by=holder)
    assert violations(case.services) == []


def test_one_officer_claims_what_another_decides(case: Case):
    """Whoever is first has it: a claim keeps the other from deciding, a decision from claiming."""
    case.saved(by="p04", to="E02").attached("AT-01", "AT-03")
    officer = case.actor("district_chaoyang")
    other = colleague_of(officer)
    for _ in range(ROUNDS):
        task_id = at_district(case).task_id(DISTRICT)

        claimed, decided = race(
            partial(case.services.applications.claim, task_id, by=other),
            deciding(case, DISTRICT, "return", by=officer),
        )

        assert (claimed.code, decided.code) in ((None, "TASK_CLAIMED"), ("TASK_ALREADY_DONE", None))
        if claimed.is_done:
            deciding(case, DISTRICT, "return", by=other)()
    assert violations(case.services) == []


def test_the_applicant_withdraws_while_the_last_employer_agrees(case: Case):
    """R-000-04: the withdrawal holds in any order, and the employer learns when it came too late."""
    case.saved(by="p04", to="E02").attached("AT-01", "AT-03")
    for _ in range(ROUNDS):
        case.submitted().confirmed("old", by="e01_admin")

        withdrawn, agreed = race(case.withdrawn, deciding(case, EMPLOYERS["new"], "agree", by="e02_admin"))

        assert withdrawn.is_done
        assert agreed.code in (None, "TASK_ALREADY_DONE")
        case.waits_at("fill_application").has_status("draft")
    assert violations(case.services) == []


def test_the_applicant_withdraws_while_the_district_decides(case: Case):
    """R-000-04, G-01: exactly one of the two holds."""
    for _ in range(ROUNDS):
        at_district(case.saved(by="p04", to="E02").attached("AT-01", "AT-03"))

        withdrawn, passed = race(case.withdrawn, deciding(case, DISTRICT, "pass", by="district_chaoyang"))

        assert (withdrawn.code, passed.code) in ((None, "TASK_ALREADY_DONE"), ("WITHDRAW_NOT_ALLOWED", None))
        if passed.is_done:
            case.waits_at(CITY).has_status("city_review")
            case.services.operations.terminate(case.row().instance_id, "测试", by=case.actor("ops"))
        else:
            case.waits_at("fill_application").has_status("draft")
            case.deleted()
    assert violations(case.services) == []


def test_an_account_is_disabled_while_it_decides(case: Case):
    """Whichever commits first: the decision stands, or it is refused and the task waits for somebody else."""
    at_district(case.saved(by="p04", to="E02").attached("AT-01", "AT-03"))
    officer, services = case.actor("district_chaoyang"), case.services
    administrator = case.actor("admin")

    def disabling() -> None:
        with services.database.write() as work:
            Accounts(work.connection, services.system_clock, services.passwords).disable(officer.id, by=administrator)

    for round_ in range(1, ROUNDS + 1):
        task_id = case.task_id(DISTRICT)

        decided, disabled = race(deciding(case, DISTRICT, "return", by=officer), disabling)

        assert disabled.is_done
        assert decided.code in (None, "ROLE_NOT_ALLOWED"), round_
        with services.database.write() as work:
            status = work.connection.execute(select(task.c.status).where(task.c.id == task_id)).scalar_one()
            assert status == ("completed" if decided.is_done else "open")
            accounts = Accounts(work.connection, services.system_clock, services.passwords)
            accounts.enable(officer.id, by=administrator)
        if decided.is_done:
            at_district(case)
    assert violations(services) == []


def test_a_disabled_account_decides_nothing_with_a_request_that_began_before(case: Case):
    at_district(case.saved(by="p04", to="E02").attached("AT-01", "AT-03"))
    officer, services = case.actor("district_chaoyang"), case.services
    with services.database.write() as work:
        accounts = Accounts(work.connection, services.system_clock, services.passwords)
        accounts.disable(officer.id, by=case.actor("admin"))

    with pytest.raises(NotAllowed):
        deciding(case, DISTRICT, "return", by=officer)()
    case.waits_at(DISTRICT)
