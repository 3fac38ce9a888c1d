"""Whoever may edit a diagram cannot do harm with an expression: 200 hostile ones, and texts made by chance.

Nothing here is timed: what stops an evaluation are steps, lengths, nesting and calls, all counted.
"""

import json
import math
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.feel import FeelError, Vocabulary, compile_expression, compile_unary, to_plain
from rules.feel.frame import MAX_STEPS, Frame, Run
from rules.feel.library import LIBRARY
from tests.rules.hostile import NOTHING, REFUSED, STOPPED, WALKS

LENIENT = Vocabulary(lenient=True)
MOST_BYTES = 24_000_000


def nested(depth):
    found = [1]
    for _ in range(depth):
        found = [found]
    return found


def scope():
    return {
        "a": {"b": [1, "x"]},
        "x": "a" * 30_000,
        "y": "ß" * 60_000,
        "l": list(range(2_000)),
        "deep": nested(3_000),
        "deeper": nested(3_000),
    }


def test_there_are_two_hundred():
    assert len(WALKS) + len(REFUSED) + len(STOPPED) + len(NOTHING) >= 200
    assert len({*WALKS, *REFUSED, *STOPPED, *NOTHING}) == len(WALKS) + len(REFUSED) + len(STOPPED) + len(NOTHING)


@pytest.mark.parametrize("source", WALKS)
def test_no_path_leads_from_a_value_to_python(source):
    assert to_plain(compile_expression(source, LENIENT).evaluate(scope())) in (None, [])


@pytest.mark.parametrize("source", REFUSED, ids=lambda source: source[:30])
def test_what_is_no_expression_or_too_big_is_refused(source):
    with pytest.raises(FeelError):
        compile_expression(source)


@pytest.mark.parametrize("source", STOPPED, ids=lambda source: source[:60])
def test_what_would_never_end_is_stopped_by_its_budget(source):
    values = scope()
    run = Run()
    tracemalloc.start()
    try:
        with pytest.raises(FeelError) as caught:
            compile_expression(source).evaluate(values, frame=Frame(values, run))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.found == "more"
    assert "over" in caught.value.message.en
    # One step may overdraw by what it makes, such as a list, but not by more.
    assert run.left >= -MAX_STEPS
    assert most < MOST_BYTES


@pytest.mark.parametrize("source", NOTHING, ids=lambda source: source[:60])
def test_what_is_beyond_every_bound_is_null(source):
    run = Run()
    assert compile_expression(source).evaluate({}, frame=Frame({}, run)) is None
    assert run.left > MAX_STEPS // 2


def test_a_budget_is_shared_by_all_parts_of_an_evaluation():
    run = Run()
    most = compile_expression("count(for i in 1..15000 return i)")
    assert most.evaluate({}, frame=Frame({}, run)) == 15_000
    with pytest.raises(FeelError):
        most.evaluate({}, frame=Frame({}, run))


NAMES = st.sampled_from(["a", "b", "item", "partial", "x y", "中文", "a-b", "date", "count"])
NUMBERS = ["1", "-2.5", "1e3", "99999999"]
TEXTS = ['"x"', '"2020-01-31"', '"(a+)+$"']
TIMES = ['@"2020-01-31"', '@"10:00:00+01:00"', '@"2020-01-31T10:00:00@Europe/Paris"', '@"P1Y"', '@"PT1H"']
OTHERS = ["true", "false", "null", "[1..5]", "(<3)", "[]", "{}"]
OPERATORS = ["+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "and", "or"]
LITERALS = st.sampled_from([*NUMBERS, *TEXTS, *TIMES, *OTHERS])
FUNCTIONS = st.sampled_from(sorted(LIBRARY))


def grown(inner):
    several = st.lists(inner, max_size=3).map(", ".join)
    return st.one_of(
        st.tuples(inner, st.sampled_from(OPERATORS), inner).map(" ".join),
        st.tuples(FUNCTIONS, several).map(lambda part: f"{part[0]}({part[1]})"),
        several.map(lambda part: f"[{part}]"),
        inner.map(lambda part: f"({part})"),
        inner.map(lambda part: f"-({part})"),
        st.tuples(inner, inner).map(lambda part: f"({part[0]})[{part[1]}]"),
        st.tuples(inner, inner, inner).map(lambda part: f"if {part[0]} then {part[1]} else {part[2]}"),
        st.tuples(inner, inner).map(lambda part: f"for q in {part[0]} return {part[1]}"),
        st.tuples(inner, inner).map(lambda part: f"for q in {part[0]}..{part[1]} return [q, partial]"),
        st.tuples(inner, inner).map(lambda part: f"some q in {part[0]} satisfies {part[1]}"),
        st.tuples(inner, inner).map(lambda part: f"({part[0]}) in ({part[1]})"),
        st.tuples(inner, inner).map(lambda part: f"[({part[0]})..({part[1]})]"),
        st.tuples(inner, inner).map(lambda part: f"{{k: {part[0]}, m: {part[1]}}}.k"),
        st.tuples(inner, inner).map(lambda part: f"(function(p, q) {part[0]})({part[1]}, 1)"),
        inner.map(lambda part: f"({part}) instance of list<number>"),
        st.tuples(inner, NAMES).map(lambda part: f"({part[0]}).{part[1]}"),
    )


EXPRESSIONS = st.recursive(NAMES | LITERALS, grown, max_leaves=12)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.times()
    | st.timedeltas()
    | st.decimals()
    | st.binary(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
VOCABULARY = Vocabulary(["x y", "a-b"], lenient=True)


def is_json(value):
    return json.loads(json.dumps(value, allow_nan=False)) == value


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(EXPRESSIONS, st.dictionaries(NAMES, VALUES, max_size=4))
def test_every_expression_gives_json_or_our_own_error(source, values):
    notes = []
    try:
        found = compile_expression(source, VOCABULARY).evaluate(
            values, now=datetime(2026, 6, 15, tzinfo=UTC), notes=notes
        )
        assert is_json(to_plain(found))
    except FeelError:
        return
    assert all(note.text.zh and note.text.en for note in notes)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(EXPRESSIONS, VALUES)
def test_every_cell_passes_or_not_or_is_our_own_error(source, value):
    try:
        assert compile_unary(source, VOCABULARY).match(value, {"a": 1}) in (True, False)
    except FeelError:
        return


def refusal(compile_one, source, vocabulary):
    try:
        compile_one(source, vocabulary)
    except FeelError as error:
        return error
    return None


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet='abx1"\\.,()[]{}?*+-|^$<>=:@ \n/', max_size=60))
def test_any_text_is_an_expression_or_refused(source):
    for compile_one in (compile_expression, compile_unary):
        for vocabulary in (VOCABULARY, Vocabulary()):
            found = refusal(compile_one, source, vocabulary)
            assert found is None or 0 <= found.position <= len(source)


@settings(max_examples=400, deadline=None)
@given(
    st.text(alphabet="ab()[]{}|*+?^$.\\d1,-", max_size=20), st.text(alphabet="ab1\n", max_size=20), st.text(max_size=4)
)
def test_any_pattern_matches_or_not_or_is_null(pattern, text, replacement):
    values = {"p": pattern, "t": text, "r": replacement}
    try:
        assert compile_expression("matches(t, p)").evaluate(values) in (True, False, None)
        assert isinstance(compile_expression("replace(t, p, r)").evaluate(values), (str, type(None)))
        assert isinstance(compile_expression("split(t, p)").evaluate(values), (list, type(None)))
    except FeelError:
        return


@given(st.dates(), st.integers(-3_000, 3_000))
def test_days_count_as_python_counts(day, days):
    try:
        later = day + timedelta(days=days)
    except OverflowError:
        return
    found = compile_expression('a + duration("P1D") * n').evaluate({"a": day, "n": days})
    assert found == later
    assert found.weekday == later.isoweekday()
    assert compile_expression("week of year(a)").evaluate({"a": day}) == day.isocalendar().week
    assert compile_expression("(b - a).days").evaluate({"a": day, "b": later}) == days
    assert found.ordinal == (later - date(1970, 1, 1)).days


@given(st.decimals(-(10**9), 10**9, places=4), st.decimals(-(10**5), 10**5, places=3).filter(bool))
def test_a_remainder_has_the_sign_of_the_divisor(dividend, divisor):
    found = compile_expression("modulo(a, b)").evaluate({"a": dividend, "b": divisor})
    assert found == dividend - divisor * math.floor(dividend / divisor)
    assert isinstance(found, Decimal)
