"""How specialties come onto a registration: first, again, beside others (R-D-22, R-D-24, 2.9 to 2.11)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from kernel.errors import NotFound
from registry.enterprises import Enterprise, Enterprises
from registry.people import People, Person
from registry.registering import Registering, registered_on
from registry.registrations import CertificateVersion
from store.unit_of_work import Database

DAY = date(2026, 6, 25)
OLD, NEW = "91110000XA0000015W", "91110000XA0000023P"


@pytest.fixture
def registering(database: Database) -> Iterator[Registering]:
    with database.write() as work:
        People(work.connection).add(
            Person("p-1", "林致远", "110000198001019013", "male", date(1980, 1, 1), verified=True),
            Person("p-2", "周若兰", "110000198203159022", "female", date(1982, 3, 15), verified=True),
        )
        Enterprises(work.connection).add(Enterprise(OLD, "XA0000015", "恒筑"), Enterprise(NEW, "XA0000023", "启岩"))
        yield Registering(work.connection)


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2026, 6, 25), date(2029, 6, 24)),
        (date(2028, 2, 29), date(2031, 2, 28)),
        (date(2025, 3, 1), date(2028, 2, 29)),
    ],
)
def test_a_specialty_is_valid_for_three_years(day: date, last: date) -> None:
    """R-D-22"""
    assert registered_on("building", day).expiry_date == last


def test_everybody_gets_a_number_and_a_seal_of_their_own(registering: Registering) -> None:
    """R-D-24: the five digits run through the year and begin anew with the next."""
    first = registering.register("p-1", OLD, ["building", "municipal"], DAY)
    second = registering.register("p-2", OLD, ["building"], date(2027, 1, 4))
    assert (first.registration_no, first.seal_no) == ("京211202600001", "京建印202600001")
    assert (second.registration_no, second.seal_no) == ("京211202700001", "京建印202700001")
    assert {each.specialty for each in first.specialties} == {"building", "municipal"}


def test_repeating_changes_nothing(registering: Registering) -> None:
    """STYLE.md 10: an effect may be carried out again after a crash."""
    first = registering.register("p-1", OLD, ["building"], DAY)
    assert registering.register("p-1", OLD, ["building"], DAY) == first
    added = registering.add_specialties(first.id, ["municipal"], DAY)
    assert registering.add_specialties(first.id, ["municipal"], DAY) == added
    registering.deregister(first.id, ["building", "municipal"], DAY)
    again = registering.register_again(first.id, NEW, ["municipal"], DAY)
    assert registering.register_again(first.id, NEW, ["municipal"], DAY) == again
    assert (again.version, again.employer) == (3, NEW)


def test_a_registration_that_comes_to_life_has_a_certificate_again(registering: Registering) -> None:
    """2.10, 2.15: the withdrawn version stays withdrawn, the new one is in force."""
    first = registering.register("p-1", OLD, ["building"], DAY)
    registering.deregister(first.id, ["building"], DAY)
    registering.register_again(first.id, NEW, ["building", "mining"], date(2026, 9, 1))
    versions = registering.certificate_versions(first.id)
    assert versions == (
        CertificateVersion(first.id, 2, NEW, "启岩", date(2026, 9, 1)),
        CertificateVersion(first.id, 1, OLD, "恒筑", DAY, "deregistered"),
    )
    specialties = registering.get(first.id).specialties
    assert {(each.specialty, each.issue_date, each.state) for each in specialties} == {
        ("building", date(2026, 9, 1), "valid"),
        ("mining", date(2026, 9, 1), "valid"),
    }


def test_a_deregistered_specialty_is_added_anew(registering: Registering) -> None:
    """2.11, R-1.6-2"""
    first = registering.register("p-1", OLD, ["building", "municipal"], DAY)
    registering.deregister(first.id, ["municipal"], DAY)
    after = registering.add_specialties(first.id, ["municipal", "building"], date(2027, 6, 25))
    dates = {each.specialty: (each.issue_date, each.deregistered_on) for each in after.specialties}
    assert dates == {"building": (DAY, None), "municipal": (date(2027, 6, 25), None)}


def test_an_employer_that_nobody_knows_is_refused(registering: Registering) -> None:
    with pytest.raises(NotFound):
        registering.register("p-1", "91110000XA0000090M", ["building"], DAY)
