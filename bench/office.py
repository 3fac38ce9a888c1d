"""The services on one database with the sample data, and cases that are driven there through the commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select, update

from bench.copies import Original, original
from demo.exchange import write_feeds
from demo.load import sample_scan
from demo.people import sample_people
from demo.sample_data import load
from identity.accounts import Accounts
from identity.actors import actor_of
from identity.sessions import Sessions
from kernel.actors import Actor
from kernel.clock import FixedClock, SystemClock, day_of
from kernel.settings import Settings
from registry.people import People
from registry.registrations import Registration, Registrations, Specialty
from store.tables import account, account_role, anomaly_flag, application, enterprise, task
from wiring import build

LINE = "class2_employer_transfer"
OLD, NEW = "e01_admin", "e02_admin"  # who confirm a transfer from E01 to E02
DISTRICT, CITY = "district_chaoyang", "city_a"
EMPLOYERS = {OLD: "old_employer_confirm/employer_confirm", NEW: "new_employer_confirm/employer_confirm"}
DISTRICT_TASK, CITY_TASK = "review/review_by_district", "review/review_by_city"
PASSES = {"decision": ["pass"], "opinion": ["材料齐全，同意。"]}
_PATTERN = "p04"  # the applicant whom newcomers are like
_PUBLICITY = timedelta(days=11)
_LONG = timedelta(days=60)  # longer than anything is kept for a time


class Office:
    """Builds the services once; its clocks stand still until a case needs them to be later."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.url = database_url
        self.folder = folder
        now = SystemClock().now()
        self.clock = FixedClock(now)
        settings = Settings(database_url=database_url, var_dir=folder)
        self.system_clock = FixedClock(now)
        self.services = build(settings, clock=self.clock, system_clock=self.system_clock)
        services = self.services
        with services.database.write() as work:
            load(work, day_of(now), settings.demo_password, clock=services.system_clock, passwords=services.passwords)
        write_feeds(settings.exchange_dir, day_of(now))  # for the nights, which ask what other authorities know
        self._now = now
        self._months = count(1)
        self._newcomers = count(1)
        self._ordinals = count()
        self._command_ids: dict[str, list[str]] = {}  # of each case
        self.officer = self.actor(DISTRICT)

    def close(self) -> None:
        self.services.database.engine.dispose()

    def actor(self, username: str) -> Actor:
        services = self.services
        with services.database.read() as connection:
            accounts = Accounts(connection, services.system_clock, services.passwords)
            found = actor_of(connection, accounts.by_username(username).id)
        assert found is not None
        return found

    def sessions(self, accounts: Sequence[str]) -> list[str]:
        """A session of each of these accounts: their tokens."""
        with self.services.database.write() as work:
            opened = Sessions(work.connection, self.services.system_clock)
            return [opened.open(each, ip="127.0.0.1") for each in accounts]

    def newcomers(self, many: int) -> list[Actor]:
        """People with an account who may begin a transfer from E01 to E02, each with a registration."""
        pattern = self.actor(_PATTERN)
        person = next(each for each in sample_people() if each.key == _PATTERN.upper())
        specialty = Specialty("building", date(2025, 1, 1), day_of(self._now) + timedelta(days=400))
        places = [next(self._newcomers) for _ in range(many)]
        ids = [uuid4().hex for _ in places]
        with self.services.database.write() as work:
            connection = work.connection
            People(connection).add(
                *(
                    replace(person, id=key, key=None, id_number=f"N{place:017d}")
                    for place, key in zip(places, ids, strict=True)
                )
            )
            Registrations(connection).add(
                *(
                    Registration(f"of-{key}", key, f"京2{place:08d}", self.uscc("E01"), (specialty,))
                    for place, key in zip(places, ids, strict=True)
                )
            )
            row = connection.execute(select(account).where(account.c.id == pattern.id)).one()._asdict()
            connection.execute(
                account.insert(), [{**row, "id": key, "username": f"n{key}", "person_id": key} for key in ids]
            )
            connection.execute(
                account_role.insert(),
                [{"account_id": key, "role": role.value} for key in ids for role in pattern.roles],
            )
        return [replace(pattern, id=key, person_id=key) for key in ids]

    def uscc(self, key: str) -> str:
        with self.services.database.read() as connection:
            return str(connection.execute(select(enterprise.c.uscc).where(enterprise.c.key == key)).scalar_one())

    def form(self) -> dict[str, list[str]]:
        """A transfer to E02 as an applicant fills it in."""
        start = day_of(self.clock.now()) + timedelta(days=1)
        return {
            "new_employer": [self.uscc("E02")],
            "contract_type": ["fixed_term"],
            "contract_start": [start.isoformat()],
            "contract_end": [(start + timedelta(days=1000)).isoformat()],
        }

    # -- driving cases

    def submitted(self, people: Sequence[Actor]) -> list[str]:
        """Transfers that wait for both employers, one a person; their numbers."""
        return [self._submit(person) for person in people]

    def declared(self, people: Sequence[Actor]) -> list[str]:
        """Transfers that wait for the district."""
        numbers = self.submitted(people)
        for number in numbers:
            for username, path in EMPLOYERS.items():
                self._complete(number, path, username, {"decision": ["agree"]})
        self.services.pump.drain()
        self._clear_flags()
        return numbers

    def in_publicity(self, people: Sequence[Actor]) -> list[str]:
        numbers = self.declared(people)
        for number in numbers:
            self._complete(number, DISTRICT_TASK, DISTRICT, PASSES)
            self._complete(number, CITY_TASK, CITY, PASSES)
        return numbers

    def closed(self, people: Sequence[Actor]) -> list[str]:
        """Transfers that are over, announced and in the register. They were begun some days ago, not now."""
        self.clock.set(self._now - _PUBLICITY)
        numbers = self.in_publicity(people)
        self.clock.set(self._now)
        self.services.pump.drain()
        return numbers

    def _clear_flags(self) -> None:
        """As the night's comparison does where it finds nothing; what is measured is the day's work."""
        with self.services.database.write() as work:
            work.connection.execute(update(anomaly_flag).values(state="cleared", compared_on=anomaly_flag.c.raised_on))

    def months_pass(self) -> None:
        """Have the nightly work done that is due to what has ended by now: histories are packed, commands forgotten."""
        self.services.schedules.agree()
        then = self._now + next(self._months) * _LONG
        self.clock.set(then)
        self.system_clock.set(then)
        while self.services.pump.drain():
            pass
        self.clock.set(self._now)
        self.system_clock.set(self._now)

    def original(self, number: str) -> Original:
        """A driven case, to be copied."""
        return self.original_of(self.instance_id(number), self._command_ids[number])

    def original_of(self, instance_id: str, command_ids: Sequence[str] = ()) -> Original:
        """An instance, with or without a business record, to be copied."""
        with self.services.database.read() as connection:
            return original(connection, instance_id, ordinal=next(self._ordinals), command_ids=command_ids)

    def instance_id(self, number: str) -> str:
        with self.services.database.read() as connection:
            query = select(application.c.instance_id).where(application.c.number == number)
            return str(connection.execute(query).scalar_one())

    def task_id(self, number: str, path: str) -> str:
        """The open task of a case at this path."""
        of_case = select(application.c.instance_id).where(application.c.number == number).scalar_subquery()
        query = select(task.c.id).where(task.c.instance_id == of_case, task.c.path == path, task.c.status == "open")
        with self.services.database.read() as connection:
            return str(connection.execute(query).scalar_one())

    # -- inside

    def _submit(self, applicant: Actor) -> str:
        applications, form = self.services.applications, self.form()
        start, submit = uuid4().hex, uuid4().hex
        number = applications.start(LINE, form, by=applicant, command_id=start)
        self._command_ids[number] = [start, submit]
        for kind in ("AT-01", "AT-03"):
            applications.attach(number, kind, f"{kind}.pdf", sample_scan(kind), by=applicant)
        applications.submit(number, form, revision=1, by=applicant, command_id=submit)
        return number

    def _complete(self, number: str, path: str, username: str, answers: dict[str, list[str]]) -> None:
        command_id = uuid4().hex
        self._command_ids[number].append(command_id)
        self.services.applications.complete(
            self.task_id(number, path), answers, by=self.actor(username), command_id=command_id
        )
