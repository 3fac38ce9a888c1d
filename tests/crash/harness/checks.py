"""What must be true of one instance, asked by SQL from outside (RELIABILITY.md 2.8).

`after_the_kill` holds at every moment, with nothing running; `at_the_end` in addition when the work is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, func, select, text

from jobs.claims import LOST
from processes.definitions import Definitions
from processes.execution import Execution
from processes.xml import parse
from store.tables import attempt, command, definition, effect, history, instance, job, sent_message, subscription, task
from store.unit_of_work import Database
from tests.crash.harness.journal import Journal
from tests.crash.harness.outside import Outside

Kind = Literal["lost", "doubled", "hung", "broken"]

_ENDED = ("done", "cancelled")
_RUNNABLE = ("ready", "running", "incident")
# What an instance waits for; a signal that is on its way to it may find it ended.
_WAITED_FOR = job.c.state.in_(_RUNNABLE) & job.c.kind.in_(("timer", "service"))
_HANDED_OVER = frozenset(
    {("ready", "running"), ("running", "ready"), ("running", "incident"), ("incident", "ready")}
    | {(state, "cancelled") for state in _RUNNABLE}
)
_EXPECTED_ERRORS = (LOST, "FailpointHit", "OutsideBusy", "OutcomeUnknown")


@dataclass(frozen=True, slots=True)
class Violation:
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened in an instance and what it left, without ids: equal for equal decisions."""

    facts: Counter[str]

    @property
    def is_terminated(self) -> bool:
        """An operator ended it, so it does not have to have come as far as others."""
        return any(fact.startswith("terminated ") for fact in self.facts)


class Checks:
    """Looks at one database and the other system."""

    def __init__(self, database: Database, definitions: Definitions, outside: Outside) -> None:
        self._database = database
        self._definitions = definitions
        self._outside = outside

    def watch_jobs(self) -> None:
        """Have the database note every change of a job, whoever makes it."""
        with self._database.write() as work:
            for statement in _WATCH_POSTGRESQL if work.is_postgresql else _WATCH_SQLITE:
                work.connection.exec_driver_sql(statement)

    def after_the_kill(self, name: str, journal: Journal) -> list[Violation]:
        return self._found(
            name,
            lambda connection, row: [
                *_answered_but_gone(connection, journal, row),
                *_history(connection, row),
                *_ended_twice(connection, row),
                *_stuck(connection, row),
                *self._rows_without_state(connection, row),
                *_jobs_changed_wrongly(connection, row),
            ],
            journal,
        )

    def at_the_end(
        self, name: str, journal: Journal, *, stalled: bool = False, living: frozenset[str] = frozenset()
    ) -> list[Violation]:
        """All that must hold when the clients and workers have come to rest.

        `living` are the workers that nobody has killed or stopped. Where one stood still between its claim and its
        call, another system that has no memory of keys can be called by two (RELIABILITY.md 2.5): `stalled`.
        """
        return self.after_the_kill(name, journal) + self._found(
            name,
            lambda connection, row: [
                *_not_ended(journal, row),
                *self._effects(connection, row, stalled=stalled),
                *_taken_from_the_living(connection, row, living),
                *_differing(journal),
                *_messages(connection, journal, row),
                *(Violation("broken", fault) for fault in journal.faults()),
                *_strange_errors(connection, row),
            ],
            journal,
        )

    def outcome(self, name: str) -> Outcome:
        with self._database.read() as connection:
            row = connection.execute(select(instance).where(instance.c.business_key == name)).one()
            events = connection.execute(
                select(history.c.event, history.c.path).where(history.c.instance_id == row.id)
            ).all()
            stamps = self._stamps(connection, row.id)
        effects = self._outside.effects(row.id).keys + stamps
        facts = Counter(f"{row.event} {row.path}" for row in events)
        return Outcome(facts + Counter({f"effect of {path}": count for path, count in effects.items()}))

    # -- inside

    def _found(
        self, name: str, look: Callable[[Connection, Any], list[Violation]], journal: Journal
    ) -> list[Violation]:
        with self._database.read() as connection:
            rows = connection.execute(select(instance).where(instance.c.business_key == name)).all()
            found = [violation for row in rows for violation in look(connection, row)]
        if len(rows) > 1:
            found.append(Violation("doubled", f"{name} was started {len(rows)} times"))
        if not rows and f"{name}:start" in journal.answers():
            found.append(Violation("lost", f"{name} was started, and is not there"))
        return found

    def _rows_without_state(self, connection: Connection, row: Any) -> Iterator[Violation]:
        """I8: the rows of tasks, subscriptions, timers and service jobs tell what the stored state tells."""
        if row.status != "active":
            return
        execution = Execution.load(self._definitions.get(row.definition_id), row.state)
        jobs = {f"{row.id}:{timer.id}:timer:{timer.occurrence}" for timer in execution.timers()}
        jobs |= {f"{row.id}:{found.id}:service" for found in execution.service_tasks()}
        held = _WAITED_FOR & (job.c.instance_id == row.id)
        for what, in_state, in_rows in (
            ("tasks", {found.id for found in execution.user_tasks()}, _open(connection, task, row.id)),
            ("messages", {found.id for found in execution.subscriptions()}, _open(connection, subscription, row.id)),
            ("jobs", jobs, set(connection.execute(select(job.c.dedupe_key).where(held)).scalars())),
        ):
            if in_state - in_rows:
                yield Violation("hung", f"{what} wait in the state and have no row: {sorted(in_state - in_rows)}")
            if in_rows - in_state:
                yield Violation("lost", f"{what} have a row and wait no more: {sorted(in_rows - in_state)}")

    def _effects(self, connection: Connection, row: Any, *, stalled: bool) -> Iterator[Violation]:
        """I3: each visit of a service task has one effect; one that was called off may have none."""
        visits: dict[str, Counter[str]] = {"entered": Counter(), "completed": Counter()}
        events = select(history.c.event, history.c.path).where(history.c.instance_id == row.id)
        for event, path in connection.execute(events.where(history.c.event.in_(("entered", "completed")))):
            visits[event][path] += 1
        outside = self._outside.effects(row.id)
        effects = (outside.keys if stalled else outside.done) + self._stamps(connection, row.id)
        for path, count in effects.items():
            if count > visits["entered"][path]:
                yield Violation("doubled", f"{path} was visited {visits['entered'][path]} times, with {count} effects")
        # A repeated activity has an entry in history around those of its instances; jobs count its visits alone.
        called = select(job.c.payload, job.c.state).where((job.c.instance_id == row.id) & (job.c.kind == "service"))
        jobs = connection.execute(called).all()
        done = Counter(payload["path"] for payload, state in jobs if state == "done")
        inline = effects.keys() - {payload["path"] for payload, _ in jobs}
        done += Counter({path: visits["completed"][path] for path in inline})
        for path, count in done.items():
            if count > effects[path]:
                yield Violation("lost", f"{path} was done {count} times, with {effects[path]} effects")

    def _stamps(self, connection: Connection, instance_id: str) -> Counter[str]:
        own = select(effect.c.key).where(effect.c.key.startswith(f"{instance_id}:"))
        return Counter(key.split(":")[1] for key in connection.execute(own).scalars())


def _answered_but_gone(connection: Connection, journal: Journal, row: Any) -> Iterator[Violation]:
    """I1: what a client was answered is in the database."""
    asked = journal.asked()
    for key, answers in journal.answers().items():
        stored = connection.execute(select(command.c.response).where(command.c.id == key)).one_or_none()
        if stored is None or stored.response != answers[0]:
            yield Violation("lost", f"{key} was answered {answers[0]}, but the database knows {stored}")
        if asked[key]["do"] == "complete":
            done = connection.execute(select(task).where(task.c.id == asked[key]["task"])).one_or_none()
            if done is None or done.status != "completed" or done.answers != asked[key]["answers"]:
                yield Violation("lost", f"{key} was answered, but its task is {done and (done.status, done.answers)}")


def _differing(journal: Journal) -> Iterator[Violation]:
    """I2: a repeated command is answered as it was at first. One that was refused has left nothing, and may be carried
    out later: a message is for whoever waits by then."""
    for key, answers in journal.answers().items():
        if any(answer != answers[0] for answer in answers):
            yield Violation("doubled", f"{key} was answered differently: {answers}")
    for key, code in journal.refused_after_answer():
        yield Violation("doubled", f"{key} was carried out, and refused at a repetition: {code}")


def _messages(connection: Connection, journal: Journal, row: Any) -> Iterator[Violation]:
    """Each message that was accepted was caught once."""
    asked = journal.asked()
    sent = Counter(asked[key]["message"] for key in journal.answers() if asked[key]["do"] == "send")
    catchers = select(subscription.c.name, subscription.c.path, subscription.c.element_id).where(
        (subscription.c.instance_id == row.id) & (subscription.c.kind == "message") & subscription.c.name.in_(sent)
    )
    caught: Counter[str] = Counter()
    for message, path, element_id in connection.execute(catchers.distinct()):
        # An event sub-process begins with its message; it may be cancelled before it ends.
        told = "entered" if element_id in _event_sub_processes(connection, row) else "completed"
        happened = (history.c.instance_id == row.id) & (history.c.path == path) & (history.c.event == told)
        caught[message] += connection.execute(select(func.count()).select_from(history).where(happened)).scalar_one()
    published = [answers[0] for key, answers in journal.answers().items() if asked[key]["do"] == "publish"]
    for message_id in published if row.status == "completed" else ():
        stored = connection.execute(select(sent_message).where(sent_message.c.id == message_id)).one_or_none()
        if stored is None or (stored.status, stored.instance_id) != ("consumed", row.id):
            yield Violation("lost", f"a message was published and not consumed: {stored}")
    if sent - caught:
        yield Violation("lost", f"messages were accepted and not caught: {dict(sent - caught)}")
    if caught - sent:
        yield Violation("doubled", f"messages were caught more often than sent: {dict(caught - sent)}")


def _event_sub_processes(connection: Connection, row: Any) -> set[str]:
    """The ids of the event sub-processes of an instance's own process."""
    xml = connection.execute(select(definition.c.xml).where(definition.c.id == row.definition_id)).scalar_one()
    return {node.get("id", "") for node in parse(bytes(xml)).iterfind(".//*[@triggeredByEvent='true']")}


def _history(connection: Connection, row: Any) -> Iterator[Violation]:
    """I4: the history of an instance counts 1, 2, 3 … up to the number in its row."""
    query = select(history.c.seq).where(history.c.instance_id == row.id).order_by(history.c.seq)
    seqs = list(connection.execute(query).scalars())
    if seqs != list(range(1, row.history_seq + 1)):
        yield Violation("lost", f"the history of {row.history_seq} events is {seqs}")


def _ended_twice(connection: Connection, row: Any) -> Iterator[Violation]:
    """I3: a visit of an element ends once, whether completed or cancelled."""
    ends = (history.c.instance_id == row.id) & history.c.event.in_(("completed", "cancelled"))
    visits = (
        select(history.c.task_id, history.c.path, func.count().label("n"))
        .where(ends & history.c.task_id.is_not(None))
        .group_by(history.c.task_id, history.c.path)
        .having(func.count() > 1)
    )
    for visit in connection.execute(visits):
        yield Violation("doubled", f"visit {visit.task_id} of {visit.path} ended {visit.n} times")


def _stuck(connection: Connection, row: Any) -> Iterator[Violation]:
    """I5: an active instance waits for somebody or something, and an ended one for nothing."""
    waiting = len(_open(connection, task, row.id)) + len(_open(connection, subscription, row.id))
    jobs = select(func.count()).select_from(job)
    waiting += connection.execute(jobs.where((job.c.instance_id == row.id) & _WAITED_FOR)).scalar_one()
    if row.status == "active" and not waiting:
        yield Violation("hung", f"{row.id} is active, and nothing waits in it")
    if row.status != "active" and waiting:
        yield Violation("hung", f"{row.id} is {row.status}, and {waiting} things wait in it")


def _not_ended(journal: Journal, row: Any) -> Iterator[Violation]:
    """I10: once the faults have stopped, everything comes to its end."""
    if row.status == "active":
        yield Violation("hung", f"{row.id} has not ended: {journal.last_stuck()}")


def _jobs_changed_wrongly(connection: Connection, row: Any) -> Iterator[Violation]:
    """I6: an ended job never changes again, its fence only rises, and nobody takes a job from another's hands."""
    changes = connection.execute(
        text(
            "SELECT job_id, old_state, new_state, old_fence, new_fence, old_owner, new_owner FROM job_change"
            " WHERE instance_id = :instance ORDER BY number"
        ),
        {"instance": row.id},
    )
    for change in changes:
        moved = f"job {change.job_id}: {change.old_state} -> {change.new_state}, fence {change.old_fence} -> {change.new_fence}"
        if change.old_state in _ENDED:
            yield Violation("doubled", f"{moved} after its end")
        if change.new_fence < change.old_fence:
            yield Violation("doubled", f"{moved} falls")
        elif change.new_fence == change.old_fence and (change.old_state, change.new_state) in _HANDED_OVER:
            yield Violation("doubled", f"{moved} lets a former holder in")
        if change.old_state == change.new_state == "running" and change.new_owner != change.old_owner:
            yield Violation("doubled", f"{moved}: taken by two")


def _taken_from_the_living(connection: Connection, row: Any, living: frozenset[str]) -> Iterator[Violation]:
    """A worker that lives holds its job, however long it takes."""
    lost = (
        select(attempt.c.job_id, attempt.c.worker)
        .join(job, job.c.id == attempt.c.job_id)
        .where((job.c.instance_id == row.id) & (attempt.c.error == LOST) & attempt.c.worker.in_(living))
    )
    for job_id, worker in connection.execute(lost):
        yield Violation("doubled", f"job {job_id} was taken from {worker}, which was at it")


def _strange_errors(connection: Connection, row: Any) -> Iterator[Violation]:
    """No job ever failed of anything but what the harness let happen."""
    failed = text("SELECT DISTINCT job_id, error FROM job_change WHERE instance_id = :instance AND error IS NOT NULL")
    for job_id, error in connection.execute(failed, {"instance": row.id}):
        if not error.startswith(_EXPECTED_ERRORS):
            yield Violation("broken", f"job {job_id} failed: {error}")


def _open(connection: Connection, table: Any, instance_id: str) -> set[str]:
    query = select(table.c.id).where((table.c.instance_id == instance_id) & (table.c.status == "open"))
    return set(connection.execute(query).scalars())


_COLUMNS = "job_id, instance_id, old_state, new_state, old_fence, new_fence, old_owner, new_owner, error"
_VALUES = (
    "NEW.id, NEW.instance_id, OLD.state, NEW.state, OLD.fence, NEW.fence, OLD.lease_owner, NEW.lease_owner, NEW.error"
)
_TYPES = (
    "job_id varchar, instance_id varchar, old_state varchar, new_state varchar,"
    " old_fence integer, new_fence integer, old_owner varchar, new_owner varchar, error text"
)
_WATCH_SQLITE = (
    f"CREATE TABLE job_change (number integer PRIMARY KEY, {_TYPES})",
    "CREATE INDEX job_change_of ON job_change (instance_id)",
    f"CREATE TRIGGER job_watch AFTER UPDATE ON job BEGIN INSERT INTO job_change ({_COLUMNS}) VALUES ({_VALUES}); END",
)
_WATCH_POSTGRESQL = (
    f"CREATE TABLE job_change (number serial PRIMARY KEY, {_TYPES})",
    "CREATE INDEX job_change_of ON job_change (instance_id)",
    f"CREATE FUNCTION job_watched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO job_change ({_COLUMNS})"
    f" VALUES ({_VALUES}); RETURN NULL; END $$",
    "CREATE TRIGGER job_watch AFTER UPDATE ON job FOR EACH ROW EXECUTE FUNCTION job_watched()",
)
