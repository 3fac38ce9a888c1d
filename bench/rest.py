"""Lives of the neutral transfer over `/engine-rest`: started and completed by another system with a bearer token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import orjson

from bench.clients import run
from bench.counts import note
from bench.figures import Figures
from bench.life import TASKS
from bench.meter import Meter, in_words
from bench.replay import Replay
from bench.site import Site
from bench.system import System
from bench.wire import Statement, Tally

LIVES = {1: 6, 8: 32, 32: 64}  # of a round, by the number of clients; each is ten completions
OK, NO_CONTENT = 200, 204


def lives(site: Site, figures: Figures) -> Iterator[None]:
    """Whole lives, from the start to the last of the ten tasks, by 1, 8 and 32 clients; counts once, at the wire."""
    system = site.system
    live(system, Meter(site), system_started(system, Meter(site), 8, 8), 8)  # reads the diagram into both workers
    replay = _counted(site, figures, system) if site.cluster is not None else None
    while True:
        yield
        for clients, many in LIVES.items():
            starts, completions = Meter(site), Meter(site)
            instances = system_started(system, starts, many, clients)
            live(system, completions, instances, clients)
            starts.note(figures, f"rest_{in_words(clients)}_start")
            completions.note(figures, f"rest_{in_words(clients)}_completion")
        if replay is not None:
            replay.round(figures)


def system_started(system: System, meter: Meter, many: int, clients: int) -> list[str]:
    """Start instances; their ids."""
    bodies = meter.run(dealt([system.start() for _ in range(many)], clients), expected=OK, keep=True)
    return [orjson.loads(body)["id"] for body in bodies]


def live(system: System, meter: Meter, instances: Sequence[str], clients: int, tasks: Sequence[str] = TASKS) -> None:
    """Complete these tasks of all instances, one after the other. What is to be completed next is not asked in time."""
    for element_id in tasks:
        found = system.tasks(instances, element_id)
        meter.run(dealt([system.complete(each, element_id) for each in found], clients), expected=NO_CONTENT)


def dealt(requests: Sequence[bytes], clients: int) -> list[list[bytes]]:
    return [list(requests[place::clients]) for place in range(clients)]


def _counted(site: Site, figures: Figures, system: System) -> Replay:
    """The counts of one life, when the web has served others before; and the fifth of its steps for pgbench."""
    web, wire = site.wired

    def tally_of(sent: bytes, expected: int) -> tuple[Tally, list[bytes]]:
        before = wire.tally()
        _, bodies = run(web.port, [[sent]], expected=expected, keep=True)
        return wire.tally() - before, bodies

    for _ in range(4):
        start, bodies = tally_of(system.start(), OK)
        instance = str(orjson.loads(bodies[0])["id"])
        completions = []
        for element_id in TASKS:
            (found,) = system.tasks([instance], element_id)
            completions.append(tally_of(system.complete(found, element_id), NO_CONTENT)[0])
    note(figures, f"{site.name}_rest_start", [start])
    note(figures, f"{site.name}_rest_completion", completions)

    (instance,) = system_started(system, Meter(site), 1, 1)
    live(system, Meter(site), [instance], 1, TASKS[:4])
    case = site.office.original_of(instance)
    (waiting,) = system.tasks([instance], TASKS[4])

    def complete(copy: int) -> list[Statement]:
        wire.take_asked()
        tally_of(system.complete(case.numbered(waiting, copy), TASKS[4]), NO_CONTENT)
        return wire.take_asked()

    replay = Replay(site, "pgbench_of_rest", case)
    replay.record(complete)
    return replay
