"""The employer transfer (REQUIREMENTS.md 2.14): T-01, T-02, T-03, refusals, withdrawal, deletion."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from kernel.errors import InvalidInput, NotAllowed, NotFound, Refused, StateConflict
from registry.enterprises import Enterprises
from store.tables import document, publicity, text_message
from tests.scenarios.case import CITY, DISTRICT, EMPLOYERS, Case


@pytest.mark.parametrize("order", [("new", "old"), ("old", "new")])
def test_a_transfer_closes_whichever_employer_agrees_first(case: Case, order: tuple[str, str]) -> None:
    """T-01, R-1.5-1, R-D-23."""
    admins = {"old": "e01_admin", "new": "e02_admin"}
    before = case.applied(by="p04", to="E02").registration()
    case.has_status("pending_confirmation").waits_at(*EMPLOYERS.values())

    case.confirmed(order[0], by=admins[order[0]])
    case.has_status("pending_confirmation").has_not_passed("declare")
    case.confirmed(order[1], by=admins[order[1]]).has_status("declared").waits_at(DISTRICT)
    case.night().completed(DISTRICT, by="district_chaoyang", decision="pass", opinion="社保情况已核实。")
    case.has_status("city_review").waits_at(CITY)
    case.completed(CITY, by="city_a", decision="pass").has_status("publicity").waits_at()
    case.after(days=9).has_status("publicity")
    case.after(days=1).has_status("closed").has_ended_at("closed")
    case.has_passed("check_start", "declare", "publicity_timer", "announce", "apply_registry", "notify_closed")

    after = case.registration()
    assert after.employer == case.uscc("E02") != before.employer
    assert after.last_transfer_announced_on == date(2026, 6, 26)
    assert [each.expiry_date for each in after.specialties] == [each.expiry_date for each in before.specialties]
    assert after.version == before.version + 1


def test_a_disagreement_returns_the_case_and_both_are_asked_again(case: Case) -> None:
    """T-02, R-1.5-4, R-1.5-5, R-2.9-1."""
    case.applied(by="p04", to="E02").confirmed("old", by="e01_admin")

    case.completed(EMPLOYERS["new"], by="e02_admin", decision="return", opinion="合同起始日期有误")
    case.has_status("returned").waits_at("fill_application")
    reason = case.detail("p04").return_reason
    assert reason is not None
    assert (reason.text, reason.by_old_employer) == ("合同起始日期有误", False)

    case.submitted().has_status("pending_confirmation").waits_at(*EMPLOYERS.values())
    assert case.detail("p04").return_reason is None
    case.completed(EMPLOYERS["old"], by="e01_admin", decision="return", opinion="请先办理离职手续")
    case.has_status("returned").waits_at("fill_application")
    case.deleted().has_ended_at("deleted")
    with pytest.raises(NotFound):
        case.detail("p04")
    case.saved(by="p04", to="E02").has_status("draft")  # at once, R-1.9-1


def test_a_case_is_withdrawn_while_one_employer_has_agreed(case: Case) -> None:
    """T-03, R-000-05, R-000-06."""
    case.applied(by="p04", to="E02").confirmed("old", by="e01_admin")

    case.withdrawn().has_status("draft").waits_at("fill_application")

    assert [each.kind for each in case.detail("p04").attachments] == ["AT-01", "AT-03"]
    case.submitted().waits_at(*EMPLOYERS.values()).has_status("pending_confirmation")


def test_a_case_is_withdrawn_until_the_district_has_decided(case: Case) -> None:
    """R-000-04, G-01."""
    case.applied(by="p04", to="E02").confirmed("new", by="e02_admin").confirmed("old", by="e01_admin")
    case.has_status("declared").withdrawn().has_status("draft").waits_at("fill_application")

    case.submitted().passed_to_city()
    with pytest.raises(StateConflict) as refusal:
        case.withdrawn()
    assert refusal.value.code == "WITHDRAW_NOT_ALLOWED"
    case.has_status("city_review")


def test_a_returned_case_can_be_withdrawn_into_the_draft(case: Case) -> None:
    """R-000-06, G-43."""
    case.applied(by="p04", to="E02")
    case.completed(EMPLOYERS["old"], by="e01_admin", decision="return", opinion="尚未离职")
    case.withdrawn().has_status("draft").waits_at("fill_application")
    with pytest.raises(StateConflict) as refusal:
        case.withdrawn()
    assert refusal.value.code == "WITHDRAW_NOT_ALLOWED"


def test_only_what_is_not_submitted_can_be_deleted(case: Case) -> None:
    """R-000-07, R-000-08, R-2.3-1: also without contract dates."""
    case.applied(by="p04", to="E02")
    with pytest.raises(StateConflict) as refusal:
        case.deleted()
    assert refusal.value.code == "WITHDRAW_BEFORE_DELETE"

    other = Case(case.services, case._clock, case.line)
    other.saved(by="p16", to="E02").deleted().has_ended_at("deleted")


def test_the_district_returns_a_case_to_its_applicant(case: Case) -> None:
    """R-2.5-1, R-D-10."""
    case.applied(by="p04", to="E02").confirmed("new", by="e02_admin").confirmed("old", by="e01_admin")
    with pytest.raises(InvalidInput) as refusal:
        case.completed(DISTRICT, by="district_chaoyang", decision="return")
    assert refusal.value.code == "REASON_REQUIRED"
    case.completed(DISTRICT, by="district_chaoyang", decision="return", opinion="附件不清晰")
    case.has_status("returned").waits_at("fill_application")
    reason = case.detail("p04").return_reason
    assert reason is not None
    assert reason.text == "附件不清晰"
    case.submitted().waits_at(*EMPLOYERS.values())


def test_the_publicity_tells_what_the_city_wrote(case: Case) -> None:
    """2.0.4 C4: of this decision, although its answers are stored after the period is opened."""
    case.applied(by="p04", to="E02").passed_to_city()
    case.completed(CITY, by="city_a", decision="not_pass", opinion="合同不符合要求")

    with case.services.database.read() as connection:
        assert connection.execute(select(publicity.c.opinion)).scalars().all() == ["合同不符合要求"]


def test_a_transfer_that_is_not_passed_and_not_appealed_is_rejected(case: Case) -> None:
    """2.0.4 C6, G-33."""
    case.applied(by="p04", to="E02").passed_to_city()
    case.completed(CITY, by="city_a", decision="not_pass", opinion="合同不符合要求").has_status("publicity")
    case.after(days=10).has_status("rejected").has_ended_at("rejected").has_not_passed("announce")
    assert case.registration().employer == case.uscc("E01")
    case.saved(by="p04", to="E02").has_status("draft")


@pytest.mark.parametrize(
    ("person", "to", "code"),
    [
        ("p17", "E02", "TRANSFER_WITHIN_ONE_YEAR"),
        ("p04", "E01", "SAME_EMPLOYER"),
        ("p04", "E03", "NO_SUPERVISING_DISTRICT"),
        ("p04", "E04", "EMPLOYER_INFO_INCOMPLETE"),
        ("p04", "91110000XA0000998H", "EMPLOYER_NOT_FOUND"),
        ("p11", "E02", "NO_VALID_REGISTRATION"),
        ("p01", "E02", "NO_VALID_REGISTRATION"),
        ("p20", "E02", "NOT_VERIFIED"),
    ],
)
def test_a_start_that_the_rules_forbid_creates_nothing(case: Case, person: str, to: str, code: str) -> None:
    """2.14 errors, R-D-01, R-P-10: code and text in both languages, and no application."""
    with pytest.raises(Refused) as refusal:
        case.saved(by=person, to=to)
    found = next(reason for reason in refusal.value.reasons if reason.code == code)
    assert found.message.zh
    assert found.message.en
    assert found.rule
    again = Case(case.services, case._clock, case.line)
    if person == "p04":
        again.saved(by="p04", to="E02").has_status("draft")


def test_the_last_transfer_must_be_a_year_ago(case: Case) -> None:
    """R-1.5-2: announced 2025-06-15, so 2026-06-15 is allowed."""
    case.saved(by="p16", to="E02").has_status("draft")


def test_one_person_has_one_class2_business_at_a_time(case: Case) -> None:
    """R-1.9-1: drafts count; the message names the number."""
    case.saved(by="p04", to="E02")
    with pytest.raises(Refused) as refusal:
        Case(case.services, case._clock, case.line).saved(by="p04", to="E12")
    assert refusal.value.code == "BUSINESS_IN_PROGRESS"
    assert case.number in refusal.value.reasons[0].message.zh


def test_rules_are_asked_again_at_submit(case: Case) -> None:
    """R-D-03: the registration expires between the first save and the submit."""
    case.saved(by="p10", to="E02").attached("AT-01", "AT-03")
    case.after(days=1)
    with pytest.raises(Refused) as refusal:
        case.submitted()
    assert refusal.value.code == "NO_VALID_REGISTRATION"
    case.has_status("draft").waits_at("fill_application")


def test_a_submit_needs_its_fields_and_attachments_and_loses_nothing(case: Case) -> None:
    """R-D-14, R-V-12: all reasons together; what was entered is saved all the same."""
    case.saved(by="p04", to="E02").attached("AT-03")
    with pytest.raises(InvalidInput) as refusal:
        case.submitted(contract_start="2026-07-01", contract_end="")
    codes = [(reason.code, reason.field) for reason in refusal.value.reasons]
    assert codes == [("FIELD_REQUIRED", "contract_end"), ("ATTACHMENT_MISSING", "AT-01")]
    assert case.detail("p04").document["contract_start"] == "2026-07-01"
    case.has_status("draft")


def test_a_stale_form_is_refused(case: Case) -> None:
    """R-D-04."""
    case.saved(by="p04", to="E02")
    case.services.applications.save(case.number, {"new_employer": [case.uscc("E12")]}, revision=1, by=case.actor("p04"))
    with pytest.raises(StateConflict) as refusal:
        case.services.applications.save(
            case.number, {"new_employer": [case.uscc("E02")]}, revision=1, by=case.actor("p04")
        )
    assert refusal.value.code == "STALE_FORM"
    assert case.row().new_employer == case.uscc("E12")


def test_the_second_of_two_officers_is_told_that_it_is_done(case: Case) -> None:
    """R-P-11: one record, one 409."""
    case.applied(by="p04", to="E02").passed_to_city()
    task_id = case.task_id(CITY)
    case.completed(CITY, by="city_a", decision="pass")
    with pytest.raises(StateConflict) as refusal:
        case.services.applications.complete(
            task_id, {"decision": ["pass"], "opinion": [""]}, by=case.actor("city_b"), command_id="late"
        )
    assert refusal.value.code == "TASK_ALREADY_DONE"
    assert [(entry.action, entry.step.zh) for entry in case.detail("p04").trail].count(("passed", "市建委审核")) == 1


def test_a_command_that_is_sent_twice_is_done_once(case: Case) -> None:
    """RELIABILITY.md 2.3: the same id gives the same answer."""
    case.applied(by="p04", to="E02")
    task_id = case.task_id(EMPLOYERS["new"])
    answers = {"decision": ["agree"], "opinion": [""]}
    first = case.services.applications.complete(task_id, answers, by=case.actor("e02_admin"), command_id="same")
    again = case.services.applications.complete(task_id, answers, by=case.actor("e02_admin"), command_id="same")
    assert first == again
    assert [entry.action for entry in case.detail("p04").trail].count("agreed") == 1


def test_nobody_sees_or_decides_what_is_not_theirs(case: Case) -> None:
    """R-A-00: another's object is 404, an action without the role 403."""
    case.applied(by="p04", to="E02")
    for stranger in ("p16", "e03_admin", "district_haidian", "district_chaoyang", "city_a"):
        with pytest.raises(NotFound):
            case.detail(stranger)
    with pytest.raises(NotFound):
        case.completed(EMPLOYERS["new"], by="e01_admin", decision="agree")
    with pytest.raises(NotAllowed):
        case.services.applications.start(case.line, {}, by=case.actor("centre"), command_id="x")


def test_a_cancelled_old_employer_is_skipped_and_noted(case: Case) -> None:
    """G-06."""
    case.applied(by="p43", to="E02").waits_at(EMPLOYERS["new"])
    assert "skipped_employer" in [entry.action for entry in case.detail("p43").trail]
    case.confirmed("new", by="e02_admin").has_status("declared")


def test_the_district_is_that_of_the_first_save(case: Case) -> None:
    """R-2.1-2: a later choice of the enterprise does not move the application."""
    case.applied(by="p04", to="E02")
    with case.services.database.write() as work:
        Enterprises(work.connection).choose_supervising_district(case.uscc("E02"), "海淀区")
    case.confirmed("new", by="e02_admin").confirmed("old", by="e01_admin")
    case.cleared().completed(DISTRICT, by="district_chaoyang", decision="pass").has_status("city_review")


def test_everybody_concerned_is_told(case: Case) -> None:
    """2.14 notifications: both employers at the start, all three at return and close."""
    case.applied(by="p04", to="E02").after(minutes=1)
    with case.services.database.read() as connection:
        for account in ("p04", "e01_admin", "e02_admin"):
            page = case.services.cases.messages(connection, case.actor(account))
            assert [message.number for message in page.items] == [case.number]
            assert page.items[0].title.zh
            assert page.items[0].title.en


def test_the_applicant_gets_an_sms_when_it_is_returned(case: Case) -> None:
    """F-MSG, 2.0.5: SMS for returned, rejected and closed; once, and for no other status."""
    case.applied(by="p04", to="E02").after(minutes=1)
    case.completed(EMPLOYERS["new"], by="e02_admin", decision="return", opinion="合同起始日期有误").after(minutes=1)

    case.after(minutes=1)
    with case.services.database.read() as connection:
        (row,) = connection.execute(text_message.select()).all()
    assert (row.mobile, row.application_id) == ("19900000004", case.row().id)
    assert row.body == f"【证流】申请已退回：吴思齐。业务编号{case.number}，详情请登录系统查看。"


def test_the_form_is_archived_as_it_was_submitted(case: Case) -> None:
    """DOC-08, R-000-09."""
    case.applied(by="p04", to="E02").after(minutes=1)
    with case.services.database.read() as connection:
        row = connection.execute(document.select()).one()
    assert case.number in row.file_name
    with case.services.database.read() as connection:
        name, content = case.services.documents.export(connection, case.number, case.actor("p04"))
    assert name.endswith(".docx")
    assert content.startswith(b"PK")
