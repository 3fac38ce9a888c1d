"""Reckoning with calendar years (R-1.5-2)."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from registry.calendar import same_day_next_year, years_after, years_before


def test_a_year_ends_on_the_same_day_of_the_next():
    assert same_day_next_year(date(2025, 3, 10)) == date(2026, 3, 10)


def test_after_29_february_the_year_is_over_on_1_march():
    assert same_day_next_year(date(2024, 2, 29)) == date(2025, 3, 1)
    assert years_after(date(2024, 2, 29), 4) == date(2028, 2, 29)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_years_before_is_the_last_day_whose_year_is_over(day):
    assert (
        same_day_next_year(years_before(day, 1)) <= day < same_day_next_year(years_before(day, 1) + timedelta(days=1))
    )
