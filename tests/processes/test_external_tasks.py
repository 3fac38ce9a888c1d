"""Fetching and settling external tasks on both databases: under a lock, by one worker at a time, without a storm."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from kernel.actors import SYSTEM
from kernel.clock import FixedClock
from kernel.errors import InvalidInput, NotFound
from processes.external import ExternalTasks
from processes.fetching import Fetching, Topic
from processes.incidents import Incidents, IncidentView
from store.tables import job
from store.unit_of_work import Database
from tests.processes.diagrams import boundary, end, error, flows, node, process, service, several, start
from tests.processes.house import House

PRINTING = process("printing", start() + service("print_it") + end() + flows("started > print_it > ended"))
PRINT_EACH = node(
    "serviceTask",
    "print_it",
    several(over="papers", element="paper"),
    camunda__type="external",
    camunda__topic="print_it",
)
MANY = process("many", start() + PRINT_EACH + end() + flows("started > print_it > ended"))
TOPIC = Topic("print_it", timedelta(minutes=1))


class Workers(House):
    """The house, and what workers call."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        super().__init__(database, clock)
        self.fetching = Fetching(database, self.definitions, clock)
        self.tasks = ExternalTasks(database, self.processes, clock)
        self.incidents = Incidents(database, clock)

    def fetch(self, worker: str = "w", most: int = 10, topic: Topic = TOPIC) -> list[Any]:
        return self.fetching.fetch(worker, [topic], most=most, by_priority=True)

    def complete(self, task_id: str, worker: str = "w", **outputs: Any) -> None:
        self.tasks.complete(task_id, worker, outputs, by=SYSTEM)

    def incident(self) -> IncidentView:
        with self.database.read() as connection:
            (row,) = self.incidents.page(connection).items
            return self.incidents.view(connection, row.id)


@pytest.fixture
def workers(database: Database, clock: FixedClock) -> Workers:
    return Workers(database, clock)


def test_two_workers_share_what_waits(workers: Workers) -> None:
    workers.deploy(PRINTING)
    instances = {workers.start("printing", f"A-{number}") for number in range(7)}

    found = [workers.fetch("a", 3), workers.fetch("b", 3), workers.fetch("a", 3), workers.fetch("b", 3)]

    assert [len(tasks) for tasks in found] == [3, 3, 1, 0]
    assert {task.row.instance_id for tasks in found for task in tasks} == instances
    for tasks in found:
        for task in tasks:
            workers.complete(task.row.id, task.worker)
    assert {workers.row(one).status for one in instances} == {"completed"}


def test_each_instance_of_a_repeated_task_has_its_item(workers: Workers) -> None:
    workers.deploy(MANY)
    instance_id = workers.start("many", "A-1", papers=["x", "y"], title="t")

    local = workers.fetch(topic=Topic("print_it", timedelta(minutes=1), only_local=True))

    assert sorted(task.variables["paper"] for task in local) == ["x", "y"]
    assert all("title" not in task.variables for task in local)
    for task in local:
        workers.complete(task.row.id)
    assert workers.row(instance_id).status == "completed"


def test_a_task_that_ended_or_is_somebody_elses_is_refused_and_nothing_changes(workers: Workers) -> None:
    workers.deploy(PRINTING)
    workers.start("printing", "A-1")
    (task,) = workers.fetch("a")

    with pytest.raises(InvalidInput):
        workers.complete(task.row.id, "b")
    workers.complete(task.row.id, "a", pages=3)
    with pytest.raises(NotFound):
        workers.complete(task.row.id, "a", pages=4)

    assert workers.variables(task.row.instance_id) == {"pages": 3}


def test_each_failure_is_kept_with_its_worker(workers: Workers, clock: FixedClock) -> None:
    workers.deploy(PRINTING)
    workers.start("printing", "A-1")
    for left in (1, 0):
        (task,) = workers.fetch(f"w{left}")
        workers.tasks.fail(
            task.row.id, f"w{left}", message="jam", details="tray 2", retries=left, retry_after=timedelta(minutes=5)
        )
        clock.advance(minutes=5)

    view = workers.incident()

    assert [(one.worker, one.error, one.trace) for one in view.attempts] == [
        ("w1", "jam", "tray 2"),
        ("w0", "jam", "tray 2"),
    ]
    assert view.job is not None
    assert (view.job.state, view.job.attempt, view.actions) == ("incident", 2, ("retry",))
    assert not workers.fetching.has_any(["print_it"])


def test_a_task_that_its_process_needs_no_more_is_cancelled_under_its_worker(workers: Workers) -> None:
    """An error ends the others of a repeated task: their workers are told, and no lock stands in the way."""
    body = start() + PRINT_EACH + boundary("jammed", "print_it", error("JAM")) + end() + end("given_up")
    workers.deploy(process("fragile", body + flows("started > print_it > ended", "jammed > given_up"), errors=("JAM",)))
    instance_id = workers.start("fragile", "A-1", papers=["x", "y"])
    first, second = workers.fetch()

    workers.tasks.throw_error(first.row.id, "w", "JAM", {}, by=SYSTEM)

    assert workers.row(instance_id).status == "completed"
    with pytest.raises(NotFound):
        workers.complete(second.row.id)
    with workers.database.read() as connection:
        state = connection.execute(select(job.c.state).where(job.c.id == second.row.id)).scalar_one()
    assert state == "cancelled"


def test_the_first_of_several_topics_come_as_asked(workers: Workers, clock: FixedClock) -> None:
    other = process("binding", start() + service("bind_it") + end() + flows("started > bind_it > ended"))
    workers.deploy(PRINTING, other)
    for number, key in enumerate(("printing", "binding", "printing", "binding")):
        workers.start(key, f"A-{number}")
        clock.advance(minutes=1)
    topics = [Topic("bind_it", timedelta(minutes=1)), TOPIC, TOPIC]

    def fetch(most: int, **order: bool) -> list[str]:
        found = workers.fetching.fetch("w", topics, most=most, **({"by_priority": False} | order))
        return [task.row.business_key for task in found]

    assert fetch(1, newest_first=True) == ["A-3"]
    assert fetch(2) == ["A-0", "A-1"]
    assert fetch(9, by_priority=True, newest_first=False) == ["A-2"]


def test_a_fetch_of_many_asks_the_database_as_often_as_one_of_few(workers: Workers) -> None:
    workers.deploy(PRINTING)
    for number in range(12):
        workers.start("printing", f"A-{number}")
    statements: list[str] = []

    @event.listens_for(workers.database.engine, "before_cursor_execute")
    def count(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        statements.append(statement)

    workers.fetch("a", 2)
    few = len(statements)
    workers.fetch("a", 10)

    assert few <= 6
    assert len(statements) - few <= few
