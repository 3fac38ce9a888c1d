"""Which applications are compared, a batch at a time (F-COMPARE)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from registry.comparing import Declared
from registry.flags import CLEARED
from store.tables import anomaly_flag, application

_COLUMNS = (
    application.c.id,
    application.c.line,
    application.c.applicant_id_number,
    application.c.old_employer,
    application.c.new_employer,
    application.c.declared_on,
)


def next_to_compare(
    connection: Connection, after: str, *, today: date, most: int, months: Callable[[str], int]
) -> Sequence[Declared]:
    """The next applications by id with a flag that is not cleared, declared before today and not ended (R-1.10-2).

    `months` tells how many months of social insurance a line asks for.
    """
    has_open_flag = (
        select(anomaly_flag.c.flag)
        .where((anomaly_flag.c.application_id == application.c.id) & (anomaly_flag.c.state != CLEARED))
        .exists()
    )
    due = (application.c.declared_on < today) & application.c.ended_at.is_(None) & (application.c.id > after)
    query = select(*_COLUMNS).where(due & has_open_flag).order_by(application.c.id).limit(most)
    return [_declared(row, months) for row in connection.execute(query)]


def _declared(row: Any, months: Callable[[str], int]) -> Declared:
    return Declared(
        application_id=row.id,
        id_number=row.applicant_id_number,
        employer=row.new_employer or row.old_employer,  # of a transfer the new one pays (R-1.10-5)
        declared_on=row.declared_on,
        months_required=months(row.line),
    )
