"""Decision files that nobody writes by hand, and the search of a table against plain counting."""

import contextlib
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.dmn import DmnRefused, check, load
from rules.feel import FeelError
from tests.rules.decision_files import decision_file, definitions

SEVERAL = 12


def decision(inside, name="d"):
    return f'<decision id="{name}" name="{name}">{inside}</decision>'


def literal(text):
    return f"<literalExpression><text>{text}</text></literalExpression>"


def rows(count, cell):
    return [[cell(number), cell(number + 7), str(number)] for number in range(count)]


HOSTILE = {
    "3,000 overlapping ranges": decision_file(
        "d", "UNIQUE", ["n", "m"], ["o"], rows(3_000, lambda n: f"[{n}..{n + 1_500}]")
    ),
    "3,000 rows that look alike": decision_file("d", "FIRST", ["n", "m"], ["o"], rows(3_000, lambda n: "-")),
    "3,000 rows of ANY": decision_file("d", "ANY", ["n", "m"], ["o"], rows(3_000, lambda n: f"> {n}")),
    "too many rows": decision_file("d", "UNIQUE", ["n", "m"], ["o"], rows(5_000, lambda n: f"{n}")),
    "40 inputs": decision_file(
        "d",
        "UNIQUE",
        [f"n{column}" for column in range(40)],
        ["o"],
        [[f"> {(row * 7 + column * 5) % 40}" for column in range(40)] + ["1"] for row in range(60)],
    ),
    "cells that compute for long": decision_file(
        "d", "UNIQUE", ["n", "m"], ["o"], rows(500, lambda n: f"count(for i in 1..90000 return i) + {n}")
    ),
    "an enormous number": decision_file("d", "UNIQUE", ["n"], ["o"], [["9" * 3_000, "9" * 3_000]]),
    "an enormous cell": decision_file("d", "UNIQUE", ["n"], ["o"], [[", ".join(map(str, range(4_000))), "1"]]),
    "a deep cell": decision_file("d", "UNIQUE", ["n"], ["o"], [["(" * 5_000 + "1" + ")" * 5_000, "1"]]),
    "boxes in boxes": definitions(decision("<context><contextEntry>" * 400 + "</contextEntry></context>" * 400)),
    "types in types": definitions(
        "".join(
            f'<itemDefinition name="t{n}"><itemComponent name="x"><typeRef>t{n + 1}</typeRef></itemComponent>'
            f'<itemComponent name="y"><typeRef>t{n + 1}</typeRef></itemComponent></itemDefinition>'
            for n in range(300)
        )
        + decision(literal("1"))
    ),
    "thousands of decisions": definitions("".join(decision(literal("1"), f"d{n}") for n in range(9_000))),
    "everything requires everything": definitions(
        "".join(
            f'<decision id="d{n}" name="d{n}">'
            + "".join(
                f'<informationRequirement><requiredDecision href="#d{other}"/></informationRequirement>'
                for other in range(n)
            )
            + literal("1")
            + "</decision>"
            for n in range(150)
        )
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_read_and_checked_or_refused_in_bounded_time(name):
    started = time.monotonic()
    try:
        findings = check(load(HOSTILE[name]))
    except DmnRefused as refused:
        findings = refused.findings
    assert time.monotonic() - started < 20  # alone it takes two
    assert len(findings) <= 6_500
    assert all(one.text.zh and len(one.text.en) < 40_000 for one in findings)


@pytest.mark.parametrize(
    "expression",
    [
        "count(for i in 1..1000000000 return i)",
        "for a in 1..9999, b in 1..9999 return a * b",
        "sum([1..999999999])",
        'string join(for i in 1..90000 return "xxxxxxxxxxxxxxxx", "")',
        'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "(a+)+$")',
        "10 ** 10 ** 10",
    ],
)
def test_a_decision_that_never_ends_is_stopped(expression):
    model = load(definitions(decision(literal(expression))))
    started = time.monotonic()
    with contextlib.suppress(FeelError):
        model.evaluate_decision("d", {})
    assert time.monotonic() - started < 5


# -- the search against counting

ENDS = st.integers(0, SEVERAL)
CELLS = st.one_of(
    st.just("-"),
    ENDS.map(str),
    st.tuples(ENDS, ENDS).map(lambda ends: f"[{min(ends)}..{max(ends)}]"),
    st.tuples(ENDS, ENDS).map(lambda ends: f"({min(ends)}..{max(ends)}]"),
    st.tuples(st.sampled_from(["<", "<=", ">", ">=", "!="]), ENDS).map(lambda part: f"{part[0]} {part[1]}"),
    st.lists(ENDS, min_size=1, max_size=3).map(lambda ends: ", ".join(map(str, ends))),
    st.tuples(ENDS, ENDS).map(lambda ends: f"not({ends[0]}, > {ends[1]})"),
)
TABLES = st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6)
GRID = [(n, m) for n in range(-1, SEVERAL + 2) for m in range(-1, SEVERAL + 2)]


def whole(policy, cells):
    written = [[*row, str(number)] for number, row in enumerate(cells, start=1)]
    return decision_file("d", policy, ["n", "m"], ["o"], written).replace(b'"number"', b'"integer"')


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_the_index_finds_the_rows_whose_cells_pass(cells):
    model = load(whole("RULE ORDER", cells))
    table = model.tables[0]
    for n, m in GRID[::3]:
        passing = [rule.number for rule in table.rules if rule.tests[0].match(n, {}) and rule.tests[1].match(m, {})]
        assert [int(row) for row in model.evaluate_decision("d", {"n": n, "m": m})] == passing


@settings(max_examples=60, deadline=None)
@given(TABLES)
@example([("-", "< 0"), ("-", "> 0"), ("-", "!= 0")])  # null passes `!= 0`, but the cell does not speak of it
@example([("-", "< 0"), ("-", ">= 0"), ("0", "!= 0")])
def test_gaps_overlaps_and_hidden_rows_are_those_that_counting_finds(cells):
    rules = load(whole("FIRST", cells)).tables[0].rules
    hits = [
        [rule.number for rule in rules if rule.tests[0].match(n, {}) and rule.tests[1].match(m, {})] for n, m in GRID
    ]

    unique = {one.code for one in check(load(whole("UNIQUE", cells)))}
    first = check(load(whole("FIRST", cells)))

    empty = {rule.number for rule in rules} - {number for numbers in hits for number in numbers}
    assert ("table_gap" in unique) == any(not numbers for numbers in hits)
    assert ("table_overlap" in unique) == any(len(numbers) > 1 for numbers in hits)
    hidden = {rule.number for rule in rules} - {numbers[0] for numbers in hits if numbers}
    named = {int(one.element_id.removeprefix("row_")) for one in first if one.code == "row_unreachable"}
    assert named <= hidden
    assert named == hidden or empty
