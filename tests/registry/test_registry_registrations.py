"""A registration is valid by its dates and moves to a new employer (R-D-20, R-D-23, R-1.5-2)."""

from datetime import date

import pytest

from kernel.errors import NotFound
from registry.enterprises import Enterprise, Enterprises
from registry.people import People, Person
from registry.registrations import CertificateVersion, Registration, Registrations, Specialty

TODAY = date(2026, 6, 15)
OLD, NEW = "91110000XA0000015W", "91110000XA0000023P"
BUILDING = Specialty("building", date(2025, 1, 1), date(2027, 12, 31))
REGISTRATION = Registration(
    id="r-4", person_id="p-4", registration_no="京211202500004", seal_no="Z4", employer=OLD, specialties=(BUILDING,)
)


@pytest.fixture
def registrations(database):
    with database.write() as work:
        People(work.connection).add(
            Person("p-4", "吴思齐", "110000197909099047", "female", date(1979, 9, 9), verified=True)
        )
        Enterprises(work.connection).add(
            Enterprise(OLD, "XA0000015", "北京恒筑建设工程有限公司"),
            Enterprise(NEW, "XA0000023", "北京启岩建筑有限公司"),
        )
        registrations = Registrations(work.connection)
        first = CertificateVersion("r-4", 1, OLD, "北京恒筑建设工程有限公司", date(2025, 1, 1))
        registrations.add(REGISTRATION, certificates=[first])
        yield registrations


@pytest.mark.parametrize(
    ("expiry", "state"),
    [(date(2026, 6, 16), "valid"), (date(2026, 6, 15), "valid"), (date(2026, 6, 14), "expired")],
)
def test_a_specialty_is_valid_on_its_expiry_date_itself(expiry, state):
    assert Specialty("building", date(2023, 6, 15), expiry).state_on(TODAY) == state


def test_a_deregistered_specialty_stays_deregistered():
    assert Specialty("building", date(2023, 1, 1), date(2030, 1, 1), "deregistered").state_on(TODAY) == "deregistered"


@pytest.mark.parametrize(
    ("specialties", "count", "state"),
    [
        ([("2027-01-01", "valid"), ("2026-06-14", "valid")], 1, "valid"),
        ([("2026-06-14", "valid"), ("2027-01-01", "deregistered")], 0, "expired"),
        ([("2027-01-01", "deregistered")], 0, "deregistered"),
        ([], 0, "valid"),
    ],
)
def test_a_registration_counts_its_valid_specialties(specialties, count, state):
    held = Registration(
        id="r",
        person_id="p",
        registration_no="n",
        employer=OLD,
        specialties=tuple(
            Specialty(f"s{n}", date(2023, 1, 1), date.fromisoformat(expiry), stored)
            for n, (expiry, stored) in enumerate(specialties)
        ),
    )
    assert len(held.valid_specialties(TODAY)) == count
    assert held.state_on(TODAY) == state


def test_a_registration_is_read_as_it_was_entered(registrations):
    assert registrations.get("r-4") == REGISTRATION
    assert registrations.of_person("p-4") == REGISTRATION
    assert registrations.of_person("p-4", kind="class1") is None
    assert REGISTRATION.transfer_allowed_from is None
    with pytest.raises(NotFound):
        registrations.get("r-5")


def test_the_snapshot_is_fs_reg_with_the_states_of_the_day():
    assert REGISTRATION.snapshot(date(2028, 1, 1)) == {
        "registration_no": "京211202500004",
        "seal_no": "Z4",
        "state": "expired",
        "specialties": [
            {"specialty": "building", "issue_date": "2025-01-01", "expiry_date": "2027-12-31", "state": "expired"}
        ],
    }


def test_a_transfer_changes_the_employer_and_keeps_the_expiry(registrations):
    # when
    changed = registrations.change_employer("r-4", NEW, TODAY)

    # then
    assert changed.employer == NEW
    assert changed.specialties == (BUILDING,)
    assert changed.last_transfer_announced_on == TODAY
    assert changed.transfer_allowed_from == date(2027, 6, 15)
    assert registrations.certificate_versions("r-4") == (
        CertificateVersion("r-4", 2, NEW, "北京启岩建筑有限公司", TODAY, "valid"),
        CertificateVersion("r-4", 1, OLD, "北京恒筑建设工程有限公司", date(2025, 1, 1), "superseded"),
    )


def test_repeating_a_transfer_does_nothing(registrations):
    first = registrations.change_employer("r-4", NEW, TODAY)
    assert registrations.change_employer("r-4", NEW, TODAY) == first
    assert len(registrations.certificate_versions("r-4")) == 2


def test_a_transfer_to_nowhere_is_refused(registrations):
    with pytest.raises(NotFound):
        registrations.change_employer("r-4", "91110000XA0000031J", TODAY)
    with pytest.raises(NotFound):
        registrations.change_employer("r-5", NEW, TODAY)
    assert registrations.get("r-4") == REGISTRATION
