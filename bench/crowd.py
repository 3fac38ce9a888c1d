"""A service with thousands of open cases: one is driven through the commands, the others are its copies.

A copy has its own application, instance, tasks and messages, so that it can be decided like any other. It has no
history, trail and files of the steps before, which no completion reads. Its ids are those of the original with the
number of the copy at the end: a bare SQL client can then make them up too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Table, select, text

from demo.load import sample_scan
from demo.people import sample_people
from demo.sample_data import load
from identity.accounts import Accounts
from identity.actors import actor_of
from kernel.actors import Actor
from kernel.clock import day_of
from kernel.settings import Settings
from registry.people import People
from registry.registrations import Registration, Registrations, Specialty
from store.tables import application, enterprise, instance, subscription, task
from wiring import build

LINE = "class2_employer_transfer"
OFFICER = "district_chaoyang"
DIGITS = 6
_TOKEN = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Crowd:
    """The services on one database, and what is open there."""

    def __init__(self, database_url: str, folder: Path) -> None:
        settings = Settings(database_url=database_url, var_dir=folder)
        self.services = build(settings)
        self.copies = 0
        services = self.services
        with services.database.write() as work:
            today = day_of(services.clock.now())
            load(work, today, settings.demo_password, clock=services.system_clock, passwords=services.passwords)
        self.officer = self.actor(OFFICER)
        self.number = self._drive_to_the_district()

    def actor(self, username: str) -> Actor:
        services = self.services
        with services.database.read() as connection:
            accounts = Accounts(connection, services.system_clock, services.passwords)
            found = actor_of(connection, accounts.by_username(username).id)
        assert found is not None
        return found

    def task_id(self, copy: int) -> str:
        """The open task of the district in this copy; the original is number 0."""
        return self._task_id if copy == 0 else numbered(self._task_id, copy)

    def grow(self, copies: int) -> None:
        """Add copies until there are so many."""
        with self.services.database.write() as work:
            connection = work.connection
            original = connection.execute(select(application).where(application.c.number == self.number)).one()
            state = connection.execute(
                select(instance.c.state).where(instance.c.id == original.instance_id)
            ).scalar_one()
            sql = _Copying(is_postgresql=work.is_postgresql, tokens=sorted(set(_TOKEN.findall(bytes(state).decode()))))
            for table, column in ((instance, "id"), (application, "instance_id"), (task, "instance_id"),
                                  (subscription, "instance_id")):  # fmt: skip
                values = {"first": self.copies + 1, "last": copies, "original": original.instance_id}
                connection.execute(text(sql.statement(table, column)), values)
        self.copies = copies

    def newcomers(self, many: int) -> Iterator[Actor]:
        """People who may start a transfer from E01 to E02, each with a registration."""
        pattern = self.actor("p04")
        person = next(each for each in sample_people() if each.key == "P04")
        employer = self.uscc("E01")
        specialty = Specialty("building", date(2025, 1, 1), day_of(self.services.clock.now()) + timedelta(days=400))
        ids = [f"newcomer-{number:06d}" for number in range(many)]
        with self.services.database.write() as work:
            People(work.connection).add(
                *(replace(person, id=key, key=None, id_number=f"N{place:017d}") for place, key in enumerate(ids))
            )
            Registrations(work.connection).add(
                *(Registration(f"of-{key}", key, f"京2{key[-8:]}", employer, (specialty,)) for key in ids)
            )
        for key in ids:
            yield replace(pattern, person_id=key)

    def uscc(self, key: str) -> str:
        with self.services.database.read() as connection:
            return str(connection.execute(select(enterprise.c.uscc).where(enterprise.c.key == key)).scalar_one())

    def state_bytes(self) -> int:
        """The size of the stored state of the original, which waits at the district."""
        with self.services.database.read() as connection:
            query = select(instance.c.state).join(application, application.c.instance_id == instance.c.id)
            return len(connection.execute(query.where(application.c.number == self.number)).scalar_one())

    def _drive_to_the_district(self) -> str:
        services = self.services
        applications = services.applications
        start = day_of(services.clock.now()) + timedelta(days=1)
        form = {
            "new_employer": [self.uscc("E02")],
            "contract_type": ["fixed_term"],
            "contract_start": [start.isoformat()],
            "contract_end": [(start + timedelta(days=1000)).isoformat()],
        }
        applicant = self.actor("p04")
        number = applications.start(LINE, form, by=applicant, command_id="bench-start")
        for kind in ("AT-01", "AT-03"):
            applications.attach(number, kind, f"{kind}.pdf", sample_scan(kind), by=applicant)
        applications.submit(number, form, revision=1, by=applicant, command_id="bench-submit")
        for username in ("e01_admin", "e02_admin"):
            found = self._open_task(self.actor(username))
            applications.complete(found, {"decision": ["agree"]}, by=self.actor(username), command_id=username)
        services.pump.drain()
        self._task_id = self._open_task(self.officer)
        return number

    def _open_task(self, actor: Actor) -> str:
        with self.services.database.read() as connection:
            query = select(task.c.id).where((task.c.status == "open") & task.c.scope.in_(actor.scopes))
            return str(connection.execute(query).scalar_one())


def numbered(original: str, copy: int) -> str:
    """The id of a copy's part."""
    return f"{original[:-DIGITS]}{copy:0{DIGITS}d}"


class _Copying:
    """The statement that copies the rows of the original, `:first` to `:last`, in the words of one database."""

    def __init__(self, *, is_postgresql: bool, tokens: list[str]) -> None:
        self._is_postgresql = is_postgresql
        self._tokens = tokens
        self._copy = "lpad(copy::text, 6, '0')" if is_postgresql else "printf('%06d', copy)"

    def statement(self, table: Table, column: str) -> str:
        names = [each.name for each in table.columns]
        values = ", ".join(self._value(name) for name in names)
        return (
            "WITH RECURSIVE copies(copy) AS (SELECT CAST(:first AS integer) UNION ALL "
            "SELECT copy + 1 FROM copies WHERE copy < :last) "
            f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {values} FROM {table.name}, copies "
            f"WHERE {table.name}.{column} = :original AND {self._is_open(table)}"
        )

    def _is_open(self, table: Table) -> str:
        return f"{table.name}.status = 'open'" if table in (task, subscription) else "1 = 1"

    def _value(self, name: str) -> str:
        if name in ("id", "instance_id"):
            return f"substr({name}, 1, length({name}) - {DIGITS}) || {self._copy}"
        if name in ("number", "business_key"):
            return f"'BJ000000' || {self._copy}"
        if name == "open_person_id":
            return "NULL"
        if name == "opened_at":
            if self._is_postgresql:
                return "opened_at + copy * interval '1 second'"
            return "strftime('%Y-%m-%d %H:%M:%f000', opened_at, printf('+%d seconds', copy))"
        return self._state() if name == "state" else name

    def _state(self) -> str:
        found = "convert_from(state, 'UTF8')" if self._is_postgresql else "CAST(state AS TEXT)"
        for token in self._tokens:
            found = f"replace({found}, '{token}', '{token[:-DIGITS]}' || {self._copy})"
        return f"convert_to({found}, 'UTF8')" if self._is_postgresql else f"CAST({found} AS BLOB)"
