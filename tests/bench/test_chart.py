"""The picture of the figures: readable without seeing it, and honest about what is missed."""

from __future__ import annotations

import pytest
from lxml import etree

from bench.chart import LIMITS, OURS, draw
from bench.table import MUSTS

STATEMENTS = "postgresql_inbox_completion_statements"
SVG = "{http://www.w3.org/2000/svg}"


def bars(picture: str) -> dict[str, list[float]]:
    """The widths of the bars by their kind."""
    found: dict[str, list[float]] = {}
    for rect in etree.fromstring(picture.encode()).iter(f"{SVG}rect"):
        found.setdefault(str(rect.attrib["class"]), []).append(float(rect.attrib["width"]))
    return found


def test_a_figure_beyond_its_limit_is_drawn_as_missed_and_longer():
    met, missed = bars(draw({STATEMENTS: 6.0})), bars(draw({STATEMENTS: 12.0}))
    assert "missed" not in met
    (at_most_half,) = met["ours"]
    (longer,) = missed["missed"]
    assert longer == pytest.approx(2 * at_most_half, rel=0.01)


def test_a_least_is_drawn_the_other_way_round():
    name = "postgresql_inbox_8_clients_completions_of_pgbench_ratio"
    (better,), (worse,) = bars(draw({name: 0.5}))["ours"], bars(draw({name: 0.05}))["missed"]
    assert better < worse


def test_what_was_not_measured_is_left_out_and_all_else_is_said_in_words():
    name = "postgresql_rest_8_clients_completions_per_s"
    title = next(etree.fromstring(draw({name: 321.0}).encode()).iter(f"{SVG}title")).text
    assert f"{OURS[name]}: 321/s" in title
    assert "SpiffArena" in title
    assert "inbox page" not in title


def test_every_limit_of_the_chart_is_one_of_the_table():
    assert LIMITS.keys() <= MUSTS.keys()
