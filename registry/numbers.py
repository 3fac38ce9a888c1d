"""Numbers that are given once: of business, of announcements and of registrations (R-D-08, R-D-24)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from store.tables import number


class NumberSeries:
    """Running numbers, one row a series.

    The row is locked from the moment a number is taken until the transaction ends, so two commands never get
    the same one; what is rolled back gives its number free again, and a committed number is never reused.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next(self, series: str) -> int:
        """The next number of a series, from 1."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        first = dialect.insert(number).values(series=series, last=1)
        statement = first.on_conflict_do_update(
            index_elements=[number.c.series], set_={"last": number.c.last + 1}
        ).returning(number.c.last)
        return int(self._connection.execute(statement).scalar_one())

    def business_number(self, day: date, prefix: str = "BJ") -> str:
        """`BJ20260615000001`: prefix, day and six digits that begin anew every day (R-D-08)."""
        series = f"{prefix}{day:%Y%m%d}"
        return f"{series}{self.next(series):06d}"

    def announcement_number(self, day: date) -> str:
        """`京建注告〔2026〕00001号`: the running number of the year's announcements."""
        return f"京建注告〔{day.year}〕{self.next(f'announcement-{day.year}'):05d}号"

    def registration_numbers(self, day: date) -> tuple[str, str]:
        """`京211202600001` and `京建印202600001`: of a class-2 registration and of its seal, running through a year."""
        place = f"{day.year}{self.next(f'registration-{day.year}'):05d}"
        return f"京211{place}", f"京建印{place}"
