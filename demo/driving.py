"""Drives the open cases of the sample data through the commands, day by day, up to its day D (REQUIREMENTS.md 7.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from sqlalchemy import select

from demo.open_cases import Answer, OpenCase, Step, contract_from
from demo.scans import sample_scan
from forms import Form, missing_attachments
from identity.accounts import Accounts
from identity.actors import actor_of
from kernel.actors import Actor
from kernel.clock import BEIJING, day_of
from store.tables import application, enterprise, task

if TYPE_CHECKING:
    from wiring import Services

_MORNING = time(9, 0)
_NIGHT = (time(1, 0), time(2, 0), _MORNING)


@runtime_checkable
class Settable(Protocol):
    """A clock that can be set: that of the business, or one of a test."""

    def set(self, at: datetime) -> None: ...


def drive_open_cases(
    services: Services,
    cases: Sequence[OpenCase],
    day: date,
    *,
    ahead: timedelta | None,
    first: Callable[[Services], None] = lambda services: None,
) -> None:
    """Take the steps of all cases in the order of time, and let the nights between them pass; `first` comes before.

    Afterwards the business clock is `ahead` of the system's; without it, it stands at nine in the morning of `day`.
    """
    begun = False
    for days_before, events in _by_day(services, cases):
        today = day - timedelta(days=days_before)
        if begun:
            _night_before(services, today)
        else:
            _set(services, datetime.combine(today, _MORNING, BEIJING))
            services.schedules.agree()  # what happens regularly is reckoned from this day on
            first(services)
            begun = True
        for event in events:
            event()
    if ahead is not None:
        _set(services, services.system_clock.now() + ahead)
    services.schedules.agree()
    services.pump.drain()


def _night_before(services: Services, today: date) -> None:
    """What is due at each hour of the night, until nine in the morning: first the sources, then the comparison."""
    for hour in _NIGHT:
        _set(services, datetime.combine(today, hour, BEIJING))
        services.pump.drain()


def _set(services: Services, at: datetime) -> None:
    if isinstance(services.clock, Settable):
        services.clock.set(at)


Event = Callable[[], None]


def _by_day(services: Services, cases: Sequence[OpenCase]) -> Iterator[tuple[int, Sequence[Event]]]:
    """The events of each day from the first to D, those of one day in the order of the cases.

    Of the days before anything is submitted only those with events: nothing waits for the nights between them.
    """
    numbers: dict[str, str] = {}
    found: dict[int, list[Event]] = {}
    for case in cases:
        days_before = case.days_before
        driven = _Driven(services, case, numbers)
        found.setdefault(days_before, []).append(driven.begin)
        for place, step in enumerate(case.steps):
            days_before = days_before if step.days_before is None else step.days_before
            found.setdefault(days_before, []).append(driven.event(step, place))
    submitted = max((case.days_before for case in cases if not case.saved), default=0)
    for days_before in range(max(found, default=0), -1, -1):
        if days_before <= submitted or days_before in found:
            yield days_before, found.get(days_before, ())


@dataclass(frozen=True)
class _Driven:
    """One case on its way; `numbers` knows the business number of each that has begun."""

    services: Services
    case: OpenCase
    numbers: dict[str, str]

    def begin(self) -> None:
        """Save the form; unless it is to stay a draft, attach what it requires and submit it."""
        applications, case = self.services.applications, self.case
        by = actor_named(self.services, case.username)
        chosen = {"new_employer": [_uscc(self.services, case.employer)]} if case.employer else {}
        posted = chosen | {key: _posted(value) for key, value in case.fields.items()}
        if not case.saved and "contract_start" in self._form_of_line().fields:
            posted |= {key: [value] for key, value in contract_from(day_of(self.services.clock.now())).items()}
        number = applications.start(case.line, posted, by=by, command_id=f"demo:{case.person}:start")
        self.numbers[case.person] = number
        if case.saved:
            return
        for kind, label in self._required().items():
            applications.attach(number, kind, f"{label}.pdf", sample_scan(f"{kind} {case.person}"), by=by)
        applications.submit(number, posted, revision=self._revision(), by=by, command_id=f"demo:{case.person}:submit")

    def event(self, step: Step, place: int) -> Event:
        return lambda: self._take(step, f"demo:{self.case.person}:{place}")

    def _take(self, step: Step, command_id: str) -> None:
        applications, number = self.services.applications, self.numbers[self.case.person]
        if isinstance(step, Answer):
            posted = {"decision": [step.decision], "opinion": [step.opinion]}
            task_id, by = self._open_task(step.task), actor_named(self.services, step.by)
            applications.complete(task_id, posted, by=by, command_id=command_id)
        else:
            by = actor_named(self.services, self.case.username)
            applications.appeal(number, {"grounds": [step.grounds]}, (), by=by, command_id=command_id)

    def _form_of_line(self) -> Form:
        with self.services.database.read() as connection:
            return self.services.forms.current(self.services.cases.line(connection, self.case.line).form)

    def _required(self) -> Mapping[str, str]:
        """The Chinese labels of the attachments that the form requires as it is filled in, by AT number."""
        with self.services.database.read() as connection:
            query = select(application.c.document).where(application.c.number == self.numbers[self.case.person])
            document = connection.execute(query).scalar_one()
        form = self._form_of_line()
        missing = missing_attachments(form, document, frozenset())
        return {reason.field: form.attachments[reason.field].label.zh for reason in missing if reason.field}

    def _revision(self) -> int:
        query = select(application.c.revision).where(application.c.number == self.numbers[self.case.person])
        with self.services.database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def _open_task(self, path: str) -> str:
        query = (
            select(task.c.id)
            .join(application, application.c.instance_id == task.c.instance_id)
            .where((application.c.number == self.numbers[self.case.person]) & (task.c.path == path))
            .where(task.c.status == "open")
        )
        with self.services.database.read() as connection:
            return str(connection.execute(query).scalar_one())


def actor_named(services: Services, username: str) -> Actor:
    """
    Raises:
        ValueError: the account is disabled.
    """
    with services.database.read() as connection:
        account = Accounts(connection, services.system_clock, services.passwords).by_username(username)
        found = actor_of(connection, account.id)
    if found is None:
        raise ValueError(f"Expected the account {username} to be enabled")
    return found


def _posted(value: str | tuple[str, ...]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _uscc(services: Services, key: str) -> str:
    with services.database.read() as connection:
        return str(connection.execute(select(enterprise.c.uscc).where(enterprise.c.key == key)).scalar_one())
