"""What `make bench` tells of its rounds, and its verdicts."""

from __future__ import annotations

import orjson
import pytest

from bench.figures import Figures, percentile
from bench.table import MUSTS, lines, missed

PGBENCH, INBOX = "postgresql_pgbench_8_clients_per_s", "postgresql_inbox_8_clients_completions_per_s"
RATIO = "postgresql_inbox_8_clients_completions_of_pgbench_ratio"
STATEMENTS = "postgresql_inbox_completion_statements"


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (95, 95), (99, 99), (100, 100)])
def test_a_percentile_is_not_exceeded_by_so_many_percent(percent, expected):
    assert percentile(range(1, 101), percent) == expected


def test_a_percentile_of_few_values_is_one_of_them():
    assert percentile([7], 99) == 7
    assert percentile([1, 2, 3], 95) == 3


def test_a_ratio_relates_figures_of_the_same_round():
    figures = Figures()
    for ours, theirs in ((10, 100), (30, 100), (5, 10)):  # the medians' ratio would be 0.1
        figures.add(INBOX, ours)
        figures.add(PGBENCH, theirs)
    figures.ratio(RATIO, INBOX, PGBENCH)
    assert figures.medians()[RATIO] == pytest.approx(0.3)


def test_the_table_says_what_is_met_what_is_missed_and_what_was_not_measured():
    figures = Figures()
    figures.add(STATEMENTS, 9)
    figures.add(RATIO, 0.2)
    table = {line.split()[0]: line for line in lines(figures) if line.strip()}
    assert table[STATEMENTS].endswith("≤ 8 MISSED")
    assert table[RATIO].endswith("≥ 0.1667 met")
    assert table["postgresql_web_worker_pss_mb"].endswith("not measured")
    assert missed(figures.medians()) == [STATEMENTS]


def test_what_is_asked_is_met_exactly_at_its_limit():
    must = MUSTS[STATEMENTS]
    assert (must.met_by(8), must.met_by(8.5)) == (True, False)


def test_the_file_has_flat_keys_and_the_medians(tmp_path):
    figures = Figures()
    for value in (1, 5, 3):
        figures.add("some_step_us", value)
    figures.write(tmp_path / "bench" / "latest.json", rounds=3)
    assert orjson.loads((tmp_path / "bench" / "latest.json").read_bytes()) == {"rounds": 3, "some_step_us": 3}
