"""What an enterprise says of itself, and what its home page counts of applications (F-ENT-INFO, F-ENT-HOME)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select

from applications import statuses
from applications.trail import Entry, Trail
from kernel.actors import Actor
from kernel.clock import Clock
from kernel.errors import NotFound
from kernel.permissions import Action, authorize
from kernel.texts import Text
from registry.enterprises import Contact, Enterprises
from store.tables import application
from store.unit_of_work import Database, UnitOfWork

_DISTRICT_CHOSEN = Text("选择监管区县", "Chose the supervising district")
_CONTACT_CHANGED = Text("修改联系信息", "Changed the contact data")
_columns = application.c


@dataclass(frozen=True, slots=True)
class EnterpriseCounts:
    """Applications that concern an enterprise; `closed` by line, the most frequent first."""

    open: int
    returned: int
    closed: tuple[tuple[str, int], ...]


class EnterpriseInfo:
    """Commands on an enterprise's own data; each is one transaction and one row of the trail."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def choose_district(self, district: str, *, by: Actor) -> None:
        """Say which district commission supervises the enterprise; open applications keep theirs (R-2.1-2).

        Raises:
            InvalidInput: there is no such district.
            NotFound: the actor belongs to no enterprise of the books.
        """
        with self._database.write() as work:
            uscc = self._own(work, by)
            Enterprises(work.connection).choose_supervising_district(uscc, district)
            self._note(work, "district_chosen", _DISTRICT_CHOSEN, by, uscc=uscc, district=district)

    def change_contact(self, posted: Mapping[str, str], *, by: Actor) -> None:
        """Change whom one turns to; what is synchronised cannot be changed here.

        Raises:
            InvalidInput: all that is missing or wrong, together (R-V-05, R-V-07).
            NotFound: the actor belongs to no enterprise of the books.
        """
        with self._database.write() as work:
            uscc = self._own(work, by)
            Enterprises(work.connection).change_contact(uscc, Contact.of(posted))
            self._note(work, "contact_changed", _CONTACT_CHANGED, by, uscc=uscc)

    def _own(self, work: UnitOfWork, by: Actor) -> str:
        if by.enterprise is None:
            raise NotFound(detail=f"account {by.id} belongs to no enterprise")
        own = Enterprises(work.connection).get(by.enterprise)
        authorize(by, Action.CHANGE_ENTERPRISE, own)
        return own.uscc

    def _note(self, work: UnitOfWork, action: str, step: Text, by: Actor, **data: str) -> None:
        Trail.of(work).add(Entry(None, self._clock.now(), action, step, by=by, data=data))


def counts_of(connection: Connection, uscc: str) -> EnterpriseCounts:
    """What concerns the enterprise, as old or new employer, once it was submitted."""
    concerned = or_(_columns.old_employer == uscc, _columns.new_employer == uscc)
    query = (
        select(_columns.line, _columns.status, func.count().label("many"))
        .where(concerned, _columns.first_submitted_at.is_not(None))
        .group_by(_columns.line, _columns.status)
    )
    rows = connection.execute(query).all()
    closed = sorted(((row.many, row.line) for row in rows if row.status == statuses.CLOSED), reverse=True)
    return EnterpriseCounts(
        open=sum(row.many for row in rows if row.status not in statuses.ENDED),
        returned=sum(row.many for row in rows if row.status == statuses.RETURNED),
        closed=tuple((line, many) for many, line in closed),
    )


def open_elsewhere(connection: Connection, uscc: str, district: str | None) -> int:
    """Open applications to the enterprise that keep another district than the one it has now (R-2.1-2)."""
    query = select(func.count()).where(
        _columns.new_employer == uscc,
        _columns.status.notin_(statuses.ENDED),
        _columns.supervising_district.is_not(None),
        _columns.supervising_district != (district or ""),
    )
    return connection.execute(query).scalar_one()
