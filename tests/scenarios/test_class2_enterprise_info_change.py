"""Change of enterprise information of class-2 registrations, from the form to the register (REQUIREMENTS.md 2.17)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from kernel.errors import InvalidInput, NotAllowed, NotFound, Refused, StateConflict
from registry.enterprises import Enterprise, Enterprises
from registry.registrations import Registrations
from store.tables import account, application, enterprise_qualification, message, ministry_registration
from tests.scenarios.case import CITY, DISTRICT, Case

LINE = "class2_enterprise_info_change"
CONTACT = {"contact_person": "司徒川", "contact_phone": "010-88880005"}
OLD, NEW = "北京合川机电有限公司", "北京和川机电安装有限公司"


def saved(case: Case, by: str = "e05_admin") -> Case:
    return case.saved(by=by, **CONTACT)


def submitted(case: Case) -> Case:
    return saved(case).attached(*case.required_attachments()).submitted()


def enterprise(case: Case, key: str = "E05") -> Enterprise:
    with case.services.database.read() as connection:
        return Enterprises(connection).get(case.uscc(key))


def reasons(case: Case, by: str) -> list[tuple[str, str | None]]:
    with pytest.raises(Refused) as refused:
        saved(case, by)
    return [(reason.code, reason.rule) for reason in refused.value.reasons]


def other(case: Case, line: str) -> Case:
    return Case(case.services, case._clock, line)


def draft_of_p75(case: Case) -> Case:
    """A member of the staff of E06 keeps a draft (7.5)."""
    data = {"specialties": "municipal", "applicant": "individual", "reason": "contract_ended"}
    return other(case, "class2_deregistration").saved(by="p75", **data)


def test_all_certificates_of_the_enterprise_follow_its_new_data(case: Case) -> None:
    """T-09: E05, new name and district; R-1.8-2, R-D-23."""
    with case.services.database.read() as connection:
        held = Registrations(connection).of_employer(case.uscc("E05"))
    submitted(case).has_status("declared").waits_at(DISTRICT)
    row = case.row()
    assert (row.person_id, row.applicant_name, row.supervising_district) == (None, NEW, "大兴区")
    case.after(days=1).completed(DISTRICT, by="district_daxing", decision="pass").has_status("city_review")
    assert enterprise(case).name == OLD, "nothing changes before the approval"
    case.completed(CITY, by="city_a", decision="pass").has_status("closed").has_ended_at("closed")

    now = enterprise(case)
    assert (now.name, now.former_name, now.district) == (NEW, OLD, "大兴区")
    assert now.registered_address == "北京市大兴区和川路5号"
    assert now.contact_phone == CONTACT["contact_phone"]
    with case.services.database.read() as connection:
        books = Registrations(connection)
        assert len(held) == 2
        for before in held:
            after = books.get(before.id)
            assert (after.version, after.specialties) == (before.version + 1, before.specialties)
            versions = [(each.state, each.employer_name) for each in books.certificate_versions(before.id)]
            assert versions == [("valid", NEW), ("superseded", OLD)]
        units = connection.execute(select(account.c.unit).where(account.c.enterprise == now.uscc)).scalars().all()
    assert set(units) == {NEW}


def test_every_holder_is_told_without_a_link(case: Case) -> None:
    """2.17: the application is not theirs to see."""
    submitted(case).after(days=1).completed(DISTRICT, by="district_daxing", decision="pass")
    case.completed(CITY, by="city_a", decision="pass").after(minutes=1)
    with case.services.database.read() as connection:
        holders = {f"person:{case.actor(name).person_id}" for name in ("p71", "p72")}
        told = connection.execute(select(message).where(message.c.recipient.in_(holders))).all()
        own = connection.execute(select(message.c.title).where(message.c.application_id == case.row().id)).scalars()
        titles = {each["en"] for each in own}
    assert {row.recipient for row in told} == holders
    assert {row.application_id for row in told} == {None}
    assert f"Closed: {NEW}" in titles
    with pytest.raises(NotFound):
        case.detail("p71")


def test_the_snapshot_has_both_states_and_the_certificates(case: Case) -> None:
    """2.17: what DOC-10 prints."""
    snapshot = saved(case).detail("e05_admin").snapshot
    names = [snapshot[side]["enterprise_name"] for side in ("enterprise_before", "enterprise_after")]
    assert names == [OLD, NEW]
    assert [(each["name"], each["kind"]) for each in snapshot["certificates"]] == [
        ("钟鸣远", "二级建造师注册证书"),
        ("任雪晴", "二级建造师注册证书"),
    ]


def test_what_has_not_changed_is_refused(case: Case) -> None:
    """R-1.8-1: E08."""
    assert reasons(case, "e08_admin") == [("QUALIFICATION_NOT_CHANGED", "R-1.8-1")]


def test_without_certificates_there_is_nothing_to_do(case: Case) -> None:
    """R-1.8-2: E12."""
    assert reasons(case, "e12_admin") == [("NO_CERTIFICATES", "R-1.8-2")]


def test_open_business_is_listed(case: Case) -> None:
    """R-1.8-3, R-1.8-4: E06 with a draft of its staff and a transfer out."""
    draft = draft_of_p75(case)
    transfer = other(case, "class2_employer_transfer").saved(by="p76", to="E02")
    with pytest.raises(Refused) as refused:
        saved(case, "e06_admin")
    found = [(reason.code, reason.rule, reason.parameters["list"].en) for reason in refused.value.reasons]
    assert found == [
        ("ENTERPRISE_BUSINESS_OPEN", "R-1.8-3", draft.number),
        ("ENTERPRISE_BUSINESS_OPEN", "R-1.8-4", transfer.number),
    ]
    draft.deleted()
    transfer.deleted()
    saved(case, "e06_admin").has_status("draft")


def test_a_stranger_s_draft_does_not_count(case: Case) -> None:
    """R-1.8-3: drafts count only of people whose current employer is this enterprise."""
    transfer = other(case, "class2_employer_transfer").saved(by="p04", to="E05")
    saved(case).deleted()
    transfer.attached(*transfer.required_attachments()).submitted()
    assert reasons(case, "e05_admin") == [("ENTERPRISE_BUSINESS_OPEN", "R-1.8-3")]


def test_class_1_comes_first(case: Case) -> None:
    """R-2.4-1: E07, until the ministry has the new name."""
    assert reasons(case, "e07_admin") == [("CLASS1_CHANGE_FIRST", "R-2.4-1")]
    with case.services.database.write() as work:
        row = enterprise_qualification.c
        name = work.connection.execute(select(row.name).where(row.uscc == case.uscc("E07"))).scalar_one()
        work.connection.execute(update(ministry_registration).values(enterprise_name=name))
    saved(case, "e07_admin").has_status("draft")


def test_one_change_at_a_time(case: Case) -> None:
    """R-1.8-3: an enterprise does not start a second one beside the first."""
    first = saved(case).number
    with pytest.raises(Refused) as refused:
        saved(case)
    assert [reason.parameters["list"].en for reason in refused.value.reasons] == [first]


def test_the_other_change_does_not_count(case: Case) -> None:
    """R-2.4-2: that of the practitioner certificates is a business of its own."""
    saved(case)
    with case.services.database.write() as work:
        changed = update(application).where(application.c.number == case.number)
        work.connection.execute(changed.values(line="practitioner_enterprise_info_change"))
    saved(case).has_status("draft")


def test_while_it_is_open_its_staff_cannot_submit(case: Case) -> None:
    """R-1.8-5: drafts may be kept."""
    saved(case)
    data = {"specialties": "building", "applicant": "individual", "reason": "contract_ended"}
    staff = other(case, "class2_deregistration").saved(by="p72", **data).attached("AT-01")
    with pytest.raises(Refused) as refused:
        staff.submitted()
    assert [reason.code for reason in refused.value.reasons] == ["ENTERPRISE_CHANGE_OPEN"]
    case.deleted()
    staff.submitted().has_status("pending_confirmation")


def test_the_contact_is_required_and_so_are_the_files(case: Case) -> None:
    """2.17, R-D-14"""
    case.saved(by="e05_admin")
    with pytest.raises(InvalidInput) as refused:
        case.submitted()
    found: list[Any] = [reason.field for reason in refused.value.reasons]
    assert found == ["contact_person", "contact_phone", "AT-01", "AT-11"]


def test_returned_withdrawn_and_deleted_by_the_enterprise(case: Case) -> None:
    """2.17: withdraw and delete as in P-BJ."""
    submitted(case).after(days=1)
    case.completed(DISTRICT, by="district_daxing", decision="return", opinion="执照不清晰").has_status("returned")
    case.withdrawn().has_status("draft").submitted().has_status("declared")
    with pytest.raises(StateConflict):
        case.deleted()
    case.withdrawn().has_status("draft").deleted().has_status("deleted").has_ended_at("deleted")


def test_not_passed_by_the_city(case: Case) -> None:
    """2.0.5"""
    submitted(case).after(days=1).completed(DISTRICT, by="district_daxing", decision="pass")
    case.completed(CITY, by="city_a", decision="not_pass", opinion="材料不实").has_status("rejected")
    assert enterprise(case).name == OLD


def test_only_enterprises_start_it(case: Case) -> None:
    """R-A-01: nor does another enterprise see it."""
    with pytest.raises(NotAllowed):
        saved(case, "p04")
    submitted(case)
    with pytest.raises(NotFound):
        case.detail("e01_admin")


def test_the_old_district_does_not_see_it(case: Case) -> None:
    """2.17: it goes to the new district."""
    submitted(case)
    with pytest.raises(NotFound):
        case.detail("district_haidian")
    assert case.detail("district_daxing").waiting.headline.en == "Waiting for the Daxing District commission"
