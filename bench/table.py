"""The table of `make bench`: each figure with what is asked of it, whether that is met, and what others take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.figures import Figures


@dataclass(frozen=True, slots=True)
class Must:
    """What is asked of a figure, from issues 5 and 6 and DESIGN.md 6."""

    figure: str
    most: float | None = None
    least: float | None = None

    def met_by(self, value: float) -> bool:
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)

    @property
    def words(self) -> str:
        return f"≤ {shown(self.most)}" if self.most is not None else f"≥ {shown(self.least or 0)}"


MUSTS = {
    must.figure: must
    for must in (
        Must("postgresql_inbox_8_clients_completions_of_pgbench_ratio", least=1 / 6),
        Must("postgresql_inbox_8_clients_completion_cpu_ms", most=3.0),
        Must("postgresql_inbox_completion_commits", most=1),
        Must("postgresql_inbox_completion_statements", most=8),
        Must("postgresql_inbox_completion_round_trips", most=4),
        Must("postgresql_inbox_32_clients_completion_p99_ms", most=250),
        Must("postgresql_rest_8_clients_completions_of_pgbench_ratio", least=1 / 6),
        Must("postgresql_rest_8_clients_completion_cpu_ms", most=3.0),
        Must("postgresql_rest_completion_commits", most=1),
        Must("postgresql_rest_completion_statements", most=8),
        Must("postgresql_rest_completion_round_trips", most=4),
        Must("postgresql_rest_32_clients_completion_p99_ms", most=250),
        Must("postgresql_inbox_page_100k_open_p95_ms", most=15),
        Must("postgresql_inbox_page_1m_open_p95_ms", most=25),
        *(
            Must(f"{database}_applications_page_of_{scope}_slowest_p95_ms", most=50)
            for database in ("postgresql", "sqlite")
            for scope in ("person", "employer", "district", "city", "centre")
        ),
        Must("postgresql_finished_life_bytes", most=4_608),
        Must("postgresql_web_worker_pss_mb", most=70),
        Must("postgresql_both_branches_of_one_ratio", most=2),
        Must("postgresql_step_1000_of_step_10_ratio", most=1.1),
        Must("postgresql_200k_finished_of_few_ratio", most=1.2),
    )
}

# The same kind of work by others, measured before on the same kind of machine: PostgreSQL, 8 clients, over HTTP.
ELSEWHERE = {
    "SpiffArena, completions": 24.6,
    "viewflow, completions": 109.0,
    "bare Flask, one transaction, no permissions": 692.0,
    "pgbench, the transaction of that bare Flask": 3_845.0,
}


def lines(figures: Figures) -> Iterator[str]:
    """The printed table, in the order in which the figures were taken."""
    found = figures.medians()
    width = max(map(len, [*found, *MUSTS]))
    yield f"{'figure (median of the rounds)':<{width}} {'median':>10} {'lowest':>10} {'highest':>10}   must"
    for name, value in found.items():
        low, high = figures.spread(name)
        cells = " ".join(f"{shown(each):>10}" for each in (value, low, high))
        must = MUSTS.get(name)
        verdict = f"{must.words} {'met' if must.met_by(value) else 'MISSED'}" if must else ""
        yield f"{name:<{width}} {cells}   {verdict}".rstrip()
    for name, must in MUSTS.items():
        if name not in found:
            yield f"{name:<{width}} {'-':>10} {'-':>10} {'-':>10}   {must.words} not measured"
    yield ""
    yield "Elsewhere, measured before (per second, 8 clients, PostgreSQL):"
    yield from (f"  {name:<48} {shown(value):>8}" for name, value in ELSEWHERE.items())


def missed(found: Mapping[str, float]) -> list[str]:
    return [name for name, must in MUSTS.items() if name in found and not must.met_by(found[name])]


def shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
