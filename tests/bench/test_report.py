"""The page of the docs says what was measured, and says so of every figure that something is asked of."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from bench.report import KEPT, PAGE, ROWS, filled_in, merged
from bench.table import MUSTS

RUN = {
    "measured_at": "2026-11-29T23:00:00+00:00",
    "processors": 2,
    "python": "3.11.7",
    "rounds": 3,
    "load_of_the_machine_before": 0.2,
}
EMPTY = "before\n<!-- figures -->\nold\n<!-- end of figures -->\nafter"


NOTHING: dict[str, Any] = {"figures": {}}
LISTS = "| list of 100,000 applications, city (p50 / p95 ms, slowest filter or order p95 ms)"


def test_figures_stand_beside_what_is_asked_of_them():
    run = RUN | {
        "postgresql_inbox_completion_statements": 9.0,
        "postgresql_inbox_completion_commits": 1.0,
        "postgresql_inbox_completion_round_trips": 4.0,
        "sqlite_inbox_completion_statements": 17.0,
    }
    kept = merged(NOTHING, run)
    page = filled_in(EMPTY, kept)
    assert "| 17 / – / – | 9 / 1 / 4 | ≤ 8 ✗, ≤ 1 ✓, ≤ 4 ✓ |" in page
    assert "old" not in page
    assert "were measured on that day" not in page
    assert page.startswith("before\n")
    assert page.endswith("\nafter")
    assert filled_in(page, kept) == page
    assert merged(kept, run) == kept


def test_a_run_of_some_parts_leaves_the_figures_of_the_others_with_their_day():
    """Issue 6: figures of lists may be measured anew without a run of everything."""
    city = {f"postgresql_applications_page_of_city_{end}": 30.0 for end in ("p50_ms", "p95_ms", "slowest_p95_ms")}
    first = merged(NOTHING, RUN | city | {"postgresql_inbox_completion_statements": 9.0, "no_longer_shown": 1.0})
    kept = merged(first, RUN | {"measured_at": "2026-12-02T00:30:00+00:00", "rounds": 1} | dict.fromkeys(city, 20.0))

    page = filled_in(EMPTY, kept)

    assert "Measured on 2026-12-02: 2 processors, Python 3.11.7, 1 rounds" in page
    assert "Rows with a day were measured on that day." in page
    assert f"{LISTS} | – | 20 / 20 / 20 | ≤ 50 ✓ |" in page
    assert "| statements / commits / round trips of a completion, inbox (2026-11-29) | – | 9 / – / – | ≤ 8 ✗ |" in page
    assert "no_longer_shown" not in kept["figures"]


def test_the_page_shows_the_figures_that_are_kept():
    page = PAGE.read_text(encoding="utf-8")
    assert filled_in(page, orjson.loads(KEPT.read_bytes())) == page


def test_what_was_not_measured_has_no_row():
    assert "REST" not in filled_in(EMPTY, merged(NOTHING, RUN))


def test_a_page_without_the_marks_is_not_touched():
    with pytest.raises(ValueError, match="once in the page"):
        filled_in("no marks", merged(NOTHING, RUN))


def test_the_page_shows_every_figure_that_something_is_asked_of():
    filled_in(PAGE.read_text(encoding="utf-8"), merged(NOTHING, RUN))
    assert {key.partition("_")[2] for key in MUSTS} <= {name for _, names in ROWS for name in names}
