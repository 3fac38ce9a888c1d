"""What one completion and one start ask of the database: statements, commits, round trips.

On PostgreSQL they are counted on the wire, between production's web processes and the server; on SQLite, which is no
server, by the driver's trace of what is executed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from uuid import uuid4

from sqlalchemy import event

from app import create_app
from bench.clients import run
from bench.completions import decision, first_saves
from bench.figures import Figures
from bench.office import DISTRICT_TASK, PASSES
from bench.replay import WARM_UP, Replay
from bench.site import Site
from bench.wire import NO_STATEMENT, Statement, Tally

TIMES = 12


def pages(site: Site, figures: Figures) -> Iterator[None]:
    """Counts of the inbox and the portal; on PostgreSQL, pgbench then repeats the completion in each round."""
    if site.cluster is None:
        _traced(site, figures)
        return
    web, wire = site.wired
    (officer,) = site.sign_in([site.office.officer.id], web)
    tallies: list[Tally] = []

    def complete(copy: int) -> list[Statement]:
        tallies.append(counted(wire.tally, partial(run, web.port, [[decision(site, officer, copy)]], expected=303)))
        return wire.take_asked()

    replay = Replay(site, "pgbench", site.declared)
    replay.record(complete)
    note(figures, f"{site.name}_inbox_completion", tallies[WARM_UP // 2 :])
    saves = [partial(run, web.port, [[post]], expected=303) for post in first_saves(site, TIMES, web)]
    note(figures, f"{site.name}_portal_start", [counted(wire.tally, save) for save in saves][TIMES // 2 :])
    while True:
        yield
        replay.round(figures)


def counted(tally: Callable[[], Tally], act: Callable[[], object]) -> Tally:
    before = tally()
    act()
    return tally() - before


def note(figures: Figures, name: str, tallies: list[Tally]) -> None:
    """Each as a round of its own: the median is the usual count, the highest that of the dearest."""
    for each in tallies:
        figures.add(f"{name}_statements", each.statements)
        figures.add(f"{name}_commits", each.commits)
        figures.add(f"{name}_round_trips", each.round_trips)


def _traced(site: Site, figures: Figures) -> None:
    """The same pages in this process, with SQLite telling what it executes; there are no round trips to count."""
    office = site.office
    engine = office.services.database.engine
    engine.dispose()
    executed: list[str] = []
    event.listen(engine, "connect", lambda connection, record: connection.set_trace_callback(executed.append))
    app = create_app(services=office.services)
    app.config.update(WTF_CSRF_ENABLED=False)
    client = app.test_client()
    numbers = site.copies(site.declared, TIMES)
    found = []
    for token, copy in zip(office.sessions([office.officer.id] * TIMES), numbers, strict=True):
        client.set_cookie("sid", token)
        executed.clear()
        fields = {**{name: values[0] for name, values in PASSES.items()}, "command_id": uuid4().hex}
        task_id = site.declared.numbered(site.declared.open_task(DISTRICT_TASK), copy)
        answer = client.post(f"/inbox/tasks/{task_id}/decision", data=fields)
        assert answer.status_code == 303, answer.status
        words = [statement.split(None, 1)[0].upper() for statement in executed]
        found.append(Tally(sum(word not in NO_STATEMENT for word in words), words.count("COMMIT")))
    for each in found:
        figures.add(f"{site.name}_inbox_completion_statements", each.statements)
        figures.add(f"{site.name}_inbox_completion_commits", each.commits)
