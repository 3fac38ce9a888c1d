"""Settings that cannot be meant are refused when a process starts, not when they are first used."""

from __future__ import annotations

import pytest

from kernel.settings import Settings


def test_without_redis_the_pumps_look_by_themselves() -> None:
    assert Settings.from_environment({}).redis_url == ""


@pytest.mark.parametrize(
    "environment",
    [
        {"REDIS_URL": "127.0.0.1:6379"},
        {"OUTSIDE_THREADS": "0"},
        {"OUTSIDE_THREADS": "9"},
        {"OUTSIDE_THREADS": "two"},
        {"HELD_FETCHES": "-1"},
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(environment: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"REDIS_URL|OUTSIDE_THREADS|HELD_FETCHES|invalid literal"):
        Settings.from_environment(environment)
