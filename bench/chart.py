"""Draws what `make bench` found, as SVG (bench/report.py puts it into the docs).

Bars of two groups: how many a second, beside what others reach with the same kind of work, and how far from its limit
each figure is for which there is one. Colours follow the reader's light or dark scheme.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from bench.table import ELSEWHERE, MUSTS, Must, shown

WIDTH, LABELS, VALUES, MARGIN = 940, 400, 130, 20
ROW, BAR, TITLE, LINE = 26, 14, 44, 18
_SPAN = WIDTH - LABELS - VALUES - 2 * MARGIN

OURS = {
    "postgresql_inbox_8_clients_completions_per_s": "Permitflow, completions through the inbox",
    "postgresql_rest_8_clients_completions_per_s": "Permitflow, completions over REST",
    "postgresql_pgbench_8_clients_per_s": "pgbench, the statements of one of our completions",
}
LIMITS = {
    "postgresql_inbox_8_clients_completions_of_pgbench_ratio": "completions through the inbox, of pgbench",
    "postgresql_rest_8_clients_completions_of_pgbench_ratio": "completions over REST, of pgbench",
    "postgresql_inbox_8_clients_completion_cpu_ms": "processor ms a completion, inbox",
    "postgresql_rest_8_clients_completion_cpu_ms": "processor ms a completion, REST",
    "postgresql_inbox_completion_statements": "statements a completion, inbox",
    "postgresql_inbox_completion_round_trips": "round trips a completion, inbox",
    "postgresql_inbox_32_clients_completion_p99_ms": "p99 ms with 32 clients, inbox",
    "postgresql_inbox_page_100k_open_p95_ms": "inbox page p95 ms, 100,000 open",
    "postgresql_inbox_page_1m_open_p95_ms": "inbox page p95 ms, 1,000,000 open",
    "postgresql_finished_life_bytes": "bytes of a finished instance",
    "postgresql_web_worker_pss_mb": "MB of a web worker",
    "postgresql_both_branches_of_one_ratio": "both branches at once, of one",
    "postgresql_step_1000_of_step_10_ratio": "step 1,000 of step 10",
    "postgresql_200k_finished_of_few_ratio": "with 200,000 finished instances, of few",
}
STYLE = """
svg { font-family: system-ui, "Noto Sans", sans-serif; font-size: 13px; }
.ground { fill: #ffffff; } text { fill: #17211f; } .quiet { fill: #5a6663; } .head { font-weight: 600; }
.ours { fill: #0e5162; } .theirs { fill: #7d8a98; } .missed { fill: #b4560c; }
.limit { stroke: #17211f; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
  .ground { fill: #101817; } text { fill: #e6ecea; } .quiet { fill: #a3b0ac; }
  .ours { fill: #5fb6c9; } .theirs { fill: #7d8a98; } .missed { fill: #e39a54; } .limit { stroke: #e6ecea; }
}
"""


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    share: float  # of the whole span
    value: str
    kind: str  # ours | theirs | missed


def draw(found: Mapping[str, Any]) -> str:
    """The picture of the figures that were taken; what was not is left out."""
    rates, limits = tuple(_rates(found)), tuple(_limits(found))
    at_limits = TITLE + len(rates) * ROW + TITLE
    height = at_limits + len(limits) * ROW + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title">',
        f'<title id="title">{escape(_in_words(rates, limits))}</title><style>{STYLE}</style>',
        f'<rect class="ground" width="{WIDTH}" height="{height}"/>',
        _head(MARGIN + 8, "Completions a second: 8 clients, PostgreSQL, two processors for all of it"),
        *_bars(rates, TITLE),
        _head(at_limits - TITLE + MARGIN + 8, "Share of what is allowed: the line is the limit"),
        *_bars(limits, at_limits, values_behind=0.5),
    ]
    limit_x = LABELS + MARGIN + _SPAN / 2
    parts.append(f'<path class="limit" d="M{limit_x:g} {at_limits - 4}V{height - MARGIN + 4}"/></svg>')
    return "\n".join(parts) + "\n"


def _rates(found: Mapping[str, Any]) -> Iterator[Bar]:
    """Ours and theirs, slowest first."""
    rates = [(label, float(found[name]), "ours") for name, label in OURS.items() if name in found]
    rates += [(f"{label} (elsewhere)", value, "theirs") for label, value in ELSEWHERE.items()]
    most = max(value for _, value, _ in rates)
    for label, value, kind in sorted(rates, key=lambda rate: rate[1]):
        yield Bar(label, value / most, f"{shown(value)}/s", kind)


def _limits(found: Mapping[str, Any]) -> Iterator[Bar]:
    """How much of its limit each figure takes; half of the span is all of it, and what takes twice is cut there."""
    for name, label in LIMITS.items():
        if name in found:
            value, must = float(found[name]), MUSTS[name]
            kind = "ours" if must.met_by(value) else "missed"
            yield Bar(label, min(1.0, _taken(value, must) / 2), f"{shown(value)} {must.words}", kind)


def _taken(value: float, must: Must) -> float:
    return value / must.most if must.most is not None else (must.least or 0) / value


def _bars(bars: Sequence[Bar], top: float, values_behind: float = 0) -> Iterator[str]:
    """One bar a row; values stand behind it, and not before this share of the span, where the line of the limit is."""
    for place, bar in enumerate(bars):
        y = top + place * ROW
        x, width = LABELS + MARGIN, max(1.0, bar.share * _SPAN)
        yield f'<text x="{x - 8}" y="{y + BAR - 2}" text-anchor="end">{escape(bar.label)}</text>'
        yield f'<rect class="{bar.kind}" x="{x}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2"/>'
        value_x = x + max(width, values_behind * _SPAN) + 6
        yield f'<text class="quiet" x="{value_x:.1f}" y="{y + BAR - 2}">{escape(bar.value)}</text>'


def _head(y: float, words: str) -> str:
    return f'<text class="head" x="{MARGIN}" y="{y}">{escape(words)}</text>'


def _in_words(rates: Sequence[Bar], limits: Sequence[Bar]) -> str:
    """The picture for those who do not see it."""
    return "; ".join(f"{bar.label}: {bar.value}" for bar in (*rates, *limits))
