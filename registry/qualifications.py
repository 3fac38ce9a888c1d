"""Qualification certificates: the mirror of passed exams, found by ID number (R-1.2-2), and local results (R-1.2-3)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from kernel.identifiers import normalised_id_number
from store.tables import exam_result, qualification, qualification_correction

CLASS2 = "class2"
PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Qualification:
    """A passed exam in one specialty, as the qualification system mirrors it."""

    specialty: str
    certificate_no: str
    pass_year: int

    def snapshot(self) -> dict[str, Any]:
        return asdict(self)


class Qualifications:
    """Qualifications by the ID number on them; the number is compared in its normal form (R-1.2-2)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_number(self, id_number: str) -> tuple[Qualification, ...]:
        columns = qualification.c
        query = (
            select(columns.specialty, columns.certificate_no, columns.pass_year)
            .where(columns.id_number == normalised_id_number(id_number))
            .order_by(columns.pass_year, columns.certificate_no)
        )
        return tuple(Qualification(*row) for row in self._connection.execute(query))

    def is_known(self, certificate_no: str) -> bool:
        """Whether a qualification certificate has this number, under whosever ID number (2.19)."""
        query = select(qualification.c.id).where(qualification.c.certificate_no == certificate_no.strip())
        return self._connection.execute(query.limit(1)).first() is not None

    def correct(self, certificate_no: str, id_number: str, application_id: str, on: date) -> None:
        """Put a certificate under the right ID number, now and after every copy of the mirror (2.19, R-1.2-4)."""
        values = {
            "certificate_no": certificate_no.strip(),
            "id_number": normalised_id_number(id_number),
            "corrected_on": on,
            "application_id": application_id,
        }
        known = qualification_correction.c.certificate_no == values["certificate_no"]
        self._connection.execute(delete(qualification_correction).where(known))
        self._connection.execute(insert(qualification_correction).values(values))
        self.follow_corrections()

    def follow_corrections(self) -> None:
        """Carry the corrections into the mirror, which each copy of its source replaces as a whole."""
        mirrored, corrected = qualification.c, qualification_correction.c
        right = select(corrected.id_number).where(corrected.certificate_no == mirrored.certificate_no).scalar_subquery()
        wanted = mirrored.certificate_no.in_(select(corrected.certificate_no))
        self._connection.execute(update(qualification).where(wanted).values(id_number=right))

    def passed_here(self, id_number: str) -> tuple[str, ...]:
        """The class-2 specialties passed in exams held here whose results are out (R-1.2-3)."""
        columns = exam_result.c
        wanted = (columns.id_number == normalised_id_number(id_number)) & (columns.outcome == PASSED)
        query = select(columns.specialty).where(wanted & (columns.qualification == CLASS2)).distinct()
        return tuple(self._connection.execute(query.order_by(columns.specialty)).scalars())
