"""Lists and single applications agree on who may see what: every actor against every application (R-A-00)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import chain, combinations, product
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, insert, select

from applications import statuses
from applications.parties import visible_to
from kernel.actors import Actor, Role
from kernel.permissions import may_see_application
from store.tables import application

PEOPLE = ("person-1", "person-2")
ENTERPRISES = (None, "enterprise-1", "enterprise-2")
DISTRICTS = (None, "朝阳区", "海淀区")
AT = datetime(2026, 6, 15, tzinfo=UTC)
BUSINESS_ROLES = (
    Role.INDIVIDUAL,
    Role.ENTERPRISE_ADMIN,
    Role.ENTERPRISE_USER,
    Role.DISTRICT_REVIEWER,
    Role.CITY_REVIEWER,
    Role.TRADING_CENTRE,
)


def rows() -> Iterator[dict[str, Any]]:
    """Every combination of what permission looks at in an application."""
    moments, days = (None, AT), (None, date(2026, 6, 15))
    choices = product(PEOPLE, ENTERPRISES, ENTERPRISES, DISTRICTS, statuses.LABELS, moments, days)
    for number, (person, old, new, district, status, submitted_at, declared_on) in enumerate(choices):
        yield {
            "id": str(number),
            "number": str(number),
            "line": "class2_employer_transfer",
            "instance_id": str(number),
            "status": status,
            "status_at": AT,
            "person_id": person,
            "applicant_name": "吴思齐",
            "applicant_id_number": "110000197909099047",
            "specialties": "",
            "old_employer": old,
            "new_employer": new,
            "supervising_district": district,
            "document": {},
            "snapshot": {},
            "revision": 1,
            "created_at": AT,
            "first_submitted_at": submitted_at,
            "declared_on": declared_on,
            "declared_or_never": declared_on or statuses.NEVER,
            "progress": statuses.PROGRESS[status],
        }


def actors() -> Iterator[Actor]:
    """Every role alone, and every mixture of the roles that handle business, with and without what they act for."""
    mixtures = chain.from_iterable(combinations(BUSINESS_ROLES, size) for size in range(2, len(BUSINESS_ROLES) + 1))
    for roles in chain(((), *((role,) for role in Role)), mixtures):
        # Two of each are enough: the other rows are of the third.
        for person, enterprise, district in product((None, PEOPLE[0]), ENTERPRISES[:2], DISTRICTS[:2]):
            yield Actor("a", "a", frozenset(roles), person_id=person, enterprise=enterprise, district=district)


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    """All applications in memory, without the rows that they would point to."""
    engine = create_engine("sqlite://")
    application.create(engine)
    with engine.begin() as connection:
        connection.execute(insert(application), list(rows()))
        yield connection
    engine.dispose()


def test_lists_show_what_may_be_seen_one_by_one(connection: Connection):
    everything = connection.execute(select(application)).all()
    shown = [row for row in everything if row.status not in statuses.HIDDEN]
    compared = seen = 0
    for actor in actors():
        listed = set(connection.execute(select(application.c.id).where(visible_to(actor))).scalars())

        allowed = {row.id for row in shown if may_see_application(actor, row)}

        assert listed == allowed, f"{actor}: {sorted(listed ^ allowed)[:5]}"
        compared += len(everything)
        seen += len(allowed)
    assert compared > 700_000
    assert 0 < seen < compared


def test_a_list_hides_deleted_applications_even_from_those_who_see_everything(connection: Connection):
    centre = Actor("a", "a", frozenset({Role.REGISTRATION_CENTRE}))

    found = set(connection.execute(select(application.c.status).where(visible_to(centre))).scalars())

    assert found == set(statuses.LABELS) - statuses.HIDDEN
