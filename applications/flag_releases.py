"""What of the standing flags can be released: which locks and entries stand behind them, and who releases them (2.27).

A flag can be asked to be released when an application that has not ended shows it as standing, and the lock or entry
behind it has not been released yet (R-1.10-3, R-1.10-4). Social insurance is no matter of release.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, or_, select

from applications import statuses
from applications.views import Page
from kernel.actors import Actor, Role
from kernel.identifiers import mask_id_number
from kernel.texts import Text
from registry.exchange.releasing import standing_behind
from registry.flags import ABNORMAL_REGISTRATION, IN_CONSTRUCTION, LABELS, STANDING, FlagView
from registry.labels import DISTRICTS, label_of
from store.paging import keyset_page
from store.tables import abnormal_entry, anomaly_flag, application, flag_release, in_construction_lock

RELEASABLE = (IN_CONSTRUCTION, ABNORMAL_REGISTRATION)
RELEASE_LINE = "anomaly_flag_release"


@dataclass(frozen=True, slots=True)
class Releasable:
    """A lock or an entry that has not been released; `value` is what the form calls it."""

    flag: str
    source_id: str
    label: Text
    note: Text
    district: str | None  # of the project; none for an entry

    @property
    def value(self) -> str:
        return f"{self.flag}:{self.source_id}"


@dataclass(frozen=True, slots=True)
class ToRelease:
    """A lock or an entry as its releasing body sees it in a list."""

    what: Releasable
    person: str
    id_number_masked: str


def releasable_of(connection: Connection, person_id: str) -> list[Releasable]:
    """What stands behind the standing flags of a person's applications, locks first."""
    query = (
        select(anomaly_flag.c.flag, application.c.applicant_id_number)
        .join(application, application.c.id == anomaly_flag.c.application_id)
        .where((application.c.person_id == person_id) & _stands())
        .distinct()
    )
    shown = {(row.flag, row.applicant_id_number) for row in connection.execute(query)}
    return [
        _releasable(flag, row)
        for flag in RELEASABLE
        for of_flag, id_number in sorted(shown)
        if of_flag == flag
        for row in standing_behind(connection, flag, id_number)
    ]


def release_links(
    connection: Connection, flags: Sequence[FlagView], id_number: str, actor: Actor, *, own: bool
) -> Mapping[str, str | None]:
    """For each standing flag what the reader can ask to be released, or as its body release.

    None where all that stands behind it has been released already.
    """
    links: dict[str, str | None] = {}
    for flag in flags:
        if flag.flag not in RELEASABLE or flag.state != STANDING:
            continue
        behind = [_releasable(flag.flag, row) for row in standing_behind(connection, flag.flag, id_number)]
        mine = [each.value for each in behind if own or may_release(actor, each.flag, each.district)]
        if mine:
            links[flag.flag] = mine[0]
        elif not behind:
            links[flag.flag] = None
    return links


def find_releasable(connection: Connection, value: str) -> tuple[Releasable, str] | None:
    """What the form calls `value`, with the person whose application shows it; none if no standing flag does."""
    flag, _, source_id = value.partition(":")
    if flag not in RELEASABLE:
        return None
    mirror = _MIRRORS[flag]
    query = (
        select(mirror, application.c.person_id)
        .join(application, application.c.applicant_id_number == mirror.c.id_number)
        .join(anomaly_flag, anomaly_flag.c.application_id == application.c.id)
        .where((mirror.c.id == source_id) & _is_unreleased(flag) & _stands() & (anomaly_flag.c.flag == flag))
        .order_by(application.c.created_at)
    )
    row = connection.execute(query).first()
    return None if row is None else (_releasable(flag, row), row.person_id)


def may_release(actor: Actor, flag: str, district: str | None) -> bool:
    """Whether the actor is the releasing body: of a lock the commission of the project's district or the trading
    centre, of an entry the registration centre."""
    if flag == ABNORMAL_REGISTRATION:
        return actor.has(Role.REGISTRATION_CENTRE)
    own_district = actor.has(Role.DISTRICT_REVIEWER) and district is not None and actor.district == district
    return own_district or actor.has(Role.TRADING_CENTRE)


def to_release_by(connection: Connection, actor: Actor, flag: str, cursor: str | None = None) -> Page[ToRelease]:
    """The locks or entries behind standing flags that the actor's body releases, limited in SQL."""
    mirror = _MIRRORS[flag]
    shown = (
        select(anomaly_flag.c.flag)
        .join(application, application.c.id == anomaly_flag.c.application_id)
        .where(_stands() & (anomaly_flag.c.flag == flag) & (application.c.applicant_id_number == mirror.c.id_number))
    )
    query: Select[Any] = select(mirror).where(_within_reach(actor, flag) & _is_unreleased(flag) & shown.exists())
    # A source is copied as a whole, so the moment is that of all rows, and the place of each is told by its id.
    found = keyset_page(connection, query, mirror.c.synced_at, mirror.c.id, cursor)
    items = tuple(ToRelease(_releasable(flag, row), row.name, mask_id_number(row.id_number)) for row in found.rows)
    return Page(items, found.total, found.before, found.after)


def flags_released_by(actor: Actor) -> tuple[str, ...]:
    """The flags that the actor's body releases, if any."""
    return tuple(flag for flag in RELEASABLE if may_release(actor, flag, actor.district))


# -- inside

_MIRRORS: Mapping[str, Table] = {IN_CONSTRUCTION: in_construction_lock, ABNORMAL_REGISTRATION: abnormal_entry}


def _stands() -> ColumnElement[bool]:
    return and_(anomaly_flag.c.state == STANDING, application.c.status.notin_(statuses.ENDED))


def _is_unreleased(flag: str) -> ColumnElement[bool]:
    mirror = _MIRRORS[flag]
    told = (flag_release.c.flag == flag) & (flag_release.c.source_id == mirror.c.id)
    return mirror.c.released_on.is_(None) & ~select(flag_release.c.flag).where(told).exists()


def _within_reach(actor: Actor, flag: str) -> ColumnElement[bool]:
    mirror = _MIRRORS[flag]
    if flag == ABNORMAL_REGISTRATION:
        return mirror.c.id.is_not(None) if actor.has(Role.REGISTRATION_CENTRE) else mirror.c.id.is_(None)
    ways: list[ColumnElement[bool]] = [mirror.c.id.is_(None)]
    if actor.has(Role.DISTRICT_REVIEWER) and actor.district:
        ways.append(mirror.c.district == actor.district)
    if actor.has(Role.TRADING_CENTRE):
        ways.append(mirror.c.id.is_not(None))
    return or_(*ways)


def _releasable(flag: str, row: Any) -> Releasable:
    name = LABELS[flag]
    if flag == IN_CONSTRUCTION:
        label = Text("{flag}：{project}（项目编号 {no}）", "{flag}: {project} (project {no})")
        district = label_of(DISTRICTS, row.district)
        note = Text("{district}，{day}锁定", "{district}, locked on {day}")
        return Releasable(
            flag,
            row.id,
            label.filled(flag=name, project=row.project_name, no=row.project_no),
            note.filled(district=district, day=row.locked_on),
            row.district,
        )
    label = Text("{flag}：{reason}", "{flag}: {reason}").filled(flag=name, reason=row.reason)
    note = Text("{day}列入", "listed on {day}").filled(day=row.listed_on)
    return Releasable(flag, row.id, label, note, None)
