"""Forced deregistration in rounds of the city commission (REQUIREMENTS.md 2.16): R-1.7-2, R-1.7-3, G-08, DOC-15."""

from __future__ import annotations

import io
from typing import Any
from uuid import uuid4

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from applications.forced_candidates import Candidate
from applications.forced_deregistration import Certificate, Round
from kernel.actors import SYSTEM
from kernel.clock import FixedClock
from kernel.errors import InvalidInput, NotAllowed, Refused, ServiceError, StateConflict
from store.tables import certificate_version, forced_deregistration, history, instance, message, registration
from store.tables import registration_specialty as held
from tests.scenarios.case import Case
from tests.scenarios.nights import at
from wiring import Services

LINE = "class2_forced_deregistration"
REASON = "过期超过180天未办理注销"


class Rounds:
    """The rounds as the city commission works with them; `case` knows accounts and clock, and has no application."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.services = case.services.forced_deregistration

    def started(self, by: str = "city_a") -> bool:
        return self.services.start(by=self.case.actor(by), command_id=uuid4().hex)

    def waiting(self, by: str = "city_a") -> Round | None:
        with self.case.services.database.read() as connection:
            return self.services.round(connection, self.case.actor(by))

    def candidates(self) -> dict[str, Candidate]:
        """Those of the round that waits, by name and specialty."""
        found = self.waiting()
        certificates: tuple[Certificate, ...] = found.certificates if found else ()
        return {f"{one.name} {one.specialty}": one for each in certificates for one in each.candidates}

    def selected(
        self, *names: str, reason: str = REASON, by: str = "city_a", certificates: tuple[str, ...] = ()
    ) -> None:
        known = self.candidates()
        found = self.waiting()
        assert found is not None
        self.services.select(
            found.task_id,
            [known[name].id if name in known else name for name in names],
            certificates,
            reason,
            by=self.case.actor(by),
            command_id=uuid4().hex,
        )

    def rows(self) -> dict[str, Any]:
        with self.case.services.database.read() as connection:
            rows = connection.execute(select(forced_deregistration)).all()
        return {f"{row.name} {row.specialty}": row for row in rows}

    def instances(self) -> list[tuple[str, str]]:
        """The rounds so far: what state each is in, and where it has come to."""
        with self.case.services.database.read() as connection:
            rows = connection.execute(
                select(instance.c.id, instance.c.status).where(instance.c.line == LINE).order_by(instance.c.started_at)
            ).all()
            last = select(history.c.element_id).where(history.c.event == "completed").order_by(history.c.seq.desc())
            return [
                (row.status, str(connection.execute(last.where(history.c.instance_id == row.id)).scalar()))
                for row in rows
            ]

    def states(self, name: str) -> dict[str, tuple[str, str | None]]:
        """The specialties of a person in the books, with the kind of deregistration."""
        with self.case.services.database.read() as connection:
            row = self.rows()[name]
            query = select(held).where(held.c.registration_id == row.registration_id)
            return {one.specialty: (one.state, one.deregistration_kind) for one in connection.execute(query)}


@pytest.fixture
def rounds(case: Case) -> Rounds:
    return Rounds(case)


P12, P13 = "罗淑芬 building", "梁永年 building"


def test_more_than_180_days_make_a_candidate(rounds: Rounds) -> None:
    """R-1.7-2, G-08: P12 expired 181 days ago, P13 180; on the next day it is one, too, and in the same round."""
    assert rounds.started()
    assert [(name, one.days) for name, one in rounds.candidates().items()] == [(P12, 181)]

    rounds.case.after(days=1)
    assert rounds.started()
    assert [(name, one.days) for name, one in rounds.candidates().items()] == [(P12, 182), (P13, 181)]
    assert [status for status, _ in rounds.instances()] == ["active", "completed"]
    assert rounds.instances()[1] == ("completed", "nothing_to_select")


def test_a_round_begins_on_the_first_of_every_month(rounds: Rounds, services: Services, clock: FixedClock) -> None:
    """2.16: by schedule at 3 in the morning, once; while it waits the next month's joins it."""
    at(services, clock, 2, 59, days=16)  # 2026-07-01
    assert rounds.waiting() is None
    at(services, clock, 3, days=0)
    assert [(name, one.days) for name, one in rounds.candidates().items()] == [(P12, 197), (P13, 196)]
    at(services, clock, 3, days=31)
    assert [status for status, _ in rounds.instances()] == ["active", "completed"]
    assert [one.days for one in rounds.candidates().values()] == [228, 227]


def test_a_selected_candidate_is_announced_and_deregistered_by_force(rounds: Rounds) -> None:
    """2.16: pending, announced, closed; as 2.15, of the kind forced; holder and employer are told."""
    rounds.started()
    assert rounds.rows()[P12].status == "pending"
    rounds.selected(P12)

    row = rounds.rows()[P12]
    assert (row.status, row.reason, row.announced_on, row.closed_on) == (
        *("closed", REASON),
        *(rounds.case.today(), rounds.case.today()),
    )
    assert row.announcement_no.startswith("京建注告〔2026〕")
    assert rounds.states(P12) == {"building": ("deregistered", "forced")}
    assert rounds.instances() == [("completed", "closed")]
    with rounds.case.services.database.read() as connection:
        of = registration.c.id == row.registration_id
        assert connection.execute(select(registration.c.state).where(of)).scalar_one() == "deregistered"
        versions = select(certificate_version.c.state).where(
            certificate_version.c.registration_id == row.registration_id
        )
        assert connection.execute(versions).scalars().all() == ["deregistered"]
        told = [one for one in connection.execute(select(message)) if one.title["zh"].startswith("强制注销")]
    assert sorted(one.recipient for one in told) == sorted([f"person:{row.person_id}", f"enterprise:{row.employer}"])
    assert told[0].title == {"zh": "强制注销：罗淑芬", "en": "Forced deregistration: 罗淑芬"}
    assert "建筑工程（有效期至2025年12月16日）" in told[0].body["zh"]
    assert "Building (valid until 16 Dec 2025)" in told[0].body["en"]
    assert not rounds.started()  # nobody is left


def test_what_was_announced_by_force_stands_on_the_public_page(rounds: Rounds) -> None:
    """2.16, F-PUBLICITY: found by name and by registration number, the ID number masked; who is pending is not there."""
    rounds.started()
    rounds.selected(P12)
    row, cases = rounds.rows()[P12], rounds.case.services.cases

    with rounds.case.services.database.read() as connection:
        for word in ("", "罗淑芬", row.registration_no):
            [item] = cases.announcements(connection, word).items
            assert (item.number, item.applicant, item.specialties) == (row.registration_no, row.name, ("building",))
            assert item.line_title.zh == "强制注销"
            assert item.id_number_masked == "110000********9129"
            assert (item.announcement_no, item.announced_on) == (row.announcement_no, rounds.case.today())
        assert cases.announcements(connection, "没有这个人").total == 0


def test_a_business_in_progress_is_listed_but_cannot_be_selected(rounds: Rounds) -> None:
    """R-1.7-3: any open class-2 application, a draft included; the reason names it."""
    application = Case(rounds.case.services, rounds.case._clock, "class2_deregistration")
    application.saved(by="p12", specialties="building", applicant="individual", reason="not_continued")
    rounds.started()
    refusal = rounds.candidates()[P12].refusal
    assert refusal is not None
    assert refusal.code == "BUSINESS_IN_PROGRESS"
    assert application.number in refusal.message.zh
    assert "Deregistration" in refusal.message.en

    with pytest.raises(Refused) as refused:
        rounds.selected(P12)
    assert [reason.code for reason in refused.value.reasons] == ["BUSINESS_IN_PROGRESS"]
    assert rounds.rows()[P12].status == "pending"

    application.deleted()
    rounds.selected(P12)
    assert rounds.rows()[P12].status == "closed"


def test_who_is_not_on_the_list_cannot_be_selected(rounds: Rounds) -> None:
    """R-1.7-2: NOT_LONG_EXPIRED"""
    rounds.started()
    with pytest.raises(Refused) as refused:
        rounds.selected(P12, "somebody-else")
    assert [reason.code for reason in refused.value.reasons] == ["NOT_LONG_EXPIRED"]
    assert rounds.rows()[P12].reason is None


def test_who_has_deregistered_meanwhile_cannot_be_selected_and_is_struck_off(rounds: Rounds) -> None:
    """R-1.7-2: voluntary deregistration after the list was made."""
    rounds.started()
    own = Case(rounds.case.services, rounds.case._clock, "class2_deregistration")
    own.applied(by="p12", specialties="building", applicant="individual", reason="not_continued")
    own.confirmed(by="e01_admin").after(days=1).cleared()
    own.completed("review/review_by_district", by="district_haidian", decision="pass")
    own.completed("review/review_by_city", by="city_a", decision="pass").has_status("closed")
    with pytest.raises(Refused) as refused:
        rounds.selected(P12)
    assert [reason.code for reason in refused.value.reasons] == ["NOT_LONG_EXPIRED"]

    rounds.started()
    assert list(rounds.candidates()) == [P13]
    assert rounds.case.services.forced_deregistration.more_than_days == 180


@pytest.mark.parametrize(
    ("reason", "code"),
    [("", "REASON_REQUIRED"), (" 否 ", "REASON_REQUIRED"), ("长" * 501, "TOO_LONG")],
)
def test_a_reason_is_required(rounds: Rounds, reason: str, code: str) -> None:
    """2.16, R-D-10, R-V-13"""
    rounds.started()
    with pytest.raises(InvalidInput) as refused:
        rounds.selected(P12, reason=reason)
    assert [(one.code, one.field) for one in refused.value.reasons] == [(code, "reason")]


def test_somebody_must_be_selected(rounds: Rounds) -> None:
    """2.16, 3.5"""
    rounds.started()
    with pytest.raises(InvalidInput) as refused:
        rounds.selected()
    assert [(one.code, one.field) for one in refused.value.reasons] == [("SPECIALTY_REQUIRED", "candidates")]


def test_who_was_not_selected_comes_into_the_next_round(rounds: Rounds) -> None:
    """2.16: 待处理 until selected."""
    rounds.case.after(days=1)
    rounds.started()
    rounds.selected(P13)
    assert {name: row.status for name, row in rounds.rows().items()} == {P12: "pending", P13: "closed"}
    assert rounds.waiting() is None

    assert rounds.started()
    assert list(rounds.candidates()) == [P12]


def test_a_whole_certificate_is_selected_at_once(rounds: Rounds) -> None:
    """2.16: P07's two specialties, both long expired a year later; one certificate, one message to each."""
    rounds.case.after(days=500)
    rounds.started()
    names = [name for name in rounds.candidates() if name.startswith("郑立行")]
    assert names == ["郑立行 building", "郑立行 municipal"]
    certificate = rounds.candidates()[names[0]].registration_id
    rounds.selected(certificates=(certificate,))

    assert rounds.states(names[0]) == {
        "building": ("deregistered", "forced"),
        "municipal": ("deregistered", "forced"),
    }
    with rounds.case.services.database.read() as connection:
        titles = [one.title["zh"] for one in connection.execute(select(message))]
    assert titles.count("强制注销：郑立行") == 2


def test_one_of_two_specialties_leaves_the_other_on_a_new_certificate(rounds: Rounds) -> None:
    """2.15, 2.16: P14's municipal expired 2026-05-01, its building is valid to 2027-06-01."""
    rounds.case.after(days=150)
    rounds.started()
    rounds.selected("宋雨晴 municipal")
    assert rounds.states("宋雨晴 municipal") == {"building": ("valid", None), "municipal": ("deregistered", "forced")}


def test_only_the_city_commission_does_it_and_one_of_them_at_a_time(rounds: Rounds) -> None:
    """1.1, R-A-00, R-P-11"""
    for username in ("district_haidian", "e01_admin", "p12", "centre", "ops"):
        with pytest.raises(NotAllowed):
            rounds.started(by=username)
        with pytest.raises(NotAllowed):
            rounds.waiting(by=username)
    rounds.started()
    waiting, chosen = rounds.waiting(), rounds.candidates()[P12].id
    assert waiting is not None
    with pytest.raises(ServiceError):
        rounds.services.select(
            waiting.task_id, [chosen], (), REASON, by=rounds.case.actor("district_haidian"), command_id=uuid4().hex
        )
    rounds.selected(P12, by="city_b")
    with pytest.raises(StateConflict) as conflict:
        rounds.services.select(
            waiting.task_id, [chosen], (), REASON, by=rounds.case.actor("city_a"), command_id=uuid4().hex
        )
    assert conflict.value.code == "TASK_ALREADY_DONE"


def test_a_stopped_round_leaves_everybody_to_the_next_one(rounds: Rounds) -> None:
    """2.16, F-OPS"""
    rounds.started()
    with rounds.case.services.database.read() as connection:
        (stopped,) = connection.execute(select(instance.c.id).where(instance.c.line == LINE)).scalars()
    rounds.case.services.operations.terminate(stopped, "重来", by=SYSTEM)
    assert rounds.waiting() is None
    assert rounds.started()
    assert list(rounds.candidates()) == [P12]


def test_a_round_stands_in_nobody_s_inbox(rounds: Rounds) -> None:
    """F-INBOX: it has a page of its own, and counts neither as open nor as done there."""
    actor = rounds.case.actor("city_a")
    rounds.started()
    with rounds.case.services.database.read() as connection:
        assert rounds.case.services.inbox.counts(connection, actor).todo == 0
    rounds.selected(P12)
    with rounds.case.services.database.read() as connection:
        assert rounds.case.services.inbox.counts(connection, actor).done == 0


def test_the_list_is_an_excel_file(rounds: Rounds) -> None:
    """DOC-15: registration number, name, specialty, expired on, employer, reason."""
    rounds.started()
    rounds.selected(P12)
    with rounds.case.services.database.read() as connection:
        actor = rounds.case.actor("city_a")
        page = rounds.services.page(connection, actor, "closed", "罗", None)
        data = rounds.services.sheet(connection, actor, "closed", "")
        assert rounds.services.page(connection, actor, "pending", "", None).total == 0
    assert [(row.name, row.status) for row in page.items] == [("罗淑芬", "closed")]
    table = list(load_workbook(io.BytesIO(data)).active.values)
    assert [str(value)[:10] for value in table[-1]] == [
        *(rounds.rows()[P12].registration_no[:10], "罗淑芬", "建筑工程", "2025-12-16"),
        *("北京恒筑建设工程有限", REASON[:10]),
    ]
