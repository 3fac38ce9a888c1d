"""Runs T-01 in forked processes, each of which is killed at one visit of a failpoint and followed by another.

`python -m tests.crash.nursery DATABASE_URL FOLDER STEP` prints one line of JSON for each STEP-th kill point: just
before and just after each commit of the journey, of people and of the background work. The database is an empty one
with the schema. The services are built once; a fork opens its own connections to a copy of the database with the
sample data.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from argon2 import PasswordHasher
from sqlalchemy import delete, make_url, select

from applications import documents
from demo.load import sample_scan
from demo.sample_data import load
from exports.word import render
from identity.accounts import Accounts
from identity.actors import actor_of
from identity.passwords import Passwords
from kernel import failpoints
from kernel.actors import SYSTEM, Actor
from kernel.clock import BEIJING, Clock, day_of
from kernel.settings import Settings
from rules.tables import DIRECTORY
from store.business_clock import BusinessClock
from store.engine import open_engine
from store.tables import application, enterprise, job, task, timer_start
from tests.crash.forking import forked, waited
from tests.crash.journey import CONTRACT, LINE, NEW_EMPLOYER, Journal, go_on, repeat_all
from tests.crash.outcome import Facts, compare, facts_of
from wiring import Services, build

SECONDS_TO_RECOVER = 60
MORNING = datetime(2026, 6, 15, 9, 0, tzinfo=BEIJING)
FLAG_LINES = DIRECTORY / "flag_lines.dmn"
_LONGEST_PAUSE = timedelta(minutes=15)
_scan = cache(sample_scan)
_rendered: dict[str, bytes] = {}


def _render_once(template: str, values: Mapping[str, Any], printed_at: datetime | None) -> bytes:
    """The Word document of the one application; making it takes half the time of a journey and matters to no commit."""
    if "document" not in _rendered:
        _rendered["document"] = render(template, values, printed_at)
    return _rendered["document"]


class LaterClock:
    """The machine's time, moved on for those who come after a kill: leases of the dead are over."""

    def __init__(self) -> None:
        self.later = timedelta()

    def now(self) -> datetime:
        return datetime.now(BEIJING) + self.later


def with_sample_data(settings: Settings, system_clock: Clock) -> Services:
    """The services on the morning of the sample data, all connections closed. Nothing is flagged here."""
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    services = build(settings, system_clock=system_clock, passwords=cheap)
    with services.database.write() as work:
        load(work, day_of(MORNING), settings.demo_password, clock=system_clock, passwords=cheap)
        work.connection.execute(delete(timer_start))  # the nights are a story of their own
    flags = FLAG_LINES.read_bytes().replace(b"<text>true</text>", b"<text>false</text>")
    services.deployments.create({FLAG_LINES.name: flags}, name="no flags", source=None, by=SYSTEM)
    assert isinstance(services.clock, BusinessClock)
    services.clock.set(MORNING)
    services.database.engine.dispose()
    return services


class ServiceClient:
    """People and the background work in one process, on the services themselves."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def start(self, asked: Mapping[str, Any]) -> Any:
        form = {"new_employer": [self._uscc(NEW_EMPLOYER)]}
        return self._services.applications.start(LINE, form, by=self._actor(asked), command_id=asked["command_id"])

    def save(self, asked: Mapping[str, Any]) -> Any:
        saved = self._services.applications.save(
            asked["number"], self._form(), revision=asked["revision"], by=self._actor(asked)
        )
        return saved.revision

    def attach(self, asked: Mapping[str, Any]) -> Any:
        kind = asked["kind"]
        view = self._services.applications.attach(
            asked["number"], kind, f"{kind}.pdf", _scan(kind), by=self._actor(asked)
        )
        return view.kind

    def submit(self, asked: Mapping[str, Any]) -> Any:
        self._services.applications.submit(
            asked["number"],
            self._form(),
            revision=asked["revision"],
            by=self._actor(asked),
            command_id=asked["command_id"],
        )

    def complete(self, asked: Mapping[str, Any]) -> Any:
        posted = {"decision": [asked["decision"]], "opinion": ["同意。"]}
        done = self._services.applications.complete(
            asked["task_id"], posted, by=self._actor(asked), command_id=asked["command_id"]
        )
        return [done.number, done.status]

    def move_clock(self, asked: Mapping[str, Any]) -> Any:
        clock = self._services.clock
        assert isinstance(clock, BusinessClock)
        clock.advance(timedelta(days=asked["days"]))

    def work(self) -> None:
        """Drain; while a job of a lost worker waits to be tried again, let that pause pass."""
        for _ in range(5):
            self._services.pump.drain()
            if not self._waits_for_another_try():
                return
            self.move_clock({"days": _LONGEST_PAUSE.total_seconds() / 86400})

    def revision(self, number: str) -> int:
        with self._services.database.read() as connection:
            query = select(application.c.revision).where(application.c.number == number)
            return int(connection.execute(query).scalar_one())

    def open_task(self, number: str, path: str, username: str) -> str:
        with self._services.database.read() as connection:
            query = (
                select(task.c.id)
                .join(application, application.c.instance_id == task.c.instance_id)
                .where((application.c.number == number) & (task.c.path == path) & (task.c.status == "open"))
            )
            return str(connection.execute(query).scalar_one())

    def _waits_for_another_try(self) -> bool:
        soon = job.c.due_at <= self._services.clock.now() + _LONGEST_PAUSE
        with self._services.database.read() as connection:
            waiting = select(job.c.id).where(soon & job.c.state.in_(("ready", "running")))
            return connection.execute(waiting).first() is not None

    def _form(self) -> dict[str, list[str]]:
        return {key: [value] for key, value in {"new_employer": self._uscc(NEW_EMPLOYER), **CONTRACT}.items()}

    def _uscc(self, key: str) -> str:
        with self._services.database.read() as connection:
            return str(connection.execute(select(enterprise.c.uscc).where(enterprise.c.key == key)).scalar_one())

    def _actor(self, asked: Mapping[str, Any]) -> Actor:
        with self._services.database.read() as connection:
            found = Accounts(connection, self._services.system_clock, self._services.passwords).by_username(asked["by"])
            actor = actor_of(connection, found.id)
        assert actor is not None
        return actor


class Nursery:
    """The services, ready to be forked."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self._url = make_url(database_url)
        self._folder = folder
        self._clock = LaterClock()
        settings = Settings(database_url=database_url, var_dir=folder / "var")
        self._services = with_sample_data(settings, self._clock)

    def undisturbed(self) -> Facts:
        """What a journey leaves that nobody disturbs; it also warms up what the forks inherit."""
        url = self._copied("undisturbed")
        self._open(url)
        journal = self._journal("undisturbed")
        client = ServiceClient(self._services)
        go_on(client, journal)
        differing = repeat_all(client, journal)
        facts = facts_of(self._services)
        assert not differing
        assert compare(self._services, journal, facts) == {"lost": [], "doubled": [], "broken": []}
        self._services.database.engine.dispose()
        self._drop(url)
        return facts

    def killed_at(self, place: str, visit: int, undisturbed: Facts) -> dict[str, Any] | None:
        """Kill a journey at this visit of a failpoint and let another process end it; None if it ends before."""
        name = f"{place.replace('.', '_')}_{visit}"
        url = self._copied(name)
        victim = forked(lambda: self._travel(url, name, failpoint=f"kill:{place}:{visit}"))
        ended = waited(victim, SECONDS_TO_RECOVER)
        if ended is not None and os.WIFEXITED(ended) and os.WEXITSTATUS(ended) == 0:
            self._drop(url)
            return None
        report: dict[str, Any] = {"point": name, "lost": [], "doubled": [], "broken": [], "hung": False}
        if ended is None or not os.WIFSIGNALED(ended):
            report["broken"] = [f"the process was not killed, but ended with {ended}"]
        result = self._folder / f"{name}.json"
        after = waited(forked(lambda: self._end(url, name, undisturbed, result)), SECONDS_TO_RECOVER)
        if result.exists():
            report |= json.loads(result.read_text())
        report["hung"] = after is None
        if after not in (0, None):
            report["broken"].append(f"the process that went on ended with {after}")
        self._drop(url)
        return report

    # -- in a fork

    def _travel(self, url: str, name: str, failpoint: str) -> None:
        failpoints.arm(failpoints.Trap(failpoint))
        self._open(url)
        go_on(ServiceClient(self._services), self._journal(name))

    def _end(self, url: str, name: str, undisturbed: Facts, result: Path) -> None:
        self._clock.later = timedelta(minutes=2)
        self._open(url)
        client, journal = ServiceClient(self._services), self._journal(name)
        go_on(client, journal)
        differing = repeat_all(client, journal)
        report = compare(self._services, journal, undisturbed)
        report["broken"] += differing
        result.write_text(json.dumps(report))

    def _open(self, url: str) -> None:
        self._services.database.engine = open_engine(url)
        clock = self._services.clock
        assert isinstance(clock, BusinessClock)
        clock._read_at = float("-inf")  # it remembers the offset of the database before

    def _journal(self, name: str) -> Journal:
        return Journal(self._folder / f"{name}.journal")

    # -- databases

    def _copied(self, name: str) -> str:
        if self._url.get_backend_name() == "sqlite":
            file = self._folder / f"{name}.db"
            shutil.copyfile(str(self._url.database), file)
            return f"sqlite:///{file}"
        self._administer(f'CREATE DATABASE "{name}" TEMPLATE "{self._url.database}"')
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _drop(self, url: str) -> None:
        name = str(make_url(url).database)
        if self._url.get_backend_name() != "sqlite":
            self._administer(f'DROP DATABASE "{name}" WITH (FORCE)')
            return
        for suffix in ("", "-wal", "-shm"):
            Path(name + suffix).unlink(missing_ok=True)

    def _administer(self, statement: str) -> None:
        address = f"host={self._url.host} port={self._url.port} user={self._url.username} dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())


def main() -> None:
    database_url, folder, step = sys.argv[1:]
    documents.render = _render_once  # type: ignore[attr-defined]
    nursery = Nursery(database_url, Path(folder))
    undisturbed = nursery.undisturbed()
    for place in ("commit.before", "commit.after"):
        for visit in count(1, int(step)):
            report = nursery.killed_at(place, visit, undisturbed)
            if report is None:
                break
            print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
