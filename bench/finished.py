"""A completion in a database with 200,000 finished instances, against the same in one with few."""

from __future__ import annotations

import statistics

from sqlalchemy import create_engine

from bench.clients import run
from bench.completions import decision
from bench.copies import copy_many
from bench.figures import Figures
from bench.site import Amounts, SignedIn, Site, at_the_web, settle
from bench.web import Web, served

TURNS, TIMES = 30, 10
_AT_ONCE = 10_000  # instances of one statement


def finished_instances(site: Site, figures: Figures, amounts: Amounts) -> None:
    """Two databases that are alike but for the finished instances, each with a web; runs of one client take turns."""
    if site.cluster is None:
        return
    office = site.office
    number = office.closed(office.newcomers(1))[0]
    office.months_pass()
    case = office.original(number)
    numbers = site.copies(site.declared, (TURNS + 1) * TIMES)
    tokens = office.sessions([office.officer.id])
    office.close()  # PostgreSQL copies a database that nobody is connected to
    many_url = site.cluster.copy(str(office.services.database.engine.url.database), "many_finished")
    engine = create_engine(many_url)
    copy_many(engine, case, 1, amounts.finished, at_once=_AT_ONCE)
    settle(engine)
    engine.dispose()
    with served(many_url, site.folder / "many_finished") as many:
        places: dict[str, tuple[Web, SignedIn]] = {
            name: (web, at_the_web(web, tokens)[0]) for name, web in (("few", site.web), ("many", many))
        }
        p50: dict[str, list[float]] = {"few": [], "many": []}
        for turn in range(TURNS + 1):
            copies = [next(numbers) for _ in range(TIMES)]
            for name, (web, officer) in places.items():
                load, _ = run(web.port, [[decision(site, officer, copy) for copy in copies]], expected=303)
                if turn:  # the first is for the caches
                    p50[name].append(statistics.median(load.seconds))
    label = f"{amounts.finished // 1000}k"
    for few, more in zip(p50["few"], p50["many"], strict=True):
        figures.add("postgresql_completion_with_few_finished_p50_ms", few * 1000)
        figures.add(f"postgresql_completion_with_{label}_finished_p50_ms", more * 1000)
        figures.add(f"postgresql_{label}_finished_of_few_ratio", more / few)
    site.cluster.drop("many_finished")
