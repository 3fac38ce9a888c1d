"""Loads the sample data into a service and drives its open cases through the commands (REQUIREMENTS.md chapter 7)."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING

from sqlalchemy import select

from demo.driving import actor_named, drive_open_cases
from demo.exchange import write_feeds
from demo.notices import NOTICES
from demo.open_cases import OPEN_CASES
from demo.sample_data import load
from demo.scans import sample_scan
from kernel.clock import BEIJING, day_of
from store.business_clock import BusinessClock
from store.tables import enterprise

if TYPE_CHECKING:
    from wiring import Services

__all__ = ["load_demo", "sample_scan"]

_SYNCHRONISED = time(1, 0)


def load_demo(services: Services) -> None:
    """Load the sample data as of `DEMO_TODAY`, or of the real day; what is there is left as it has become.

    With `DEMO_TODAY` the business clock starts at nine in the morning of that day.
    """
    settings = services.settings
    wanted = settings.demo_today
    day = wanted or day_of(services.system_clock.now())
    with services.database.read() as connection:
        is_new = connection.execute(select(enterprise.c.uscc).limit(1)).first() is None
    if not is_new:
        day = day_of(services.clock.now())
    with services.database.write() as work:
        load(work, day, settings.demo_password, clock=services.system_clock, passwords=services.passwords)
    if is_new or not settings.exchange_dir.exists():
        write_feeds(settings.exchange_dir, day)
    if is_new:
        ahead = services.clock.now() - services.system_clock.now()
        _copy_sources(services, day)
        drive_open_cases(services, OPEN_CASES, day, ahead=None if wanted else ahead, first=_publish_notices)


def _publish_notices(services: Services) -> None:
    centre = actor_named(services, "centre")
    for each in NOTICES:
        texts = {"title": each.title, "title_en": each.title_en, "body": each.body, "body_en": each.body_en}
        notice_id = services.policy_notices.write(texts, by=centre)
        if each.published:
            services.policy_notices.publish(notice_id, 1, by=centre)


def _copy_sources(services: Services, day: date) -> None:
    """Fill the mirrors as the night before the day has done (REQUIREMENTS.md 7.4)."""
    if isinstance(services.clock, BusinessClock):
        services.clock.set(datetime.combine(day, _SYNCHRONISED, BEIJING))
    services.synchronising.copy_all()
