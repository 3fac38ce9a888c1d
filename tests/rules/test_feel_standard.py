"""FEEL by the clauses of DMN 1.5: `standard.txt` line by line, and its functions against models that are not ours."""

import math
import statistics
from datetime import UTC, datetime
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.feel import Vocabulary, compile_expression
from rules.feel.values import equal

LENIENT = Vocabulary(lenient=True)
LINES = [
    line.split(" ==> ")
    for line in (Path(__file__).parent / "standard.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


def value_of(source, **scope):
    return compile_expression(source, LENIENT).evaluate(scope, now=datetime(2026, 6, 15, 10, tzinfo=UTC))


@pytest.mark.parametrize(("source", "expected"), LINES, ids=lambda text: text[:60])
def test_an_expression_has_the_value_of_the_standard(source, expected):
    found, told = value_of(source), value_of(expected)
    assert equal(found, told) is True


# -- points and ranges, as sets of points on a dense line: the ends, what lies between them, and what lies beyond

ENDS = (1, 2, 3)
POINTS = [Decimal(step) / 4 for step in range(2, 15)]


def ranges():
    """Every range between the ends that holds something, as text and as the set of its points."""
    for low, high, opening, closing in product(ENDS, ENDS, "[(", "])"):
        inside = {
            point
            for point in POINTS
            if (low <= point if opening == "[" else low < point) and (point <= high if closing == "]" else point < high)
        }
        if inside and low <= high:
            yield f"{opening}{low}..{high}{closing}", inside


RANGES = list(ranges())
WHOLE = [(str(end), {Decimal(end)}) for end in ENDS]


MODELS = {
    "before": lambda a, b: max(a) < min(b),
    "after": lambda a, b: min(a) > max(b),
    "overlaps": lambda a, b: bool(a & b),
    "overlaps before": lambda a, b: bool(a & b) and min(a) < min(b) and max(a) <= max(b),
    "overlaps after": lambda a, b: bool(a & b) and min(b) < min(a) and max(b) <= max(a),
    "meets": lambda a, b: max(a) == min(b) and max(a) in ENDS,
    "met by": lambda a, b: max(b) == min(a) and min(a) in ENDS,
    "includes": lambda a, b: a >= b,
    "during": lambda a, b: a <= b,
    "starts": lambda a, b: min(a) == min(b) and a <= b,
    "started by": lambda a, b: min(a) == min(b) and a >= b,
    "finishes": lambda a, b: max(a) == max(b) and a <= b,
    "finished by": lambda a, b: max(a) == max(b) and a >= b,
    "coincides": lambda a, b: a == b,
}
WITH_POINTS = {
    "includes": (RANGES, WHOLE),
    "started by": (RANGES, WHOLE),
    "finished by": (RANGES, WHOLE),
    "during": (WHOLE, RANGES),
    "starts": (WHOLE, RANGES),
    "finishes": (WHOLE, RANGES),
    "coincides": (WHOLE, WHOLE),
}


@pytest.mark.parametrize("name", MODELS)
def test_points_and_ranges_lie_as_sets_of_points_do(name):
    pairs = list(product(RANGES, RANGES))
    if name in ("before", "after"):
        pairs += [*product(WHOLE, WHOLE), *product(WHOLE, RANGES), *product(RANGES, WHOLE)]
    elif name in WITH_POINTS:
        pairs += product(*WITH_POINTS[name])
    wrong = [
        f"{name}({one}, {other})"
        for (one, first), (other, second) in pairs
        if value_of(f"{name}({one}, {other})") is not MODELS[name](first, second)
    ]
    assert wrong == []


# -- the library against Python's own

NUMBERS = st.decimals(-(10**6), 10**6, places=3)
WHOLE_NUMBERS = st.integers(-(10**33), 10**33)
LISTS = st.lists(st.integers(-5, 5), max_size=8)


@given(st.lists(NUMBERS, min_size=1, max_size=8))
def test_figures_are_those_of_statistics(numbers):
    assert value_of("sum(n)", n=numbers) == sum(numbers)
    assert value_of("median(n)", n=numbers) == statistics.median(numbers)
    assert value_of("mode(n)", n=numbers) == sorted(statistics.multimode(numbers))
    assert (value_of("min(n)", n=numbers), value_of("max(n)", n=numbers)) == (min(numbers), max(numbers))
    assert value_of("sort(n)", n=numbers) == sorted(numbers)
    if len(numbers) > 1:
        expected = float(statistics.stdev(numbers))
        assert math.isclose(float(value_of("stddev(n)", n=numbers)), expected, rel_tol=1e-9, abs_tol=1e-9)


@given(NUMBERS, st.integers(-2, 3))
def test_roundings_are_those_of_decimal(number, digits):
    for name, mode in (
        ("decimal", ROUND_HALF_EVEN),
        ("round up", ROUND_UP),
        ("round half up", ROUND_HALF_UP),
        ("round half down", ROUND_HALF_DOWN),
    ):
        assert value_of(f"{name}(n, d)", n=number, d=digits) == number.quantize(Decimal(1).scaleb(-digits), mode)
    assert value_of("floor(n)", n=number) == math.floor(number)
    assert value_of("ceiling(n)", n=number) == math.ceil(number)


@given(LISTS, st.integers(-9, 9), st.integers(-5, 5))
def test_positions_of_lists_count_from_one_and_from_the_end(items, position, new):
    index = position - 1 if position > 0 else len(items) + position
    inside = position != 0 and 0 <= index < len(items)
    scope = {"l": items, "p": position, "n": new}
    assert value_of("l[p]", **scope) == (items[index] if inside else None)
    assert value_of("remove(l, p)", **scope) == (items[:index] + items[index + 1 :] if inside else None)
    assert value_of("insert before(l, p, n)", **scope) == ([*items[:index], new, *items[index:]] if inside else None)
    assert value_of("list replace(l, p, n)", **scope) == (
        [*items[:index], new, *items[index + 1 :]] if inside else None
    )
    assert value_of("sublist(l, p)", **scope) == (items[index:] if inside else None)
    assert value_of("index of(l, n)", **scope) == [at for at, item in enumerate(items, 1) if item == new]
    assert value_of("distinct values(l)", **scope) == list(dict.fromkeys(items))
    assert value_of("reverse(l)", **scope) == items[::-1]


@given(st.text(max_size=8), st.integers(-9, 9), st.text(max_size=3))
def test_texts_are_cut_as_python_cuts_them(text, position, part):
    index = position - 1 if position > 0 else len(text) + position
    inside = position != 0 and 0 <= index < len(text)
    scope = {"t": text, "p": position, "m": part}
    assert value_of("substring(t, p)", **scope) == (text[index:] if inside else None)
    assert value_of("string length(t)", **scope) == len(text)
    assert value_of("contains(t, m)", **scope) is (part in text)
    assert value_of("starts with(t, m) and ends with(t, m)", **scope) is (text.startswith(part) and text.endswith(part))
    if part and part in text:
        assert value_of("substring before(t, m) + m + substring after(t, m)", **scope) == text


@given(st.dictionaries(st.text(max_size=3), WHOLE_NUMBERS, max_size=4), st.text(max_size=3), WHOLE_NUMBERS)
def test_a_context_gets_an_entry_and_keeps_the_others(context, key, new):
    scope = {"c": context, "k": key, "n": new}
    assert value_of("context put(c, k, n)", **scope) == context | {key: new}
    assert value_of("get value(context put(c, k, n), k)", **scope) == new
    assert value_of("context(get entries(c)) = c", **scope) is True
    assert value_of("context merge([c, {a: n}])", **scope) == context | {"a": new}


@given(st.datetimes() | st.dates() | st.times() | st.timedeltas())
def test_what_is_written_as_text_is_read_as_the_same(value):
    names = {"datetime": "date and time", "date": "date", "time": "time", "timedelta": "duration"}
    assert value_of(f"{names[type(value).__name__]}(string(v)) = v", v=value) is True
