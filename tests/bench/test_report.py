"""The page of the docs says what was measured, and says so of every figure that something is asked of."""

from __future__ import annotations

import pytest

from bench.report import PAGE, ROWS, filled_in
from bench.table import MUSTS

RUN = {
    "measured_at": "2026-11-29T23:00:00+00:00",
    "processors": 2,
    "python": "3.11.7",
    "rounds": 3,
    "load_of_the_machine_before": 0.2,
}
EMPTY = "before\n<!-- figures -->\nold\n<!-- end of figures -->\nafter"


def test_figures_stand_beside_what_is_asked_of_them():
    figures = RUN | {
        "postgresql_inbox_completion_statements": 9.0,
        "postgresql_inbox_completion_commits": 1.0,
        "postgresql_inbox_completion_round_trips": 4.0,
        "sqlite_inbox_completion_statements": 17.0,
    }
    page = filled_in(EMPTY, figures)
    assert "| 17 / – / – | 9 / 1 / 4 | ≤ 8 ✗, ≤ 1 ✓, ≤ 4 ✓ |" in page
    assert "old" not in page
    assert page.startswith("before\n")
    assert page.endswith("\nafter")
    assert filled_in(page, figures) == page


def test_what_was_not_measured_has_no_row():
    assert "REST" not in filled_in(EMPTY, RUN)


def test_a_page_without_the_marks_is_not_touched():
    with pytest.raises(ValueError, match="once in the page"):
        filled_in("no marks", RUN)


def test_the_page_shows_every_figure_that_something_is_asked_of():
    filled_in(PAGE.read_text(encoding="utf-8"), RUN)
    assert {key.partition("_")[2] for key in MUSTS} <= {name for _, names in ROWS for name in names}
