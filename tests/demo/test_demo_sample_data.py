"""The sample data are right in form and stand where the plan wants them (REQUIREMENTS.md chapter 7)."""

import time
from datetime import date, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from applications.applicants import Applicant
from demo.enterprises import BY_KEY, CHANGED, ENTERPRISES
from demo.open_cases import OPEN_TRANSFERS, contract_from
from demo.people import sample_id, sample_people
from demo.registrations import HELD
from demo.sample_data import load
from handlers.line_rules import refusals
from identity.actors import signed_in
from identity.passwords import Passwords
from identity.sign_in import SignIn
from kernel.actors import Role
from kernel.identifiers import birth_date_of, gender_of, is_mobile, is_org_code, is_postcode, is_resident_id, is_uscc
from registry.enterprises import Enterprises
from registry.labels import DEGREES, DISTRICTS, EDUCATIONS, ENTERPRISE_TYPES, SPECIALTIES
from registry.people import People
from registry.registrations import Registrations
from rules.tables import Decisions, model_of
from store.tables import (
    account,
    account_role,
    certificate_version,
    enterprise,
    person,
    qualification,
    registration,
    registration_specialty,
)
from tests.support.line_facts import facts_of_line

D = date(2026, 6, 15)
PASSWORD = "Demo-2026-pass"
PEOPLE = {each.key: each for each in sample_people()}


@pytest.fixture(scope="session")
def passwords():
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def loaded(sqlite_database, system_clock, passwords):
    """A function that gives the connection of a database loaded for a day."""
    with sqlite_database.write() as work:

        def load_for(day=D):
            load(work, day, PASSWORD, clock=system_clock, passwords=passwords)
            return work.connection

        yield load_for


def facts_about(connection, key, day, to=None):
    document = None if to is None else {"new_employer": BY_KEY[to].uscc}
    return facts_of_line(connection, "class2_employer_transfer", Applicant(PEOPLE[key].id), day, document)


def transfer_refusals(facts):
    tables = ("transfer_eligibility", "applicant_eligibility", "employer_eligibility")
    return [reason.code for reason in refusals(facts, {name: model_of(Decisions().xml(name)) for name in tables})]


def test_everybody_of_the_plan_is_there():
    expected = [f"P{n:02}" for n in (*range(1, 38), *range(41, 63), *range(71, 78))]
    assert list(PEOPLE) == expected
    assert [each.key for each in ENTERPRISES] == [f"E{n:02}" for n in range(1, 13)]


@pytest.mark.parametrize("who", PEOPLE.values(), ids=PEOPLE.keys())
def test_people_are_right_in_form(who):
    assert is_resident_id(who.id_number, today=D)
    assert who.birth_date == birth_date_of(who.id_number)
    assert who.gender == gender_of(who.id_number)
    assert who.id_number[:6] in ("110000", "130000", "370000")
    assert is_mobile(who.mobile)
    assert is_postcode(who.postcode)
    assert who.education in EDUCATIONS
    assert who.degree in DEGREES
    assert who.birth_date < who.graduation_date < D
    assert all(value not in (None, "") for value in who.snapshot().values())


@pytest.mark.parametrize("each", ENTERPRISES, ids=lambda each: each.key)
def test_enterprises_are_right_in_form(each):
    assert is_uscc(each.uscc)
    assert is_org_code(each.org_code)
    assert each.uscc[8:17] == each.org_code
    assert each.enterprise_type in ENTERPRISE_TYPES
    assert each.supervising_district is None or each.supervising_district in DISTRICTS


def test_enterprises_have_the_gaps_of_the_plan():
    assert {key: each.missing_fields for key, each in BY_KEY.items() if each.missing_fields} == {
        "E04": ("registered_address", "contact_phone"),
        "E10": ("district",),
    }
    assert {key for key, each in BY_KEY.items() if not each.supervising_district} == {"E03", "E10"}
    assert {key for key, each in BY_KEY.items() if each.cancelled} == {"E09"}
    assert {key for key, said in CHANGED.items() if "name" in said} == {"E05", "E06", "E07"}
    assert set(CHANGED) == {"E05", "E06", "E07", "E12"}
    assert all(said[name] != getattr(BY_KEY[key], name) for key, said in CHANGED.items() for name in said)
    assert {key for key, each in BY_KEY.items() if each.legal_representative == PEOPLE["P08"].name} == {
        "E01",
        "E08",
        "E12",
    }


@pytest.mark.parametrize(
    ("key", "expiries"),
    [
        ("P04", {"building": "2027-12-31"}),
        ("P05", {"building": "2026-09-13"}),
        ("P06", {"building": "2026-09-14"}),
        ("P07", {"building": "2026-07-15", "municipal": "2027-03-01"}),
        ("P09", {"building": "2026-07-14"}),
        ("P10", {"building": "2026-06-15"}),
        ("P11", {"building": "2026-06-14"}),
        ("P12", {"building": "2025-12-16"}),
        ("P13", {"building": "2025-12-17"}),
        ("P14", {"building": "2027-06-01", "municipal": "2026-05-01"}),
        ("P18", {"building": "2026-06-10"}),
        ("P19", {"building": "2026-08-01"}),
        ("P37", {"building": "2026-08-20"}),
    ],
)
def test_registrations_expire_on_the_days_of_the_plan(loaded, key, expiries):
    held = Registrations(loaded()).of_person(PEOPLE[key].id)
    assert {each.specialty: each.expiry_date.isoformat() for each in held.specialties} == expiries


def test_registrations_are_right_in_form(loaded):
    connection = loaded()
    registrations = Registrations(connection)
    numbers = set()
    for sample in HELD:
        held = registrations.of_person(PEOPLE[sample.person].id)
        versions = registrations.certificate_versions(held.id)
        numbers |= {held.registration_no, held.seal_no}
        assert held.employer == BY_KEY[sample.employer].uscc
        assert [each.version for each in versions] == list(range(held.version, 0, -1))
        assert [each.state for each in versions] == ["valid"] + ["superseded"] * (held.version - 1)
        assert versions[0].employer == held.employer
        for each in held.specialties:
            assert each.specialty in SPECIALTIES
            assert timedelta(days=1094) <= each.expiry_date - each.issue_date <= timedelta(days=1096)
            assert each.issue_date <= D
    assert len(numbers) == 2 * len(HELD)


def test_every_registered_specialty_has_its_passed_exam(loaded):
    connection = loaded()
    passed = {(row.id_number, row.specialty) for row in connection.execute(select(qualification))}
    for sample in HELD:
        assert {(PEOPLE[sample.person].id_number, name) for name in sample.expiries} <= passed
    assert (PEOPLE["P04"].id_number, "mechanical_electrical") in passed
    assert not {row for row in passed if row[0] in (PEOPLE["P02"].id_number, PEOPLE["P03"].id_number)}
    numbers = connection.execute(select(qualification.c.certificate_no)).scalars().all()
    assert len(set(numbers)) == len(numbers)


def test_certificates_of_renamed_enterprises_still_carry_the_old_name(loaded):
    versions = Registrations(loaded()).certificate_versions(sample_id("registration", "P77"))
    assert [each.employer_name for each in versions] == ["北京承岳建设有限公司"] != [CHANGED["E07"]["name"]]


DAYS = [
    D,
    date(2027, 2, 28),
    date(2028, 2, 28),
    date(2028, 2, 29),
    date(2028, 3, 1),
    date(2029, 2, 28),
    date(2026, 12, 31),
]


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_transfers_of_the_plan_are_allowed_and_refused_on_any_day(loaded, day):
    connection = loaded(day)

    def codes(key, to=None):
        return transfer_refusals(facts_about(connection, key, day, to))

    assert codes("P04", "E02") == []
    assert codes("P04", "E01") == ["SAME_EMPLOYER"]
    assert codes("P04", "E03") == ["NO_SUPERVISING_DISTRICT"]
    assert codes("P04", "E04") == ["EMPLOYER_INFO_INCOMPLETE"]
    assert codes("P10", "E02") == []
    assert codes("P11", "E02") == ["NO_VALID_REGISTRATION"]
    assert codes("P15", "E02") == ["NO_VALID_REGISTRATION"]
    assert codes("P16", "E02") == []
    assert codes("P17", "E02") == ["TRANSFER_WITHIN_ONE_YEAR"]
    assert codes("P20") == ["NOT_VERIFIED", "NO_VALID_REGISTRATION"]


def test_the_last_transfers_are_announced_on_the_days_of_the_plan(loaded):
    registrations = Registrations(loaded())
    p16, p17 = (registrations.of_person(PEOPLE[key].id) for key in ("P16", "P17"))
    assert p16.last_transfer_announced_on == date(2025, 6, 15)
    assert p17.last_transfer_announced_on == date(2025, 6, 16)
    states = [(each.version, each.state) for each in registrations.certificate_versions(p16.id)]
    assert states == [(2, "valid"), (1, "superseded")]


def test_open_transfers_are_possible(loaded):
    connection = loaded()
    assert [each.person for each in OPEN_TRANSFERS] == ["P42", "P43", "P51", "P76"]
    for each in OPEN_TRANSFERS:
        assert transfer_refusals(facts_about(connection, each.person, D, each.employer)) == []
    assert contract_from(D) == {
        "contract_type": "fixed_term",
        "contract_start": "2026-06-16",
        "contract_end": "2029-06-15",
    }


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("p04", Role.INDIVIDUAL),
        ("110000197909099047", Role.INDIVIDUAL),
        ("11000019910228905x", Role.INDIVIDUAL),
        ("e01_admin", Role.ENTERPRISE_ADMIN),
        ("XA000002-3", Role.ENTERPRISE_ADMIN),
        ("e02_user", Role.ENTERPRISE_USER),
    ],
)
def test_sample_accounts_sign_in(sqlite_database, system_clock, passwords, name, role):
    with sqlite_database.write() as work:
        load(work, D, PASSWORD, clock=system_clock, passwords=passwords)
    token = SignIn(sqlite_database, system_clock, passwords).by_password(name, PASSWORD, ip="")
    actor, _ = signed_in(sqlite_database.ask, token, clock=system_clock)
    assert actor.roles == {role}


def test_every_account_has_a_role_with_its_scope(loaded):
    connection = loaded()
    query = select(account, account_role.c.role).join_from(account, account_role)
    rows = {row.username: row for row in connection.execute(query)}
    assert len(rows) == len(PEOPLE) + 12 + 2 + 10 + 1
    assert rows["p04"].person_id == PEOPLE["P04"].id
    assert rows["e01_admin"].enterprise == BY_KEY["E01"].uscc
    assert rows["district_daxing"].district == "大兴区"
    assert {rows[name].role for name in ("city_a", "city_b")} == {"city_reviewer"}
    assert {rows[name].role for name in ("centre", "admin", "analyst", "ops", "e11")} == {
        "registration_centre",
        "system_admin",
        "analyst",
        "ops",
        "training_point",
    }


def test_loading_again_changes_nothing(database, system_clock, passwords):
    tables = (person, enterprise, registration, registration_specialty, certificate_version, account, qualification)

    def everything(connection):
        return [sorted(map(str, connection.execute(select(table)).all())) for table in tables]

    with database.write() as work:
        load(work, D, PASSWORD, clock=system_clock, passwords=passwords)
    with database.write() as work:
        work.connection.execute(update(enterprise).values(contact_person="新联系人"))
        before = everything(work.connection)
    with database.write() as work:
        load(work, D + timedelta(days=40), PASSWORD, clock=system_clock, passwords=passwords)
        assert everything(work.connection) == before


def test_what_is_missing_is_added(sqlite_database, system_clock, passwords):
    with sqlite_database.write() as work:
        People(work.connection).add(PEOPLE["P04"])
        Enterprises(work.connection).add(BY_KEY["E01"])
        load(work, D, PASSWORD, clock=system_clock, passwords=passwords)
        assert work.connection.execute(select(func.count()).select_from(person)).scalar_one() == len(PEOPLE)


def test_loading_is_quick(loaded):
    """The start of the service waits for it: one hash, few statements."""
    began = time.perf_counter()
    loaded()
    assert time.perf_counter() - began < 2
