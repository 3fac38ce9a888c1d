"""What operators see and do: overview, instances on the diagram, retry, terminate (F-OPS, REQUIREMENTS.md 1.3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from kernel.clock import FixedClock
from store.tables import incident, job
from tests.scenarios.case import Case
from tests.web_desk.conftest import Browser
from wiring import Services

SignedIn = Callable[[str], Browser]
NewCase = Callable[[], Case]


@pytest.fixture
def stuck_job(services: Services, new_case: NewCase, clock: FixedClock) -> str:
    """A reminder that has failed for good."""
    case = new_case().applied(by="p04", to="E02")
    with services.database.write() as work:
        found = work.connection.execute(
            select(job.c.id).where((job.c.instance_id == case.row().instance_id) & (job.c.kind == "timer")).limit(1)
        ).scalar_one()
        work.connection.execute(update(job).where(job.c.id == found).values(state="incident"))
        work.connection.execute(
            insert(incident).values(
                id="i-1",
                instance_id=case.row().instance_id,
                job_id=found,
                kind="failed",
                element_id="reminder_timer",
                message="Expected a template for the reminder, but there is none",
                status="open",
                opened_at=clock.now() - timedelta(hours=1),
            )
        )
    return str(found)


def test_a_quiet_service_is_said_to_be_quiet(signed_in: SignedIn) -> None:
    page = signed_in("ops").get("/console")

    assert page.headline == "没有事件要处理，业务正常"


def test_incidents_stand_by_cause_and_are_retried_as_a_group(
    signed_in: SignedIn, services: Services, stuck_job: str
) -> None:
    browser = signed_in("ops")

    page = browser.get("/console")
    assert page.headline == "1 组事件要处理"
    assert "Expected a template for the reminder" in page.text

    assert browser.post("/console/incidents/retry", job=page.found('name="job" value="([^"]+)"')).status == 303
    assert browser.get("/console").headline == "没有事件要处理，业务正常"
    with services.database.read() as connection:
        assert connection.execute(select(job.c.state).where(job.c.id == stuck_job)).scalar_one() == "ready"


@pytest.mark.usefixtures("stuck_job")
def test_an_administrator_looks_but_does_not_act(signed_in: SignedIn) -> None:
    browser = signed_in("admin")

    page = browser.get("/console")

    assert page.status == 200
    assert not page.found('name="job"')
    assert browser.post("/console/incidents/retry", job="x").status == 403


def test_instances_are_found_by_number_line_and_state(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")
    browser = signed_in("ops")

    assert case.number in browser.get(f"/console/instances?text={case.number[-6:]}").text
    assert case.number in browser.get("/console/instances?line=class2_employer_transfer&status=active").text
    assert case.number not in browser.get("/console/instances?status=terminated").text
    assert "没有符合条件的实例" in browser.get("/console/instances?incident=1").text


def test_an_instance_is_shown_on_its_diagram_with_its_data(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02").confirmed("new", by="e02_admin")
    browser = signed_in("ops")
    address = f"/console/instances/{case.row().instance_id}"

    page = browser.get(address)
    assert page.found('class="pf-bp')
    assert page.found("个令牌")
    assert "old_employer_confirm" in page.text
    assert '"' + case.row().new_employer + '"' in page.text
    assert "段海宁" in page.text

    for part, words in (
        ("tasks", "employer_confirm"),
        ("jobs", "定时器"),
        ("messages", "withdraw_message"),
        ("incidents", "没有事件"),
        ("history", "check_submit"),
    ):
        assert words in browser.get(f"{address}?part={part}").text


def test_an_instance_is_terminated_with_a_reason_only(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")
    browser = signed_in("ops")
    address = f"/console/instances/{case.row().instance_id}/terminate"

    assert case.number in browser.get(address).text
    refused = browser.post(address, reason=" ")
    assert refused.status == 422
    assert "请选择或填写原因" in refused.text
    case.has_status("pending_confirmation")

    assert browser.post(address, reason="重复的申请，申请人要求终止。").status == 303
    case.has_status("terminated")
    assert "已终止" in browser.get(f"/console/instances/{case.row().instance_id}").text


def test_an_ended_instance_is_not_terminated_again(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")
    browser = signed_in("ops")
    address = f"/console/instances/{case.row().instance_id}/terminate"
    browser.post(address, reason="重复的申请。")

    assert browser.post(address, reason="再终止一次。").status == 409


def test_officers_and_analysts_have_no_console(signed_in: SignedIn) -> None:
    for username in ("district_chaoyang", "analyst", "e01_admin", "p04"):
        assert signed_in(username).get("/console").status == 403
