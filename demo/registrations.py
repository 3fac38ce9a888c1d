"""Class-2 registrations, certificates and passed exams of the sample data, dated relative to its day D.

The comments give the dates of D = 2026-06-15, which REQUIREMENTS.md 7.2 prescribes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from demo.enterprises import BY_KEY
from demo.people import number_of, sample_id
from registry.calendar import years_before
from registry.labels import SPECIALTIES
from registry.registrations import DEREGISTERED, SUPERSEDED, VALID, CertificateVersion, Registration, Specialty


@dataclass(frozen=True, slots=True)
class Held:
    """What a person holds: specialties with the days from D to their expiry, and perhaps an earlier transfer.

    `transferred_in_days` counts from the day a full year before D: 0 means that the year is over on D itself.
    """

    person: str
    employer: str
    expiries: dict[str, int]
    deregistered: bool = False
    transferred_from: str | None = None
    transferred_in_days: int = 0


HELD = (
    Held("P04", "E01", {"building": 564}),  # 2027-12-31
    Held("P05", "E01", {"building": 90}),  # 2026-09-13
    Held("P06", "E01", {"building": 91}),  # 2026-09-14
    Held("P07", "E01", {"building": 30, "municipal": 259}),  # 2026-07-15, 2027-03-01
    Held("P09", "E01", {"building": 29}),  # 2026-07-14
    Held("P10", "E01", {"building": 0}),  # 2026-06-15
    Held("P11", "E01", {"building": -1}),  # 2026-06-14
    Held("P12", "E01", {"building": -181}),  # 2025-12-16
    Held("P13", "E01", {"building": -180}),  # 2025-12-17
    Held("P14", "E01", {"building": 351, "municipal": -45}),  # 2027-06-01, 2026-05-01
    Held("P15", "E01", {"building": 120, "municipal": 150}, deregistered=True),
    Held("P16", "E01", {"building": 289}, transferred_from="E12"),  # announced 2025-06-15
    Held("P17", "E01", {"building": 310}, transferred_from="E12", transferred_in_days=1),  # 2025-06-16
    Held("P18", "E01", {"building": -5}),  # 2026-06-10
    Held("P19", "E01", {"building": 47}),  # 2026-08-01
    Held("P29", "E02", {"building": 400}),
    Held("P31", "E01", {"building": 500}),
    Held("P33", "E02", {"building": 365}),
    Held("P37", "E08", {"building": 66}),  # 2026-08-20
    Held("P42", "E01", {"building": 420}),
    Held("P43", "E09", {"building": 510}),
    Held("P45", "E02", {"building": 75}, deregistered=True),
    Held("P47", "E01", {"building": 600}),
    Held("P49", "E01", {"building": 55}),
    Held("P50", "E01", {"building": 330, "municipal": 200}),
    Held("P51", "E02", {"building": 450}),
    Held("P71", "E05", {"mechanical_electrical": 380}),
    Held("P72", "E05", {"building": 700, "mechanical_electrical": 700}),
    Held("P75", "E06", {"municipal": 70}),
    Held("P76", "E06", {"building": 640, "municipal": 640}),
    Held("P77", "E07", {"building": 300}),
)

# Passed exams that are not registered: person, specialty.
PASSED_ONLY = (
    ("P01", "building"),
    ("P03", "building"),
    ("P04", "mechanical_electrical"),
    ("P14", "highway"),
    ("P41", "building"),
    ("P46", "building"),
    ("P47", "municipal"),
    ("P48", "building"),
)
EXAM = "2026年二级建造师考试(建筑工程)"  # X05
EXAM_PUBLISHED_DAYS_BEFORE = 5  # 2026-06-10
PASSED_HERE = ("P02",)  # passed X05, which the mirror does not know yet (QUALIFICATION_NOT_SYNCED)
WRONG_NUMBERS = {"P03": "110000198506299031"}  # the mirror has another day of birth (NO_QUALIFICATION)


def registration_of(held: Held, day: date) -> Registration:
    """The registration as it stands on D; each specialty was issued three years before it expires (R-D-22)."""
    specialties = tuple(
        Specialty(name, _issued_on(expiry), expiry, DEREGISTERED if held.deregistered else VALID)
        for name, expiry in ((name, day + timedelta(days=left)) for name, left in held.expiries.items())
    )
    year, number = min(each.issue_date for each in specialties).year, number_of(held.person)
    return Registration(
        id=sample_id("registration", held.person),
        person_id=sample_id("person", held.person),
        registration_no=f"京211{year}{number:05}",  # R-D-24
        seal_no=f"京建印{year}{number:05}",
        employer=BY_KEY[held.employer].uscc,
        specialties=specialties,
        state=DEREGISTERED if held.deregistered else VALID,
        last_transfer_announced_on=_transferred_on(held, day),
        version=2 if held.transferred_from else 1,
    )


def certificates_of(held: Held, day: date) -> Iterator[CertificateVersion]:
    """The versions so far; they carry the name that the enterprise had when they were issued."""
    registration = registration_of(held, day)
    first_on = min(each.issue_date for each in registration.specialties)
    transferred_on = registration.last_transfer_announced_on
    first_employer = BY_KEY[held.transferred_from or held.employer]
    first_name = first_employer.former_name or first_employer.name
    first_state = SUPERSEDED if transferred_on else VALID
    yield CertificateVersion(registration.id, 1, first_employer.uscc, first_name, first_on, first_state)
    if transferred_on:
        employer = BY_KEY[held.employer]
        yield CertificateVersion(registration.id, 2, employer.uscc, employer.name, transferred_on)


def qualification_rows(day: date, id_numbers: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The mirror of passed exams: every registered specialty and those of PASSED_ONLY; `id_numbers` by person key."""
    for held in HELD:
        for specialty in registration_of(held, day).specialties:
            yield _qualification(held.person, specialty.specialty, specialty.issue_date.year - 1, id_numbers)
    for person, name in PASSED_ONLY:
        yield _qualification(person, name, day.year - 1, id_numbers | WRONG_NUMBERS)


def exam_result_rows(day: date, id_numbers: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The published results of X05."""
    for person in PASSED_HERE:
        yield {
            "id": sample_id("exam_result", f"X05:{person}"),
            "plan": EXAM.replace("2026", str(day.year)),
            "id_number": id_numbers[person],
            "qualification": "class2",
            "specialty": "building",
            "outcome": "passed",
            "published_on": day - timedelta(days=EXAM_PUBLISHED_DAYS_BEFORE),
        }


def _qualification(person: str, specialty: str, year: int, id_numbers: dict[str, str]) -> dict[str, Any]:
    place = tuple(SPECIALTIES).index(specialty) + 1
    return {
        "id": sample_id("qualification", f"{person}:{specialty}"),
        "id_number": id_numbers[person],
        "specialty": specialty,
        "certificate_no": f"京二建{year}{place}{number_of(person):05}",
        "pass_year": year,
    }


def _issued_on(expiry: date) -> date:
    return years_before(expiry + timedelta(days=1), 3)


def _transferred_on(held: Held, day: date) -> date | None:
    if held.transferred_from is None:
        return None
    return years_before(day, 1) + timedelta(days=held.transferred_in_days)
