"""The files of the simulated sources, dated relative to the day D of the sample data.

The comments give the dates of D = 2026-06-15, which REQUIREMENTS.md 7.4 prescribes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from demo.enterprises import BY_KEY, CHANGED, ENTERPRISES
from demo.people import number_of, sample_id, sample_people
from demo.registrations import qualification_rows
from registry.comparing import months_before
from registry.exchange import ports
from registry.exchange.files import write_rows
from registry.exchange.ports import (
    AbnormalEntry,
    EnterpriseQualification,
    InConstructionLock,
    MinistryRegistration,
    PassedExam,
)


@dataclass(frozen=True, slots=True)
class Payment:
    """Months paid for a person by an enterprise, counted back from the month of D: 1 is the one before."""

    person: str
    employer: str
    months: tuple[int, ...]
    under_org_code: bool = False


_ALL = (3, 2, 1)  # 2026-03, 04, 05
PAYMENTS = (
    Payment("P01", "E01", _ALL),
    Payment("P04", "E01", _ALL),
    Payment("P19", "E01", _ALL),
    Payment("P24", "E01", _ALL),
    Payment("P45", "E02", _ALL),
    Payment("P46", "E01", _ALL),
    Payment("P47", "E01", _ALL),
    Payment("P48", "E01", _ALL),
    Payment("P05", "E01", (2, 1)),
    Payment("P16", "E02", (1,)),
    Payment("P37", "E08", _ALL, under_org_code=True),  # R-1.10-8
    Payment("P32", "E01", (0,)),  # the current month, which does not count
)


def write_feeds(folder: Path, day: date) -> None:
    """Write the files of all sources, in the place of those that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    id_numbers = {str(each.key): each.id_number for each in sample_people()}
    names = {str(each.key): each.name for each in sample_people()}
    write_rows(folder / f"{ports.MINISTRY}.csv", MinistryRegistration, list(_ministry(day, id_numbers, names)))
    exams = list(_exams(day, id_numbers))
    tomorrow = {sample_id("qualification", "P02:building"): day + timedelta(days=1)}  # R-1.2-3
    write_rows(folder / f"{ports.QUALIFICATION}.csv", PassedExam, exams, tomorrow)
    write_rows(folder / f"{ports.ENTERPRISE}.csv", EnterpriseQualification, list(_enterprises()))
    write_rows(folder / f"{ports.IN_CONSTRUCTION}.csv", InConstructionLock, list(_locks(day, id_numbers, names)))
    write_rows(folder / f"{ports.ABNORMAL}.csv", AbnormalEntry, list(_abnormal(day, id_numbers, names)))
    _write_payments(folder / f"{ports.SOCIAL_INSURANCE}.csv", day, id_numbers)


def _ministry(day: date, id_numbers: dict[str, str], names: dict[str, str]) -> Iterator[MinistryRegistration]:
    """Class-1 constructors with their enterprises, and engineers who are people of nobody else."""

    def of(
        person: str, kind: str, enterprise: str, expiry: date, specialties: str = "building"
    ) -> MinistryRegistration:
        employer = BY_KEY[enterprise]
        place = {"class1": "京1", "class1_temp": "京1临"}[kind]
        number = f"{place}11{day.year - 2}{number_of(person):05}"
        return MinistryRegistration(
            sample_id("ministry", person), kind, names[person], id_numbers[person], number, specialties,
            employer.name, employer.uscc, expiry,
        )  # fmt: skip

    yield of("P60", "class1", "E01", day + timedelta(days=700))
    yield of("P61", "class1", "E02", day + timedelta(days=520), "building,municipal")
    yield of("P62", "class1", "E01", day + timedelta(days=410))
    yield of("P22", "class1", "E07", day + timedelta(days=330))  # under the old name: CLASS1_CHANGE_FIRST
    yield of("P23", "class1_temp", "E01", day + timedelta(days=199))  # 2026-12-31
    engineers = (
        ("cost_engineer", "裴算珠", "110000198002029715", "建[造]11110002201", "E08"),
        ("cost_engineer", "阮细账", "110000198103039728", "建[造]11110002202", "E08"),
        ("supervising_engineer", "庄监明", "110000198204049730", "11002301", "E01"),
        ("supervising_engineer", "计看守", "110000198305059743", "11002302", "E02"),
    )
    for kind, name, id_number, number, enterprise in engineers:
        employer = BY_KEY[enterprise]
        yield MinistryRegistration(
            sample_id("ministry", number), kind, name, id_number, number, "", employer.name, employer.uscc,
            day + timedelta(days=600),
        )  # fmt: skip


def _exams(day: date, id_numbers: dict[str, str]) -> Iterator[PassedExam]:
    for row in qualification_rows(day, id_numbers):
        yield PassedExam(**row)
    yield PassedExam(
        sample_id("qualification", "P02:building"), id_numbers["P02"], "building", f"京二建{day.year}100002", day.year
    )


def _enterprises() -> Iterator[EnterpriseQualification]:
    for each in ENTERPRISES:
        changed: dict[str, Any] = CHANGED.get(str(each.key), {})
        now = replace(each, **changed)
        yield EnterpriseQualification(
            uscc=now.uscc,
            org_code=now.org_code,
            name=now.name,
            registered_address=now.registered_address,
            district=now.district,
            legal_representative=now.legal_representative,
            enterprise_type=now.enterprise_type,
            cancelled=now.cancelled,
        )


def _locks(day: date, id_numbers: dict[str, str], names: dict[str, str]) -> Iterator[InConstructionLock]:
    locks = (
        ("P19", "HD-2026-0117", "海淀区示例工程一标段", "海淀区", None),
        ("P31", "CY-2025-0342", "朝阳区示例工程二标段", "朝阳区", day),  # released on D, clears on D+1
    )
    for person, number, project, district, released_on in locks:
        yield InConstructionLock(
            sample_id("lock", person), id_numbers[person], names[person], number, project, district,
            day - timedelta(days=120), released_on,
        )  # fmt: skip


def _abnormal(day: date, id_numbers: dict[str, str], names: dict[str, str]) -> Iterator[AbnormalEntry]:
    yield AbnormalEntry(
        sample_id("abnormal", "P19"),
        id_numbers["P19"],
        names["P19"],
        "注册单位与社保单位不一致",
        day - timedelta(days=30),
        None,
    )


def _write_payments(path: Path, day: date, id_numbers: dict[str, str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id_number", "month", "payer_code", "payer_name", "paid", "answer_after"])
        for payment in PAYMENTS:
            employer = BY_KEY[payment.employer]
            code = employer.org_code if payment.under_org_code else employer.uscc
            for month in _months(day, payment.months):
                writer.writerow([id_numbers[payment.person], month, code, employer.name, "yes", ""])


def _months(day: date, back: Iterable[int]) -> list[str]:
    return [f"{day:%Y-%m}" if number == 0 else months_before(day, number)[0] for number in back]
