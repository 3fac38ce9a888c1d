"""The lists of applications: scope, filters, orders and columns of F-QRY-C2 and F-QRY-APP, in SQL.

The row of an application is wide, by its document. So a list is chosen and counted in an index, `ix_application_list`,
which has every column that filters ask for, or that of its order where no more is asked, and only the twenty rows of
the page are read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, false, literal, or_, select

from applications import statuses
from applications.lines import title_of
from applications.parties import is_in, visible_to
from applications.taking_back import refusal_of
from applications.views import ApplicationFilters, ApplicationRow, ListedFlag, Page
from kernel.actors import ENTERPRISE_ROLES, Actor
from kernel.identifiers import mask_id_number, normalised_id_number, normalised_org_code
from kernel.permissions import is_applicant
from kernel.texts import Text
from processes.definitions import Definitions
from store.paging import Keyset, looked_through
from store.tables import anomaly_flag, application, enterprise, instance

Sort = Literal["newest", "declared", "status"]
SORTS: Sequence[Sort] = ("newest", "declared", "status")
MOST_EXPORTED = 100_000
_AT_ONCE = 1_000
_FEW = 150  # enterprises

_columns = application.c
_SHOWN = select(
    _columns.id,
    _columns.number,
    _columns.line,
    _columns.status,
    _columns.person_id,
    _columns.applicant_name,
    _columns.applicant_id_number,
    _columns.registration_no,
    _columns.specialties,
    _columns.old_employer,
    _columns.old_employer_name,
    _columns.new_employer,  # whose application it is where no person applies
    _columns.new_employer_name,
    _columns.created_at,
    _columns.declared_on,
    instance.c.definition_id,
).join(instance, instance.c.id == _columns.instance_id)
# What each order goes by, its greatest first: what was never declared stands last, and a draft before what is over.
_BY: dict[Sort, ColumnElement[Any]] = {
    "newest": _columns.created_at,
    "declared": _columns.declared_or_never,
    "status": _columns.progress,
}


def page_of(
    connection: Connection,
    definitions: Definitions,
    actor: Actor,
    filters: ApplicationFilters,
    cursor: str | None = None,
    sort: Sort = "newest",
) -> Page[ApplicationRow]:
    """One page of what the actor may see under these filters, with its total.

    What narrows the list is looked through once, for the page and the total together; only of a list that is longer
    than totals are counted the page is asked for apart, in its order. A cursor belongs to its order: under another
    one it gives the first page.
    """
    keyset = Keyset(_BY[sort], _columns.number, cursor)
    asked = [*_asked(connection, filters, actor), visible_to(actor)]
    query = select(_columns.number, _BY[sort]).where(*asked)
    found = keyset.within(connection, query)
    items = tuple(_rows(connection, definitions, [row.number for row in found.rows], actor))
    return Page(items, found.total, found.before, found.after)


def rows_of(
    connection: Connection,
    definitions: Definitions,
    actor: Actor,
    filters: ApplicationFilters,
    sort: Sort = "newest",
) -> Iterator[ApplicationRow]:
    """The same list whole, up to `MOST_EXPORTED`: its numbers at once, the rows a thousand at a time."""
    by = _BY[sort]
    query = select(_columns.number).where(*_asked(connection, filters, actor), visible_to(actor))
    ordered = query.order_by(by.desc(), _columns.number.desc()).limit(MOST_EXPORTED)
    numbers = connection.execute(ordered).scalars().all()
    for begin in range(0, len(numbers), _AT_ONCE):
        yield from _rows(connection, definitions, numbers[begin : begin + _AT_ONCE], actor)


def _rows(
    connection: Connection, definitions: Definitions, numbers: Sequence[str], actor: Actor
) -> Iterator[ApplicationRow]:
    """What is shown of these applications, in their order."""
    if not numbers:
        return
    rows = {row.number: row for row in connection.execute(_SHOWN.where(_columns.number.in_(numbers)))}
    flags = _flags(connection, [row.id for row in rows.values()])
    for number in numbers:
        row = rows[number]
        yield _row(row, title_of(definitions.get(row.definition_id)), flags[row.id], actor)


def _flags(connection: Connection, application_ids: Sequence[str]) -> Mapping[str, Sequence[ListedFlag]]:
    """The flags of these applications; one that was never declared has none (R-1.10-7)."""
    found: dict[str, list[ListedFlag]] = defaultdict(list)
    query = select(anomaly_flag).where(anomaly_flag.c.application_id.in_(application_ids))
    for row in connection.execute(query.order_by(anomaly_flag.c.flag)):
        found[row.application_id].append(ListedFlag(row.flag, row.state, row.blocking, Text(**row.explanation)))
    return found


def _asked(connection: Connection, filters: ApplicationFilters, actor: Actor) -> Iterator[ColumnElement[bool]]:
    if filters.line.strip():
        yield looked_through(_columns.line) == filters.line.strip()
    if filters.status.strip():
        yield is_in({filters.status.strip()} & statuses.PROGRESS.keys())
    if filters.id_number.strip():
        yield _columns.applicant_id_number == normalised_id_number(filters.id_number)
    parts = (
        (_columns.number, filters.number.strip().upper()),
        (_columns.applicant_name, filters.name.strip()),
        (_columns.registration_no, filters.registration_no.strip()),
    )
    for column, value in parts:
        if value:
            yield column.contains(value, autoescape=True)
    if filters.specialty.strip():
        yield _holds(filters.specialty.strip())
    if filters.employer.strip():
        yield _employed_by(connection, filters.employer.strip())
    if filters.declared_from or filters.declared_to:
        declared = looked_through(_columns.declared_or_never)
        yield declared > statuses.NEVER if filters.declared_from is None else declared >= filters.declared_from
        if filters.declared_to:
            yield declared <= filters.declared_to
    if filters.side and actor.has(*ENTERPRISE_ROLES):
        yield (_columns.new_employer if filters.side == "in" else _columns.old_employer) == actor.enterprise


def _holds(specialty: str) -> ColumnElement[bool]:
    """Whether it is one of the specialties, which stand in a row with commas between; not a part of another's name.

    Most rows have it nowhere, so the commas are put around the few that remain.
    """
    column = _columns.specialties
    whole = literal(",").concat(column).concat(",")
    return and_(column.contains(specialty, autoescape=True), whole.contains(f",{specialty},", autoescape=True))


def _employed_by(connection: Connection, word: str) -> ColumnElement[bool]:
    """Whether one of the employers is meant by the word; a few of them are found by their own indexes."""
    few = connection.execute(_enterprises(word).limit(_FEW + 1)).scalars().all()
    if not few:
        return false()
    if len(few) <= _FEW:
        return or_(_columns.new_employer.in_(few), _columns.old_employer.in_(few))
    named = _enterprises(word)
    return or_(*(looked_through(each).in_(named) for each in (_columns.new_employer, _columns.old_employer)))


def _enterprises(word: str) -> Select[Any]:
    """Those whose name, or the one before, holds the word, or whose code it is: a few rows beside the applications."""
    code = normalised_org_code(word)
    return select(enterprise.c.uscc).where(
        or_(
            enterprise.c.name.contains(word, autoescape=True),
            enterprise.c.former_name.contains(word, autoescape=True),
            enterprise.c.uscc == code,
            enterprise.c.org_code == code,
        )
    )


def _row(row: Any, title: Text, flags: Sequence[ListedFlag], actor: Actor) -> ApplicationRow:
    return ApplicationRow(
        number=row.number,
        line=row.line,
        line_title=title,
        status=row.status,
        applicant=row.applicant_name,
        id_number_masked=mask_id_number(row.applicant_id_number),
        registration_no=row.registration_no or "",
        specialties=tuple(filter(None, row.specialties.split(","))),
        old_employer_name=row.old_employer_name or "",
        new_employer_name=row.new_employer_name or "",
        created_at=row.created_at,
        declared_on=row.declared_on,
        is_transfer=row.old_employer is not None,
        own=is_applicant(actor, row),
        not_withdrawn=refusal_of("withdrawn", row),
        not_deleted=refusal_of("deleted", row),
        flags=tuple(flags),
    )
