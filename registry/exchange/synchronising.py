"""Copying the sources: each as a whole, in a transaction of its own, and noted whether it went well (F-SYNC)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError

from kernel.clock import Clock, day_of
from registry.exchange import mirrors, ports
from registry.exchange.ports import Contribution, SourceFailed, Sources
from store.tables import social_insurance_record, social_insurance_request
from store.unit_of_work import Database
from store.writing import one_at_a_time

SYNCHRONISATION = 7_102_607  # what `one_at_a_time` is asked for: two runs at once would both fill an emptied mirror


class Synchronising:
    """Asks the sources outside of any transaction, and stores what they say in one.

    A source that fails, or sends what cannot be stored, leaves its mirror as it was; the failure is noted and raised.
    """

    def __init__(self, database: Database, sources: Sources, clock: Clock) -> None:
        self._database = database
        self._sources = sources
        self._clock = clock

    def copy(self, source: str) -> int:
        """Replace the mirror of a source; tells how many rows it has now. Again at any time: the same result.

        Raises:
            SourceFailed: the mirror is as it was.
        """
        started_at = self._clock.now()
        with self._noting_failure(source):
            rows = self._sources.by_name()[source].rows(day_of(started_at))
            self._store(
                source, lambda connection: mirrors.replace(connection, source, rows, at=self._clock.now()), len(rows)
            )
        return len(rows)

    def copy_all(self) -> None:
        """Replace the mirrors of all sources, one after the other; the first that fails ends it."""
        for source in self._sources.by_name():
            self.copy(source)

    def fetch_answers(self) -> int:
        """Take in the social-insurance answers that have come back since; tells how many (F-SI).

        Raises:
            SourceFailed: none is taken.
        """
        today = day_of(self._clock.now())
        with self._noting_failure(ports.SOCIAL_INSURANCE):
            with self._database.read() as connection:
                waiting = connection.execute(
                    select(social_insurance_request).where(social_insurance_request.c.answered_on.is_(None))
                ).all()
            ask = self._sources.social_insurance.answer
            found = {row.id: ask(row.id_number, requested_on=row.requested_on, on=today) for row in waiting}
            answers = {request_id: paid for request_id, paid in found.items() if paid is not None}
            self._store(
                ports.SOCIAL_INSURANCE, lambda connection: _take_answers(connection, answers, today), len(answers)
            )
        return len(answers)

    # -- inside

    def _store(self, source: str, write: Callable[[Connection], None], rows: int) -> None:
        started_at = self._clock.now()
        try:
            with self._database.write() as work:
                one_at_a_time(work, SYNCHRONISATION)
                write(work.connection)
                mirrors.note_run(
                    work.connection, source, started_at=started_at, finished_at=self._clock.now(), rows=rows
                )
        except (DataError, IntegrityError) as error:
            raise SourceFailed(f"{source}: a row cannot be stored ({type(error.orig).__name__})") from None

    @contextmanager
    def _noting_failure(self, source: str) -> Iterator[None]:
        started_at = self._clock.now()
        try:
            yield
        except SourceFailed as failed:
            with self._database.write() as work:
                mirrors.note_failure(
                    work.connection, source, started_at=started_at, finished_at=self._clock.now(), why=str(failed)
                )
            raise


def _take_answers(connection: Connection, answers: Mapping[str, Sequence[Contribution]], today: date) -> None:
    request = social_insurance_request
    for request_id, paid in answers.items():
        still_open = (request.c.id == request_id) & request.c.answered_on.is_(None)
        taken = connection.execute(update(request).where(still_open).values(answered_on=today))
        if taken.rowcount and paid:  # another run may have been faster
            connection.execute(
                insert(social_insurance_record), [asdict(each) | {"request_id": request_id} for each in paid]
            )
