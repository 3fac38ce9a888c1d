"""Bytes of an instance in PostgreSQL: how much the tables and their indexes grow by instances that commands drive."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Table

from bench.figures import Figures
from bench.meter import Meter
from bench.rest import live, system_started
from bench.site import Amounts, Site
from store.tables import engine

CASES, LIVES = 25, 150
_OF_THE_ENGINE = {value.name for value in vars(engine).values() if isinstance(value, Table)}


def bytes_of_instances(site: Site, figures: Figures, amounts: Amounts) -> None:
    """Lives of the neutral diagram; transfers that wait for the district, and those that are over."""
    if site.cluster is None:
        return
    office, system = site.office, site.system
    waiting, over = office.newcomers(CASES), office.newcomers(CASES)
    # No table is empty, and what is forgotten of these in the night has been forgotten.
    live(system, Meter(site), system_started(system, Meter(site), 2, 2), 2)
    office.closed(office.newcomers(1))
    office.months_pass()

    before = compact(site)
    live(system, Meter(site), system_started(system, Meter(site), LIVES, 4), 4)
    _note(figures, "finished_life_of_today", LIVES, before, compact(site))
    office.months_pass()
    _note(figures, "finished_life", LIVES, before, after := compact(site))

    before = after
    office.closed(over)
    _note(figures, "finished_case_of_today", CASES, before, compact(site))
    office.months_pass()
    _note(figures, "finished_case", CASES, before, after := compact(site))

    before = after
    office.declared(waiting)
    _note(figures, "open_case", CASES, before, compact(site))


def compact(site: Site) -> Mapping[str, int]:
    """Bytes by table, when what updates have left behind is cleared away, as autovacuum does it in time."""
    database = site.office.services.database.engine
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM FULL")
    return _tables(site)


def _tables(site: Site) -> Mapping[str, int]:
    query = (
        "SELECT relname, pg_total_relation_size(oid) FROM pg_class "
        "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    with site.office.services.database.read() as connection:
        return {row[0]: row[1] for row in connection.exec_driver_sql(query)}


def _note(figures: Figures, what: str, many: int, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    """The engine's tables, with the whole history, told apart from the business record and the registry."""
    grown = {name: (size - before.get(name, 0)) / many for name, size in after.items()}
    of_engine = sum(size for name, size in grown.items() if name in _OF_THE_ENGINE)
    figures.add(f"postgresql_{what}_bytes", of_engine)
    if what == "finished_life":
        for name in sorted(_OF_THE_ENGINE & {name for name, size in grown.items() if size > of_engine / 100}):
            figures.add(f"postgresql_{what}_in_{name}_bytes", grown[name])
    if "case" in what:
        figures.add(f"postgresql_{what}_business_record_bytes", sum(grown.values()) - of_engine)
