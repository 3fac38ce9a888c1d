"""The test language: a licensing case, told step by step through the real services and database (STYLE.md 18)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import delete, select, update

from applications.views import ApplicationDetail
from demo.exchange import write_feeds
from demo.load import sample_scan
from forms import missing_attachments
from identity.accounts import Accounts
from identity.actors import actor_of
from kernel.actors import Actor
from kernel.clock import BEIJING, FixedClock, day_of
from registry.registrations import Registration, Registrations
from store.tables import anomaly_flag, application, enterprise, history, instance, job, task, timer_start

if TYPE_CHECKING:
    from store.unit_of_work import Database
    from wiring import Services

EMPLOYERS = {
    "old": "old_employer_confirm/employer_confirm",
    "new": "new_employer_confirm/employer_confirm",
}
EMPLOYER = "employer_confirmation/employer_confirm"
DISTRICT = "review/review_by_district"
CITY = "review/review_by_city"
APPEAL = "review/appeal/review_appeal"


Answer = str | list[str]


def posted(value: Answer) -> list[str]:
    """An answer as a page posts it."""
    return value if isinstance(value, list) else [str(value)]


def clear_flags(database: Database) -> None:
    """Let every flag that is not cleared count as compared, and nothing found."""
    with database.write() as work:
        values = {"state": "cleared", "compared_on": anomaly_flag.c.raised_on, "cleared_on": anomaly_flag.c.raised_on}
        work.connection.execute(update(anomaly_flag).where(anomaly_flag.c.state != "cleared").values(values))


class Case:
    """One application. Every step is a command of its own: it loads the stored case and stores it again."""

    def __init__(self, services: Services, clock: FixedClock, line: str) -> None:
        self.services = services
        self.line = line
        self.number = ""
        self.applicant = ""
        self._clock = clock

    # -- given, when

    def saved(self, *, by: str, to: str | None = None, **fields: Answer) -> Case:
        """The first save: the application comes into being. `to` is the key of the employer chosen in the form."""
        self.applicant = by
        chosen = {"new_employer": [self.uscc(to)]} if to else {}
        form = chosen | {key: posted(value) for key, value in fields.items()}
        self.number = self.services.applications.start(self.line, form, by=self.actor(by), command_id=self.command_id())
        return self

    def attached(self, *kinds: str) -> Case:
        for kind in kinds:
            self.services.applications.attach(
                self.number, kind, f"{kind}.pdf", sample_scan(kind), by=self.actor(self.applicant)
            )
        return self

    def submitted(self, *, to: str | None = None, **fields: Answer) -> Case:
        """Submit what is saved with these changes, and a contract from tomorrow on where the form asks for one."""
        detail = self.detail(self.applicant)
        form: dict[str, Answer] = {key: value for key, value in detail.document.items() if value is not None}
        if "contract_start" in detail.document:
            form = self.contract() | form
        if to:
            form["new_employer"] = self.uscc(to)
        form |= fields
        self.services.applications.submit(
            self.number,
            {key: posted(value) for key, value in form.items()},
            revision=detail.revision,
            by=self.actor(self.applicant),
            command_id=self.command_id(),
        )
        return self

    def contract(self) -> dict[str, Answer]:
        """A labour contract of three years from tomorrow on (FS-CONTRACT)."""
        start = self.today() + timedelta(days=1)
        end = start + timedelta(days=1095)
        return {"contract_type": "fixed_term", "contract_start": start.isoformat(), "contract_end": end.isoformat()}

    def applied(self, *, by: str, to: str | None = None, **fields: Answer) -> Case:
        """Start, save, attach what the form requires, submit."""
        self.saved(by=by, to=to, **fields)
        return self.attached(*self.required_attachments()).submitted()

    def required_attachments(self) -> list[str]:
        """The AT numbers that the form requires as it is filled in."""
        detail = self.detail(self.applicant)
        with self.services.database.read() as connection:
            form = self.services.forms.pinned(connection, detail.form, detail.form_sha256)
        missing = missing_attachments(form, detail.document, frozenset(), snapshot=detail.snapshot)
        return [reason.field for reason in missing if reason.field]

    def completed(self, path: str, *, by: str, decision: str, opinion: str = "", **more: Answer) -> Case:
        """Answer a task; a form without a decision gets `more` only."""
        answers: dict[str, Answer] = {"decision": decision, "opinion": opinion} if decision else {}
        self.services.applications.complete(
            self.task_id(path),
            {key: posted(value) for key, value in (answers | more).items()},
            by=self.actor(by),
            command_id=self.command_id(),
        )
        return self

    def confirmed(self, side: str = "", *, by: str) -> Case:
        """An employer agrees: the `old` or `new` one of a transfer, that of any other line."""
        return self.completed(EMPLOYERS[side] if side else EMPLOYER, by=by, decision="agree")

    def passed_to_city(self) -> Case:
        """Both employers of P04's transfer to E02 agree, its flags are cleared, and the district passes."""
        self.confirmed("new", by="e02_admin").confirmed("old", by="e01_admin").cleared()
        return self.completed(DISTRICT, by="district_chaoyang", decision="pass")

    def withdrawn(self) -> Case:
        self.services.applications.withdraw(self.number, by=self.actor(self.applicant), command_id=self.command_id())
        return self

    def deleted(self) -> Case:
        self.services.applications.delete(self.number, by=self.actor(self.applicant), command_id=self.command_id())
        return self

    def appealed(self, grounds: str = "材料齐全，请复核。", evidence: Sequence[tuple[str, bytes]] = ()) -> Case:
        self.services.applications.appeal(
            self.number, {"grounds": [grounds]}, evidence, by=self.actor(self.applicant), command_id=self.command_id()
        )
        return self

    def after(self, **parts: float) -> Case:
        """Let time pass on the business clock, and the background do what is due."""
        self._clock.advance(**parts)
        self.services.pump.drain()
        return self

    def cleared(self) -> Case:
        """As if the night's comparison had found nothing, without the night: for stories about other things."""
        clear_flags(self.services.database)
        return self

    def night(self) -> Case:
        """Let the night pass, with what is due at each of its hours, until nine in the morning."""
        day = self.today() + timedelta(days=1)
        if not self.services.settings.exchange_dir.exists():
            write_feeds(self.services.settings.exchange_dir, self.today())
        for hour in (1, 2, 9):
            self._clock.set(datetime.combine(day, time(hour), BEIJING))
            self.services.pump.drain()
        return self

    # -- then

    def waits_at(self, *paths: str) -> Case:
        assert sorted(self.waiting()) == sorted(paths), f"Expected to wait at {sorted(paths)}, but at {self.waiting()}"
        return self

    def has_status(self, status: str) -> Case:
        found = self.row().status
        assert found == status, f"Expected status {status}, but it is {found}"
        return self

    def has_passed(self, *elements: str) -> Case:
        done = iter(self.done())
        assert all(element in done for element in elements), f"Expected {elements} in {self.done()}"
        return self

    def has_not_passed(self, *elements: str) -> Case:
        assert not set(elements) & set(self.done()), f"Expected none of {elements} in {self.done()}"
        return self

    def has_ended_at(self, end_id: str) -> Case:
        with self.services.database.read() as connection:
            status = connection.execute(
                select(instance.c.status).where(instance.c.id == self.row().instance_id)
            ).scalar_one()
        assert status == "completed", f"Expected the instance to have ended, but it is {status}"
        assert self.done()[-1] == end_id, f"Expected to end at {end_id}, but at {self.done()[-1]}"
        return self.has_nothing_left()

    def has_nothing_left(self) -> Case:
        """No job of the instance is ready or running, and no task is open."""
        with self.services.database.read() as connection:
            jobs = connection.execute(
                select(job.c.kind, job.c.state).where(
                    (job.c.instance_id == self.row().instance_id) & job.c.state.in_(("ready", "running", "incident"))
                )
            ).all()
        assert [each for each in jobs if each.kind not in ("notice", "document", "text_message")] == []
        assert self.waiting() == []
        return self

    # -- looking

    def detail(self, by: str) -> ApplicationDetail:
        with self.services.database.read() as connection:
            return self.services.cases.detail(connection, self.number, self.actor(by))

    def registration(self) -> Registration:
        with self.services.database.read() as connection:
            found = Registrations(connection).of_person(self.row().person_id)
        assert found is not None
        return found

    def row(self) -> Any:
        with self.services.database.read() as connection:
            return connection.execute(select(application).where(application.c.number == self.number)).one()

    def waiting(self) -> list[str]:
        with self.services.database.read() as connection:
            query = select(task.c.path).where(
                (task.c.instance_id == self.row().instance_id) & (task.c.status == "open")
            )
            return sorted(connection.execute(query).scalars())

    def done(self) -> list[str]:
        with self.services.database.read() as connection:
            query = (
                select(history.c.element_id)
                .where((history.c.instance_id == self.row().instance_id) & (history.c.event == "completed"))
                .order_by(history.c.seq)
            )
            return list(connection.execute(query).scalars())

    def task_id(self, path: str) -> str:
        assert path in self.waiting(), f"Expected to wait at {path}, but at {self.waiting()}"
        with self.services.database.read() as connection:
            query = select(task.c.id).where(
                (task.c.instance_id == self.row().instance_id) & (task.c.path == path) & (task.c.status == "open")
            )
            return str(connection.execute(query).scalar_one())

    def actor(self, username: str) -> Actor:
        services = self.services
        with services.database.read() as connection:
            account = Accounts(connection, services.system_clock, services.passwords).by_username(username)
            found = actor_of(connection, account.id)
        assert found is not None
        return found

    def uscc(self, key: str) -> str:
        with self.services.database.read() as connection:
            query = select(enterprise.c.uscc).where(enterprise.c.key == key)
            return connection.execute(query).scalar() or key

    def command_id(self) -> str:
        return uuid4().hex

    def today(self) -> date:
        return day_of(self._clock.now())


def without_nights(services: Services) -> None:
    """Let no process begin by its timer, in tests that move the clock and count what there is afterwards."""
    with services.database.write() as work:
        work.connection.execute(delete(timer_start))
