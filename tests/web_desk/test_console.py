"""What operators see and do: overview, instances on the diagram, retry, terminate (F-OPS, REQUIREMENTS.md 1.3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from kernel.clock import FixedClock
from store.tables import attempt, incident, job
from tests.scenarios.case import EMPLOYERS, Case
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


def test_a_suspended_instance_stands_still_until_it_is_activated(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")
    task = case.task_id(EMPLOYERS["new"])
    ops, employer = signed_in("ops"), signed_in("e02_admin")
    address = f"/console/instances/{case.row().instance_id}"

    assert ops.post(f"{address}/suspend").status == 303
    page = ops.get(address)
    refused = employer.post(f"/inbox/tasks/{task}/decision", decision="agree", opinion="同意。", command_id="1")

    assert "已暂停" in page.text
    assert page.found(f"{address}/activate")
    assert case.number in ops.get("/console/instances?status=suspended").text
    assert refused.status == 409
    assert "暂停" in refused.text
    assert refused.found("同意。")
    assert employer.post(f"/inbox/tasks/{task}/claim").status == 409
    case.waits_at(*EMPLOYERS.values())
    assert ops.post(f"{address}/activate").status == 303
    case.confirmed("new", by="e02_admin")


def test_only_operators_suspend(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")

    assert signed_in("admin").post(f"/console/instances/{case.row().instance_id}/suspend").status == 403


def test_an_ended_instance_is_not_terminated_again(signed_in: SignedIn, new_case: NewCase) -> None:
    case = new_case().applied(by="p04", to="E02")
    browser = signed_in("ops")
    address = f"/console/instances/{case.row().instance_id}/terminate"
    browser.post(address, reason="重复的申请。")

    assert browser.post(address, reason="再终止一次。").status == 409


def test_officers_and_analysts_have_no_console(signed_in: SignedIn) -> None:
    for username in ("district_chaoyang", "analyst", "e01_admin", "p04"):
        assert signed_in(username).get("/console").status == 403


# -- incidents


def test_an_incident_tells_its_cause_and_every_attempt(signed_in: SignedIn, services: Services, stuck_job: str) -> None:
    with services.database.write() as work:
        for fence, told in ((1, "no template"), (3, "still no template")):
            values = {
                "job_id": stuck_job, "fence": fence, "ended_at": services.clock.now(), "outcome": "failed",
                "error": told, "trace": "File reminder.py", "log": [{"at": "", "text": "looked for it"}],
            }  # fmt: skip
            work.connection.execute(insert(attempt).values(values))
    browser = signed_in("ops")

    page = browser.get("/console/incidents/i-1")

    for words in ("no template", "still no template", "File reminder.py", "looked for it", "reminder_timer"):
        assert words in page.text
    assert "还没有处理过事件" in browser.get("/console/incidents?status=resolved").text
    browser.post("/console/incidents/retry", job=stuck_job, note="模板已补上")
    resolved = browser.get("/console/incidents?status=resolved").text
    assert "模板已补上" in resolved
    assert "邵维" in resolved
    assert "没有事件" in browser.get("/console/incidents").text
    assert browser.post("/console/incidents/retry", job=stuck_job).status == 409


def test_a_group_is_retried_although_one_of_it_has_moved_on(
    signed_in: SignedIn, services: Services, stuck_job: str
) -> None:
    answer = signed_in("ops").post("/console/incidents/retry", job=[stuck_job, *jobs_that_run(services)])

    assert answer.status == 303
    with services.database.read() as connection:
        assert connection.execute(select(job.c.state).where(job.c.id == stuck_job)).scalar_one() == "ready"


def jobs_that_run(services: Services) -> list[str]:
    with services.database.read() as connection:
        return list(connection.execute(select(job.c.id).where(job.c.state == "ready").limit(1)).scalars())


def test_an_unknown_outcome_is_decided_with_a_note(signed_in: SignedIn, services: Services, stuck_job: str) -> None:
    with services.database.write() as work:
        work.connection.execute(update(incident).values(kind="outcome_unknown"))
        work.connection.execute(update(job).where(job.c.id == stuck_job).values(intended_at=services.clock.now()))
    browser = signed_in("ops")

    page = browser.get("/console/incidents/i-1")
    assert "结果不明" in page.headline
    assert "没有自动重试" in page.text
    assert "重试</button>" not in page.html
    assert browser.post("/console/incidents/retry", job=stuck_job).status == 409
    assert browser.post("/console/incidents/i-1/decide", choice="again", note=" ").status == 422
    assert browser.post("/console/incidents/i-1/decide", choice="nothing", note="x").status == 422
    assert browser.post("/console/incidents/i-1/decide", choice="give_up", note="不办了").status == 409
    assert browser.post("/console/incidents/i-1/decide", choice="again", note="对方没有收到").status == 303
    assert browser.post("/console/incidents/i-1/decide", choice="done", note="对方收到了").status == 409
    with services.database.read() as connection:
        stored = connection.execute(select(job).where(job.c.id == stuck_job)).one()
    assert (stored.state, stored.intended_at, stored.result) == ("ready", None, None)


def test_a_command_that_the_engine_cannot_carry_out_is_seen_by_operators(
    signed_in: SignedIn, new_case: NewCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endless diagram costs the person the command, and nobody has to report it."""
    case = new_case().applied(by="p04", to="E02")
    task, employer = case.task_id("new_employer_confirm/employer_confirm"), signed_in("e02_admin")
    with monkeypatch.context() as patch:
        patch.setattr("processes.tokens.MAX_STEPS", 1)
        for command in "12":
            answer = employer.post(f"/inbox/tasks/{task}/decision", decision="agree", opinion="", command_id=command)
            assert answer.status == 500
    browser = signed_in("ops")

    assert "StepBudgetExceeded" in browser.get("/console").text
    (found,) = browser.get("/console/incidents").found('href="(/console/incidents/[^"?]+)"')
    assert "employer_confirm" in browser.get(found).headline
    assert browser.post(f"{found}/decide", choice="give_up", note="定义已更正").status == 303
    assert browser.get("/console").headline == "没有事件要处理，业务正常"
    case.waits_at("new_employer_confirm/employer_confirm", "old_employer_confirm/employer_confirm")
