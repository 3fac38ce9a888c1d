"""What each kind of job does: on its transaction (runners), or outside of any (errands)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from applications.documents import Documents
from applications.notices import TEXT_MESSAGE, Notices
from jobs.claims import ClaimedJob
from jobs.outside import Errand, Outing, Result
from jobs.pump import Runner
from kernel.clock import Clock
from kernel.errors import BusinessOutcome
from processes.incidents import TOLD_DONE
from processes.ports import Answer, Handlers, OutsideCall, Repeat
from processes.runtime import Processes
from registry.exchange.ports import TextMessages
from store.jobs import OPEN
from store.tables import job
from store.unit_of_work import Database, UnitOfWork


def runners(processes: Processes, notices: Notices) -> Mapping[str, Runner]:
    """The runners by kind of job; one that finds its task closed by now has nothing to do."""

    def fire_timer(work: UnitOfWork, claimed: ClaimedJob, deferred: frozenset[str]) -> None:
        payload = claimed.payload
        processes.fire_timer(work, claimed.instance_id or "", payload["timer_id"], payload["occurrence"], deferred)

    def run_service(work: UnitOfWork, claimed: ClaimedJob, deferred: frozenset[str]) -> None:
        processes.run_service(work, claimed.instance_id or "", claimed.payload["task_id"], deferred)

    def deliver_notice(work: UnitOfWork, claimed: ClaimedJob, deferred: frozenset[str]) -> None:
        notices.deliver(work, claimed.payload)

    def deliver_message(work: UnitOfWork, claimed: ClaimedJob, deferred: frozenset[str]) -> None:
        processes.deliver_sent(work, claimed.payload["message_id"], deferred)

    def deliver_signal(work: UnitOfWork, claimed: ClaimedJob, deferred: frozenset[str]) -> None:
        payload = claimed.payload
        subscription_id, told = payload["subscription_id"], payload.get("payload", {})
        processes.deliver(work, claimed.instance_id or "", subscription_id, told, deferred)

    def start(work: UnitOfWork, claimed: ClaimedJob, deferred: frozenset[str]) -> None:
        payload = claimed.payload
        variables = payload.get("variables", {})
        processes.start_at(work, payload["definition_id"], payload["element_id"], payload["key"], variables, deferred)

    return {
        "timer": fire_timer,
        "service": run_service,
        "message": deliver_message,
        "signal": deliver_signal,
        "start": start,
        "notice": deliver_notice,
    }


def errands(
    processes: Processes,
    handlers: Handlers,
    documents: Documents,
    clock: Clock,
    notices: Notices,
    gateway: TextMessages,
) -> Mapping[str, Errand]:
    """The errands by kind of job; `clock` dates what handlers note."""
    return {
        "service": OutsideService(processes, handlers, clock),
        "document": ArchiveDocument(documents),
        TEXT_MESSAGE: SendTextMessage(notices, gateway),
    }


@dataclass(frozen=True, slots=True)
class OutsideService:
    """A service task whose handler has effects outside our database."""

    processes: Processes
    handlers: Handlers
    clock: Clock

    def prepare(self, connection: Connection, claimed: ClaimedJob) -> Outing | None:
        note = _notes_of(claimed, self.clock.now)
        call = self.processes.outside_call(
            connection, claimed.instance_id or "", claimed.payload["task_id"], attempt=claimed.attempt, note=note
        )
        return None if call is None else self._outing(connection, call)

    def settle(self, work: UnitOfWork, claimed: ClaimedJob, result: Result, deferred: frozenset[str]) -> None:
        if result == TOLD_DONE:
            answer = Answer(self.handlers.when_told_done(claimed.payload["topic"]))
        else:
            answer = Answer(result["outputs"], result["error_code"])
        task_id = claimed.payload["task_id"]
        self.processes.settle_service(work, claimed.instance_id or "", task_id, answer, deferred)

    def _outing(self, connection: Connection, call: OutsideCall) -> Outing:
        go = self.handlers.prepare(connection, call)
        ask = self.handlers.ask(connection, call)

        def asked() -> Result | None:
            known = ask()
            return None if known is None else Answer(known).to_json()

        def went() -> Result:
            try:
                return Answer(go()).to_json()
            except BusinessOutcome as outcome:
                return Answer(outcome.data, outcome.error_code).to_json()

        return Outing(self.handlers.repeat(call.topic), went, asked)


@dataclass(frozen=True, slots=True)
class ArchiveDocument:
    """Keep the form of an application as it was submitted. Again at any time: a second file is an orphan."""

    documents: Documents

    def prepare(self, connection: Connection, claimed: ClaimedJob) -> Outing | None:
        form = self.documents.submitted(connection, claimed.payload["application_id"], claimed.payload["revision"])
        return None if form is None else Outing(Repeat.BY_KEY, lambda: {"stored_name": self.documents.store(form)})

    def settle(self, work: UnitOfWork, claimed: ClaimedJob, result: Result, deferred: frozenset[str]) -> None:
        payload = claimed.payload
        self.documents.archive(work, payload["application_id"], payload["revision"], result["stored_name"])


@dataclass(frozen=True, slots=True)
class SendTextMessage:
    """Send an SMS. The gateway sends one key once."""

    notices: Notices
    gateway: TextMessages

    def prepare(self, connection: Connection, claimed: ClaimedJob) -> Outing | None:
        found = self.notices.text_message(connection, claimed.payload)
        if found is None:
            return None

        def go() -> Result:
            key, about = claimed.payload["key"], found.application_id
            self.gateway.send(found.mobile, found.body, key=key, application_id=about)
            return {}

        return Outing(Repeat.BY_KEY, go)

    def settle(self, work: UnitOfWork, claimed: ClaimedJob, result: Result, deferred: frozenset[str]) -> None:
        return None


def follow_the_handlers(database: Database, processes: Processes) -> int:
    """Give waiting service jobs to who runs their topic in this version of the service; tells how many changed.

    A topic may have gained a handler since they were left, or its handler may work outside now.
    """
    waiting = (job.c.kind == "service") & job.c.state.in_(OPEN) & (job.c.state != "running")
    with database.read() as connection:
        found = connection.execute(select(job.c.topic, job.c.lane).where(waiting).distinct()).all()
    changed = 0
    for topic, lane in found:
        if (now := processes.lane_of(topic)) != lane:
            with database.write() as work:
                moved = update(job).where(waiting & (job.c.topic == topic)).values(lane=now, fence=job.c.fence + 1)
                changed += work.connection.execute(moved).rowcount
    return changed


def _notes_of(claimed: ClaimedJob, now: Callable[[], datetime]) -> Callable[[str], None]:
    def note(text: str) -> None:
        claimed.log.append({"at": now().isoformat(), "text": text[:500]})

    return note
