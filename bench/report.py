"""Puts the figures of the last `make bench` into docs/performance.md, table and chart: `python -m bench.report`.

A run of some parts leaves the figures of the others as they stand: all are kept in docs/performance.json, each with its
day, and the page says of which day a row is where it is not that of the last run.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from bench.chart import LIMITS, OURS, draw
from bench.table import ELSEWHERE, MUSTS, shown

ROOT = Path(__file__).resolve().parent.parent
LATEST = ROOT / "var" / "bench" / "latest.json"
PAGE = ROOT / "docs" / "performance.md"
KEPT = ROOT / "docs" / "performance.json"
PICTURE = ROOT / "docs" / "images" / "performance.svg"
_OF_A_RUN = ("measured_at", "python", "processors", "load_of_the_machine_before", "rounds")
_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"

# What a row says, and its figures by database; several are set beside one another.
ROWS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("starts/s through the portal, 8 clients", ("portal_8_clients_starts_per_s",)),
    *(
        (f"completions/s through the inbox, {words} (p50 / p95 / p99 ms)",
         tuple(f"inbox_{key}_completion{end}" for end in ("s_per_s", "_p50_ms", "_p95_ms", "_p99_ms")))
        for key, words in (("1_client", "1 client"), ("8_clients", "8 clients"), ("32_clients", "32 clients"))
    ),
    ("processor ms of web and database a completion, inbox, 8 clients", ("inbox_8_clients_completion_cpu_ms",)),
    ("statements / commits / round trips of a completion, inbox",
     tuple(f"inbox_completion_{what}" for what in ("statements", "commits", "round_trips"))),
    ("statements / commits / round trips of a start, portal",
     tuple(f"portal_start_{what}" for what in ("statements", "commits", "round_trips"))),
    ("starts/s over REST, 8 clients", ("rest_8_clients_starts_per_s",)),
    *(
        (f"completions/s over REST, {words} (p50 / p95 / p99 ms)",
         tuple(f"rest_{key}_completion{end}" for end in ("s_per_s", "_p50_ms", "_p95_ms", "_p99_ms")))
        for key, words in (("1_client", "1 client"), ("8_clients", "8 clients"), ("32_clients", "32 clients"))
    ),
    ("processor ms of web and database a completion, REST, 8 clients", ("rest_8_clients_completion_cpu_ms",)),
    ("statements / commits / round trips of a completion, REST",
     tuple(f"rest_completion_{what}" for what in ("statements", "commits", "round_trips"))),
    ("pgbench/s, the statements of the inbox, 1 / 8 clients", ("pgbench_1_client_per_s", "pgbench_8_clients_per_s")),
    ("pgbench/s, the statements of REST, 1 / 8 clients",
     ("pgbench_of_rest_1_client_per_s", "pgbench_of_rest_8_clients_per_s")),
    ("completions through the inbox, of pgbench", ("inbox_8_clients_completions_of_pgbench_ratio",)),
    ("completions over REST, of pgbench", ("rest_8_clients_completions_of_pgbench_ratio",)),
    *(
        (f"inbox page among {words} open tasks (p50 / p95 ms, processor ms)",
         tuple(f"inbox_page_{key}_open_{end}" for end in ("p50_ms", "p95_ms", "cpu_ms")))
        for key, words in (("1k", "1,000"), ("100k", "100,000"), ("1m", "1,000,000"))
    ),
    *(
        (f"list of 100,000 applications, {scope} (p50 / p95 ms, slowest filter or order p95 ms)",
         tuple(f"applications_page_of_{scope}_{end}" for end in ("p50_ms", "p95_ms", "slowest_p95_ms")))
        for scope in ("person", "employer", "district", "city", "centre")
    ),
    ("both employers at once, of one alone", ("both_branches_of_one_ratio",)),
    ("step 1,000 of step 10", ("step_1000_of_step_10_ratio",)),
    ("completion with 200,000 finished instances, of one with few", ("200k_finished_of_few_ratio",)),
    ("bytes of a finished life of the neutral transfer, on its day / packed",
     ("finished_life_of_today_bytes", "finished_life_bytes")),
    ("bytes of a finished employer transfer, packed: engine / business record",
     ("finished_case_bytes", "finished_case_business_record_bytes")),
    ("bytes of an open employer transfer: engine / business record",
     ("open_case_bytes", "open_case_business_record_bytes")),
    ("MB (PSS) of a web worker after load", ("web_worker_pss_mb",)),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figures", type=Path, default=LATEST)
    run = orjson.loads(parser.parse_args().figures.read_bytes())
    kept = merged(orjson.loads(KEPT.read_bytes()), run)
    KEPT.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")
    PICTURE.write_text(draw(_values(kept)), encoding="utf-8")
    PAGE.write_text(filled_in(PAGE.read_text(encoding="utf-8"), kept), encoding="utf-8")
    print(PICTURE, PAGE, KEPT)


def merged(kept: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the page, with the figures of a run in the place of those that it has measured again.

    `run` is flat, as `make bench` writes it; what is kept says of the last run `_OF_A_RUN`, and has in `figures` each
    value with its day. Figures that the page no longer shows are dropped.
    """
    day = datetime.fromisoformat(run["measured_at"]).date().isoformat()
    figures = kept["figures"] | {name: [value, day] for name, value in run.items() if name not in _OF_A_RUN}
    shows = _names()
    return {name: run[name] for name in _OF_A_RUN} | {
        "figures": {name: figures[name] for name in figures.keys() & shows}
    }


def filled_in(page: str, kept: Mapping[str, Any]) -> str:
    """The page with these figures between its two marks."""
    between = re.compile(f"{_BEGIN}.*?{_END}", re.DOTALL)
    if len(between.findall(page)) != 1:
        raise ValueError(f"Expected {_BEGIN} and {_END} once in the page")
    lines = "\n".join(_lines(kept))
    return between.sub(lambda _: f"{_BEGIN}\n{lines}\n{_END}", page)


def _names() -> set[str]:
    """All figures that the page or its chart shows."""
    of_rows = {f"{database}_{name}" for _, names in ROWS for name in names for database in ("sqlite", "postgresql")}
    return of_rows | MUSTS.keys() | OURS.keys() | LIMITS.keys()


def _values(kept: Mapping[str, Any]) -> dict[str, float]:
    return {name: value for name, (value, _) in kept["figures"].items()}


def _lines(kept: Mapping[str, Any]) -> Iterator[str]:
    figures = _values(kept)
    last = datetime.fromisoformat(kept["measured_at"]).date().isoformat()
    machine = f"{kept['processors']} processors, Python {kept['python']}, {kept['rounds']} rounds"
    load = f"the load of the machine before was {kept['load_of_the_machine_before']:.1f}"
    others = {day for _, day in kept["figures"].values()} - {last}
    yield f"Measured on {last}: {machine}; {load}.{' Rows with a day were measured on that day.' if others else ''}"
    yield ""
    yield "| Figure | SQLite | PostgreSQL | Asked on PostgreSQL |"
    yield "|---|---|---|---|"
    for words, names in ROWS:
        shown_here = {f"{database}_{name}" for name in names for database in ("sqlite", "postgresql")} & figures.keys()
        if shown_here:
            days = sorted({kept["figures"][name][1] for name in shown_here} & others)
            cells = (_cell(figures, "sqlite", names), _cell(figures, "postgresql", names), _verdict(figures, names))
            of = f" ({', '.join(days)})" if days else ""
            yield f"| {words}{of} | {' | '.join(cells)} |"
    yield ""
    elsewhere = "; ".join(f"{name} {shown(value)}/s" for name, value in ELSEWHERE.items())
    yield f"Elsewhere, measured before on the same kind of machine with 8 clients and PostgreSQL: {elsewhere}."


def _cell(figures: Mapping[str, Any], database: str, names: tuple[str, ...]) -> str:
    found = [figures.get(f"{database}_{name}") for name in names]
    return " / ".join("–" if value is None else shown(value) for value in found) if any(found) else "–"


def _verdict(figures: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The limit of each figure that has one, and whether it is kept."""
    asked = [MUSTS[name] for name in (f"postgresql_{name}" for name in names) if name in MUSTS and name in figures]
    return ", ".join(f"{must.words} {'✓' if must.met_by(figures[must.figure]) else '✗'}" for must in asked)


if __name__ == "__main__":
    main()
