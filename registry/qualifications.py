"""Qualification certificates: the mirror of passed exams, found by ID number (R-1.2-2), and local results (R-1.2-3)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, select

from kernel.identifiers import normalised_id_number
from store.tables import exam_result, qualification

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

    def passed_here(self, id_number: str) -> tuple[str, ...]:
        """The class-2 specialties passed in exams held here whose results are out (R-1.2-3)."""
        columns = exam_result.c
        wanted = (columns.id_number == normalised_id_number(id_number)) & (columns.outcome == PASSED)
        query = select(columns.specialty).where(wanted & (columns.qualification == CLASS2)).distinct()
        return tuple(self._connection.execute(query.order_by(columns.specialty)).scalars())
