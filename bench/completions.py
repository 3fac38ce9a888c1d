"""Completions and starts through the pages: session, permission, form token, form, engine, status, trail, notice."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

from bench.clients import run
from bench.figures import Figures
from bench.meter import Meter, in_words
from bench.office import DISTRICT_TASK, LINE, PASSES
from bench.site import SignedIn, Site
from bench.web import Web

TIMES = {1: 60, 8: 320, 32: 640}  # completions of a round, by the number of clients
STARTS = 64
WARM_UP = 40


def completions(site: Site, figures: Figures) -> Iterator[None]:
    """The district passes transfers on to the city, through the route of the inbox."""
    numbers = site.copies(site.declared, site.rounds * sum(TIMES.values()) + WARM_UP)
    officers = site.sign_in([site.office.officer.id] * max(TIMES))

    def queues(clients: int, times: int) -> list[list[bytes]]:
        return [
            [decision(site, officer, next(numbers)) for _ in range(times // clients)] for officer in officers[:clients]
        ]

    run(site.web.port, queues(8, WARM_UP), expected=303)  # a worker's first requests read diagrams and templates
    while True:
        yield
        for clients, times in TIMES.items():
            meter = Meter(site)
            meter.run(queues(clients, times), expected=303)
            meter.note(figures, f"inbox_{in_words(clients)}_completion")


def starts(site: Site, figures: Figures) -> Iterator[None]:
    """Applicants save a transfer for the first time, through the form of the portal."""
    saves = iter(first_saves(site, STARTS * site.rounds))
    while True:
        yield
        queues = [[next(saves) for _ in range(STARTS // 8)] for _ in range(8)]
        meter = Meter(site)
        meter.run(queues, expected=303)
        meter.note(figures, "portal_8_clients_start")


def memory(site: Site, figures: Figures) -> Iterator[None]:
    """What the largest worker takes when it has served all that stands before this part in a round."""
    (officer,) = site.sign_in([site.office.officer.id])
    while True:
        yield
        for _ in range(8):  # at a connection each, so that every worker draws the inbox
            run(site.web.port, [[officer.get("/inbox")]], expected=200)
        figures.add(f"{site.name}_web_worker_pss_mb", max(site.web.worker_pss_mb()))


def first_saves(site: Site, many: int, web: Web | None = None) -> list[bytes]:
    """The requests by which so many people begin a transfer, each their own."""
    people = site.sign_in([each.id for each in site.office.newcomers(many)], web)
    form = {name: values[0] for name, values in site.office.form().items()}
    address = f"/lines/{LINE}/apply"
    return [person.post(address, {**form, "action": "save", "command_id": uuid4().hex}) for person in people]


def decision(site: Site, officer: SignedIn, copy: int) -> bytes:
    """The request by which the district passes a copy on."""
    case = site.declared
    task_id = case.numbered(case.open_task(DISTRICT_TASK), copy)
    answers = {name: values[0] for name, values in PASSES.items()}
    return officer.post(f"/inbox/tasks/{task_id}/decision", {**answers, "command_id": uuid4().hex})
