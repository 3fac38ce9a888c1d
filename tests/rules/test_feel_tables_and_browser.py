"""Unary tests of table cells, and the tree that form pages evaluate in the browser."""

import json

import pytest

from rules.feel import FeelError, compile_expression, compile_unary


@pytest.mark.parametrize(
    ("cell", "value", "passes"),
    [
        ("-", None, True),
        ("", 3, True),
        ("< 5", 4, True),
        ("< 5", None, False),
        ('"a","b"', "b", True),
        ('not("a", "b")', "c", True),
        ('not("a", "b")', "a", False),
        ("not(< 5)", None, False),
        ("[1..5]", 5, True),
        ("(1..5)", 5, False),
        ("null", None, True),
        ("limit", 7, True),
        ("allowed", "x", True),
        ("? > 5 and ? < 10", 7, True),
        ("? > 5 and ? < 10", 11, False),
        ("true", True, True),
        ('contains(?, "路")', "某路", True),
    ],
)
def test_a_cell_lets_a_value_pass(cell, value, passes):
    assert compile_unary(cell).match(value, {"limit": 7, "allowed": ["x", "y"]}) is passes


def test_the_names_of_a_cell_are_known():
    assert compile_unary("limit, < other.value").names == {"limit", "other"}


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ('a = "x"', ["=", ["var", "a"], ["lit", "x"]]),
        ("a.b > 1.5", [">", ["var", "a", "b"], ["lit", 1.5]]),
        ("a in [-1..5]", ["and", [">=", ["var", "a"], ["lit", -1]], ["<=", ["var", "a"], ["lit", 5]]]),
        ("a in (1..5]", ["and", [">", ["var", "a"], ["lit", 1]], ["<=", ["var", "a"], ["lit", 5]]]),
        ("a in (< 1, 5)", ["or", ["<", ["var", "a"], ["lit", 1]], ["in", ["var", "a"], ["lit", 5]]]),
        ("a in [1, 2]", ["in", ["var", "a"], ["list", ["lit", 1], ["lit", 2]]]),
        ("a between 1 and 2", ["and", [">=", ["var", "a"], ["lit", 1]], ["<=", ["var", "a"], ["lit", 2]]]),
        ("-a", ["-", ["lit", 0], ["var", "a"]]),
        ("a = -5", ["=", ["var", "a"], ["lit", -5]]),
        ("not(a) or null", ["or", ["not", ["var", "a"]], ["lit", None]]),
        ("if a then 1 else 2", ["if", ["var", "a"], ["lit", 1], ["lit", 2]]),
        ("string length(a)", ["string length", ["var", "a"]]),
    ],
)
def test_the_tree_for_the_browser_is_json(source, tree):
    found = compile_expression(source).to_json()
    assert found == tree
    assert json.loads(json.dumps(found)) == tree


@pytest.mark.parametrize(
    "source",
    [
        'date("2026-01-01") = a',
        "{a: 1}",
        '@"P1D"',
        "{a: 1}.a",
        "[1..2]",
        "count(date(a))",
        "a in [b..5]",
        'a in [1.."x"]',
        "a in (null..5]",
        'a in [@"P1D"..@"P2D"]',
        "a in [[1..2], 7]",
        "a[1]",
        "a ** 2",
        "some x in a satisfies x = 1",
        "count(list: a)",
        "upper case(a)",
    ],
)
def test_what_the_browser_cannot_evaluate_is_refused_for_forms(source):
    with pytest.raises(FeelError):
        compile_expression(source).to_json()
