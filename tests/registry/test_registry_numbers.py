"""Numbers are given once, whoever asks at the same moment (R-D-08)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

from registry.numbers import NumberSeries

DAY = date(2026, 6, 15)


def test_business_numbers_run_by_day(database):
    with database.write() as work:
        numbers = NumberSeries(work.connection)
        assert numbers.business_number(DAY) == "BJ20260615000001"
        assert numbers.business_number(DAY) == "BJ20260615000002"
        assert numbers.business_number(date(2026, 6, 16)) == "BJ20260616000001"
        assert numbers.business_number(DAY, prefix="C1") == "C120260615000001"


def test_announcement_numbers_run_by_year(database):
    with database.write() as work:
        numbers = NumberSeries(work.connection)
        assert numbers.announcement_number(DAY) == "京建注告〔2026〕00001号"
        assert numbers.announcement_number(date(2026, 12, 31)) == "京建注告〔2026〕00002号"
        assert numbers.announcement_number(date(2027, 1, 1)) == "京建注告〔2027〕00001号"


def test_what_is_rolled_back_has_used_no_number(database):
    try:
        with database.write() as work:
            NumberSeries(work.connection).business_number(DAY)
            raise LookupError
    except LookupError:
        pass
    with database.write() as work:
        assert NumberSeries(work.connection).business_number(DAY) == "BJ20260615000001"


def test_commands_at_the_same_moment_get_different_numbers(database):
    def take(_: int) -> str:
        with database.write() as work:
            return NumberSeries(work.connection).business_number(DAY)

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(take, range(40)))
    assert sorted(taken) == [f"BJ20260615{n:06}" for n in range(1, 41)]
