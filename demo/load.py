"""Loads the sample data into a service and drives its open cases through the commands (REQUIREMENTS.md chapter 7)."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw
from sqlalchemy import select

from demo.exchange import write_feeds
from demo.notices import NOTICES
from demo.open_cases import OPEN_TRANSFERS, OpenTransfer, contract_from
from demo.sample_data import load
from identity.accounts import Accounts
from identity.actors import actor_of
from kernel.actors import Actor
from kernel.clock import BEIJING, day_of
from store.business_clock import BusinessClock
from store.tables import application, enterprise, task

if TYPE_CHECKING:
    from wiring import Services

LINE = "class2_employer_transfer"
_MORNING = time(9, 0)
_SYNCHRONISED = time(1, 0)
_DAYS_BEFORE = 5  # the open cases were submitted so long before the day of the sample data


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
        _copy_sources(services, day)
        _drive_open_cases(services, day, fixed=wanted is not None)


def _publish_notices(services: Services) -> None:
    centre = _actor(services, "centre")
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


def _drive_open_cases(services: Services, day: date, *, fixed: bool) -> None:
    clock = services.clock
    if isinstance(clock, BusinessClock):
        clock.set(datetime.combine(day - timedelta(days=_DAYS_BEFORE), _MORNING, BEIJING))
    _publish_notices(services)
    for case in OPEN_TRANSFERS:
        _drive(services, case)
    if isinstance(clock, BusinessClock):
        clock.set(datetime.combine(day, _MORNING, BEIJING) if fixed else services.system_clock.now())
    services.schedules.agree()  # what happens regularly was reckoned before the clock was set
    services.pump.drain()


def _drive(services: Services, case: OpenTransfer) -> None:
    """Submit one transfer and give the answers it has had so far."""
    applications = services.applications
    by = _actor(services, case.username)
    if by.person_id is None:
        raise ValueError(f"Expected {case.username} to be an individual's account")
    form = {key: [str(value)] for key, value in contract_from(day_of(services.clock.now())).items()}
    form["new_employer"] = [_uscc(services, case.new_employer)]
    number = applications.start(LINE, form, by=by, command_id=f"demo:{case.person}:start")
    for kind, name in (("AT-01", "执业企业变更申请表.pdf"), ("AT-03", "劳动合同.pdf")):
        applications.attach(number, kind, name, sample_scan(f"{kind} {case.person}"), by=by)
    with services.database.read() as connection:
        revision = connection.execute(select(application.c.revision).where(application.c.number == number)).scalar_one()
    applications.submit(number, form, revision=revision, by=by, command_id=f"demo:{case.person}:submit")
    for place, answer in enumerate(case.answers):
        posted = {"decision": [answer.decision], "opinion": [answer.opinion]}
        task_id = _open_task(services, number, answer.task)
        actor = _actor(services, answer.by)
        applications.complete(task_id, posted, by=actor, command_id=f"demo:{case.person}:{place}")


def _open_task(services: Services, number: str, path: str) -> str:
    query = (
        select(task.c.id)
        .join(application, application.c.instance_id == task.c.instance_id)
        .where((application.c.number == number) & (task.c.path == path) & (task.c.status == "open"))
    )
    with services.database.read() as connection:
        return str(connection.execute(query).scalar_one())


def _actor(services: Services, username: str) -> Actor:
    with services.database.read() as connection:
        account = Accounts(connection, services.system_clock, services.passwords).by_username(username)
        found = actor_of(connection, account.id)
    if found is None:
        raise ValueError(f"Expected the account {username} to be enabled")
    return found


def _uscc(services: Services, key: str) -> str:
    with services.database.read() as connection:
        return str(connection.execute(select(enterprise.c.uscc).where(enterprise.c.key == key)).scalar_one())


def sample_scan(title: str) -> bytes:
    """A PDF of one page that looks like a scanned paper."""
    page = Image.new("L", (827, 1169), 250)
    draw = ImageDraw.Draw(page)
    draw.text((300, 90), title, fill=20)
    for line in range(24):
        draw.rectangle((90, 170 + line * 36, 730 - (line % 5) * 60, 178 + line * 36), fill=200)
    draw.ellipse((520, 960, 680, 1120), outline=90, width=5)
    stored = io.BytesIO()
    page.save(stored, "PDF", resolution=100)
    return stored.getvalue()
