"""What the database says to what people were answered: lost, doubled, hung (RELIABILITY.md 2.8)."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from applications.files import Files
from jobs.claims import LEASE
from kernel.errors import NotFound
from store.business_clock import BusinessClock
from store.tables import (
    account,
    announcement,
    application,
    attachment,
    audit,
    certificate_version,
    command,
    document_version,
    incident,
    job,
    registration,
    task,
)
from tests.invariants import violations
from wiring import Services

DAYS_TO_CLOSE = 2  # so far on, every publicity of a day is over
LONGEST_S = LEASE.total_seconds() + 30
ONCE = ("announced", "registry_updated", "certificate_issued", "closed")  # the effects of a transfer that passed
Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong, in sentences; nothing when all is well."""

    lost: list[str]
    doubled: list[str]
    hung: list[str]
    broken: list[str]  # invariants that are neither

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.hung or self.broken)


def judge(services: Services, entries: Iterable[Entry]) -> Verdict:
    """Compare the acknowledged commands with a database at rest, every publicity being over."""
    entries = list(entries)
    files = Files(services.settings.attachments_dir)
    with services.database.read() as connection:
        lost = [*_lost(connection, files, entries)]
        doubled = [*_doubled(connection, entries)]
        hung = [*_hung(connection, entries)]
    broken = violations(services)
    hung += [each for each in broken if each.startswith("job ") or "things wait in it" in each]
    doubled += [each for each in broken if each.startswith(("numbers ", "visit "))]
    return Verdict(lost, doubled, hung, [each for each in broken if each not in hung and each not in doubled])


def seconds_until_empty(services: Services, since: float, look_after: Callable[[], None]) -> float | None:
    """How long after `since` (monotonic) nothing was due, running or waiting to be tried again; None if too long."""
    while (jobs := _unfinished(services)) or time.monotonic() < since:
        if time.monotonic() > since + LONGEST_S:
            print(f"  in the queue still: {jobs}")
            return None
        look_after()
        time.sleep(0.2)
    return time.monotonic() - since


def _unfinished(services: Services) -> list[str]:
    clock = BusinessClock(services.database, services.system_clock)  # a new one asks the database
    business = (job.c.clock == "business") & (job.c.due_at <= clock.now())
    system = (job.c.clock == "system") & (job.c.due_at <= services.system_clock.now())
    open_jobs = (job.c.state == "running") | ((job.c.state == "ready") & (business | system | (job.c.attempt > 0)))
    query = select(job.c.dedupe_key, job.c.state, job.c.attempt, job.c.error).where(open_jobs)
    with services.database.read() as connection:
        return [f"{row.dedupe_key} {row.state} after {row.attempt}: {row.error}" for row in connection.execute(query)]


# -- I1: every answer stands in the database


def _lost(connection: Connection, files: Files, entries: list[Entry]) -> Iterator[str]:
    kept = _Kept(connection, files)
    for entry in entries:
        if not kept.has(entry):
            yield f"acknowledged, but gone: {entry}"


class _Kept:
    """What the database has of each kind of command, read once."""

    def __init__(self, connection: Connection, files: Files) -> None:
        self._files = files
        self._answered = set(connection.execute(select(command.c.id).where(command.c.response.is_not(None))).scalars())
        self._owners = {
            row.number: row.person_id
            for row in connection.execute(select(application.c.number, application.c.person_id))
        }
        self._decided = {
            (row.number, row.id): (row.username, row.answers["decision"])
            for row in connection.execute(
                select(application.c.number, task.c.id, account.c.username, task.c.answers)
                .join(application, application.c.instance_id == task.c.instance_id)
                .join(account, account.c.id == task.c.ended_by)
                .where((task.c.status == "completed") & (task.c.element_id != "fill_application"))
            )
        }
        self._files_of = {
            (row.number, row.kind): row
            for row in connection.execute(
                select(application.c.number, attachment.c.kind, attachment.c.stored_name, attachment.c.sha256)
                .join(application, application.c.id == attachment.c.application_id)
                .where(attachment.c.removed_at.is_(None))
            )
        }
        submitted = (
            select(application.c.number, func.count().label("n"))
            .join(document_version, document_version.c.application_id == application.c.id)
            .where(document_version.c.kind == "submitted")
            .group_by(application.c.number)
        )
        self._submits = Counter({row.number: row.n for row in connection.execute(submitted)})

    def has(self, entry: Entry) -> bool:
        number = entry["number"]
        if number not in self._owners or ("id" in entry and entry["id"] not in self._answered):
            return False
        match entry["command"]:
            case "start":
                return bool(self._owners[number] == entry["person"])
            case "attach":
                return self._has_file(number, entry["kind"])
            case "submit":
                self._submits[number] -= 1
                return self._submits[number] >= 0
            case "decide":
                return self._decided.get((number, entry["task_id"])) == (entry["by"], entry["decision"])
            case other:
                raise ValueError(f"Expected a command that people send, found {other}")

    def _has_file(self, number: str, kind: str) -> bool:
        row = self._files_of.get((number, kind))
        try:
            return (
                row is not None
                and hashlib.sha256(self._files.path(row.stored_name).read_bytes()).hexdigest() == row.sha256
            )
        except NotFound:
            return False


# -- I3, I11: what may happen once has not happened twice


def _doubled(connection: Connection, entries: list[Entry]) -> Iterator[str]:
    persons = select(application.c.person_id, func.count().label("n")).group_by(application.c.person_id)
    soaking = {entry["person"] for entry in entries if "person" in entry}
    for row in connection.execute(persons):
        if row.person_id in soaking and row.n > 1:
            yield f"{row.person_id} has {row.n} applications"
    effects = select(audit.c.application_id, audit.c.action, func.count().label("n")).where(audit.c.action.in_(ONCE))
    for row in connection.execute(effects.group_by(audit.c.application_id, audit.c.action)):
        if row.n > 1:
            yield f"application {row.application_id} was {row.action} {row.n} times"
    for what in (announcement.c.number, announcement.c.application_id, application.c.number):
        for value, n in connection.execute(select(what, func.count()).group_by(what).having(func.count() > 1)):
            yield f"{what} {value} stands {n} times"
    versions = (
        select(registration.c.person_id, registration.c.version, func.count(certificate_version.c.version).label("n"))
        .join(certificate_version, certificate_version.c.registration_id == registration.c.id)
        .where(registration.c.person_id.in_(soaking))
        .group_by(registration.c.person_id, registration.c.version)
    )
    for row in connection.execute(versions):
        if row.version > 2 or row.n > 2:
            yield f"the certificate of {row.person_id} is version {row.version}, {row.n} are kept"


# -- I5, I10: nothing waits for ever


def _hung(connection: Connection, entries: list[Entry]) -> Iterator[str]:
    """What the city passed is closed with a number, and nothing waits for an operator."""
    passed = {entry["number"] for entry in entries if entry["command"] == "decide" and entry["by"] == "city_a"}
    closed = select(application.c.number).join(announcement, announcement.c.application_id == application.c.id)
    done = set(connection.execute(closed.where(application.c.status == "closed")).scalars())
    yield from (f"{number} was passed by the city, but is not closed" for number in sorted(passed - done))
    for row in connection.execute(select(incident).where(incident.c.status == "open")):
        yield f"incident {row.kind} at {row.element_id}: {row.message}"
