"""Which applications an actor may see, as a condition for lists; for one application `kernel.permissions` tells.

A test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, false, or_

from applications import statuses
from kernel.actors import ENTERPRISE_ROLES, Actor, Role
from kernel.permissions import CITY_REVIEW_OR_LATER, DECLARED_OR_LATER, FLAG_RELEASE
from store.paging import looked_through
from store.tables import application

_SEE_ALL = (Role.REGISTRATION_CENTRE, Role.SYSTEM_ADMIN)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition on `application` for everything the actor may see in a list; deleted ones are in none."""
    columns = application.c
    shown = ~is_in(statuses.HIDDEN)
    if actor.has(*_SEE_ALL):
        return shown
    ways: list[ColumnElement[bool]] = [false()]
    if actor.has(Role.INDIVIDUAL) and actor.person_id:
        ways.append(columns.person_id == actor.person_id)
    if actor.has(*ENTERPRISE_ROLES) and actor.enterprise:
        # One side in each term: SQLite finds the rows of an "or" by indexes only if every term has one.
        submitted = columns.first_submitted_at.is_not(None)
        ways.append((columns.old_employer == actor.enterprise) & submitted)
        ways.append((columns.new_employer == actor.enterprise) & (submitted | columns.person_id.is_(None)))
    if actor.has(Role.DISTRICT_REVIEWER) and actor.district:
        was_there = is_in(("returned", "terminated")) & (looked_through(columns.declared_or_never) > statuses.NEVER)
        reached = is_in(DECLARED_OR_LATER | FLAG_RELEASE) | was_there
        ways.append(and_(columns.supervising_district == actor.district, reached))
    if actor.has(Role.CITY_REVIEWER):
        ways.append(is_in(CITY_REVIEW_OR_LATER))
    if actor.has(Role.TRADING_CENTRE):
        ways.append(is_in(FLAG_RELEASE) & columns.supervising_district.is_not(None))
    return or_(*ways) & shown


def is_in(names: Iterable[str]) -> ColumnElement[bool]:
    """Whether an application is in one of these statuses, by the number that the indexes of the lists have for it."""
    return looked_through(application.c.progress).in_(sorted(statuses.PROGRESS[name] for name in names))
