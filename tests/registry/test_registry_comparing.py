"""The verdicts of the comparison (R-1.10-3…8), on the data of REQUIREMENTS.md 7.4."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, update

from applications.records import places
from demo.enterprises import BY_KEY, ENTERPRISES
from demo.exchange import write_feeds
from demo.people import sample_people
from kernel.clock import BEIJING, FixedClock
from registry.comparing import Declared, compare, months_before
from registry.enterprises import Enterprises
from registry.exchange.files import file_sources
from registry.exchange.synchronising import Synchronising
from registry.flags import FLAGS, FlagView, RaisedFlag, flags_of, raise_flags, request_insurance
from store.tables import application, definition, deployment, enterprise, instance, person, social_insurance_request
from store.unit_of_work import Database

D = date(2026, 6, 15)
NUMBERS = {str(each.key): each.id_number for each in sample_people()}


@pytest.mark.parametrize(
    ("day", "months"),
    [
        (date(2026, 6, 15), ("2026-03", "2026-04", "2026-05")),
        (date(2026, 1, 1), ("2025-10", "2025-11", "2025-12")),
        (date(2026, 3, 31), ("2025-12", "2026-01", "2026-02")),
    ],
)
def test_the_three_months_before_the_submit(day: date, months: tuple[str, ...]) -> None:
    """R-1.10-5"""
    assert months_before(day) == months


class Night:
    """An application declared on D, the night to D+1, and what its flags are then."""

    def __init__(self, database: Database, clock: FixedClock, folder: Path) -> None:
        self._database = database
        self._clock = clock
        write_feeds(folder, D)
        self._synchronising = Synchronising(database, file_sources(folder), clock)
        with database.write() as work:
            Enterprises(work.connection).add(*ENTERPRISES)

    def flags(self, who: str, employer: str, months: int, *, nights: int = 1) -> dict[str, FlagView]:
        application_id = self._declared(who)
        with self._database.write() as work:
            raise_flags(work, application_id, [RaisedFlag(each, True) for each in FLAGS], today=D)
            request_insurance(work, application_id, NUMBERS[who], today=D)
        declared = Declared(application_id, NUMBERS[who], BY_KEY[employer].uscc, D, months)
        for number in range(1, nights + 1):
            today = D + timedelta(days=number)
            self._clock.set(datetime.combine(today, time(1), BEIJING))
            self._synchronising.copy_all()
            self._synchronising.fetch_answers()
            with self._database.write() as work:
                compare(work.connection, [declared], today=today)
        with self._database.read() as connection:
            return {each.flag: each for each in flags_of(connection, application_id)}

    def _declared(self, who: str) -> str:
        """An application with what its rows point to, and nothing else of it."""
        key, now = str(uuid4()), self._clock.now()
        with self._database.write() as work:
            rows = {
                person: {
                    "id": key, "name": who, "id_type": "resident_id", "id_number": NUMBERS[who], "gender": "male",
                    "birth_date": D, "verified": True,
                },
                deployment: {"id": key, "deployed_at": now, "deployed_by": "t"},
                definition: {
                    "id": key, "key": key, "version": 1, "sha256": key, "name": "t", "xml": b"", "pins": {},
                    "source": "analyst", "deployment_id": key, "resource": "t", "is_active": False,
                    "is_suspended": False, "deployed_at": now, "deployed_by": "t",
                },
                instance: {
                    "id": key, "definition_id": key, "line": "t", "business_key": "", "status": "active",
                    "revision": 1, "state": b"", "state_format": 1, "history_seq": 0, "started_at": now,
                    "started_by": "t",
                },
                application: {
                    "id": key, "number": key[:20], "line": "t", "instance_id": key, "status": "declared",
                    "status_at": now, "person_id": key, "applicant_name": who, "applicant_id_number": NUMBERS[who],
                    "specialties": "", "document": {}, "snapshot": {}, "revision": 1, "created_at": now,
                    "declared_on": D, **places({"status": "declared", "declared_on": D}),
                },
            }  # fmt: skip
            for table, values in rows.items():
                work.connection.execute(insert(table).values(values))
        return key


@pytest.fixture
def night(database: Database, clock: FixedClock, tmp_path: Path) -> Night:
    return Night(database, clock, tmp_path)


@pytest.mark.parametrize(
    ("who", "employer", "months", "state"),
    [
        ("P01", "E01", 3, "cleared"),
        ("P04", "E01", 3, "cleared"),
        ("P05", "E01", 3, "standing"),  # two of three
        ("P09", "E01", 3, "standing"),  # none
        ("P09", "E01", 0, "cleared"),  # deregistration asks for nothing
        ("P16", "E02", 1, "cleared"),  # one of three at the new employer
        ("P04", "E02", 1, "standing"),  # paid, but by the old one
        ("P32", "E01", 1, "standing"),  # the current month does not count
        ("P37", "E08", 3, "standing"),  # only under the old organisation code
    ],
)
def test_insurance_is_judged_by_the_months_that_the_declared_employer_paid(
    who: str, employer: str, months: int, state: str, night: Night
) -> None:
    """R-1.10-5, R-1.10-8, G-18"""
    found = night.flags(who, employer, months)["social_insurance"]
    assert found.state == state
    assert found.compared_on == D + timedelta(days=1)


def test_the_explanation_names_months_and_employer(night: Night) -> None:
    """R-1.10-2, F-COMPARE"""
    found = night.flags("P05", "E01", 3)["social_insurance"].explanation
    assert "2026年3月、2026年4月、2026年5月" in found.zh
    assert "北京恒筑建设工程有限公司" in found.zh
    assert "比对到2个月（2026年4月、2026年5月）" in found.zh
    assert "2 found (Apr 2026, May 2026)" in found.en


def test_payments_under_the_old_code_are_named_with_what_to_do(night: Night) -> None:
    """R-1.10-8"""
    found = night.flags("P37", "E08", 3)["social_insurance"].explanation
    assert "旧组织机构代码" in found.zh
    assert "社保个人权益表" in found.zh
    assert "旧组织机构代码" not in night.flags("P09", "E01", 3)["social_insurance"].explanation.zh


def test_an_enterprise_without_merged_licence_is_compared_by_its_organisation_code(
    night: Night, database: Database
) -> None:
    """R-1.10-8"""

    with database.write() as work:
        mine = enterprise.c.uscc == BY_KEY["E08"].uscc
        work.connection.execute(update(enterprise).where(mine).values(licence_merged=False))
    assert night.flags("P37", "E08", 3)["social_insurance"].state == "cleared"


def test_a_lock_and_an_abnormal_entry_stand_with_what_is_behind_them(night: Night) -> None:
    """R-1.10-3, R-1.10-4: P19; its insurance is complete."""
    found = night.flags("P19", "E01", 3)
    assert {flag: each.state for flag, each in found.items()} == {
        "social_insurance": "cleared",
        "in_construction": "standing",
        "abnormal_registration": "standing",
    }


def test_a_lock_that_was_released_on_the_day_clears_the_next(night: Night) -> None:
    """R-1.10-3: P31's lock was released on D."""
    assert night.flags("P31", "E01", 3)["in_construction"].state == "cleared"


def test_twice_is_as_once(night: Night, database: Database) -> None:
    """F-COMPARE, F-SI: another night with the same data, and a request that is answered once."""
    found = night.flags("P05", "E01", 3, nights=2)["social_insurance"]
    assert (found.state, found.compared_on) == ("standing", D + timedelta(days=2))
    with database.read() as connection:
        assert list(connection.execute(select(social_insurance_request.c.answered_on)).scalars()) == [
            D + timedelta(days=1)
        ]


def test_nothing_is_compared_on_the_day_itself(database: Database) -> None:
    """R-1.10-2"""
    declared = Declared("one", NUMBERS["P04"], None, D, 3)
    with database.read() as connection, pytest.raises(ValueError, match="declared before today"):
        compare(connection, [declared], today=D)
