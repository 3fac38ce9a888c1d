"""The inbox of the busiest district's officer: a page of 20 with its total, among ever more open tasks."""

from __future__ import annotations

import time

from applications.views import InboxFilters
from bench.clients import run
from bench.copies import copy_many
from bench.figures import Figures
from bench.meter import Meter
from bench.site import Amounts, Site
from registry.labels import DISTRICTS

SIZES = {"1k": 1_000, "100k": 100_000, "1m": 1_000_000}
MOST_ON_SQLITE = 100_000  # it is for one machine with few people
LOOKS = 60
_AT_ONCE = 50_000


def inbox_pages(site: Site, figures: Figures, amounts: Amounts) -> None:
    """Pages over HTTP, and the queries behind the list alone, at each size; the data are made in between."""
    case = site.declared
    (officer,) = site.sign_in([site.office.officer.id])
    districts = in_districts(site)
    engine = site.office.services.database.engine
    made = 0
    for label, size in SIZES.items():
        if size > amounts.open_tasks or (size > MOST_ON_SQLITE and site.cluster is None):
            return
        # The original is one of them.
        copy_many(engine, case, made + 1, size - 1, at_once=_AT_ONCE, listed_only=True, values=districts)
        made = size - 1
        site.settle()
        name = f"inbox_{{}}_{label}_open"
        figures.add_latencies(f"{site.name}_{name.format('query')}", queries(site))
        run(site.web.port, [[officer.get("/inbox")] * 4] * 2, expected=200)
        meter = Meter(site)
        meter.run([[officer.get("/inbox")] * LOOKS], expected=200)
        meter.note_times(figures, name.format("page"))


def queries(site: Site) -> list[float]:
    """Seconds of the list of 20 with its total."""
    inbox, officer = site.office.services.inbox, site.office.officer
    spent = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        with site.office.services.database.read() as connection:
            page = inbox.page(connection, officer, "todo", InboxFilters())
        spent.append(time.perf_counter() - began)
        assert len(page.items) == 20, f"Expected a full page, found {len(page.items)}"
    return spent


def in_districts(site: Site) -> dict[str, str]:
    """SQL that gives each fifth copy to the officer's district, the busiest of 16, and the others to the other 15."""
    busiest = site.office.officer.district
    others = [name for name in DISTRICTS if name != busiest][:15]
    cases = " ".join(f"WHEN {place} THEN '{name}'" for place, name in enumerate(others))
    district = f"CASE WHEN copy % 5 = 0 THEN '{busiest}' ELSE CASE copy / 5 % {len(others)} {cases} END END"
    opened_at = next(row["opened_at"] for row in site.declared.rows["task"] if row["status"] == "open")
    return {
        "scope": f"'district:' || {district}",
        "supervising_district": district,
        # One after the other, as they come in: the original, a whole case, is the first of the list.
        "opened_at": f"CAST('{opened_at}' AS timestamptz) + copy * interval '1 millisecond'"
        if site.cluster
        else f"strftime('%Y-%m-%d %H:%M:%f000', '{opened_at}', '+' || (copy / 1000.0) || ' seconds')",
    }
