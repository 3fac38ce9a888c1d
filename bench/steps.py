"""What a step of an old instance costs beside that of a young one: the thousandth and the tenth, in a loop."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import orjson

from bench.clients import run
from bench.figures import Figures
from bench.life import LAP, TASKS
from bench.rest import NO_CONTENT, OK
from bench.site import Site

LAPS_BEFORE = 198  # five steps each, after the first five: the next lap ends with the thousandth
PAIRS = 6


def steps(site: Site, figures: Figures) -> Iterator[None]:
    """The district returns a transfer again and again. Laps of the two instances take turns.

    Only on PostgreSQL: what is asked is whether an instance grows dearer, and its state is the same on both.
    """
    if site.cluster is None:
        return
    old = _started(site)
    for _ in range(LAPS_BEFORE):
        _lap(site, old)
    while True:
        yield
        young_s, old_s = [], []
        for _ in range(PAIRS):
            young = _started(site)
            young_s += _lap(site, young)
            old_s += _lap(site, old)
        figures.add(f"{site.name}_step_10_ms", statistics.median(young_s) * 1000)
        figures.add(f"{site.name}_step_1000_ms", statistics.median(old_s) * 1000)
        figures.add(f"{site.name}_step_1000_of_step_10_ratio", statistics.median(old_s) / statistics.median(young_s))


def _started(site: Site) -> str:
    """An instance that the district has returned once: five steps."""
    _, bodies = run(site.web.port, [[site.system.start()]], expected=OK, keep=True)
    instance = str(orjson.loads(bodies[0])["id"])
    _steps(site, instance, TASKS[:5])
    return instance


def _lap(site: Site, instance: str) -> list[float]:
    return _steps(site, instance, LAP)


def _steps(site: Site, instance: str, elements: tuple[str, ...]) -> list[float]:
    """Seconds of each of these completions."""
    spent = []
    for element_id in elements:
        (found,) = site.system.tasks([instance], element_id)
        sent = site.system.complete(found, element_id, returns=True)
        spent += run(site.web.port, [[sent]], expected=NO_CONTENT)[0].seconds
    return spent
